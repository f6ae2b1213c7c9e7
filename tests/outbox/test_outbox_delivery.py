"""Delivery over a line that fails in every way: each invoice is decided, once, under the same bytes."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from cryptography import x509
from outbox_samples import (
    NOW,
    REGISTER,
    SENDER,
    TAX_CODE,
    Clock,
    RecordingGateway,
    issue_many,
    rows,
    sale,
)

from authority.answer_writing import NoticeContent, build_notice, build_technical
from authority.answers import ALL_VALID, PACKAGE_REFUSED, TechnicalAnswer, TechnicalError, parse_answer
from authority.codes import AUTHORITY, new_message_id
from authority.errors import GatewayTimeout
from authority.gateway import LookUp
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.keys import SandboxKeys, open_keys
from authority.sandbox.settings import Settings
from outbox.answers import take_answer
from outbox.delivery import Delivery
from outbox.errors import NotFound, TransitionRefused
from outbox.issuing import issue
from outbox.packages import hold, release_held
from outbox.store import Store

_PASSES = 400  # far more than any seeded plan below needs
_STEP = 301  # seconds between passes: just over the longest wait


class _Shop:
    """A store, its delivery and the authority it delivers to."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        sandbox: Sandbox,
        frame: PackageFrame,
        trust: Sequence[x509.Certificate],
    ) -> None:
        self.store, self.clock, self.sandbox = store, clock, sandbox
        self.gateway = RecordingGateway(sandbox, SENDER, clock)
        # What the fault plan does to a message hangs on its MTDiep: so these are the same in every run.
        ids = count(len(rows(store, "SELECT id FROM package")))
        self.delivery = Delivery(
            store,
            self.gateway,
            frame,
            SENDER,
            TAX_CODE,
            trust,
            clock=clock,
            new_id=lambda: UUID(bytes=sha256(b"%d" % next(ids)).digest()[:16], version=4),
        )

    def states(self) -> dict[str, int]:
        return dict(rows(self.store, "SELECT state, COUNT(*) FROM invoice GROUP BY state"))

    def packages_sent(self) -> list[str]:
        """The MTDiep of every package that was handed to the gateway, our own 999 left out."""
        own = {name for (name,) in rows(self.store, "SELECT message_id FROM acknowledgement")}
        return [name for name, _ in self.gateway.sent if name not in own]

    def deliver(self) -> dict[str, int]:
        """Pass after pass until every invoice is accepted or refused."""
        for _ in range(_PASSES):
            self.delivery.run_once()
            if not self.states().keys() - {"accepted", "refused"}:
                break
            self.clock.move(seconds=_STEP)
        return self.states()

    def check_resends(self) -> int:
        """Every message left with the very bytes that are stored; the answer is how many were sent again."""
        sent: dict[str, list[bytes]] = defaultdict(list)
        for message_id, message in self.gateway.sent:
            sent[message_id].append(message)
        packages = rows(self.store, "SELECT message_id, document FROM package")
        own = dict(rows(self.store, "SELECT message_id, document FROM acknowledgement"))
        for message_id, messages in sent.items():
            assert set(messages) == {dict(packages).get(message_id) or own[message_id]}
        names = self.packages_sent()
        return len(names) - len(set(names))


