"""From a sale to an invoice: VAT taken out of the prices, discounts spread, sums kept (promise P4).

The rule in four lines: per VAT rate the gross amounts are added first, the net of that sum is rounded to the
dong and the VAT is the rest; the net is then spread over the rate's lines by largest remainder. Where prices
are without VAT, the receipt's VAT is shared out over the rates, each within a dong of its exact amount.
So lines, rates and totals agree everywhere and the total is the receipt's, always.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from invoice.buyers import UNNAMED_BUYER, checked_buyer
from invoice.errors import SaleInvalid
from invoice.invoice import (
    Amount,
    Extra,
    Fee,
    Invoice,
    InvoiceContent,
    InvoiceLine,
    LedgerWitness,
    Nature,
    RateTotal,
    RelatedInvoice,
    Seller,
)
from invoice.numbers import TITLES, AuthorityCode, Form, Symbol, checked_number
from invoice.rate_table import RateTable
from invoice.rates import Rate, contained_vat
from invoice.sale import Kind, Line, LineKind, PaymentMethod, Sale
from invoice.spread import spread
from invoice.words import amount_in_words, dong_in_words

if TYPE_CHECKING:
    from datetime import date

_MICRO = Decimal("0.000001")  # DGia has six decimals
_BY_BANK = {PaymentMethod.CARD, PaymentMethod.TRANSFER, PaymentMethod.WALLET}
_NATURES = {
    LineKind.GOODS: Nature.GOODS,
    LineKind.PROMOTION: Nature.PROMOTION,
    LineKind.DISCOUNT: Nature.TRADE_DISCOUNT,
    LineKind.NOTE: Nature.NOTE,
    LineKind.SPECIAL: Nature.SPECIAL,
}
_COSTING = (LineKind.GOODS, LineKind.SPECIAL)
SERVICE_CHARGE, ROUNDING = "Phí phục vụ", "Chênh lệch làm tròn"
REDUCTION_NOTE = (
    "Đã giảm {amount} đồng tương ứng 20% mức tỷ lệ % để tính thuế giá trị gia tăng"
    " theo Nghị quyết số 204/2025/QH15"
)

C = TypeVar("C", bound=InvoiceContent)


NO_RATES = RateTable()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a shop's invoices have in common: seller, form, version, rates and texts.

    ``direct_rate`` is the household's rate on turnover in hundredths of a percent (1% = 100), by which the
    reduction printed on a receipt is checked; ``reduction_note`` says it on the invoice.
    """

    seller: Seller
    form: Form
    version: str = "2.1.0"
    rates: RateTable = NO_RATES
    unnamed_buyer: str = UNNAMED_BUYER
    service_charge_rate: str | None = None
    direct_rate: int = 100
    reduction_note: str = REDUCTION_NOTE


@dataclass(frozen=True, slots=True)
class Identity:
    """Symbol, number, code and legal date, given out by the outbox in the transaction of the sale."""

    symbol: Symbol
    number: int
    code: AuthorityCode
    day: date


def check_sale(sale: Sale, terms: Terms, day: date) -> None:
    """Everything about a sale that can be wrong before a number is spent on it; ``day`` is its legal day.

    Raises:
        SaleInvalid: not a sale, or its sums do not agree.
        RateUnknown: a line that no rule gives a rate, or a rate that may not be used on that day.
        TaxCodeInvalid, FieldInvalid: the buyer's data.
    """
    if sale.kind is not Kind.SALE:
        raise SaleInvalid(f"a {sale.kind.value} is not invoiced as a sale")
    check_amounts(sale, terms, day)


def check_amounts(sale: Sale, terms: Terms, day: date) -> None:
    """As ``check_sale``, whatever kind of paper it is (a refund becomes an adjusting invoice)."""
    if problems := sale.problems():
        raise SaleInvalid("; ".join(problems))
    if any(line.amount < 0 for line in sale.lines):
        raise SaleInvalid("a line has a negative amount: a return is an adjusting invoice")
    if terms.form is Form.VAT:
        if sale.reduction:
            raise SaleInvalid("the reduction of the direct method has no place on a VAT invoice")
        for line in _lines(sale, terms):
            _rate(line, terms, day)
    elif not sale.prices_include_vat:
        raise SaleInvalid("a sales invoice (form 2) shows prices with everything in them")
    if sale.reduction:
        _check_reduction(sale, terms)
    if sale.exchange_rate is not None and sale.exchange_rate <= 0:
        raise SaleInvalid(f"the rate of exchange {sale.exchange_rate} is not above zero")
    checked_buyer(sale.buyer, terms.unnamed_buyer)


