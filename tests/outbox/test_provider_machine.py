"""Orders against a plain model of themselves, driven by hypothesis with a provider that does what it likes.

``THUNGAN_EXAMPLES`` is how many lives are tried (12; ``make storm`` tries more), each of up to 40 steps. The
model is what a person would keep on paper: which sales were made and which codes their receipts bear. All
else is said as an invariant: one order for a sale, no order sent again while it may have been issued, no date
that goes back, no number attached but the provider's own for that very order, no byte that changes. At the
end the provider behaves, and everything must be numbered.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from lives import IN_MEMORY, LATER, drive, reachable
from outbox_samples import Clock, sale
from provider_samples import BY_PROVIDER, TRICKS, WRONGS, HostileProvider, delivery_of

from audit.ledger_check import check_ledger
from authority.providers.memory import ProviderBook
from invoice.corrections import Correction
from invoice.errors import CorrectionRefused
from outbox import attaching
from outbox import provider_delivery as delivery_module
from outbox.correcting import issue_correction
from outbox.errors import OutboxError, TransitionRefused
from outbox.issuing import issue
from outbox.order_decisions import hold_order, release_order
from outbox.orders import count_order_failures, give_back
from outbox.sold import Issued, Ordered
from outbox.states import OrderState
from outbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from outbox.store import Job, Tx
    from signing.xmldsig import XmlSigner

EXAMPLES = int(os.environ.get("THUNGAN_EXAMPLES", "12"))
PASSES = 400
WAITS = st.sampled_from([0.0, 1.0, 15.0, 130.0, LATER, 4000.0, 86_400.0])


class Orders(RuleBasedStateMachine):
    """The machine; what the class holds is made once for all examples."""

    signer: ClassVar[XmlSigner]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="orders-", dir=IN_MEMORY))
        self.clock = Clock()
        self.provider = HostileProvider(ProviderBook(), batch=3)
        self.sales: dict[str, str] = {}  # receipt -> the code on its paper
        self.corrections = 0
        self.before: dict[int, str] = {}
        self.hashes: dict[int, str] = {}
        self._open()

    def _open(self) -> None:
        self.store = Store(self.folder, self.signer, self.clock)
        self.delivery = delivery_of(self.store, self.provider, self.clock)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = self.store.reader()
        try:
            return [tuple(row) for row in connection.execute(query)]
        finally:
            connection.close()

    @rule(many=st.integers(1, 4), hours=st.sampled_from([0, 3]))
    def sell(self, many: int, hours: int) -> None:
        """Sales handed over together, made some hours ago."""
        for place in range(many):
            receipt = f"HD{len(self.sales) + 1}"
            when = self.clock.now - timedelta(hours=hours, minutes=place)
            sold = self.store.run(issue(sale(receipt, sold_at=when), BY_PROVIDER))
            assert isinstance(sold, Ordered)
            assert not sold.again
            self.sales[receipt] = sold.reference

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def sell_again(self, data: st.DataObject) -> None:
        """The same receipt after a time-out is the same order, or the invoice that it has become."""
        receipt = data.draw(st.sampled_from(sorted(self.sales)))
        when = dict(self._rows("SELECT receipt_no, sold_at FROM sale"))[receipt]
        sold = self.store.run(issue(sale(receipt, sold_at=datetime.fromisoformat(when)), BY_PROVIDER))
        assert sold.again
        if isinstance(sold, Ordered):
            assert sold.reference == self.sales[receipt]
        else:
            assert isinstance(sold, Issued)

    @rule(waits=st.lists(WAITS, min_size=1, max_size=3))
    def deliver(self, waits: list[float]) -> None:
        """Some passes."""
        for wait in waits:
            self.clock.move(seconds=wait)
            self.delivery.run_once()

    @rule()
    def restart(self) -> None:
        """The program ends and begins again."""
        self.store.close()
        self._open()

    @rule(call=st.sampled_from(sorted(TRICKS)), data=st.data(), wait=WAITS)
    def deliver_badly(self, call: str, data: st.DataObject, wait: float) -> None:
        """The next calls of a kind go wrong."""
        names = data.draw(st.lists(st.sampled_from(TRICKS[call]), min_size=1, max_size=3))
        self.provider.tricks[call].extend(names)
        self.deliver([wait])

    @rule(many=st.integers(1, 4), trick=st.sampled_from([one for one in TRICKS["issue"] if "taken" in one]))
    def sell_and_lose_the_answer(self, many: int, trick: str) -> None:
        """The commonest trouble: taken, the answer lost, and the next look-up too."""
        self.sell(many, 0)
        self.provider.tricks["issue"].append(trick)
        self.provider.tricks["look_up"].append("cannot say")
        self.deliver([LATER, LATER])

    @rule()
    def late_copies_arrive(self) -> None:
        """What the line had held back reaches the provider."""
        self.provider.arrive()

    @precondition(lambda self: self._rows("SELECT 1 FROM invoice_order WHERE state IN ('held', 'refused')"))
    @rule()
    def a_person_lets_go(self) -> None:
        """What was set aside goes again."""
        for (order_id,) in self._rows("SELECT id FROM invoice_order WHERE state IN ('held', 'refused')"):
            self.store.run(release_order(order_id))

    @precondition(lambda self: self._rows("SELECT 1 FROM invoice_order WHERE state IN ('ordered', 'asked')"))
    @rule(data=st.data())
    def a_person_holds(self, data: st.DataObject) -> None:
        """Only what the provider certainly does not have can be held."""
        ids = self._rows(
            "SELECT id, state FROM invoice_order WHERE state IN ('ordered', 'asked') ORDER BY id"
        )
        order_id, state = data.draw(st.sampled_from(ids))
        try:
            self.store.run(hold_order(order_id, "a person"))
        except TransitionRefused:
            assert state == "asked"

    @precondition(lambda self: self._rows("SELECT 1 FROM invoice"))
    @rule(data=st.data(), how=st.sampled_from([Correction.REFUND, Correction.REPLACE, Correction.INFORM]))
    def correct(self, data: st.DataObject, how: Correction) -> None:
        """A correction is an order of its own, or is refused by the chain."""
        (original,) = data.draw(st.sampled_from(self._rows("SELECT id FROM invoice ORDER BY id")))
        right = None if how is Correction.INFORM else sale(None)
        try:
            sold = self.store.run(issue_correction(original, how, right, BY_PROVIDER, "sai đơn giá"))
        except CorrectionRefused:
            return
        assert isinstance(sold, Ordered)
        self.corrections += 1

    @invariant()
    def every_sale_has_one_order(self) -> None:
        """P1: whatever happened, each receipt's code names its sale."""
        found = self._rows(
            "SELECT receipt_no, reference FROM invoice_order JOIN sale ON sale.id = sale_id"
            " WHERE receipt_no IS NOT NULL"
        )
        assert len(found) == len(self.sales)
        assert dict(found) == self.sales
        ((orders,),) = self._rows("SELECT COUNT(*) FROM invoice_order")
        assert orders == len(self.sales) + self.corrections

    @invariant()
    def nothing_is_asked_for_twice(self) -> None:
        """P3, and the dates: as the provider has seen it."""
        assert self.provider.broken_promises == []

    @invariant()
    def what_is_attached_is_the_providers_own(self) -> None:
        """P2, P4: each invoice has the number, code, day and total that its own order was given."""
        for key, number, code, day, total in self._rows(
            "SELECT o.key, i.number, i.code, i.day, i.total FROM invoice i"
            " JOIN invoice_order o ON o.invoice_id = i.id"
        ):
            truth = self.provider.book.issued[UUID(key)]
            assert (number, code) == (truth.number, str(truth.code))
            assert (day, total) == (truth.day.isoformat(), truth.dong)

    @invariant()
    def states_move_as_the_table_says(self) -> None:
        """No state but by allowed transitions; no document changes (P5)."""
        for number, state, digest in self._rows("SELECT id, state, sha256 FROM invoice_order"):
            assert state in reachable(self.before.get(number, "ordered"), OrderState)
            assert self.hashes.setdefault(number, digest) == digest
            self.before[number] = state

    def teardown(self) -> None:
        """The provider behaves: everything is numbered, and the ledger verifies."""
        try:
            self._end_well()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def _end_well(self) -> None:
        self.provider.tricks.clear()
        self.provider.arrive()
        for _ in range(PASSES):
            self.delivery.run_once()
            self.clock.move(seconds=LATER)
            for (order_id,) in self._rows("SELECT id FROM invoice_order WHERE state IN ('held', 'refused')"):
                self.store.run(release_order(order_id))
            waiting = self._rows(
                "SELECT 1 FROM invoice_order WHERE state <> 'invoiced' OR paper_due_at IS NOT NULL LIMIT 1"
            )
            if not waiting:
                break
        self.every_sale_has_one_order()
        self.nothing_is_asked_for_twice()
        self.what_is_attached_is_the_providers_own()
        stuck = self._rows("SELECT id, state, reason FROM invoice_order WHERE state <> 'invoiced'")
        assert stuck == []
        assert len(self.provider.book.issued) == len(self.sales) + self.corrections
        connection = self.store.reader()
        report = check_ledger(connection, Ed25519PrivateKey.generate().public_key())
        connection.close()
        assert report.problems == ()