@pytest.fixture
def open_shop(
    store: Store,
    clock: Clock,
    new_sandbox: Callable[..., Sandbox],
    frame: PackageFrame,
    trust: list[x509.Certificate],
) -> Callable[[str], _Shop]:
    """Opens the shop against an authority with a fault plan."""

    def open_with(faults: str) -> _Shop:
        return _Shop(store, clock, new_sandbox(faults=FaultPlan.parse(faults)), frame, trust)

    return open_with


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    "faults",
    [
        "lose-answer=0.6",
        "lose-request=0.6",
        "http-500=0.6",
        "cut-body=0.6",
        "repeat=1",
        "reorder=1,delay=20m",
        "refuse=0.3",
        "lose-notice=0.7",
        "down=20m/60m",
        (
            "lose-answer=0.3,lose-request=0.3,http-500=0.3,cut-body=0.2,repeat=0.5,reorder=0.5,refuse=0.2,"
            "lose-notice=0.3,delay=5m"
        ),
    ],
)
def test_everything_is_decided_once(open_shop: Callable[[str], _Shop], faults: str, seed: int) -> None:
    shop = open_shop(f"{faults},seed={seed}")
    for first in range(1, 25, 6):
        issue_many(shop.store, 6, first)
        shop.delivery.run_once()
        shop.clock.move(seconds=_STEP)
    states = shop.deliver()
    assert sum(states.values()) == 24
    assert states.keys() <= {"accepted", "refused"}, states
    if "refuse" not in faults:
        assert states == {"accepted": 24}
    statistics = shop.sandbox.statistics()
    assert statistics["doubly_registered"] == 0
    assert statistics["refused_as_duplicate"] == 0
    registered = {one.number for one in shop.sandbox.registered()}
    accepted = {number for (number,) in rows(shop.store, "SELECT number FROM invoice WHERE state='accepted'")}
    assert registered == accepted
    shop.check_resends()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_authority_that_refuses_copies_registers_once(
    store: Store,
    clock: Clock,
    new_sandbox: Callable[..., Sandbox],
    frame: PackageFrame,
    trust: list[x509.Certificate],
    seed: int,
) -> None:
    """Whether a copy is answered as the first was is not known of the authority: both must do."""
    faults = FaultPlan.parse(f"lose-answer=0.7,lose-request=0.3,lose-notice=0.3,delay=10m,seed={seed}")
    sandbox = new_sandbox(faults=faults, settings=Settings(duplicate_message="refuse"))
    shop = _Shop(store, clock, sandbox, frame, trust)
    for first in range(1, 25, 6):
        issue_many(store, 6, first)
        shop.delivery.run_once()
        clock.move(seconds=_STEP)
    assert shop.deliver() == {"accepted": 24}
    statistics = sandbox.statistics()
    assert (statistics["doubly_registered"], statistics["refused_as_duplicate"]) == (0, 0)


def test_a_lost_request_is_sent_again_and_a_lost_answer_is_asked_for(
    open_shop: Callable[[str], _Shop],
) -> None:
    lossy = open_shop("lose-request=0.8,seed=5")
    issue_many(lossy.store, 3)
    assert lossy.deliver() == {"accepted": 3}
    assert lossy.check_resends() > 0
    asked = open_shop("lose-answer=1")
    issue_many(asked.store, 3, first=4)
    assert asked.deliver() == {"accepted": 6}
    assert asked.check_resends() == 0  # the look-up found it: nothing left twice
    assert asked.sandbox.statistics()["arrivals"] == 1


def test_nothing_is_sent_before_its_time(open_shop: Callable[[str], _Shop]) -> None:
    shop = open_shop("lose-request=1")
    issue_many(shop.store, 1)
    assert shop.delivery.run_once().problem is not None
    assert len(shop.gateway.sent) == 1
    shop.delivery.run_once()
    assert len(shop.gateway.sent) == 1
    shop.clock.move(seconds=_STEP)
    shop.delivery.run_once()
    assert len(shop.gateway.sent) == 2
    assert shop.states() == {"sent": 1}


def test_a_repeated_answer_changes_nothing(open_shop: Callable[[str], _Shop]) -> None:
    shop = open_shop("")
    issue_many(shop.store, 3)
    assert shop.deliver() == {"accepted": 3}
    before = rows(shop.store, "SELECT COUNT(*) FROM leaf")
    for (document,) in rows(shop.store, "SELECT document FROM answer"):
        outcome = shop.store.run(take_answer(document, parse_answer(document)), 30)
        assert outcome.startswith("repeated ")
    assert rows(shop.store, "SELECT COUNT(*) FROM leaf") == before


