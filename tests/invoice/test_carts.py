"""Promise P4 on whole carts: every kind of line, charge, fee, rounding and tax, in any order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authority.elements import parse_document
from authority.sandbox.rules import judge_invoice
from authority.sandbox.settings import Settings
from invoice.compose import SERVICE_CHARGE, Identity, Terms, check_sale, compose
from invoice.document import write_content, write_invoice
from invoice.errors import InvoiceError, RateUnknown, SaleInvalid
from invoice.invoice import Invoice, Nature, Seller
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.rate_table import Period, RateRule, RateTable
from invoice.rates import Rate
from invoice.sale import Buyer, Kind, Line, LineKind, Payment, PaymentMethod, Sale, SaleFee
from invoice.sale_json import sale_from_json, sale_from_object, sale_to_json
from invoice.validation import check_document

DAY = date(2026, 11, 23)
NOW = datetime.fromisoformat("2026-11-23T20:00:00+07:00")
SELLER = Seller("CỬA HÀNG", "0409990010", "Đà Nẵng")
RATES = ["0%", "5%", "8%", "10%", "KCT", "KKKNT", "KHAC:03.50%"]


@st.composite
def carts(draw: st.DrawFn, form: Form) -> Sale:
    """A sale with whatever may stand on a receipt; its total is what its parts make."""
    included = form is Form.SALES or draw(st.booleans())
    rates = st.sampled_from(RATES) if form is Form.VAT else st.none()
    lines = []
    for place in range(draw(st.integers(1, 10))):
        quantity = Decimal(draw(st.integers(1, 20_000))) / draw(st.sampled_from([1, 1, 1000]))
        price = Decimal(draw(st.integers(0, 5_000_000)))
        kind = draw(st.sampled_from([LineKind.GOODS] * 6 + [LineKind.PROMOTION, LineKind.SPECIAL]))
        line = Line(f"Hàng {place}", quantity, price, 0, vat_rate=draw(rates), kind=kind)
        amount = 0 if kind is LineKind.PROMOTION else line.reckoned()
        discount = draw(st.integers(0, amount)) if draw(st.booleans()) and amount else 0
        lines.append(replace(line, amount=amount - discount, discount=discount))
    for rate in {line.vat_rate for line in lines}:
        at_rate = sum(line.amount for line in lines if line.vat_rate == rate)
        if draw(st.integers(0, 3)) == 0 and at_rate > 1:
            off = draw(st.integers(0, at_rate // 2))
            price = Decimal(off)
            lines.append(Line("Chiết khấu", Decimal(1), price, off, vat_rate=rate, kind=LineKind.DISCOUNT))
    if draw(st.booleans()):
        lines.append(Line("Giao tại bàn 5", Decimal(1), Decimal(0), 0, kind=LineKind.NOTE))
    costing = sum(line.amount for line in lines if line.kind in {LineKind.GOODS, LineKind.SPECIAL})
    counted = sum(line.counted for line in lines)
    discount = draw(st.integers(0, max(0, counted // 4)))
    # A discount is spread over the goods of every rate: what discount lines leave must bear it.
    has_discount_lines = any(line.kind is LineKind.DISCOUNT for line in lines)
    discount = 0 if has_discount_lines else min(discount, costing)
    service = draw(st.integers(0, 500_000))
    fees = tuple(SaleFee(f"Phí {n}", draw(st.integers(0, 90_000))) for n in range(draw(st.integers(0, 2))))
    left = costing - discount if not has_discount_lines else 0
    rounding = draw(st.integers(-min(499, left), 499))
    reduction = 0
    if form is Form.SALES and draw(st.booleans()):
        reduction = int((Decimal(counted - discount + service) / 500).to_integral_value())
    sale = Sale(
        kind=Kind.SALE,
        receipt_no="HD1",
        sold_at=NOW,
        lines=tuple(lines),
        discount=discount,
        total=0,
        service_charge=service,
        fees=fees,
        rounding=rounding,
        tip=draw(st.integers(0, 50_000)),
        prices_include_vat=included,
        vat=None if included else _vat(lines, discount, rounding, service),
        reduction=reduction,
    )
    total = counted - discount + service + sum(fee.amount for fee in fees) + rounding - reduction
    total += 0 if included else sale.vat or 0
    paid = (Payment(PaymentMethod.CASH, total + sale.tip),) if draw(st.booleans()) else ()
    return replace(sale, total=total, payments=paid)


def _vat(lines: list[Line], discount: int, rounding: int, service: int) -> int:
    """The VAT that a register which reckons rightly prints on top: that of the composed amounts."""
    charge = [Line(SERVICE_CHARGE, Decimal(1), Decimal(service), service, vat_rate="8%")] if service else []
    untaxed = tuple(replace(line, vat_rate="KCT") for line in (*lines, *charge))
    total = sum(line.counted for line in untaxed) - discount + rounding
    invoice = invoice_of(Sale(Kind.SALE, None, NOW, untaxed, discount, total, rounding=rounding), Form.VAT)
    by_rate: dict[str, int] = {}
    for line, written in zip((*lines, *charge), invoice.lines, strict=False):
        by_rate[line.vat_rate or "0%"] = by_rate.get(line.vat_rate or "0%", 0) + int(written.counted)
    return sum(net * Rate.parse(rate).basis_points // 10_000 for rate, net in by_rate.items())


def terms_of(form: Form) -> Terms:
    return Terms(SELLER, form, rates=RateTable.of("8%"))


def invoice_of(sale: Sale, form: Form) -> Invoice:
    terms = terms_of(form)
    check_sale(sale, terms, DAY)
    code = AuthorityCode.for_register(form, 2026, "SHNDN", 1, 1)
    return compose(sale, terms, Identity(Symbol.of_year("AA", 2026), 1, code, DAY))


def judged(invoice: Invoice) -> None:
    """Our own validator, and the sandbox by its own reading of the rules."""
    document = write_invoice(invoice, write_content(invoice), b"")
    assert check_document(document) == ()
    opinion = judge_invoice(parse_document(document), SELLER.tax_code, Settings(), NOW)
    assert opinion.findings == ()


@given(carts(Form.VAT))
def test_a_cart_on_form_1(sale: Sale) -> None:
    invoice = invoice_of(sale, Form.VAT)
    assert invoice.total == sale.total
    fees = sum(fee.amount for fee in invoice.fees)
    assert invoice.net + invoice.tax + fees == invoice.total
    for total in invoice.rate_totals:
        assert total.net == sum(line.counted for line in invoice.lines if line.rate == total.rate)
        assert abs(total.tax - Decimal(total.net) * Rate.parse(total.rate).basis_points / 10_000) <= 1
    judged(invoice)


@given(carts(Form.SALES))
def test_a_cart_on_form_2(sale: Sale) -> None:
    invoice = invoice_of(sale, Form.SALES)
    assert invoice.total == sale.total
    lines = sum(line.counted for line in invoice.lines)
    assert lines + sum(fee.amount for fee in invoice.fees) - (invoice.trade_discount or 0) == invoice.total
    judged(invoice)


@given(carts(Form.VAT), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(sale: Sale, random: Any) -> None:
    lines = list(sale.lines)
    random.shuffle(lines)
    one, other = invoice_of(sale, Form.VAT), invoice_of(replace(sale, lines=tuple(lines)), Form.VAT)
    assert one.rate_totals == other.rate_totals

    def shares(invoice: Invoice) -> list[tuple[str, Any]]:
        return sorted((line.name, line.amount) for line in invoice.lines if line.nature is not Nature.NOTE)

    assert shares(one) == shares(other)


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
    judged(invoice)


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
    judged(invoice_of(replace(GOOD, buyer=buyer), Form.VAT))
