"""The two commonest complaints about tills that work offline, as tests.

One invoice that is stuck must hold up no other; the same sale must not count twice after a time-out.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from outbox_samples import REGISTER, SENDER, TAX_CODE, Clock, RecordingGateway, issue_many, rows, sale

from authority.answer_writing import build_technical
from authority.answers import TechnicalError
from authority.codes import AUTHORITY, new_message_id
from authority.errors import (
    AnswerNonsense,
    ConnectionCut,
    GatewayError,
    GatewayFailed,
    GatewayTimeout,
    GatewayUnreachable,
    Rejected,
)
from authority.gateway import Collected
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.settings import Settings
from outbox.delivery import Delivery
from outbox.issuing import issue
from outbox.pace import Pace
from outbox.packages import release_held
from outbox.store import Store

PASSES = 400
LATER = 301.0  # seconds: over the longest wait

FAILURES: dict[str, Callable[[], GatewayError]] = {
    "a server error": lambda: GatewayFailed("the gateway has failed (HTTP 500)"),
    "HTTP 400": lambda: Rejected("the gateway refuses (HTTP 400)", status=400),
    "HTTP 413": lambda: Rejected("the gateway refuses (HTTP 413)", status=413),
    "a hang": lambda: GatewayTimeout("no complete answer within 90 seconds"),
    "a cut line": lambda: ConnectionCut("the connection broke"),
    "nonsense": lambda: AnswerNonsense("the gateway answered with no message"),
}


class Line(RecordingGateway):
    """A gateway that cannot bear certain bytes (``poison``), or at the moment nothing (``all_fail``)."""

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)
        self.poison: bytes | None = None
        self.trouble: Callable[[], GatewayError] | TechnicalError = FAILURES["a server error"]
        self.all_fail = False
        self.largest = 2_000_000
        self.litter: tuple[bytes, ...] = ()

    @property
    def max_bytes(self) -> int:
        return self.largest

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        if not self.all_fail and (self.poison is None or self.poison not in message):
            return super().send(message, message_id)
        self.sent.append((message_id, message))
        if isinstance(self.trouble, TechnicalError):
            return (_refusal(message_id, self.trouble),)
        raise self.trouble()

    def collect(self, after: str) -> Collected:
        found = super().collect(after)
        litter, self.litter = self.litter, ()
        return Collected((*litter, *found.messages), found.cursor, found.more)


def _refusal(message_id: str, error: TechnicalError) -> bytes:
    from uuid import uuid4

    return build_technical(
        version="2.1.0",
        sender=AUTHORITY,
        receiver=SENDER,
        message_id=new_message_id(AUTHORITY, uuid4()),
        reply_to=message_id,
        original_sender=SENDER,
        received_at=Clock()(),
        errors=(error,),
    )


class Shop:
    """A shop whose line a test spoils."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sandbox: Sandbox,
        frame: PackageFrame,
        trust: Sequence[x509.Certificate],
    ) -> None:
        self.store, self.clock, self.sandbox = store, clock, sandbox
        self.line = Line(sandbox, SENDER, clock)
        pace = Pace(dice=lambda: 0.5)
        self.delivery = Delivery(store, self.line, frame, SENDER, TAX_CODE, trust, clock=clock, pace=pace)

    def states(self) -> dict[str, int]:
        return dict(rows(self.store, "SELECT state, COUNT(*) FROM invoice GROUP BY state"))

    def pass_(self, seconds: float = LATER) -> None:
        self.delivery.run_once()
        self.clock.move(seconds=seconds)

    def deliver(self, **wanted: int) -> None:
        """Pass after pass until the invoices stand so."""
        for _ in range(PASSES):
            self.pass_()
            if self.states() == wanted:
                return
        assert self.states() == wanted

    def registered(self) -> list[int]:
        statistics = self.sandbox.statistics()
        assert (statistics["doubly_registered"], statistics["refused_as_duplicate"]) == (0, 0)
        return sorted(one.number for one in self.sandbox.registered())


@pytest.fixture
def shop(
    store: Store,
    clock: Clock,
    new_sandbox: Callable[..., Sandbox],
    frame: PackageFrame,
    trust: list[x509.Certificate],
) -> Shop:
    return Shop(store, clock, new_sandbox(), frame, trust)


def _poison(shop: Shop, number: int) -> bytes:
    ((code,),) = rows(shop.store, "SELECT code FROM invoice WHERE number = ?", number)
    return str(code).encode()