@pytest.fixture
def machine(signer: XmlSigner) -> Callable[[], Orders]:
    return type("TheseOrders", (Orders,), {"signer": signer})


def test_no_provider_and_no_line_can_break_the_orders(machine: Callable[[], Orders]) -> None:
    drive(machine, EXAMPLES, Phase.generate, Phase.shrink)


def test_the_machine_notices_an_order_sent_again_without_a_question(
    machine: Callable[[], Orders], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commonest mistake: after a time-out the order is taken for one that did not arrive."""

    def send_again(order_ids: Sequence[int], due: str, reason: str, *, answered: bool) -> Job[None]:
        if answered:
            return count_order_failures(order_ids, due, reason, answered=True)
        return give_back(order_ids, due, reason)

    monkeypatch.setattr(delivery_module, "count_order_failures", send_again)
    with pytest.raises(AssertionError, match="may have been issued"):
        drive(machine, 100, Phase.generate)


def test_the_machine_notices_a_number_attached_without_a_look(
    machine: Callable[[], Orders], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own database refuses some of it (a number that is there already), the rest is seen here."""

    def fits(tx: Tx, order_id: int, asked: object, numbered: object) -> str | None:
        del tx, order_id, asked, numbered
        return None

    monkeypatch.setattr(attaching, "_misfit", fits)
    with pytest.raises((AssertionError, OutboxError)):
        drive(machine, 100, Phase.generate)


def test_every_wrong_of_the_provider_is_a_trick() -> None:
    assert set(WRONGS) < set(TRICKS["issue"])
