"""What S-Invoice reckons itself is ours to the dong: random sales against the sandbox's own arithmetic."""

import json
import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from cart_maker import DAY, NOW, TERMS, invoice_of
from cart_strategies import carts
from hypothesis import given, settings
from hypothesis import strategies as st

from authority.providers.errors import OrderNotPossible
from authority.providers.provider import Order, OriginalAtProvider
from authority.providers.viettel.order import order_json
from authority.providers.viettel.settings import ViettelSettings
from authority.sandbox.viettel.fields import check_order, read_json
from authority.sandbox.viettel.sums import Reckoned, reckon
from invoice.compose import Identity
from invoice.corrections import Correction, correct
from invoice.invoice import Extra, InvoiceContent, InvoiceLine, Nature, Relation
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.sale import Buyer, Kind, Line, LineKind, Payment, PaymentMethod, Sale, SaleFee

MANY = settings(max_examples=int(os.environ.get("THUNGAN_CARTS", "100")), deadline=None)
SYMBOL = Symbol.of_year("AA", 2026)
_PERCENT = {-2: "KCT", -1: "KKKNT", 0: "0%", 5: "5%", 8: "8%", 10: "10%"}


def order_of(content: InvoiceContent) -> Order:
    original = None
    if content.related is not None:
        kind = content.related.kind
        original = OriginalAtProvider(UUID(int=7, version=4), content.form, SYMBOL, 1, DAY, kind)
    return Order(UUID(int=8, version=4), content, "AB12-C", original)


def sent(content: InvoiceContent, **options: Any) -> dict[str, Any]:
    """The order as the provider reads it off the wire, every field held to its table."""
    made = order_json(order_of(content), ViettelSettings(**options))
    return check_order(read_json(json.dumps(made).encode()))


def reckoned(content: InvoiceContent, decimals: int = 4) -> Reckoned:
    return reckon(sent(content, price_decimals=decimals), decimals)


def assert_agrees(content: InvoiceContent, theirs: Reckoned) -> None:
    assert theirs.total == content.total
    assert theirs.fees == sum(fee.amount for fee in content.fees)
    rates = {_PERCENT[rate]: amounts for rate, amounts in theirs.rates.items()}
    assert rates == {total.rate: (total.net, total.tax) for total in content.rate_totals}


def possible(content: InvoiceContent) -> bool:
    return not any((line.rate or "").startswith("KHAC") for line in content.lines)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("decimals", [0, 2, 4, 6])
def test_any_sale_comes_to_the_same(form: Form, decimals: int) -> None:
    @MANY
    @given(carts(form))
    def agrees(sale: Sale) -> None:
        content = invoice_of(sale, form)
        if possible(content):
            assert_agrees(content, reckoned(content, decimals))
        else:
            with pytest.raises(OrderNotPossible, match="KHAC"):
                sent(content)

    agrees()


@MANY
@given(
    st.sampled_from(Form).flatmap(lambda form: st.tuples(st.just(form), carts(form))),
    st.sampled_from([Correction.REFUND, Correction.INCREASE, Correction.REPLACE]),
)
def test_any_correction_comes_to_the_same(given: tuple[Form, Sale], correction: Correction) -> None:
    form, sale = given
    discounts = any(line.kind is LineKind.DISCOUNT for line in sale.lines)
    refund = correction is Correction.REFUND
    if not sale.total or (refund and (discounts or sale.reduction)):
        return
    content = corrected(sale, form, correction)
    if possible(content):
        assert_agrees(content, reckoned(content))


def corrected(sale: Sale | None, form: Form, correction: Correction) -> InvoiceContent:
    original = invoice_of(simple(), form)
    code = AuthorityCode.for_register(form, 2026, "SHNDN", 1, 2)
    identity = Identity(SYMBOL, 2, code, DAY)
    return correct(original, correction, sale, TERMS[form], identity, "Khách trả lại hàng")


def simple(**changes: Any) -> Sale:
    lines = (Line("Cà phê sữa đá", Decimal(2), Decimal(25_000), 50_000, unit="Ly"),)
    sale = Sale(Kind.SALE, "HD1", NOW, lines, 0, 50_000, (Payment(PaymentMethod.CASH, 50_000),))
    return replace(sale, **changes)


