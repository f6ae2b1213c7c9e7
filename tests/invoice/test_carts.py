"""Promise P4 on whole carts: every kind of line, charge, fee, rounding and tax, in any order."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from cart_maker import (
    DAY,
    NOW,
    assert_judged_good,
    assert_order_is_nothing,
    assert_sums,
    invoice_of,
)
from cart_storm import run_block
from cart_strategies import carts
from hypothesis import given, settings
from hypothesis import strategies as st

from invoice.document import write_content, write_invoice
from invoice.errors import InvoiceError, RateUnknown, SaleInvalid
from invoice.numbers import Form
from invoice.rate_table import Period, RateRule, RateTable
from invoice.sale import Buyer, Kind, Line, LineKind, Payment, PaymentMethod, Sale, SaleFee
from invoice.sale_json import sale_from_json, sale_from_object, sale_to_json
from invoice.validation import check_document

T = TypeVar("T")
# Hypothesis shrinks what fails; make carts CARTS=1000000 throws dice by the million (cart_storm.py).
MANY = settings(max_examples=int(os.environ.get("THUNGAN_CARTS", "100")))


@pytest.mark.parametrize("form", Form)
@MANY
@given(data=st.data())
def test_a_cart_keeps_its_sums(form: Form, data: st.DataObject) -> None:
    sale = data.draw(carts(form))
    invoice = invoice_of(sale, form)
    assert_sums(sale, invoice)
    assert_judged_good(invoice)


@given(carts(Form.VAT), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(sale: Sale, random: Any) -> None:
    lines = list(sale.lines)
    random.shuffle(lines)
    assert_order_is_nothing(sale, invoice_of(sale, Form.VAT), lines)


def test_a_thousand_carts_by_dice() -> None:
    assert run_block(20261124) == 1_000


@given(st.sampled_from(Form).flatmap(carts))
def test_a_cart_is_the_same_after_json(sale: Sale) -> None:
    assert sale_from_json(json.dumps(sale_to_json(sale))) == sale


def test_dollars_and_cents() -> None:
    given_ = {
        "currency": "USD",
        "exchange_rate": 25_000,
        "total": 1350,
        "receipt_no": "U1",
        "lines": [{"name": "T-shirt", "quantity": 3, "unit_price": 450, "amount": 1350, "vat_rate": "8%"}],
    }
    sale = sale_from_object(given_)
    invoice = invoice_of(sale, Form.VAT)
    assert (invoice.total, invoice.net, invoice.tax) == (Decimal("13.5"), Decimal("12.5"), Decimal(1))
    assert invoice.dong == 337_500
    assert invoice.words == "Mười ba đô la Mỹ và năm mươi xu"
    document = write_invoice(invoice, write_content(invoice), b"")
    assert b"<DVTTe>USD</DVTTe><TGia>25000</TGia>" in document
    assert check_document(document) == ()


def test_a_zero_total() -> None:
    line = Line("Quà", Decimal(1), Decimal(10_000), 10_000, vat_rate="8%")
    invoice = invoice_of(Sale(Kind.SALE, "1", NOW, (line,), 10_000, 0), Form.VAT)
    assert (invoice.total, invoice.net, invoice.tax, invoice.words) == (0, 0, 0, "Không đồng")
    assert_judged_good(invoice)


TABLE = RateTable(
    rules=(
        RateRule("KCT", names=("rau *", "*trứng gà*")),
        RateRule("5%", codes=frozenset({"N01"})),
        RateRule("10%", period=Period(since=date(2027, 1, 1))),
    ),
    default="8%",
    allowed=(("8%", (Period(date(2025, 7, 1), date(2026, 12, 31)),)),),
)


@pytest.mark.parametrize(
    ("name", "code", "printed", "day", "rate"),
    [
        ("Rau muống", None, None, DAY, "KCT"),
        ("RAU MUONG", None, None, DAY, "KCT"),
        ("Hộp trứng gà 10 quả", None, None, DAY, "KCT"),
        ("Nước sạch", "N01", None, DAY, "5%"),
        ("Nước sạch", "N02", None, DAY, "8%"),
        ("Cà phê", None, None, date(2027, 1, 1), "10%"),
        ("Cà phê", None, "10%", DAY, "10%"),
        ("Rau muống", None, "5%", DAY, "5%"),
        ("Rau muống", None, None, date(2027, 5, 1), "KCT"),
    ],
)
def test_the_rate_table(name: str, code: str | None, printed: str | None, day: date, rate: str) -> None:
    assert TABLE.rate_of(name, code, printed, day).word == rate


def test_no_rule_and_no_longer_allowed_are_said_with_the_item() -> None:
    with pytest.raises(RateUnknown, match="Cà phê"):
        RateTable().rate_of("Cà phê", None, None, DAY)
    with pytest.raises(RateUnknown, match="8% may not be used on 01/01/2027"):
        TABLE.rate_of("Cà phê", None, "8%", date(2027, 1, 1))


GOODS = Line("Cà phê", Decimal(1), Decimal(50_000), 50_000, vat_rate="8%")
GOOD = Sale(Kind.SALE, "1", NOW, (GOODS,), 0, 50_000)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": Kind.REFUND}, "refund"),
        ({"total": 50_001}, "not the total"),
        ({"discount": -1, "total": 50_001}, "negative"),
        ({"discount": 50_001, "total": -1}, "negative"),
        ({"service_charge": -1, "total": 49_999}, "negative"),
        ({"tip": -1}, "negative"),
        ({"fees": (SaleFee("Phí", -1),), "total": 49_999}, "negative"),
        ({"vat": 4_000}, "count twice"),
        ({"prices_include_vat": False}, "VAT is not given"),
        ({"prices_include_vat": False, "vat": 9_000, "total": 59_000}, "is not that of the amounts"),
        ({"currency": "USD"}, "rate of exchange"),
        ({"exchange_rate": Decimal(25_000)}, "rate of exchange"),
        ({"currency": "USD", "exchange_rate": Decimal(0)}, "not above zero"),
        ({"reduction": 100, "total": 49_900}, "no place on a VAT invoice"),
        ({"lines": (), "total": 0}, "no lines"),
        ({"lines": (replace(GOODS, kind=LineKind.NOTE),)}, "has the amount"),
        ({"lines": (replace(GOODS, kind=LineKind.PROMOTION),)}, "has the amount"),
        ({"lines": (replace(GOODS, kind=LineKind.DISCOUNT),), "total": -50_000}, "negative"),
        ({"lines": (replace(GOODS, amount=-50_000, quantity=Decimal(-1)),), "total": -50_000}, "negative"),
        ({"payments": (Payment(PaymentMethod.CASH, 1),)}, "payments"),
    ],
)
def test_a_sale_that_contradicts_itself(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(SaleInvalid, match=words) as raised:
        invoice_of(replace(GOOD, **changes), Form.VAT)
    assert raised.value.code == "E-INV-001"
    assert raised.value.advice_vi
    assert raised.value.advice_en


def test_form_2_knows_its_reduction_and_no_prices_without_vat() -> None:
    reduced = replace(GOOD, reduction=100, total=49_900)
    invoice = invoice_of(reduced, Form.SALES)
    assert (invoice.trade_discount, invoice.total) == (100, 49_900)
    assert "100 đồng tương ứng 20%" in invoice.lines[-1].name
    with pytest.raises(SaleInvalid, match="20 %"):
        invoice_of(replace(GOOD, reduction=5_000, total=45_000), Form.SALES)
    with pytest.raises(SaleInvalid, match="form 2"):
        invoice_of(replace(GOOD, prices_include_vat=False, vat=0), Form.SALES)


@pytest.mark.parametrize(
    "buyer",
    [
        Buyer(name="A", tax_code="0409990011"),
        Buyer(name="A", tax_code="123"),
        Buyer(tax_code="0409990010"),
        Buyer(citizen_id="12345"),
        Buyer(citizen_id="12345678901a"),
        Buyer(passport="b1"),
        Buyer(email="không có"),
        Buyer(email="a@b"),
        Buyer(budget_code="12"),
    ],
)
def test_a_buyer_that_cannot_be(buyer: Buyer) -> None:
    with pytest.raises(InvoiceError) as raised:
        invoice_of(replace(GOOD, buyer=buyer), Form.VAT)
    assert raised.value.advice_vi
    assert raised.value.advice_en


@pytest.mark.parametrize(
    "buyer",
    [
        Buyer(name="CÔNG TY A", tax_code="0409990010-001", address="Huế", email="ke.toan@cong-ty.vn"),
        Buyer(name="Hộ B", tax_code="048090001234"),
        Buyer(name="C", citizen_id="048090001234"),
        Buyer(name="Jane Doe", passport="N1234567"),
        Buyer(name="Trường D", budget_code="1234567", contact="Cô E", customer_code="KH1"),
    ],
)
def test_buyers_of_every_kind(buyer: Buyer) -> None:
    assert_judged_good(invoice_of(replace(GOOD, buyer=buyer), Form.VAT))