def compose(
    sale: Sale,
    terms: Terms,
    identity: Identity,
    witness: LedgerWitness | None = None,
    related: RelatedInvoice | None = None,
) -> Invoice:
    """Build the invoice of a sale that ``check_sale`` has let through.

    Raises:
        SaleInvalid, RateUnknown, TaxCodeInvalid, FieldInvalid: as ``check_sale``.
    """
    number = checked_number(identity.number)
    values = _content(sale, terms, identity.symbol, identity.day, witness, related)
    invoice = Invoice(number=number, code=identity.code, **values)
    return _in_its_currency(invoice, sale)


def compose_content(
    sale: Sale,
    terms: Terms,
    symbol: Symbol,
    day: date,
    witness: LedgerWitness | None = None,
    related: RelatedInvoice | None = None,
) -> InvoiceContent:
    """The same without number and code, where a provider gives them out.

    Raises:
        SaleInvalid, RateUnknown, TaxCodeInvalid, FieldInvalid: as ``check_sale``.
    """
    return _in_its_currency(InvoiceContent(**_content(sale, terms, symbol, day, witness, related)), sale)


def _content(
    sale: Sale,
    terms: Terms,
    symbol: Symbol,
    day: date,
    witness: LedgerWitness | None,
    related: RelatedInvoice | None,
) -> dict[str, Any]:
    """The fields of ``InvoiceContent``."""
    lines = _lines(sale, terms)
    # A receipt rounded down gives the customer that much off; rounded up, the difference is a line.
    discount = sale.discount + max(0, -sale.rounding)
    shares = _discount_shares(discount, lines)
    if terms.form is Form.VAT:
        written, totals = _by_rate(sale, lines, shares, terms, day)
    else:
        written, totals = _with_everything(lines, shares), ()
    if sale.reduction:
        words = terms.reduction_note.format(amount=f"{sale.reduction:,}".replace(",", "."))
        written = (*written, InvoiceLine(Nature.NOTE, None, words))
    return {
        "version": terms.version,
        "form": terms.form,
        "symbol": symbol,
        "day": day,
        "payment": _payment_words(sale),
        "seller": terms.seller,
        "buyer": checked_buyer(sale.buyer, terms.unnamed_buyer),
        "lines": written,
        "rate_totals": totals,
        "net": sum([total.net for total in totals]),
        "tax": sum([total.tax for total in totals]),
        "total": sale.total,
        "words": dong_in_words(sale.total) if sale.currency == "VND" else "",
        "title": TITLES[terms.form],
        "extras": _extras(sale, witness),
        "currency": sale.currency,
        "exchange_rate": sale.exchange_rate,
        "fees": tuple([Fee(fee.name, fee.amount) for fee in sale.fees]),
        "trade_discount": sale.reduction or None,
        "related": related,
    }


def _in_its_currency(content: C, sale: Sale) -> C:
    if sale.currency == "VND":
        return content
    return in_words(content if sale.unit == 1 else _in_units(content, sale.unit))


def effective_lines(sale: Sale, terms: Terms) -> tuple[Line, ...]:
    """The receipt's lines with its discount taken off them, its service charge and rounding among them.

    What they count together is the sale's total, where it has no fees and no reduction.

    Raises:
        SaleInvalid: the discount is more than the goods.
    """
    lines = _lines(sale, terms)
    shares = _discount_shares(sale.discount + max(0, -sale.rounding), lines)
    return tuple(
        replace(line, amount=line.amount - share, discount=line.discount + share) if share else line
        for line, share in zip(lines, shares, strict=True)
    )


def rate_of_line(line: Line, terms: Terms, day: date) -> str | None:
    """The VAT rate under which a line is invoiced; None on form 2.

    Raises:
        RateUnknown: as ``check_sale``.
    """
    return _rate(line, terms, day).word if terms.form is Form.VAT else None


def in_words(invoice: C) -> C:
    """The invoice with its total said in words."""
    total = invoice.total
    words = (
        dong_in_words(int(total)) if invoice.currency == "VND" else amount_in_words(total, invoice.currency)
    )
    return replace(invoice, words=words)


def _lines(sale: Sale, terms: Terms) -> tuple[Line, ...]:
    """The receipt's lines, and those that its service charge and its rounding up become."""
    added = []
    if sale.service_charge:
        price = Decimal(sale.service_charge)
        rate = terms.service_charge_rate or _common_rate(sale.lines)
        added.append(Line(SERVICE_CHARGE, Decimal(1), price, sale.service_charge, vat_rate=rate))
    if sale.rounding > 0:
        added.append(Line(ROUNDING, Decimal(1), Decimal(sale.rounding), sale.rounding, vat_rate="KKKNT"))
    return (*sale.lines, *added)


