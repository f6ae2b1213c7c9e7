"""What is written of a sale, byte for byte: documents, JSON, fingerprints, leaves never change by accident.

A fingerprint that came out otherwise would let a reprint through as a second sale; a leaf or a digest of
other bytes would fail the audit of every shop that has issued before. ``tests/data/issued.txt`` was written
once; a wanted change is made with ``PYTHONPATH=tests/invoice python tests/outbox/test_issued_bytes.py`` and
read line by line.
"""

import secrets
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest
from cart_maker import make_cart
from cart_storm import Dice
from outbox_samples import NOW, REGISTER, ROOT, Clock, sale

from invoice.numbers import Form
from invoice.sale import Buyer, Kind, Line, LineKind, Payment, PaymentMethod, Sale
from invoice.sale_json import sale_from_json
from outbox.issuing import issue
from outbox.numbering import Register
from outbox.signing_desk import EachInvoice
from outbox.store import Store

WRITTEN = ROOT / "tests/data/issued.txt"
CARTS = 60  # of each form
HOUSEHOLD = replace(REGISTER, letters="HH", number=2, terms=replace(REGISTER.terms, form=Form.SALES))


def test_what_is_written_has_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_hex", _no_chance)
    assert "\n".join(_written(tmp_path)) == WRITTEN.read_text(encoding="utf-8")


def _no_chance(size: int) -> str:
    return "5a" * size


def _sales() -> Iterator[tuple[Register, Sale]]:
    """Papers of the samples, what is rare on a paper, and carts of both forms."""
    for path in sorted((ROOT / "tests/data/receipts").glob("*-sale-*.json")):
        yield REGISTER, sale_from_json(path.read_bytes())
    company = Buyer("CÔNG TY <A> & B", "0409990010", None, '12 "Bạch Đằng"', "0905 000 000", "a@b.vn")
    yield REGISTER, sale("HD-company", buyer=company)
    yield REGISTER, sale("HD-visitor", buyer=Buyer("Ann O'Neil", passport="P1234567"), cashier="Chị Hoa")
    yield REGISTER, sale(None)
    yield REGISTER, sale("HD-undated", sold_at=None)
    yield REGISTER, sale("HD-utc", sold_at=datetime(2026, 11, 23, 1, 2, 3, 456789, UTC))
    odd = Line(
        'Trà\tđá \u2028 "đặc" \\ 😀',
        Decimal("0.000001"),
        Decimal("12.345678"),
        0,
        "Kg",
        "KHAC:03.5%",
        code="T&1",
    )
    car = Line(
        "Xe",
        Decimal("1.50"),
        Decimal(10),
        15,
        kind=LineKind.SPECIAL,
        details=(("BKSo", "43A-1"), ("A", "<b>")),
    )
    yield REGISTER, Sale(Kind.SALE, "HD-odd", NOW, (odd, car), 0, 15, (Payment(PaymentMethod.WALLET, 15),))
    dear = Line("Vàng", Decimal("123456.789012"), Decimal(10**9), 123456789012000)
    yield REGISTER, Sale(Kind.SALE, "HD-dear", NOW, (dear,), 0, 123456789012000)
    dollars = Line("Phở", Decimal(3), Decimal(625), 1875, "Tô", "8%")
    yield (
        REGISTER,
        Sale(Kind.SALE, "HD-usd", NOW, (dollars,), 0, 1875, currency="USD", exchange_rate=Decimal("25450.5")),
    )
    for form, register in ((Form.VAT, REGISTER), (Form.SALES, HOUSEHOLD)):
        dice = Dice(26)
        for place in range(CARTS):
            yield register, replace(make_cart(dice, form), receipt_no=f"C{int(form)}-{place}")


def _written(folder: Path) -> Iterator[str]:
    """One line for each invoice, the first papers' documents and leaves in full, and the ledger's end."""
    clock = Clock()
    store = Store(folder, None, clock, invoices=EachInvoice.NEVER)
    try:
        for place, (register, one) in enumerate(_sales()):
            clock.now += timedelta(milliseconds=1_111)
            issued = store.run(issue(one, register), 60)
            connection = store.reader()
            document, mark, content, body, edge = connection.execute(
                "SELECT document, fingerprint, content, body, peaks FROM invoice"
                " JOIN sale ON sale.id = sale_id"
                " JOIN leaf ON leaf.kind = 'invoice.issued' AND leaf.subject = invoice.id"
                " JOIN ledger_edge WHERE invoice.id = ?",
                (issued.invoice_id,),
            ).fetchone()
            connection.close()
            parts = (bytes(document), content.encode(), body.encode(), bytes(edge))
            yield f"{issued.number} {mark} " + " ".join(sha256(part).hexdigest() for part in parts)
            if place % 10 == 0:
                yield from (issued.qr, bytes(document).decode(), content, body)
    finally:
        store.close()
    yield ""


if __name__ == "__main__":
    secrets.token_hex = _no_chance
    with tempfile.TemporaryDirectory() as name:
        WRITTEN.write_text("\n".join(_written(Path(name))), encoding="utf-8")
    sys.stdout.write(f"{WRITTEN}: {WRITTEN.stat().st_size:,} bytes\n")
