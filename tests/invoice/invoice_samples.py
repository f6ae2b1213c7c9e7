"""Invoices with every field that the tables know."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from invoice.document import write_content, write_invoice
from invoice.invoice import (
    Extra,
    Fee,
    Invoice,
    InvoiceBuyer,
    InvoiceLine,
    Nature,
    RateTotal,
    RelatedInvoice,
    Relation,
    Seller,
)
from invoice.numbers import TITLES, AuthorityCode, Form, Symbol
from invoice.words import dong_in_words

SELLER = Seller(
    name="CỬA HÀNG <SÔNG HÀN> & CON",
    tax_code="0409990010",
    address="12 Bạch Đằng, Đà Nẵng",
    phone="0236 3888 888",
    email="hoadon@example.vn",
    bank_account="0041000123456",
    bank_name="Ngân hàng mẫu",
    fax="0236 3888 889",
    website="https://example.vn",
)
BUYER = InvoiceBuyer(
    name="CÔNG TY MẪU",
    tax_code="0107001729",
    address="Hà Nội",
    phone="024 1234567",
    email="ketoan@example.vn",
    citizen_id="048090001234",
    budget_code="1234567",
    customer_code="KH01",
    contact="Nguyễn Văn A",
    bank_account="123456789",
    bank_name="Ngân hàng mẫu",
)


def full_invoice(form: Form) -> Invoice:
    """One with lines of every nature, fees, a discount, a related invoice and fields of its own."""
    vat = form is Form.VAT
    rate = "8%" if vat else None
    lines = (
        InvoiceLine(
            nature=Nature.GOODS,
            position=1,
            name="Cà phê sữa đá",
            unit="Ly",
            quantity=Decimal(2),
            unit_price=Decimal("25000.5"),
            amount=50_000,
            rate=rate,
            discount=1,
            code="CF01",
            discount_percent=Decimal("0.002"),
        ),
        InvoiceLine(Nature.PROMOTION, 2, "Bánh tặng", "Cái", Decimal(1), Decimal(0), 0, rate),
        InvoiceLine(Nature.TRADE_DISCOUNT, 3, "Chiết khấu khách quen", amount=10_000, rate=rate),
        InvoiceLine(Nature.NOTE, None, "Giao tại bàn 5"),
        InvoiceLine(
            Nature.SPECIAL,
            4,
            "Vận chuyển",
            amount=60_000,
            rate=rate,
            details=(Extra("BienKiemSoat", "string", "43A-123.45"),),
        ),
    )
    net, tax = 100_000, 8_000 if vat else 0
    total = net + tax + 5_000 - 3_000
    return Invoice(
        version="2.1.0",
        form=form,
        symbol=Symbol.of_year("AA", 2026),
        number=128,
        code=AuthorityCode.for_register(form, 2026, "SHNDN", 1, 128),
        day=date(2026, 11, 23),
        payment="Tiền mặt",
        seller=SELLER,
        buyer=BUYER,
        lines=lines,
        rate_totals=(RateTotal("8%", net, tax),) if vat else (),
        net=net if vat else 0,
        tax=tax,
        total=total,
        words=dong_in_words(total),
        title=TITLES[form],
        extras=(Extra("SoPhieu", "string", "HD000128"),),
        fees=(Fee("Phí môi trường", 5_000),),
        trade_discount=3_000,
        related=RelatedInvoice(Relation.ADJUSTS, "1", "C26MAA", "7", date(2026, 11, 20), "sai đơn giá"),
        statement_no="BK01",
        statement_day=date(2026, 11, 23),
        solution_provider="0107001729",
        entrusted_tax_code="0107001729",
        entrusted_name="Đơn vị nhận ủy nhiệm",
        entrusted_address="Hà Nội",
    )


def written(invoice: Invoice) -> bytes:
    """The HDon without signature."""
    return write_invoice(invoice, write_content(invoice), b"")
