"""The evidence of a shop whose provider gives the numbers: what the seller signed is what was invoiced."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from provider_shop import PASSWORD, provider_shop
from test_attacks import Shop, attacked, check, hash_again, red, said, verified

from agent.config import load_config
from agent.daemon import Daemon
from audit.analysis import analyse
from audit.bundle.reading import Bundle
from audit.dossier import Fate
from audit.dossier_reading import checks_of, read_dossier
from audit.findings import Weight
from audit.verify.result import Verdict
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import RunningProvider
from drivers.captured import Captured
from invoice.sale_json import sale_from_json
from outbox.issuing import issue

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*-sale-*.prn"))
NAMED = {
    "kind": "sale",
    "receipt_no": "HD9",
    "lines": [{"name": "Cà phê", "quantity": 1, "unit_price": 25000, "amount": 25000, "vat_rate": "8%"}],
    "total": 25000,
    "payments": [{"method": "cash", "amount": 25000}],
    "buyer": {"name": "Nguyễn Thị Bưởi", "address": "12 Lê Lợi, Đà Nẵng"},
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Six sales numbered by a provider, one of them to a named buyer, and one that waits."""
    top = tmp_path_factory.mktemp("provided")
    folder = top / "shop"
    provider = RunningProvider("viettel", top / "provider", 0, account=ProviderAccount(password=PASSWORD))
    provider_shop(folder, provider, **{"source.hold_ms": 10_000})
    daemon = Daemon(load_config(folder))
    try:
        for path in RECEIPTS[:5]:
            daemon.till.take("test", Captured(path.read_bytes(), "cut"))
        daemon.store.run(issue(sale_from_json(json.dumps(NAMED)), daemon.config.register))
        while daemon.store.run(
            lambda tx: tx.execute(
                "SELECT COUNT(*) FROM invoice_order WHERE state <> 'invoiced' OR paper_due_at IS NOT NULL"
            ).fetchone()[0]
        ):
            daemon.sync()
        daemon.checkpoint()
    finally:
        daemon.stop()
        provider.stop()
    daemon = Daemon(load_config(folder))
    daemon.till.take("test", Captured(RECEIPTS[5].read_bytes(), "cut"))
    daemon.checkpoint()
    daemon.stop()
    (folder / "sandbox").mkdir(exist_ok=True)
    checkpoint = folder / "kept.note"
    database = sqlite3.connect(folder / "thungan.db")
    checkpoint.write_text(
        database.execute("SELECT note FROM checkpoint ORDER BY size DESC").fetchone()[0], "utf-8"
    )
    database.close()
    return Shop(folder, folder / "thungan.db", folder, checkpoint)


def test_an_honest_shop_holds(shop: Shop, tmp_path: Path) -> None:
    answer = verified(shop, attacked(shop, tmp_path), kept=True)
    assert red(answer) == set(), said(answer)
    orders = check(answer, "orders")
    assert (orders.looked_at, orders.verdict) == (7, Verdict.ATTENTION)
    assert [finding.what.en for finding in orders.findings] == ["still waits for its number"]
    assert check(answer, "invoices").looked_at == 6
    assert [note.en for note in check(answer, "numbers").notes] == ["C26MAA: 6 numbers by a provider"]


def test_the_report_calls_nothing_of_it_serious(shop: Shop, tmp_path: Path) -> None:
    folder = attacked(shop, tmp_path)
    answer = verified(shop, folder, kept=True)
    with Bundle(folder / "all.zip") as bundle:
        dossier = read_dossier(bundle, checks_of(answer))
    assert [invoice.provided for invoice in dossier.invoices] == [True] * 6
    assert all(invoice.reached_at for invoice in dossier.invoices)
    assert [paper.fate for paper in dossier.papers] == [Fate.INVOICED] * 5 + [Fate.ORDERED]
    assert [finding.name for finding in analyse(dossier).findings if finding.weight is Weight.SERIOUS] == []
    later = replace(dossier, exported_at=dossier.exported_at + timedelta(days=4))
    found = {finding.name: finding for finding in analyse(later).findings}
    assert found["never-numbered"].weight is Weight.SERIOUS
    assert dossier.waiting[0].reference in found["never-numbered"].said.vi


def test_without_buyers_it_holds_and_names_none(shop: Shop, tmp_path: Path) -> None:
    folder = attacked(shop, tmp_path)
    answer = verified(shop, folder, kept=True, full=False)
    assert red(answer) == set(), said(answer)
    packed = (folder / "all.zip").read_bytes()
    with zipfile.ZipFile(folder / "all.zip") as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert len(packed) < len(whole)
    assert "Bưởi".encode() not in whole
    assert b"Nguy\\u1ec5n" not in whole
    assert '"withheld":' in whole.decode()