def _common_rate(lines: tuple[Line, ...]) -> str | None:
    """The VAT rate that the receipt gives all its lines; None where it says none, or several."""
    rates = {line.vat_rate for line in lines}
    return next(iter(rates)) if len(rates) == 1 else None


def _discount_shares(discount: int, lines: tuple[Line, ...]) -> list[int]:
    """The receipt's discount, spread over what costs something; it never makes a line negative."""
    if not discount:
        return [0] * len(lines)
    weights = [line.amount if line.kind in _COSTING else 0 for line in lines]
    if discount > sum(weights):
        raise SaleInvalid(f"the discount {discount} is more than the goods {sum(weights)}")
    return spread(discount, weights, [_tie(line) for line in lines])


def _by_rate(
    sale: Sale, lines: tuple[Line, ...], shares: list[int], terms: Terms, day: date
) -> tuple[tuple[InvoiceLine, ...], tuple[RateTotal, ...]]:
    rates = [None if line.kind is LineKind.NOTE else _rate(line, terms, day) for line in lines]
    gross = [line.amount - share for line, share in zip(lines, shares, strict=True)]
    members: dict[Rate, list[int]] = defaultdict(list)
    for index, rate in enumerate(rates):
        if rate is not None:
            members[rate].append(index)
    nets, totals = list(gross), []
    for rate in sorted(members, key=lambda rate: (rate.basis_points, rate.word)):
        goods = [i for i in members[rate] if lines[i].kind is not LineKind.DISCOUNT]
        taken_off = [i for i in members[rate] if lines[i].kind is LineKind.DISCOUNT]
        off = sum([gross[i] for i in taken_off])
        due = sum([gross[i] for i in goods]) - off
        if due < 0:
            raise SaleInvalid(f"the discount lines at {rate.word} are more than the goods at that rate")
        if sale.prices_include_vat:
            net, tax = contained_vat(due, rate)
            net_off = contained_vat(off, rate)[0]
            for group, amount in ((goods, net + net_off), (taken_off, net_off)):
                if not group:
                    continue
                parts = spread(amount, [gross[i] for i in group], [_tie(lines[i]) for i in group])
                for i, part in zip(group, parts, strict=True):
                    nets[i] = part
        else:
            net, tax = due, 0
        totals.append(RateTotal(rate.word, net, tax))
    if not sale.prices_include_vat:
        totals = _with_vat_on_top(totals, sale.vat or 0)
    positions = _positions(lines)
    included = sale.prices_include_vat
    written = [
        _line(line, positions[i], nets[i], rates[i], included=included, reduced=shares[i] > 0)
        for i, line in enumerate(lines)
    ]
    return tuple(written), tuple(totals)