def _forge(keys: SandboxKeys, submission_id: str, kind: int, tax_code: str = TAX_CODE) -> bytes:
    content = NoticeContent(
        kind=kind,
        number="260000000001",
        place="Hà Nội",
        tax_code=tax_code,
        taxpayer="CỬA HÀNG",
        submission_id=submission_id,
        count=3,
        received_at=NOW,
        noticed_at=NOW,
    )
    return build_notice(
        content,
        version="2.1.0",
        receiver=SENDER,
        message_id=new_message_id(AUTHORITY, UUID(int=7, version=4)),
        signer=keys.signer,
    )


@pytest.fixture(scope="session")
def forger_keys(tmp_path_factory: pytest.TempPathFactory) -> SandboxKeys:
    """Another sandbox's keys: the same names, not the same authority."""
    return open_keys(tmp_path_factory.mktemp("forger"), "127.0.0.1", NOW)


@pytest.mark.parametrize("forgery", ["valid", "refused", "altered", "unsigned", "another-taxpayer"])
def test_a_forged_notice_changes_nothing(
    open_shop: Callable[[str], _Shop], forger_keys: SandboxKeys, sandbox_keys: SandboxKeys, forgery: str
) -> None:
    shop = open_shop("delay=1m")
    issue_many(shop.store, 3)
    shop.delivery.run_once()
    assert shop.states() == {"received": 3}
    ((message_id,),) = rows(shop.store, "SELECT message_id FROM package")
    true = _forge(sandbox_keys, message_id, PACKAGE_REFUSED)
    forged = {
        "valid": _forge(forger_keys, message_id, ALL_VALID),
        "refused": _forge(forger_keys, message_id, PACKAGE_REFUSED),
        "altered": true.replace(b"<LTBao>9<", b"<LTBao>2<"),
        "unsigned": true[: true.index(b"<DSCKS>")] + true[true.index(b"</TBao>") :],
        "another-taxpayer": _forge(sandbox_keys, message_id, ALL_VALID, "0107001729"),
    }[forgery]
    assert forged != true
    shop.sandbox._store.add_answer(SENDER, message_id, NOW.timestamp(), forged)
    done = shop.delivery.run_once()
    assert done.problem is not None
    assert shop.states() == {"received": 3}
    assert rows(shop.store, "SELECT state FROM package") == [("received",)]
    ((outcome,),) = rows(shop.store, "SELECT outcome FROM answer WHERE document = ?", forged)
    assert outcome.startswith("unproven: ")
    assert shop.deliver() == {"accepted": 3}


def test_the_true_notice_of_that_form_does_change_it(
    open_shop: Callable[[str], _Shop], sandbox_keys: SandboxKeys
) -> None:
    """What the forgeries are measured against: the same bytes under the authority's key are believed."""
    shop = open_shop("delay=1m")
    issue_many(shop.store, 3)
    shop.delivery.run_once()
    ((message_id,),) = rows(shop.store, "SELECT message_id FROM package")
    true = _forge(sandbox_keys, message_id, ALL_VALID)
    shop.sandbox._store.add_answer(SENDER, message_id, NOW.timestamp(), true)
    assert shop.delivery.run_once().problem is None
    assert shop.states() == {"accepted": 3}


@pytest.mark.parametrize(("size", "place"), [(1, 1), (2, 1), (2, 2), (7, 4), (16, 1), (16, 16), (25, 13)])
def test_a_bad_invoice_is_split_off(open_shop: Callable[[str], _Shop], size: int, place: int) -> None:
    """A code with lower-case letters is a format error (20001), and refuses the whole package (LTBao 9)."""
    shop = open_shop("seed=1")
    mistyped = replace(REGISTER, taxpayer="shndn")
    for number in range(1, size + 1):
        shop.store.run(issue(sale(f"HD{number}"), mistyped if number == place else REGISTER), 30)
    shop.deliver()
    refused = rows(shop.store, "SELECT number, reason FROM invoice WHERE state = 'refused'")
    assert [number for number, _ in refused] == [place]
    assert refused[0][1].startswith("20001 ")
    assert shop.states().get("accepted", 0) == size - 1
    statistics = shop.sandbox.statistics()
    assert (statistics["invoices"], statistics["doubly_registered"]) == (size - 1, 0)
    assert shop.check_resends() == 0