ROWS: dict[str, tuple[str, str, str]] = {
    "an order is changed": (
        "UPDATE invoice_order SET document = replace(document, '<TgTTTBSo>', '<TgTTTBSo>1') WHERE id = 2",
        "orders",
        "is not what the ledger holds",
    ),
    "an order's total is changed": (
        "UPDATE invoice_order SET total = total - 1000 WHERE id = 2",
        "orders",
        "total or reference differ from the ledger",
    ),
    "an order is called dropped": (
        "UPDATE invoice_order SET state = 'dropped' WHERE id = 7",
        "orders",
        "the store says dropped, the ledger ordered",
    ),
    "a waiting order is removed": ("DELETE FROM invoice_order WHERE id = 7", "orders", "it was removed"),
    "an answer of the provider is removed": (
        "DELETE FROM provider_answer WHERE id = 2",
        "orders",
        "provider's answer 2: is in the ledger but not in the store",
    ),
    "an answer of the provider is changed": (
        "UPDATE provider_answer SET document = document || x'20' WHERE id = 3",
        "orders",
        "provider's answer 3: is not what the ledger holds",
    ),
    "the provider's paper is changed": (
        "UPDATE provider_paper SET document = document || x'20' WHERE id = 1",
        "orders",
        "provider's paper 1: is not what the ledger holds",
    ),
    "an invoice is removed": ("DELETE FROM invoice WHERE id = 3", "invoices", "it was removed"),
    "an invoice's number is changed": (
        "UPDATE invoice SET number = 77 WHERE id = 4",
        "invoices",
        "the store has number 77",
    ),
    "an invoice goes to another order": (
        "UPDATE invoice_order SET invoice_id = CASE id WHEN 1 THEN 900 ELSE invoice_id END WHERE id = 1",
        "orders",
        "is not the invoice of this order",
    ),
}


@pytest.mark.parametrize("name", list(ROWS))
def test_a_row_that_is_touched_is_found(name: str, shop: Shop, tmp_path: Path) -> None:
    statement, checked, words = ROWS[name]
    answer = verified(shop, attacked(shop, tmp_path, "PRAGMA foreign_keys = OFF", statement))
    assert checked in red(answer), name
    assert words in said(answer)


def test_an_invoice_other_than_its_order_is_found_with_the_ledger_forged(shop: Shop, tmp_path: Path) -> None:
    """The owner lowers an invoice and writes the whole ledger anew with its key: the signed order stands."""
    folder = attacked(shop, tmp_path)
    database = sqlite3.connect(folder / "thungan.db")
    (document,) = database.execute("SELECT document FROM invoice WHERE id = 2").fetchone()
    forged = document.replace(b"<THHDVu>", b"<THHDVu>X", 1)
    assert forged != document
    _forge(database, "invoice", "invoice.issued", 2, forged)
    hash_again(folder, sign=True)
    answer = verified(shop, folder)
    assert "says other than the seller signed" in said(answer)
    assert red(answer) >= {"orders"}


def test_an_order_without_its_signature_is_found_with_the_ledger_forged(shop: Shop, tmp_path: Path) -> None:
    folder = attacked(shop, tmp_path)
    database = sqlite3.connect(folder / "thungan.db")
    (document,) = database.execute("SELECT document FROM invoice_order WHERE id = 1").fetchone()
    before, _, after = document.partition(b"<SignatureValue>")
    forged = before + b"<SignatureValue>" + (b"AAAA" if after[:4] != b"AAAA" else b"BBBB") + after[4:]
    _forge(database, "invoice_order", "order.made", 1, forged)
    hash_again(folder, sign=True)
    answer = verified(shop, folder)
    assert "the seller's signature" in said(answer)
    assert "orders" in red(answer)


def _forge(database: sqlite3.Connection, table: str, kind: str, number: int, document: bytes) -> None:
    """Another document, and a leaf that says so."""
    digest = sha256(document).hexdigest()
    statement = f"UPDATE {table} SET document = ?, sha256 = ? WHERE id = ?"  # noqa: S608
    database.execute(statement, (document, digest, number))
    seq, body = database.execute(
        "SELECT seq, body FROM leaf WHERE kind = ? AND subject = ?", (kind, number)
    ).fetchone()
    leaf = {**json.loads(body), "sha256": digest}
    written = json.dumps(leaf, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    database.execute("UPDATE leaf SET body = ? WHERE seq = ?", (written, seq))
    database.commit()
    database.close()
