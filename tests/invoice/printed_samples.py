"""Invoices to print: every kind of line, rate, paper and length."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from invoice.compose import Identity, Terms, check_sale, compose
from invoice.invoice import Invoice, LedgerWitness, Seller
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.qr import Payee
from invoice.sale import Buyer, Kind, Line, Payment, PaymentMethod, Sale

SELLER = Seller(
    "CÔNG TY TNHH CÀ PHÊ & BÁNH NGỌT ĐƯỜNG HOA SỮA",
    "0409990010",
    "Số 128/5 đường Nguyễn Văn Thoại, phường An Hải, thành phố Đà Nẵng",
    "0236 3 999 888",
    "hoasua@example.vn",
    "113366668888",
    "Ngân hàng TMCP Công thương Việt Nam",
)
PAYEE = Payee("970415", "113366668888", "Hoa Sữa", "Đà Nẵng", "5812", terminal="MAY1")
BUYER = Buyer(
    "Ông Nguyễn Thế Ngữ", "0409990010", "048099001234", "12 Lê Lợi, phường Hải Châu", "0905", "a@b.vn"
)
GOODS = (
    Line("Cà phê sữa đá", Decimal(2), Decimal(25_000), 50_000, "Ly", "8%", code="CF01"),
    Line("Bánh mì thịt nướng <đặc biệt>", Decimal(3), Decimal(35_000), 105_000, "Ổ", "8%"),
    Line("Thịt bò Úc thăn nội (cân)", Decimal("0.356"), Decimal(489_000), 174_084, "kg", "5%"),
    Line("Rượu vang đỏ Đà Lạt 750ml", Decimal(1), Decimal(185_000), 185_000, "Chai", "10%"),
    Line("Sách “Người Việt & thói hư tật xấu”", Decimal(1), Decimal(99_000), 99_000, "Quyển", "KCT"),
    Line("Phở ăn liền", Decimal(4), Decimal(3_000), 12_000, None, "KHAC:03.50%"),
)


def printed_invoice(
    form: Form = Form.VAT,
    *,
    lines: tuple[Line, ...] = GOODS,
    discount: int = 15_000,
    receipt_no: str | None = "HD000128",
) -> Invoice:
    total = sum(line.amount for line in lines) - discount
    sale = Sale(
        Kind.SALE,
        receipt_no,
        datetime.fromisoformat("2026-11-23T09:15:00+07:00"),
        lines,
        discount,
        total,
        (Payment(PaymentMethod.TRANSFER, total),),
        BUYER,
        "Trần Thị Thu",
    )
    terms = Terms(SELLER, form)
    check_sale(sale, terms, date(2026, 11, 23))
    code = AuthorityCode.for_register(form, 2026, "SHNDN", 1, 128)
    identity = Identity(Symbol.of_year("AA", 2026), 128, code, date(2026, 11, 23))
    return compose(sale, terms, identity, LedgerWitness(1234, "9f" * 32))


def many_lines(count: int) -> tuple[Line, ...]:
    return tuple(GOODS[i % len(GOODS)] for i in range(count))