def test_a_sale_as_it_stands_in_the_order() -> None:
    given = sent(invoice_of(simple(), Form.VAT))
    assert given["itemInfo"] == [
        {
            "lineNumber": 1,
            "selection": 1,
            "itemName": "Cà phê sữa đá",
            "unitName": "Ly",
            "quantity": 2,
            "unitPrice": Decimal("23148.1481"),
            "itemTotalAmountWithoutTax": 46296,
            "itemTotalAmountAfterDiscount": 46296,
            "taxPercentage": 8,
            "taxAmount": 3704,
            "itemTotalAmountWithTax": 50000,
        }
    ]
    assert given["taxBreakdowns"] == [{"taxPercentage": 8, "taxableAmount": 46296, "taxAmount": 3704}]
    general = given["generalInvoiceInfo"]
    assert (general["templateCode"], general["invoiceSeries"]) == ("1/001", "C26MAA")
    assert general["invoiceIssuedDate"] == 1795366800000  # 2026-11-23T00:00+07:00
    assert given["buyerInfo"] == {"buyerNotGetInvoice": 1, "buyerName": "Khách lẻ"}
    assert given["payments"] == [{"paymentMethodName": "TM"}]
    assert given["summarizeInfo"]["totalAmountWithTaxInWords"] == "Năm mươi nghìn đồng"


def test_a_discount_is_said_in_percent_and_in_dong() -> None:
    line = Line("Bánh mì", Decimal(3), Decimal(20_000), 50_000, discount=10_000)
    [item] = sent(invoice_of(simple(lines=(line,)), Form.SALES))["itemInfo"]
    assert (item["itemTotalAmountWithoutTax"], item["itemDiscount"]) == (60_000, 10_000)
    assert item["discount"] == Decimal("16.667")
    assert item["itemTotalAmountAfterDiscount"] == 50_000


def test_a_gift_keeps_its_price_and_costs_nothing() -> None:
    gift = Line("Ly sứ", Decimal(1), Decimal(30_000), 0, kind=LineKind.PROMOTION)
    content = invoice_of(simple(lines=(*simple().lines, gift)), Form.VAT)
    item = sent(content)["itemInfo"][1]
    assert (item["selection"], item["discount"], item["itemTotalAmountWithTax"]) == (5, 100, 0)
    assert_agrees(content, reckoned(content))


def test_very_many_of_a_thing_are_sold_as_one_lot() -> None:
    line = Line("Nước", Decimal(123_456_789), Decimal(1), 123_456_789, unit="ml", vat_rate="10%")
    content = invoice_of(simple(lines=(line,), total=123_456_789, payments=(), discount=0), Form.VAT)
    [item] = sent(content)["itemInfo"]
    assert (item["quantity"], item["unitName"]) == (1, "123456789 ml")
    assert_agrees(content, reckoned(content))


def test_dollars_and_cents() -> None:
    line = Line("Souvenir", Decimal(3), Decimal(415), 1245, vat_rate="8%")
    sale = simple(lines=(line,), total=1245, payments=(), currency="USD", exchange_rate=Decimal("26345.5"))
    content = invoice_of(sale, Form.VAT)
    given = sent(content)
    assert (given["generalInvoiceInfo"]["currencyCode"], content.total) == ("USD", Decimal("12.45"))
    assert given["generalInvoiceInfo"]["exchangeRate"] == Decimal("26345.5")
    assert_agrees(content, reckoned(content))


