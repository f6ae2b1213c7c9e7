"""Evidence shows no buyer unless asked to, and what it shows is still what the ledger committed to."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from audit.bundle.reading import Bundle
from drivers.framing import Captured
from drivers.reading import read_receipt
from invoice.redactable import redacted_form
from invoice.sale_json import VIETNAM, public_digest
from outbox.captures import hide_buyer, record_capture
from outbox.commitments import redacted_capture, salted_digest
from outbox.store import Store

DATA = Path(__file__).parent.parent / "data" / "receipts"
NAME, CODE = "Công ty Hoa Bưởi", "0107001729"
TODAY = datetime.now(UTC).astimezone(VIETNAM).date()
PAPER = f"""\x1b@SONG HAN
MST: 0401234567
Khach hang: {NAME}
MST khach hang: {CODE}
So HD: HD7777
Ngay: {TODAY:%d/%m/%Y} 09:10
1. Ca phe sua
   2 x 25.000 = 50.000
Tong: 50.000
""".encode()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    make_folder(folder, demo=True)
    daemon = Daemon(load_config(folder))
    daemon.till.take("test", Captured(PAPER, "cut"))
    daemon.till.take("test", Captured((DATA / "000-sale-two-line-utf-8-32.prn").read_bytes(), "cut"))
    daemon.stop()
    return folder


def export(shop: Path, path: Path, *more: str) -> Bundle:
    days = [str(TODAY - timedelta(days=1)), str(TODAY + timedelta(days=1))]
    words = ["audit", "export", "--data", str(shop), "--from", days[0], "--to", days[1], "-o", str(path)]
    assert main([*words, *more]) == 0
    return Bundle(path)


def test_the_paper_of_this_test_names_a_buyer() -> None:
    sale = read_receipt(PAPER).sale
    assert sale is not None
    assert sale.buyer is not None
    assert sale.buyer.tax_code == CODE


def test_no_buyer_stands_in_a_bundle_by_default(shop: Path, tmp_path: Path) -> None:
    with export(shop, tmp_path / "a.zip") as bundle:
        whole = b"".join(bundle.content(member) for member in bundle.manifest.members)
        papers = b"".join(paper.data or b"" for paper in bundle.captures())
        for text in (NAME, CODE):
            assert text.encode() not in whole
            assert text.encode() not in papers
        assert bundle.manifest.withheld == 0
        shown = next(invoice for invoice in bundle.invoices() if invoice.shown == "redacted")
        assert shown.document is not None
        assert b"<TgTTTBSo>50000</TgTTTBSo>" in shown.document
        assert next(paper for paper in bundle.captures() if paper.shown == "redacted").salt == ""


def test_what_is_shown_is_what_the_ledger_holds(shop: Path, tmp_path: Path) -> None:
    with export(shop, tmp_path / "a.zip") as bundle:
        said = {leaf.said["redacted"] for leaf in bundle.leaves() if "redacted" in leaf.said}
        hidden = [row.document for row in bundle.invoices() if row.shown == "redacted"]
        papers = [row.data for row in bundle.captures() if row.shown == "redacted"]
        assert len(hidden) == len(papers) == 1
        assert {sha256(shown or b"").hexdigest() for shown in hidden + papers} == said
        contents = {leaf.said["content"] for leaf in bundle.leaves() if leaf.kind == "invoice.issued"}
        assert {public_digest(sale.content) for sale in bundle.sales()} <= contents


def test_a_full_bundle_makes_the_redacted_forms_anew(shop: Path, tmp_path: Path) -> None:
    with export(shop, tmp_path / "full.zip", "--full") as bundle:
        leaves = [leaf.said for leaf in bundle.leaves()]
        issued = {leaf["sha256"]: leaf for leaf in leaves if leaf["kind"] == "invoice.issued"}
        for invoice in bundle.invoices():
            assert invoice.document is not None
            redacted = redacted_form(invoice.document)
            digest = None if redacted is None else sha256(redacted).hexdigest()
            assert issued[sha256(invoice.document).hexdigest()].get("redacted") == digest
        salted = {leaf["capture"]: leaf["salted"] for leaf in leaves if leaf["kind"] == "capture"}
        for paper in bundle.captures():
            assert salted[paper.id] == salted_digest(bytes.fromhex(paper.salt), paper.data or b"")


def test_what_is_hidden_is_hidden_wherever_it_stands(shop: Path) -> None:
    """A second copy on the same paper, which nobody cites, is hidden with the first."""
    twice = PAPER + PAPER
    capture = b"MST khach hang: " + CODE.encode()
    place = twice.find(capture)
    store = Store(shop)
    try:
        number = store.run(record_capture("test", twice, "cut", salt=bytes(16)))
        store.run(hide_buyer(number, [(place, place + len(capture))]))
        spans = store.run(
            lambda tx: tx.execute("SELECT private FROM capture WHERE id = ?", (number,)).fetchone()[0]
        )
    finally:
        store.close()
    assert len(json.loads(spans)) == 2
    assert CODE.encode() not in redacted_capture(twice, bytes(16), json.loads(spans))


def test_equal_values_are_hidden_differently() -> None:
    first = redacted_capture(b"abcabc", bytes(16), [(0, 3), (3, 6)])
    assert first[8:72] != first[81:145]
    assert redacted_capture(b"abcabc", bytes([1] * 16), [(0, 3), (3, 6)]) != first
