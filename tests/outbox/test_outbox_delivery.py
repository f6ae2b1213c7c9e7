"""Delivery over a line that fails in every way: each invoice is decided, once, under the same bytes."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
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

from authority.answer_writing import NoticeContent, build_notice
from authority.answers import ALL_VALID, PACKAGE_REFUSED, parse_answer
from authority.codes import AUTHORITY, new_message_id
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.keys import SandboxKeys, open_keys
from outbox.delivery import Delivery
from outbox.issuing import issue
from outbox.packages import take_answer
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
        self.delivery = Delivery(store, self.gateway, frame, SENDER, TAX_CODE, trust, clock=clock)

    def states(self) -> dict[str, int]:
        return dict(rows(self.store, "SELECT state, COUNT(*) FROM invoice GROUP BY state"))

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
        kept = dict(rows(self.store, "SELECT message_id, sha256 FROM package"))
        for message_id, messages in sent.items():
            assert {sha256(message).hexdigest() for message in messages} == {kept[message_id]}
        return len(self.gateway.sent) - len(sent)


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


@pytest.mark.parametrize(("count", "place"), [(1, 1), (2, 1), (2, 2), (7, 4), (16, 1), (16, 16), (25, 13)])
def test_a_bad_invoice_is_split_off(open_shop: Callable[[str], _Shop], count: int, place: int) -> None:
    """A code with lower-case letters is a format error (20001), and refuses the whole package (LTBao 9)."""
    shop = open_shop("seed=1")
    mistyped = replace(REGISTER, taxpayer="shndn")
    for number in range(1, count + 1):
        shop.store.run(issue(sale(f"HD{number}"), mistyped if number == place else REGISTER), 30)
    shop.deliver()
    refused = rows(shop.store, "SELECT number, reason FROM invoice WHERE state = 'refused'")
    assert [number for number, _ in refused] == [place]
    assert refused[0][1].startswith("20001 ")
    assert shop.states().get("accepted", 0) == count - 1
    statistics = shop.sandbox.statistics()
    assert (statistics["invoices"], statistics["doubly_registered"]) == (count - 1, 0)
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
    assert second.gateway.sent == []
    second.store.close()