def test_a_refund_goes_down_and_words_have_no_amounts() -> None:
    refund = sent(corrected(simple(), Form.VAT, Correction.REFUND))
    general = refund["generalInvoiceInfo"]
    assert (general["adjustmentType"], general["adjustmentInvoiceType"]) == ("5", "1")
    assert (general["originalInvoiceId"], general["originalTemplateCode"]) == ("C26MAA1", "1/001")
    assert general["additionalReferenceDesc"] == "Khách trả lại hàng"
    assert refund["itemInfo"][0]["isIncreaseItem"] is False
    assert refund["taxBreakdowns"][0]["taxableAmountPos"] is False
    words = sent(corrected(None, Form.VAT, Correction.INFORM))
    assert words["generalInvoiceInfo"]["adjustmentInvoiceType"] == "2"
    assert words["itemInfo"] == [{"lineNumber": 1, "selection": 2, "itemName": "Khách trả lại hàng"}]
    assert reckon(words, 4).total == 0
    replacing = sent(corrected(simple(), Form.SALES, Correction.REPLACE))
    assert replacing["generalInvoiceInfo"]["adjustmentType"] == "3"
    assert "adjustmentInvoiceType" not in replacing["generalInvoiceInfo"]


@pytest.mark.parametrize(
    ("buyer", "expected"),
    [
        (
            Buyer(name="CÔNG TY SEN", tax_code="0107001729", address="Hà Nội", contact="Chị Lan"),
            {"buyerLegalName": "CÔNG TY SEN", "buyerTaxCode": "0107001729", "buyerName": "Chị Lan"},
        ),
        (
            Buyer(name="Nguyễn Văn An", citizen_id="001090012345", email="an@sen.vn"),
            {"buyerName": "Nguyễn Văn An", "buyerIdNo": "001090012345", "buyerIdType": "1"},
        ),
    ],
)
def test_a_buyer_is_named(buyer: Buyer, expected: dict[str, str]) -> None:
    given = sent(invoice_of(simple(buyer=buyer), Form.VAT))["buyerInfo"]
    assert given["buyerNotGetInvoice"] == 0
    assert expected.items() <= given.items()


def test_receipt_and_reference_as_a_note_where_it_is_wanted() -> None:
    content = invoice_of(simple(), Form.VAT)
    assert "invoiceNote" not in sent(content)["generalInvoiceInfo"]
    salted = replace(content, extras=(*content.extras, Extra("Muoi", "string", "0f0f")))
    note = sent(salted, note=True)["generalInvoiceInfo"]["invoiceNote"]
    assert note == "Mã tra cứu tạm: AB12-C; Số phiếu: HD1"
    assert "summarizeInfo" not in sent(content, totals=False)


def a_line(**changes: Any) -> InvoiceLine:
    line = InvoiceLine(Nature.GOODS, 1, "Hàng", None, Decimal(1), Decimal(100), 100, "8%")
    return replace(line, **changes)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"statement_no": "BK1"}, "list of goods"),
        ({"entrusted_tax_code": "0107001729"}, "on behalf"),
        ({"outside_tariff_zone": 1}, "tax-free zone"),
        ({"lines": (a_line(rate="KHAC:03.50%"),)}, "KHAC"),
        ({"lines": (a_line(details=(Extra("BienSo", "string", "43A"),)),)}, "particulars"),
        ({"lines": (a_line(name="x" * 501),)}, "501"),
        ({"lines": (a_line(amount=-100),)}, "negative"),
        ({"lines": (a_line(amount=101, unit_price=Decimal(101)),)}, "VAT|come to"),
        ({"trade_discount": 5}, "reduction"),
    ],
)
def test_what_has_no_place_is_refused_before_it_is_sent(changes: dict[str, Any], why: str) -> None:
    content = replace(invoice_of(simple(), Form.VAT), **changes)
    with pytest.raises(OrderNotPossible, match=why) as refused:
        sent(content)
    assert refused.value.advice("vi") != refused.value.advice("en")


def test_fees_only_where_the_account_takes_them() -> None:
    content = invoice_of(
        simple(fees=(SaleFee("Phí môi trường", 2_000),), total=52_000, payments=()), Form.VAT
    )
    assert_agrees(content, reckoned(content))
    with pytest.raises(OrderNotPossible, match="fee_lines"):
        sent(content, fee_lines=False)


def test_a_refund_of_many_is_not_for_this_route() -> None:
    content = corrected(simple(), Form.VAT, Correction.REFUND)
    related = content.related
    assert related is not None
    several = replace(content, related=replace(related, kind=Relation.ADJUSTS_MANY, day=date(2026, 11, 1)))
    with pytest.raises(OrderNotPossible, match="one invoice at a time"):
        sent(several)