@pytest.mark.parametrize("place", [1, 8, 20])
@pytest.mark.parametrize("trouble", FAILURES)
def test_an_invoice_that_makes_the_gateway_fail_holds_up_no_other(
    shop: Shop, trouble: str, place: int
) -> None:
    issue_many(shop.store, 20)
    shop.line.poison, shop.line.trouble = _poison(shop, place), FAILURES[trouble]
    shop.deliver(accepted=19, sent=1)  # nothing else is sold: it is alone, and tried again
    for sold in range(21, 21 + 8):  # the shop goes on selling, and that gets through
        issue_many(shop.store, 1, first=sold)
        shop.pass_()
    shop.deliver(accepted=27, held=1)
    ((number, reason),) = rows(shop.store, "SELECT number, reason FROM invoice WHERE state = 'held'")
    assert number == place
    assert reason == FAILURES[trouble]().message
    ((alarm,),) = rows(shop.store, "SELECT message FROM alarm WHERE code = 'invoice-held'")
    assert reason in alarm
    assert shop.registered() == [one for one in range(1, 29) if one != place]
    shop.line.poison = None  # the gateway's maker has mended it: a person lets the invoice go
    ((invoice_id,),) = rows(shop.store, "SELECT id FROM invoice WHERE state = 'held'")
    shop.store.run(release_held(invoice_id))
    shop.deliver(accepted=28)
    assert shop.registered() == list(range(1, 29))


def test_two_invoices_that_make_the_gateway_fail_are_found_in_both_halves(shop: Shop) -> None:
    """Neither half gets through at first: nothing says yet that the fault is not the gateway's."""
    issue_many(shop.store, 16)
    first, second = _poison(shop, 3), _poison(shop, 12)
    send = shop.line.send

    def twice(message: bytes, message_id: str) -> tuple[bytes, ...]:
        shop.line.poison = second if second in message else first
        return send(message, message_id)

    shop.line.send = twice  # type: ignore[method-assign]
    shop.deliver(accepted=14, sent=2)
    for sold in range(17, 17 + 8):
        issue_many(shop.store, 1, first=sold)
        shop.pass_()
    shop.deliver(accepted=22, held=2)
    assert rows(shop.store, "SELECT number FROM invoice WHERE state='held' ORDER BY 1") == [(3,), (12,)]


@pytest.mark.parametrize("place", [1, 13])
def test_an_invoice_that_the_authority_cannot_read_holds_up_no_other(shop: Shop, place: int) -> None:
    issue_many(shop.store, 13)
    shop.line.poison, shop.line.trouble = _poison(shop, place), TechnicalError("1001", "sai định dạng XML")
    shop.deliver(accepted=12, held=1)
    rows_held = rows(shop.store, "SELECT number, reason FROM invoice WHERE state = 'held'")
    assert rows_held == [(place, "1001 sai định dạng XML")]
    assert shop.registered() == [one for one in range(1, 14) if one != place]


@pytest.mark.parametrize("format_refusal", ["package", "invoice"])
def test_an_invoice_that_the_authority_refuses_holds_up_no_other(
    shop: Shop, store: Store, format_refusal: Any
) -> None:
    """Whether it names the invoice (LTBao 7) or refuses the package as a whole (LTBao 9)."""
    from dataclasses import replace

    shop.sandbox.settings = Settings(format_refusal=format_refusal)
    mistyped = replace(REGISTER, taxpayer="shndn")
    for number in range(1, 12):
        store.run(issue(sale(f"HD{number}"), mistyped if number == 5 else REGISTER), 30)
    shop.deliver(accepted=10, refused=1)
    ((number, reason),) = rows(store, "SELECT number, reason FROM invoice WHERE state = 'refused'")
    assert number == 5
    assert reason.startswith("20001 ")
    assert shop.registered() == [one for one in range(1, 12) if one != 5]


@pytest.mark.parametrize("trouble", ["a server error", "HTTP 400", "a hang"])
def test_where_everything_fails_nobody_is_to_blame(shop: Shop, trouble: str) -> None:
    """A gateway that is down for sending, though it answers questions, sets no invoice aside."""
    issue_many(shop.store, 12)
    shop.line.all_fail, shop.line.trouble = True, FAILURES[trouble]
    for _ in range(12 * 8):  # eight hours
        shop.pass_()
    assert "held" not in shop.states()
    assert rows(shop.store, "SELECT COUNT(*) FROM package")[0][0] < 12, "not split to pieces"
    shop.line.all_fail = False
    shop.deliver(accepted=12)
    assert shop.registered() == list(range(1, 13))