def test_delivery_goes_on_after_a_restart(
    tmp_path: Path,
    clock: Clock,
    frame: PackageFrame,
    trust: list[x509.Certificate],
    new_sandbox: Callable[..., Sandbox],
) -> None:
    sandbox = new_sandbox(faults=FaultPlan.parse("lose-answer=1,delay=1m"))
    folder = tmp_path / "data"
    folder.mkdir()
    first = _Shop(Store(folder, frame.signer, clock), clock, sandbox, frame, trust)
    issue_many(first.store, 4)
    assert first.delivery.run_once().problem is not None  # handled there, the answer lost
    assert first.states() == {"sent": 4}
    first.store.close()
    clock.move(seconds=_STEP)
    second = _Shop(Store(folder, frame.signer, clock), clock, sandbox, frame, trust)
    assert second.deliver() == {"accepted": 4}
    assert second.packages_sent() == []
    second.store.close()


def _technical(reply_to: str, serial: int, *errors: TechnicalError) -> bytes:
    return build_technical(
        version="2.1.0",
        sender=AUTHORITY,
        receiver=SENDER,
        message_id=new_message_id(AUTHORITY, UUID(int=serial, version=4)),
        reply_to=reply_to,
        original_sender=SENDER,
        received_at=NOW,
        errors=errors,
    )


class _Answering(RecordingGateway):
    """A line on which every package is answered as the test says; ``known`` is what a look-up says."""

    answers: ClassVar[list[TechnicalError | None]] = []
    known: bool | None = False
    known_after = 0  # sent messages: before, it knows nothing

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        self.sent.append((message_id, message))
        error = self.answers.pop(0) if self.answers else None
        if error is None:
            raise GatewayTimeout("no answer")
        return (_technical(message_id, len(self.sent), error),)

    def look_up(self, message_id: str) -> LookUp:
        known = self.known if len(self.sent) >= self.known_after else False
        return LookUp(known, (_technical(message_id, 10_000),) if known else ())


@pytest.fixture
def answering(
    store: Store, clock: Clock, new_sandbox: Callable[..., Sandbox], frame: PackageFrame, trust: Any
) -> tuple[_Answering, Delivery]:
    gateway = _Answering(new_sandbox(), SENDER, clock)
    return gateway, Delivery(store, gateway, frame, SENDER, TAX_CODE, trust, clock=clock)


_ERROR = TechnicalError("1012", "thông điệp không đúng")


@pytest.mark.parametrize(
    ("known", "lost", "after"),
    [
        (True, 0, "received"),  # the line has made a copy, and this is the refusal of that
        (True, 1, "received"),  # the copy is ours
        (False, 0, "issued"),
        (False, 1, "issued"),
        (None, 0, "issued"),  # a gateway that cannot be asked is believed the first time
        (None, 1, "sent"),
    ],
)
def test_a_refusal_is_asked_about(
    answering: tuple[_Answering, Delivery],
    store: Store,
    clock: Clock,
    known: Any,
    lost: int,
    after: str,
) -> None:
    """It may be the refusal of a copy, while the first was taken in (P3)."""
    gateway, delivery = answering
    issue_many(store, 2)
    gateway.answers[:] = [*[None] * lost, _ERROR]
    gateway.known, gateway.known_after = known, 1 + lost
    for _ in range(1 + lost):
        delivery.run_once()
        clock.move(seconds=_STEP)
    assert len(gateway.sent) == 1 + lost
    assert rows(store, "SELECT state, COUNT(*) FROM invoice GROUP BY state") == [(after, 2)]


