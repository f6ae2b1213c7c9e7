"""Issuing: numbers without holes, a sale once, the legal day, and what a crash leaves behind."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from outbox_samples import NOW, REGISTER, ROOT, Clock, issue_many, rows, sale

from invoice.errors import InvoiceError, SaleInvalid
from invoice.sale import Buyer, Kind
from outbox.errors import ClockWentBack
from outbox.issuing import issue
from outbox.ledger import load_frontier
from outbox.merkle import Frontier, leaf_hash
from outbox.store import Store
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

if TYPE_CHECKING:
    from cryptography import x509


def test_numbers_and_codes_count_up(store: Store) -> None:
    issued = issue_many(store, 150)
    assert [one.number for one in issued] == list(range(1, 151))
    assert [one.code for one in issued] == [f"M1-26-SHNDN-001{n:08d}" for n in range(1, 151)]
    assert {(one.symbol, one.form, one.state, one.again) for one in issued} == {
        ("C26MAA", 1, "issued", False)
    }
    kept = rows(store, "SELECT number, code, total, day FROM invoice ORDER BY id")
    assert kept == [(one.number, one.code, one.total, one.day) for one in issued]


def test_another_register_has_its_own_codes_and_series(store: Store) -> None:
    second = replace(REGISTER, letters="AB", number=2)
    issue_many(store, 2)
    one = store.run(issue(sale("HD1"), second), 30)
    assert (one.again, one.symbol, one.number) == (False, "C26MAB", 1)
    assert one.code == "M1-26-SHNDN-00200000001"


def test_the_same_sale_twice_is_one_invoice(store: Store) -> None:
    first = store.run(issue(sale(), REGISTER), 30)
    second = store.run(issue(sale(), REGISTER), 30)
    assert second == replace(first, again=True)
    assert store.run(issue(sale("HD2"), REGISTER), 30).number == 2
    assert rows(store, "SELECT COUNT(*) FROM sale") == [(2,)]


def test_a_live_sale_without_its_own_time_is_one_a_day(store: Store, clock: Clock) -> None:
    undated = sale(sold_at=None)
    first = store.run(issue(undated, REGISTER, live=True), 30)
    clock.move(hours=2)
    assert store.run(issue(undated, REGISTER, live=True), 30) == replace(first, again=True)
    clock.move(days=1)
    assert store.run(issue(undated, REGISTER, live=True), 30).number == 2


def test_sales_without_receipt_number_are_each_their_own(store: Store) -> None:
    first, second = (store.run(issue(sale(None), REGISTER), 30) for _ in range(2))
    assert (first.number, second.number, second.again) == (1, 2, False)


def test_a_clock_gone_back_stops_issuing(store: Store, clock: Clock) -> None:
    issue_many(store, 2)
    before = rows(store, "SELECT (SELECT COUNT(*) FROM leaf), (SELECT COUNT(*) FROM sale)")
    clock.move(minutes=-3)
    with pytest.raises(ClockWentBack):
        store.run(issue(sale("HD3"), REGISTER), 30)
    assert rows(store, "SELECT (SELECT COUNT(*) FROM leaf), (SELECT COUNT(*) FROM sale)") == before
    clock.move(minutes=3)
    assert store.run(issue(sale("HD3"), REGISTER), 30).number == 3


def test_a_small_correction_of_the_clock_is_no_reason_to_stop(store: Store, clock: Clock) -> None:
    issue_many(store, 1)
    clock.move(minutes=-1)
    assert issue_many(store, 1, first=2)[0].number == 2
    times = [at for (at,) in rows(store, "SELECT issued_at FROM invoice ORDER BY id")]
    assert times == ["2026-11-23T02:15:05.000Z"] * 2


@pytest.mark.parametrize(
    ("sold", "live", "day"),
    [
        (NOW, False, "2026-11-23"),
        (NOW - timedelta(days=3), False, "2026-11-20"),
        (NOW + timedelta(days=1), False, "2026-11-23"),  # the future
        (NOW - timedelta(days=365), False, "2026-11-23"),  # last year
        (NOW - timedelta(days=1), True, "2026-11-22"),  # a shift across midnight
        (NOW - timedelta(days=3), True, "2026-11-23"),  # a register whose clock is wrong
        (NOW + timedelta(days=400), True, "2026-11-23"),
        (None, False, "2026-11-23"),
        (datetime(2026, 11, 22, 17, 30, tzinfo=UTC), False, "2026-11-23"),  # half past midnight here
        (datetime(2026, 11, 22, 16, 30, tzinfo=UTC), False, "2026-11-22"),
    ],
)
def test_the_legal_day(store: Store, sold: datetime | None, live: bool, day: str) -> None:  # noqa: FBT001
    assert store.run(issue(sale(sold_at=sold), REGISTER, live=live), 30).day == day


def test_the_day_never_goes_back_within_a_series(store: Store) -> None:
    days = [NOW - timedelta(days=back) for back in (5, 2, 4, 1)]
    issued = [store.run(issue(sale(f"HD{at.day}", sold_at=at), REGISTER), 30) for at in days]
    assert [one.day for one in issued] == ["2026-11-18", "2026-11-21", "2026-11-21", "2026-11-22"]


def test_a_new_year_begins_a_new_series(tmp_path: Path, signer: XmlSigner) -> None:
    clock = Clock(datetime.fromisoformat("2026-12-31T23:59:00+07:00"))
    store = Store(tmp_path, signer, clock)
    old = store.run(issue(sale("HD1", sold_at=clock.now), REGISTER), 30)
    clock.move(minutes=2)
    new = store.run(issue(sale("HD2", sold_at=clock.now), REGISTER), 30)
    late = store.run(issue(sale("HD3", sold_at=clock.now - timedelta(minutes=5)), REGISTER), 30)
    store.close()
    assert [(one.symbol, one.number, one.day) for one in (old, new, late)] == [
        ("C26MAA", 1, "2026-12-31"),
        ("C27MAA", 1, "2027-01-01"),
        ("C27MAA", 2, "2027-01-01"),
    ]
    assert new.code == "M1-27-SHNDN-00100000001"


def test_the_stored_document_is_signed(store: Store, key_file: Path, signer: XmlSigner) -> None:
    issue_many(store, 3)
    trust: list[x509.Certificate] = [signer.certificate] if hasattr(signer, "certificate") else []
    for digest, document in rows(store, "SELECT sha256, document FROM invoice"):
        assert sha256(document).hexdigest() == digest
        report = verify_document(document, trust=trust, now=NOW)
        assert report.valid, report
        changed = document.replace("Phở bò tái".encode(), "Phở bò chín".encode())
        assert changed != document
        assert not verify_document(changed, trust=trust, now=NOW).valid


def test_the_invoice_names_the_ledger_before_it(store: Store) -> None:
    issue_many(store, 3)
    bodies = [body.encode() for (body,) in rows(store, "SELECT body FROM leaf ORDER BY seq")]
    frontier = Frontier()
    for body in bodies:
        frontier = frontier.append(leaf_hash(body))
    one = store.run(issue(sale("HD4"), REGISTER), 30)
    (document,) = rows(store, "SELECT document FROM invoice WHERE id = ?", one.invoice_id)[0]
    assert frontier.root().hex().encode() in document


@pytest.mark.parametrize(
    "bad",
    [
        sale(total=2_112_999),
        sale(discount=1),
        sale(lines=()),
        sale(kind=Kind.REFUND),
        sale(buyer=Buyer(tax_code="0409990011")),
        sale(buyer=Buyer(citizen_id="12345")),
        sale(lines=tuple(replace(line, amount=line.amount + 2) for line in sale().lines)),
    ],
    ids=["total", "discount", "no lines", "refund", "tax code", "citizen", "lines"],
)
def test_a_sale_that_is_wrong_uses_no_number(store: Store, bad: object) -> None:
    issue_many(store, 1)
    with pytest.raises(InvoiceError):
        store.run(issue(bad, REGISTER), 30)
    assert rows(store, "SELECT COUNT(*) FROM sale") == [(1,)]
    assert issue_many(store, 1, first=2)[0].number == 2


def test_sums_that_disagree_are_named(store: Store) -> None:
    with pytest.raises(SaleInvalid, match=r"2113000.*is not the total 5"):
        store.run(issue(sale(total=5), REGISTER), 30)


@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
@pytest.mark.parametrize("point", ["issue.before-commit:3", "store.after-commit:3", "store.before-commit:3"])
def test_a_crash_leaves_no_hole(
    tmp_path: Path, key_file: Path, signer: XmlSigner, clock: Clock, point: str
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    script = Path(__file__).with_name("crash_issuer.py")
    environment = {**os.environ, "THUNGAN_CRASH_AT": point, "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, str(script), str(folder), str(key_file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert killed.returncode == -9, killed.stderr
    told = [int(line) for line in killed.stdout.split()]
    store = Store(folder, signer, clock)
    numbers = [number for (number,) in rows(store, "SELECT number FROM invoice ORDER BY id")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert set(told) <= set(numbers)  # what was told to be durable is
    if point.startswith("store.after"):
        assert len(numbers) >= 3
    connection = store.reader()
    edge = load_frontier(connection)
    connection.close()
    assert edge == store.run(lambda tx: tx.ledger.frontier, 30)
    assert edge.size == len(numbers)
    again = issue_many(store, 60)
    store.close()
    assert sorted(one.number for one in again) == list(range(1, 61))
    assert [one.again for one in again] == [n <= len(numbers) for n in range(1, 61)]