def test_a_line_that_fails_splits_nothing(shop: Shop) -> None:
    """What has certainly not arrived says nothing about the package."""
    issue_many(shop.store, 12)
    shop.line.all_fail = True
    shop.line.trouble = lambda: GatewayUnreachable("no connection")
    for _ in range(12 * 8):
        shop.pass_()
    assert rows(shop.store, "SELECT COUNT(*) FROM package") == [(1,)]
    shop.line.all_fail = False
    shop.deliver(accepted=12)


def test_packages_are_as_large_as_the_gateway_carries(shop: Shop) -> None:
    issue_many(shop.store, 30)
    ((size,),) = rows(shop.store, "SELECT MAX(length(document)) FROM invoice")
    shop.line.largest = 6 * size + 8000  # the frame with its signature and certificate takes some
    shop.deliver(accepted=30)
    ((packages, most),) = rows(shop.store, "SELECT COUNT(*), MAX(length(document)) FROM package")
    assert packages > 3
    assert most <= shop.line.largest


def test_an_invoice_that_no_message_can_carry_holds_up_no_other(shop: Shop, store: Store) -> None:
    ordinary = sale("HD2")
    lines = ordinary.lines * 90
    store.run(issue(sale("HD1", lines=lines, total=ordinary.total * 90, payments=()), REGISTER), 30)
    issue_many(store, 3, first=2)
    ((longest, next_longest),) = rows(
        store, "SELECT MAX(length(document)), (SELECT length(document) FROM invoice WHERE id=2) FROM invoice"
    )
    shop.line.largest = 4 * next_longest + 8000
    assert longest > shop.line.largest
    shop.deliver(accepted=3, held=1)
    assert rows(store, "SELECT number FROM invoice WHERE state = 'held'") == [(1,)]
    assert rows(store, "SELECT code FROM alarm") == [("invoice-held",)]


def test_what_is_no_message_is_kept_and_holds_up_no_other(shop: Shop) -> None:
    issue_many(shop.store, 2)
    shop.line.litter = (b"<html>503</html>", b"", b"\xff\xfe", b"<TDiep/>")
    shop.deliver(accepted=2)
    kept = rows(shop.store, "SELECT document FROM answer WHERE kind = 'Unreadable'")
    assert {document for (document,) in kept} == {b"<html>503</html>", b"", b"\xff\xfe", b"<TDiep/>"}
    assert rows(shop.store, "SELECT code FROM alarm") == [("message-for-a-person",)]


def test_the_same_sale_after_a_time_out_is_one_sale(store: Store) -> None:
    """The register's program has waited in vain and asks again: the number that the first question made."""
    first = store.submit(issue(sale("HD7"), REGISTER))
    again = [store.submit(issue(sale("HD7"), REGISTER)) for _ in range(3)]
    numbers = {future.result(30).number for future in (first, *again)}
    assert numbers == {1}
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(1,)]


@pytest.mark.parametrize("duplicate_message", ["same-answer", "refuse"])
@pytest.mark.parametrize("arrived", [True, False])
def test_the_same_invoice_after_a_time_out_is_registered_once(
    shop: Shop, duplicate_message: Any, *, arrived: bool
) -> None:
    """Whether the message had arrived or not, and whatever the authority says to a copy."""
    shop.sandbox.settings = Settings(duplicate_message=duplicate_message)
    issue_many(shop.store, 4)
    send, left = RecordingGateway.send, [3]

    def lost(message: bytes, message_id: str) -> tuple[bytes, ...]:
        if left[0] == 0:
            return send(shop.line, message, message_id)
        left[0] -= 1
        if arrived:
            send(shop.line, message, message_id)
        raise GatewayTimeout("no complete answer within 90 seconds")

    shop.line.send = lost  # type: ignore[method-assign]
    began = shop.clock.now
    shop.deliver(accepted=4)
    assert shop.clock.now - began < timedelta(hours=2)
    assert shop.registered() == [1, 2, 3, 4]
    assert rows(shop.store, "SELECT COUNT(*) FROM package") == [(1,)]