def test_a_refusal_that_comes_later_is_asked_about(
    answering: tuple[_Answering, Delivery], store: Store, clock: Clock
) -> None:
    gateway, delivery = answering
    issue_many(store, 2)
    delivery.run_once()
    late = _technical(gateway.sent[0][0], 5, _ERROR)
    assert store.run(take_answer(late, parse_answer(late))).startswith("doubted: ")
    assert rows(store, "SELECT state FROM package") == [("sent",)]
    gateway.known = True
    delivery.run_once()
    assert rows(store, "SELECT state, doubt FROM package") == [("received", None)]


def test_an_invoice_no_message_can_carry_is_held_and_can_be_released(
    answering: tuple[_Answering, Delivery], store: Store
) -> None:
    gateway, delivery = answering
    (issued,) = issue_many(store, 1)
    gateway.answers[:] = [_ERROR]
    delivery.run_once()
    assert rows(store, "SELECT state FROM invoice") == [("held",)]
    ((code, message),) = rows(store, "SELECT code, message FROM alarm")
    assert code == "invoice-held"
    assert _ERROR.text in message
    store.run(release_held(issued.invoice_id))
    assert rows(store, "SELECT state FROM invoice") == [("issued",)]
    assert rows(store, "SELECT * FROM alarm") == []
    store.run(hold(issued.invoice_id, "chờ khách bổ sung thông tin"))
    assert rows(store, "SELECT state, reason FROM invoice") == [("held", "chờ khách bổ sung thông tin")]
    with pytest.raises(TransitionRefused):
        store.run(hold(issued.invoice_id, "lần nữa"))
    with pytest.raises(NotFound):
        store.run(release_held(99))


def test_refusals_without_end_pause_the_packing(
    answering: tuple[_Answering, Delivery], store: Store, clock: Clock
) -> None:
    """A cause that lies with no invoice must not set them all aside, nor hammer the authority."""
    gateway, delivery = answering
    issue_many(store, 64)
    gateway.answers[:] = [_ERROR] * 10_000
    for _ in range(30):
        delivery.run_once()
    assert len(gateway.sent) < 100
    assert rows(store, "SELECT 1 FROM alarm WHERE code = 'all-refused'") != []
    waiting = dict(rows(store, "SELECT state, COUNT(*) FROM invoice GROUP BY state"))
    assert waiting["issued"] + waiting.get("held", 0) == 64
    sent = len(gateway.sent)
    clock.move(hours=2)
    delivery.run_once()
    assert len(gateway.sent) > sent


def test_an_answer_that_contradicts_a_refusal_calls_a_person(
    answering: tuple[_Answering, Delivery], store: Store
) -> None:
    gateway, delivery = answering
    issue_many(store, 2)
    gateway.answers[:] = [_ERROR]
    delivery.run_once()
    late = _technical(gateway.sent[0][0], 77)
    assert store.run(take_answer(late, parse_answer(late))) == "contradicts an earlier answer"
    assert rows(store, "SELECT code FROM alarm") == [("contradiction",)]


def test_every_notice_is_answered_with_our_own_999(open_shop: Callable[[str], _Shop]) -> None:
    shop = open_shop("lose-request=0.5,seed=3")
    issue_many(shop.store, 3)
    shop.deliver()
    for _ in range(20):
        shop.delivery.run_once()
    ((message_id, reply_to, document),) = rows(
        shop.store,
        "SELECT answer.message_id, acknowledgement.message_id, acknowledgement.document"
        " FROM acknowledgement JOIN answer ON answer.id = answer_id WHERE sent_at IS NOT NULL",
    )
    own = parse_answer(document)
    assert isinstance(own, TechnicalAnswer)
    assert (own.ok, own.reply_to, own.message_id) == (True, message_id, reply_to)
    assert shop.sandbox.statistics()["technical_answers"] == 1
