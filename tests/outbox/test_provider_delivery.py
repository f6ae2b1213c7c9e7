"""Orders to a provider that numbers: what each of its answers does, one by one."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from outbox_samples import NOW, REGISTER, TAX_CODE, Clock, rows, sale
from provider_samples import BY_PROVIDER, HostileProvider, delivery_of, order_one

from audit.ledger_check import check_ledger
from authority.providers.memory import ProviderBook
from invoice.corrections import Correction
from invoice.reader import read_invoice, read_order
from invoice.references import read_reference
from outbox.correcting import issue_correction
from outbox.errors import RouteUndecided, SeriesOfProvider
from outbox.issuing import issue
from outbox.order_decisions import drop_order, hold_order, release_order
from outbox.pace import Limits, Pace
from outbox.provider_delivery import ProviderDelivery
from outbox.provider_papers import keep_paper, paper_of_provider
from outbox.restoring import doubt_orders
from outbox.retention import close_month
from outbox.route import take_route
from outbox.sold import Issued, Ordered
from outbox.store import Store
from outbox.taking_back import orders_to_take_back, take_back

if TYPE_CHECKING:
    from pathlib import Path

    from signing.xmldsig import XmlSigner


@pytest.fixture
def book() -> ProviderBook:
    return ProviderBook()


@pytest.fixture
def provider(book: ProviderBook) -> HostileProvider:
    return HostileProvider(book)


@pytest.fixture
def worker(store: Store, provider: HostileProvider, clock: Clock) -> ProviderDelivery:
    return delivery_of(store, provider, clock)


def states(store: Store) -> list[str]:
    """Of the orders, in the order of their making."""
    return [state for (state,) in rows(store, "SELECT state FROM invoice_order ORDER BY id")]


def alarms(store: Store) -> dict[str, str]:
    return dict(rows(store, "SELECT code, message FROM alarm"))


def ledger_problems(store: Store) -> tuple[str, ...]:
    connection = store.reader()
    try:
        return check_ledger(connection, Ed25519PrivateKey.generate().public_key()).problems
    finally:
        connection.close()


def test_an_order_is_durable_signed_and_named_before_anybody_is_asked(store: Store) -> None:
    ordered = order_one(store, "HD1")
    assert read_reference(ordered.reference) == ordered.reference
    ((document, day),) = rows(store, "SELECT document, day FROM invoice_order")
    content = read_order(document)
    assert (content.total, content.day.isoformat()) == (ordered.total, day)
    assert {extra.name: extra.value for extra in content.extras}["MaTraCuu"] == ordered.reference
    assert b"<SignatureValue>" in document
    again = store.run(issue(sale("HD1"), BY_PROVIDER))
    assert isinstance(again, Ordered)
    assert (again.again, again.reference) == (True, ordered.reference)
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(0,)]
    assert ledger_problems(store) == ()


def test_numbers_and_codes_are_attached_in_order_of_sale_time(
    store: Store, worker: ProviderDelivery, book: ProviderBook
) -> None:
    for place in (3, 1, 2):
        order_one(store, f"HD{place}", sold_at=NOW + timedelta(minutes=place))
    done = worker.run_once()
    assert (done.problem, done.sent, done.answers) == (None, 3, 3)
    found = rows(
        store, "SELECT receipt_no, number, invoice.state FROM invoice JOIN sale ON sale.id = sale_id"
    )
    assert sorted(found) == [("HD1", 1, "provided"), ("HD2", 2, "provided"), ("HD3", 3, "provided")]
    known = store.run(issue(sale("HD1", sold_at=NOW + timedelta(minutes=1)), BY_PROVIDER))
    assert isinstance(known, Issued)
    assert (known.again, known.number, known.code) == (True, 1, str(next(iter(book.issued.values())).code))
    papers = rows(store, "SELECT document FROM provider_paper")
    assert {read_invoice(paper).invoice.number for (paper,) in papers} == {1, 2, 3}
    assert alarms(store) == {}
    assert ledger_problems(store) == ()


@pytest.mark.parametrize("trick", ["taken, then time-out", "taken, then 500", "half taken, then cut"])
def test_a_lost_answer_is_looked_up_and_never_asked_again(
    store: Store,
    worker: ProviderDelivery,
    provider: HostileProvider,
    book: ProviderBook,
    clock: Clock,
    trick: str,
) -> None:
    for place in range(5):
        order_one(store, f"HD{place}")
    provider.tricks["issue"].append(trick)
    for _ in range(6):
        worker.run_once()
        clock.move(seconds=301)
    assert set(states(store)) == {"invoiced"}
    assert (len(book.issued), book.doubles, book.dates_back) == (5, 0, 0)
    after = [call for call, _ in provider.calls[1:]]
    assert after[0] == "look_up"


def test_a_copy_that_arrives_late_is_not_a_second_invoice(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, book: ProviderBook, clock: Clock
) -> None:
    order_one(store, "HD1")
    provider.tricks["issue"].append("arrives later")
    worker.run_once()
    clock.move(seconds=301)
    worker.run_once()  # not known there: asked for again, under the same key
    provider.arrive()
    worker.run_once()
    assert states(store) == ["invoiced"]
    assert len(book.issued) == 1
    assert book.doubles == 1


def test_a_partly_answered_batch_moves_what_was_answered_and_looks_up_the_rest(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, book: ProviderBook
) -> None:
    for place in range(4):
        order_one(store, f"HD{place}")
    provider.tricks["issue"].append("partly answered")
    worker.run_once()
    assert set(states(store)) == {"invoiced"}
    assert [call for call, _ in provider.calls] == ["issue", "look_up", "look_up"]
    assert book.doubles == 0


def test_a_refused_order_holds_up_nobody(
    store: Store, worker: ProviderDelivery, provider: HostileProvider
) -> None:
    first, *_ = [order_one(store, f"HD{place}") for place in range(3)]
    provider.tricks["issue"].append("refused")
    worker.run_once()
    assert states(store) == ["refused", "invoiced", "invoiced"]
    assert first.reference in alarms(store)["order-held"]
    store.run(release_order(first.order_id))
    assert "order-held" not in alarms(store)
    worker.run_once()
    assert set(states(store)) == {"invoiced"}


@pytest.mark.parametrize("trick", ["another series", "another total", "another's number"])
def test_an_answer_that_does_not_fit_attaches_nothing(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, trick: str
) -> None:
    order_one(store, "HD0")
    worker.run_once()
    wrong = order_one(store, "HD1")
    provider.tricks["issue"].append(trick)
    done = worker.run_once()
    assert done.problem is not None
    assert states(store) == ["invoiced", "held"]
    assert wrong.reference in alarms(store)["provider-differs"]
    store.run(release_order(wrong.order_id))  # a person has looked: it is looked up, not asked for again
    worker.run_once()
    assert states(store) == ["invoiced", "invoiced"]
    assert [call for call, _ in provider.calls] == ["issue", "issue", "look_up"]
    assert ledger_problems(store) == ()


def test_a_series_that_stands_still_refuses_nothing(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, book: ProviderBook, clock: Clock
) -> None:
    book.left = 1
    for place in range(3):
        order_one(store, f"HD{place}")
    worker.run_once()
    clock.move(seconds=301)
    worker.run_once()
    assert states(store)[0] == "invoiced"
    assert set(states(store)[1:]) <= {"ordered", "asked"}
    assert "E-AUT-041" in alarms(store)["series-stopped"]
    book.left = 10
    for _ in range(3):
        clock.move(seconds=301)
        worker.run_once()
    assert set(states(store)) == {"invoiced"}
    assert "series-stopped" not in alarms(store)


def test_a_restart_does_not_forget_the_alarm_of_a_series(
    store: Store, provider: HostileProvider, book: ProviderBook, clock: Clock
) -> None:
    book.left = 0
    order_one(store, "HD1")
    delivery_of(store, provider, clock).run_once()
    assert "series-stopped" in alarms(store)
    book.left = 10
    delivery_of(store, provider, clock).run_once()
    assert alarms(store) == {}


def test_a_limit_of_calls_a_minute_is_kept_and_is_no_trouble(
    store: Store, book: ProviderBook, clock: Clock
) -> None:
    provider = HostileProvider(book, batch=1)
    pace = Pace(Limits(per_minute=2))
    worker = ProviderDelivery(store, provider, "memory", TAX_CODE, clock=clock, pace=pace)
    for place in range(3):
        order_one(store, f"HD{place}")
    for _ in range(3):
        assert worker.run_once().problem is None
    assert len(provider.calls) == 2
    assert states(store) == ["invoiced", "invoiced", "ordered"]
    for _ in range(5):
        clock.move(seconds=61)
        worker.run_once()
    assert set(states(store)) == {"invoiced"}


def test_an_order_the_provider_fails_on_is_overtaken_and_set_aside(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, clock: Clock
) -> None:
    bad = order_one(store, "BAD", sold_at=NOW - timedelta(hours=1))

    class Poisoned(HostileProvider):
        def issue(self, orders: object) -> object:  # type: ignore[override]
            if any(one.reference == bad.reference for one in orders):  # type: ignore[attr-defined]
                self.tricks["issue"].append("500")
            return super().issue(orders)  # type: ignore[arg-type]

    worker = delivery_of(store, Poisoned(provider.book), clock)
    for place in range(60):
        order_one(store, f"HD{place}")
        worker.run_once()
        clock.move(seconds=301)
    assert states(store)[0] == "held"
    assert set(states(store)[1:]) == {"invoiced"}
    assert bad.reference in alarms(store)["order-held"]
    assert provider.book.dates_back == 0


def test_a_number_without_a_code_waits_for_the_code_in_the_xml(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, clock: Clock
) -> None:
    order_one(store, "HD1")
    provider.says_code = False
    provider.tricks["fetch"].append("not ready")
    worker.run_once()
    assert states(store) == ["numbered"]
    clock.move(seconds=301)
    worker.run_once()
    assert states(store) == ["invoiced"]
    assert rows(store, "SELECT COUNT(*) FROM provider_paper") == [(1,)]
    assert ledger_problems(store) == ()


def test_a_paper_that_says_something_else_is_an_alarm(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, clock: Clock
) -> None:
    order_one(store, "HD1")
    provider.tricks["fetch"].extend(["garbage"] * 6)
    for _ in range(6):
        worker.run_once()
        clock.move(seconds=301)
    assert "cannot be read" in alarms(store)["provider-differs"]
    assert rows(store, "SELECT COUNT(*) FROM provider_paper") == [(1,)]
    ((key, invoice),) = provider.book.issued.items()
    right = provider.fetch(provider.answer(invoice), key, "xml")
    assert right is not None
    store.run(keep_paper(1, "xml", right))  # as thungan invoice fetch does
    assert alarms(store) == {}
    assert ledger_problems(store) == ()


def test_offline_for_days_then_caught_up_in_order_without_a_double_and_without_a_date_going_back(
    store: Store, provider: HostileProvider, book: ProviderBook, clock: Clock
) -> None:
    worker = delivery_of(store, provider, clock)
    sold: list[str] = []
    for day in range(4):
        for place in range(7):
            clock.move(minutes=20)
            receipt = f"D{day}-{place}"
            order_one(store, receipt, sold_at=clock.now)
            sold.append(receipt)
            provider.tricks["issue"].append("unreachable")
            worker.run_once()
        clock.move(hours=24 - 7 * 20 / 60)
    provider.tricks.clear()
    provider.tricks["issue"].extend(["", "taken, then cut", "half taken, then cut", "taken, then 503", "cut"])
    for _ in range(40):
        clock.move(seconds=301)
        worker.run_once()
    found = rows(
        store, "SELECT receipt_no, number, day FROM invoice JOIN sale ON sale.id = sale_id ORDER BY number"
    )
    assert [receipt for receipt, _, _ in found] == sold
    assert [number for _, number, _ in found] == list(range(1, len(sold) + 1))
    days = [date.fromisoformat(day) for _, _, day in found]
    assert days == sorted(days)
    assert len(set(days)) == 4
    assert (book.doubles, book.dates_back) == (0, 0)
    assert alarms(store) == {}
    assert ledger_problems(store) == ()


def test_an_order_let_go_days_later_bears_the_day_the_series_has_come_to(
    store: Store, worker: ProviderDelivery, book: ProviderBook, clock: Clock
) -> None:
    early = order_one(store, "HD1")
    store.run(hold_order(early.order_id, "the buyer asked to wait"))
    clock.move(days=2)
    order_one(store, "HD2", sold_at=clock.now)
    worker.run_once()
    store.run(release_order(early.order_id))
    worker.run_once()
    found = dict(rows(store, "SELECT receipt_no, day FROM invoice JOIN sale ON sale.id = sale_id"))
    assert found == {"HD1": "2026-11-25", "HD2": "2026-11-25"}
    assert book.dates_back == 0


def test_another_program_in_the_series_moves_our_date_not_theirs(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, book: ProviderBook, clock: Clock
) -> None:
    order_one(store, "HD1")
    clock.move(days=1)
    other = order_one(store, "HD2", sold_at=clock.now)
    store.run(hold_order(other.order_id, "for the test"))
    # Somebody else's invoice of tomorrow is in the series already.
    store.run(release_order(other.order_id))
    worker.run_once()
    book_days = [one.day for one in book.issued.values()]
    assert book_days == sorted(book_days)
    key = next(iter(book.issued))
    foreign = book.issued[key]
    clock.move(days=1)
    book.issued[uuid4()] = replace(foreign, number=3, day=date(2026, 11, 25))
    order_one(store, "HD3", sold_at=clock.now - timedelta(days=1))
    worker.run_once()
    assert set(states(store)) == {"invoiced"}
    assert rows(store, "SELECT number, day FROM invoice ORDER BY number")[-1] == (4, "2026-11-25")
    assert alarms(store) == {}


@pytest.mark.parametrize("correction", [Correction.REPLACE, Correction.REFUND, Correction.INFORM])
def test_corrections_are_orders_that_name_their_original(
    store: Store,
    worker: ProviderDelivery,
    provider: HostileProvider,
    book: ProviderBook,
    correction: Correction,
) -> None:
    order_one(store, "HD1")
    worker.run_once()
    right = None if correction is Correction.INFORM else sale(None)
    ordered = store.run(issue_correction(1, correction, right, BY_PROVIDER, "sai đơn giá"))
    assert isinstance(ordered, Ordered)
    worker.run_once()
    ((corrects, relation, number),) = rows(
        store, "SELECT corrects, relation, number FROM invoice WHERE corrects IS NOT NULL"
    )
    assert (corrects, number) == (1, 2)
    made = list(book.issued.values())[1]
    assert made.related is not None
    assert (int(made.related.kind), made.related.number) == (relation, "1")
    if correction is Correction.REFUND:
        assert made.total < 0
    assert ledger_problems(store) == ()


def test_what_a_provider_that_is_gone_may_have_can_be_dropped_by_a_person(
    store: Store, worker: ProviderDelivery, provider: HostileProvider
) -> None:
    ordered = order_one(store, "HD1")
    provider.tricks["issue"].append("time-out")
    worker.run_once()
    assert states(store) == ["asked"]
    with pytest.raises(RouteUndecided):
        store.run(take_route("K0409990010>TCT", TAX_CODE))
    store.run(drop_order(ordered.order_id, "the provider has closed; its site shows no such invoice"))
    store.run(take_route("K0409990010>TCT", TAX_CODE))
    assert states(store) == ["dropped"]
    assert ledger_problems(store) == ()


def test_a_series_that_others_use_too_has_holes_and_verifies(
    store: Store, worker: ProviderDelivery, book: ProviderBook
) -> None:
    book.first = 4711
    order_one(store, "HD1")
    worker.run_once()
    book.issued[uuid4()] = replace(next(iter(book.issued.values())), number=4712)
    order_one(store, "HD2")
    worker.run_once()
    assert rows(store, "SELECT number FROM invoice ORDER BY id") == [(4711,), (4713,)]
    assert ledger_problems(store) == ()


def test_orders_of_a_restored_backup_are_looked_up_before_they_are_asked_for(
    tmp_path: Path, signer: XmlSigner, provider: HostileProvider, book: ProviderBook, clock: Clock
) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    store = Store(folder, signer, clock)
    for place in range(3):
        order_one(store, f"HD{place}")
    store.close()
    shutil.copyfile(folder / "thungan.db", tmp_path / "backup.db")
    store = Store(folder, signer, clock)
    clock.move(days=1)
    delivery_of(store, provider, clock).run_once()
    assert len(book.issued) == 3
    store.close()
    for path in folder.iterdir():
        path.unlink()
    shutil.copyfile(tmp_path / "backup.db", folder / "thungan.db")
    provider.calls.clear()
    store = Store(folder, signer, clock, believed=True)
    try:
        assert store.run(doubt_orders("restored from backup.db")) == 3
        order_one(store, "HD9")
        delivery_of(store, provider, clock).run_once()
        assert [call for call, _ in provider.calls] == ["look_up"] * 3 + ["issue"]
        assert set(states(store)) == {"invoiced"}
        assert (len(book.issued), book.doubles) == (4, 0)
        assert ledger_problems(store) == ()
    finally:
        store.close()


def test_leaving_the_provider_numbers_what_it_never_had_and_nothing_else(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, clock: Clock
) -> None:
    for place in range(3):
        order_one(store, f"HD{place}")
    provider.tricks["issue"].append("taken, then time-out")
    worker.run_once()  # all three were sent
    waiting = [order_one(store, f"NEW{place}", sold_at=NOW + timedelta(minutes=place)) for place in range(2)]
    with pytest.raises(RouteUndecided, match="orders"):
        store.run(take_route("K0409990010>TCT", TAX_CODE))
    with closing(store.reader()) as connection:
        free = orders_to_take_back(connection)
    assert free == [one.order_id for one in waiting]
    with pytest.raises(RouteUndecided):
        store.run(take_back(1, REGISTER))
    with pytest.raises(RouteUndecided):
        store.run(take_back(free[0], BY_PROVIDER))
    with pytest.raises(SeriesOfProvider, match="other letters"):  # the provider's own series
        store.run(take_back(free[0], REGISTER))
    own = replace(REGISTER, letters="AB")
    taken = [store.run(take_back(order_id, own)) for order_id in free]
    assert [one.number for one in taken] == [1, 2]
    assert [one.state for one in taken] == ["issued", "issued"]
    known = store.run(issue(sale("NEW0", sold_at=NOW), BY_PROVIDER))
    assert isinstance(known, Issued)
    assert known.number == 1
    clock.move(seconds=301)
    worker.run_once()
    assert states(store) == ["invoiced"] * 3 + ["dropped"] * 2
    store.run(take_route("K0409990010>TCT", TAX_CODE))
    assert len(provider.book.issued) == 3
    assert ledger_problems(store) == ()


def test_a_closed_month_takes_orders_and_papers_along(
    store: Store, worker: ProviderDelivery, provider: HostileProvider, clock: Clock
) -> None:
    order_one(store, "HD1")
    worker.run_once()
    with closing(store.reader()) as connection:
        before = paper_of_provider(connection, 1, "xml")
    clock.move(days=1)
    closed = close_month(store, "2026-11", "thungan/0409990010/1", Ed25519PrivateKey.generate())
    assert closed is not None
    assert closed[1] == 4  # invoice, order, answer, paper
    ((size,),) = rows(store, "SELECT SUM(length(document)) FROM main.provider_paper")
    assert size == 0
    with closing(store.reader()) as connection:
        assert paper_of_provider(connection, 1, "xml") == before
    assert ledger_problems(store) == ()
    ordered = store.run(issue_correction(1, Correction.INFORM, None, BY_PROVIDER, "sai tên hàng"))
    assert isinstance(ordered, Ordered)
    worker.run_once()
    assert states(store) == ["invoiced", "invoiced"]


def test_a_dropped_order_is_kept_with_its_reason(
    store: Store, worker: ProviderDelivery, provider: HostileProvider
) -> None:
    ordered = order_one(store, "HD1")
    provider.tricks["issue"].append("refused")
    worker.run_once()
    store.run(drop_order(ordered.order_id, "issued on the provider's site as number 17"))
    worker.run_once()
    assert rows(store, "SELECT state, reason FROM invoice_order") == [
        ("dropped", "issued on the provider's site as number 17")
    ]
    assert alarms(store) == {}
    assert ledger_problems(store) == ()
