"""Random carts: every kind of line, charge, fee, rounding and tax, whatever chooses (hypothesis, or dice)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from authority.elements import parse_document
from authority.sandbox.rules import judge_invoice
from authority.sandbox.settings import Settings
from invoice.compose import SERVICE_CHARGE, Identity, Terms, check_sale, compose
from invoice.document import write_content, write_invoice
from invoice.invoice import Invoice, Nature, Seller
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.rate_table import RateTable
from invoice.rates import Rate
from invoice.sale import Kind, Line, LineKind, Payment, PaymentMethod, Sale, SaleFee
from invoice.validation import check_document

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
DAY = date(2026, 11, 23)
NOW = datetime.fromisoformat("2026-11-23T20:00:00+07:00")
SELLER = Seller("CỬA HÀNG", "0409990010", "Đà Nẵng")
RATES = ["0%", "5%", "8%", "10%", "KCT", "KKKNT", "KHAC:03.50%"]
TERMS = {form: Terms(SELLER, form, rates=RateTable.of("8%")) for form in Form}


class Chooser(Protocol):
    """What makes the choices: hypothesis' draw (``HypothesisChooser``) or ``random.Random`` (``Dice``)."""

    def whole(self, least: int, most: int) -> int:
        """A whole number of the range, both ends in it."""
        ...

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them."""
        ...


def make_cart(choose: Chooser, form: Form) -> Sale:
    """A sale with whatever may stand on a receipt; its total is what its parts make."""
    included = form is Form.SALES or choose.one_of([True, False])
    lines = []
    for place in range(choose.whole(1, 10)):
        quantity = Decimal(choose.whole(1, 20_000)) / choose.one_of([1, 1, 1000])
        price = Decimal(choose.whole(0, 5_000_000))
        kind = choose.one_of([LineKind.GOODS] * 6 + [LineKind.PROMOTION, LineKind.SPECIAL])
        rate = choose.one_of(RATES) if form is Form.VAT else None
        line = Line(f"Hàng {place}", quantity, price, 0, vat_rate=rate, kind=kind)
        amount = 0 if kind is LineKind.PROMOTION else line.reckoned()
        discount = choose.whole(0, amount) if choose.one_of([True, False]) and amount else 0
        lines.append(replace(line, amount=amount - discount, discount=discount))
    for rate in sorted({line.vat_rate or "" for line in lines}):
        at_rate = sum(line.amount for line in lines if (line.vat_rate or "") == rate)
        if choose.whole(0, 3) == 0 and at_rate > 1:
            off = choose.whole(0, at_rate // 2)
            line = Line("Chiết khấu", Decimal(1), Decimal(off), off, vat_rate=rate or None)
            lines.append(replace(line, kind=LineKind.DISCOUNT))
    if choose.one_of([True, False]):
        lines.append(Line("Giao tại bàn 5", Decimal(1), Decimal(0), 0, kind=LineKind.NOTE))
    costing = sum(line.amount for line in lines if line.kind in {LineKind.GOODS, LineKind.SPECIAL})
    counted = sum(line.counted for line in lines)
    # A discount is spread over the goods of every rate: what discount lines leave must bear it.
    has_discount_lines = any(line.kind is LineKind.DISCOUNT for line in lines)
    discount = 0 if has_discount_lines else min(choose.whole(0, max(0, counted // 4)), costing)
    service = choose.whole(0, 500_000)
    fees = tuple(SaleFee(f"Phí {n}", choose.whole(0, 90_000)) for n in range(choose.whole(0, 2)))
    left = costing - discount if not has_discount_lines else 0
    rounding = choose.whole(-min(499, left), 499)
    reduction = 0
    if form is Form.SALES and choose.one_of([True, False]):
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
        tip=choose.whole(0, 50_000),
        prices_include_vat=included,
        vat=None if included else _vat(lines, discount, rounding, service),
        reduction=reduction,
    )
    total = counted - discount + service + sum(fee.amount for fee in fees) + rounding - reduction
    total += 0 if included else sale.vat or 0
    paid = (Payment(PaymentMethod.CASH, total + sale.tip),) if choose.one_of([True, False]) else ()
    return replace(sale, total=total, payments=paid)


def _vat(lines: list[Line], discount: int, rounding: int, service: int) -> int:
    """The VAT that a register which reckons rightly prints on top: that of the composed amounts."""
    shared = {line.vat_rate for line in lines}
    rate = next(iter(shared)) if len(shared) == 1 and None not in shared else "8%"
    charge = [Line(SERVICE_CHARGE, Decimal(1), Decimal(service), service, vat_rate=rate)] if service else []
    untaxed = tuple(replace(line, vat_rate="KCT") for line in (*lines, *charge))
    total = sum(line.counted for line in untaxed) - discount + rounding
    invoice = invoice_of(Sale(Kind.SALE, None, NOW, untaxed, discount, total, rounding=rounding), Form.VAT)
    by_rate: dict[str, int] = {}
    for line, written in zip((*lines, *charge), invoice.lines, strict=False):
        by_rate[line.vat_rate or "0%"] = by_rate.get(line.vat_rate or "0%", 0) + int(written.counted)
    return sum(net * Rate.parse(rate).basis_points // 10_000 for rate, net in by_rate.items())


def invoice_of(sale: Sale, form: Form) -> Invoice:
    """The sale's invoice, composed as the outbox does it."""
    terms = TERMS[form]
    check_sale(sale, terms, DAY)
    code = AuthorityCode.for_register(form, 2026, "SHNDN", 1, 1)
    return compose(sale, terms, Identity(Symbol.of_year("AA", 2026), 1, code, DAY))


def assert_sums(sale: Sale, invoice: Invoice) -> None:
    """Promise P4: the receipt's total, agreeing sums in every place, VAT within the legal rounding."""
    assert invoice.total == sale.total
    fees = sum(fee.amount for fee in invoice.fees)
    if invoice.form is Form.VAT:
        assert invoice.net + invoice.tax + fees == invoice.total
        assert invoice.net == sum(total.net for total in invoice.rate_totals)
        assert invoice.tax == sum(total.tax for total in invoice.rate_totals)
        for total in invoice.rate_totals:
            assert total.net == sum(line.counted for line in invoice.lines if line.rate == total.rate)
            assert abs(total.tax - Decimal(total.net) * Rate.parse(total.rate).basis_points / 10_000) <= 1
    else:
        goods = sum(line.counted for line in invoice.lines)
        assert goods + fees - (invoice.trade_discount or 0) == invoice.total


def assert_order_is_nothing(sale: Sale, invoice: Invoice, shuffled: Sequence[Line]) -> None:
    """The split is the same whatever the order of lines."""
    other = invoice_of(replace(sale, lines=tuple(shuffled)), invoice.form)
    assert invoice.rate_totals == other.rate_totals

    def shares(one: Invoice) -> list[tuple[str, Any]]:
        return sorted((line.name, line.amount) for line in one.lines if line.nature is not Nature.NOTE)

    assert shares(invoice) == shares(other)


def assert_judged_good(invoice: Invoice) -> None:
    """Our own validator, and the sandbox by its own reading of the rules."""
    document = write_invoice(invoice, write_content(invoice), b"")
    assert check_document(document) == ()
    opinion = judge_invoice(parse_document(document), SELLER.tax_code, Settings(), NOW)
    assert opinion.findings == ()