def _with_vat_on_top(totals: list[RateTotal], vat: int) -> list[RateTotal]:
    """Share the receipt's VAT out over the rates: each gets its exact VAT, rounded down or up."""
    points = [Rate.parse(total.rate).basis_points for total in totals]
    exact = [int(total.net) * point for total, point in zip(totals, points, strict=True)]
    floors = [value // 10_000 for value in exact]
    left = vat - sum(floors)
    open_to = [i for i, value in enumerate(exact) if points[i]]
    if not 0 <= left <= len(open_to):
        raise SaleInvalid(f"the VAT {vat} is not that of the amounts, {sum(exact) / 10_000:.0f}")
    up = sorted(open_to, key=lambda i: (-(exact[i] % 10_000), totals[i].rate))[:left]
    return [replace(total, tax=floors[i] + (i in up)) for i, total in enumerate(totals)]


def _with_everything(lines: tuple[Line, ...], shares: list[int]) -> tuple[InvoiceLine, ...]:
    positions = _positions(lines)
    return tuple(
        _line(line, positions[i], line.amount - shares[i], None, included=True, reduced=bool(shares[i]))
        for i, line in enumerate(lines)
    )


def _positions(lines: tuple[Line, ...]) -> list[int | None]:
    """STT: notes have none, the others count from 1."""
    count = 0
    positions: list[int | None] = []
    for line in lines:
        count += line.kind is not LineKind.NOTE
        positions.append(None if line.kind is LineKind.NOTE else count)
    return positions


def _line(
    line: Line, position: int | None, amount: int, rate: Rate | None, *, included: bool, reduced: bool
) -> InvoiceLine:
    word = rate.word if rate else None
    nature = _NATURES[line.kind]
    details = tuple(Extra(name, "string", value) for name, value in line.details) if line.details else ()
    if line.kind is LineKind.NOTE:
        return InvoiceLine(nature, position, line.name, details=details)
    if line.kind is LineKind.DISCOUNT:
        return InvoiceLine(nature, position, line.name, amount=amount, rate=word, details=details)
    divisor = 10_000 + (rate.basis_points if rate and included else 0)
    price, discount = _priced(
        line.unit_price,
        line.quantity,
        amount,
        divisor,
        given=line.kind is LineKind.PROMOTION,
        reduced=reduced or bool(line.discount),
    )
    return InvoiceLine(
        nature=nature,
        position=position,
        name=line.name,
        unit=line.unit,
        quantity=line.quantity,
        unit_price=price,
        amount=amount,
        rate=word,
        discount=discount,
        code=line.code,
        details=details,
    )


@lru_cache(maxsize=4096)
def _priced(
    unit_price: Decimal, quantity: Decimal, amount: int, divisor: int, *, given: bool, reduced: bool
) -> tuple[Decimal, int | None]:
    """The written price of a line and its discount. A till sells the same few goods all day."""
    price = unit_price * 10_000 / divisor
    if price != int(price):
        price = price.quantize(_MICRO, ROUND_HALF_UP)
    if given:
        return price, None
    before = int((price * quantity).quantize(Decimal(1), ROUND_HALF_UP))
    if reduced and before > amount:
        return price, before - amount
    if abs(price * quantity - amount) >= 1 and quantity:
        # The register rounded a weighed line its own way: the price that the amount stands for is shown,
        # so that quantity x price is the amount wherever it is checked.
        price = (Decimal(amount) / quantity).quantize(_MICRO, ROUND_HALF_UP)
    return price, None


def _tie(line: Line) -> tuple[object, ...]:
    return (line.name, line.quantity, line.unit_price, line.unit or "", line.code or "", line.vat_rate or "")


def _rate(line: Line, terms: Terms, day: date) -> Rate:
    return terms.rates.rate_of(line.name, line.code, line.vat_rate, day)


def _check_reduction(sale: Sale, terms: Terms) -> None:
    """20 % of the direct rate on turnover, to the dong for every line that the register may have rounded."""
    turnover = sum(line.counted for line in sale.lines) - sale.discount + sale.service_charge
    right = Decimal(turnover) * terms.direct_rate / 10_000 / 5
    if abs(right - sale.reduction) > len(sale.lines):
        raise SaleInvalid(
            f"the reduction {sale.reduction} is not 20 % of the rate on {turnover}: {right:.0f}"
        )


def _in_units(invoice: C, unit: int) -> C:
    """Amounts reckoned in a currency's smallest unit, as they are written: 1250 cents are 12.5 dollars."""

    def scaled(amount: Amount | None) -> Amount | None:
        return None if amount is None else Decimal(amount) / unit

    def sure(amount: Amount) -> Amount:
        return Decimal(amount) / unit

    return replace(
        invoice,
        lines=tuple(
            replace(
                line,
                amount=scaled(line.amount),
                discount=scaled(line.discount),
                unit_price=None if line.unit_price is None else (line.unit_price / unit).quantize(_MICRO),
            )
            for line in invoice.lines
        ),
        rate_totals=tuple(replace(t, net=sure(t.net), tax=sure(t.tax)) for t in invoice.rate_totals),
        net=sure(invoice.net),
        tax=sure(invoice.tax),
        total=sure(invoice.total),
        fees=tuple(replace(fee, amount=sure(fee.amount)) for fee in invoice.fees),
        trade_discount=scaled(invoice.trade_discount),
    )


def _payment_words(sale: Sale) -> str:
    methods = {payment.method for payment in sale.payments if payment.amount}
    cash, bank = PaymentMethod.CASH in methods, bool(methods & _BY_BANK)
    other = methods - _BY_BANK - {PaymentMethod.CASH}
    if not methods or (cash and bank):
        return "Tiền mặt/Chuyển khoản"
    if other:
        return "Khác"
    return "Tiền mặt" if cash else "Chuyển khoản"


def _extras(sale: Sale, witness: LedgerWitness | None) -> tuple[Extra, ...]:
    extras = []
    if sale.receipt_no:
        extras.append(Extra("SoPhieu", "string", sale.receipt_no))
    if sale.sold_at:
        extras.append(Extra("ThoiDiemBan", "dateTime", sale.sold_at.isoformat()[:19]))
    if sale.buyer and sale.buyer.passport:
        extras.append(Extra("SoHoChieu", "string", sale.buyer.passport))
    if sale.cashier:
        extras.append(Extra("ThuNgan", "string", sale.cashier))
    if witness:
        extras.append(Extra("SoCaiSoLa", "numeric", str(witness.size)))
        extras.append(Extra("SoCaiGoc", "string", witness.root))
    return tuple(extras)
