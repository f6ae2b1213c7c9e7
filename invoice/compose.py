"""From a sale to an invoice: VAT taken out of the prices, discounts spread, sums kept (promise P4).

The rule in three lines: per VAT rate the gross amounts are added first, the net of that sum is rounded
to the dong and the VAT is the rest; the net is then spread over the rate's lines by largest remainder.
So lines, rates and totals agree everywhere and the total is the receipt's, always.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from invoice.errors import FieldInvalid, RateUnknown, SaleInvalid
from invoice.invoice import (
    Extra,
    Invoice,
    InvoiceBuyer,
    InvoiceLine,
    LedgerWitness,
    Nature,
    RateTotal,
    Seller,
)
from invoice.numbers import MAX_NUMBER, TITLES, AuthorityCode, Form, Symbol
from invoice.rates import Rate, contained_vat
from invoice.sale import Buyer, Kind, Line, PaymentMethod, Sale
from invoice.spread import spread
from invoice.tax_code import checked_tax_code
from invoice.words import dong_in_words

if TYPE_CHECKING:
    from datetime import date

UNNAMED_BUYER = "Khách lẻ"
_MICRO = Decimal("0.000001")  # DGia has six decimals
_BY_BANK = {PaymentMethod.CARD, PaymentMethod.TRANSFER, PaymentMethod.WALLET}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a shop's invoices have in common: seller, form, version, default rate and texts."""

    seller: Seller
    form: Form
    version: str = "2.1.0"
    default_rate: str | None = None
    unnamed_buyer: str = UNNAMED_BUYER
    default_unit: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Symbol, number, code and legal date, given out by the outbox in the transaction of the sale."""

    symbol: Symbol
    number: int
    code: AuthorityCode
    day: date


def check_sale(sale: Sale, terms: Terms) -> None:
    """Everything about a sale that can be wrong before a number is spent on it.

    Raises:
        SaleInvalid: not a sale, or its sums do not agree.
        RateUnknown: a line without a rate and no default.
        TaxCodeInvalid, FieldInvalid: the buyer's data.
    """
    if sale.kind is not Kind.SALE:
        raise SaleInvalid(f"a {sale.kind.value} is not invoiced as a sale")
    if problems := sale.problems():
        raise SaleInvalid("; ".join(problems))
    if any(line.amount < 0 for line in sale.lines):
        raise SaleInvalid("a line has a negative amount: a return is an adjusting invoice")
    if terms.form is Form.VAT:
        for line in sale.lines:
            _rate(line, terms)
    _buyer(sale.buyer, terms)


def compose(sale: Sale, terms: Terms, identity: Identity, witness: LedgerWitness | None = None) -> Invoice:
    """Build the invoice of a sale that ``check_sale`` has let through.

    Raises:
        SaleInvalid, RateUnknown, TaxCodeInvalid, FieldInvalid: as ``check_sale``.
    """
    if not 0 < identity.number <= MAX_NUMBER:
        raise FieldInvalid(f"invoice number {identity.number} is not in 1…{MAX_NUMBER}")
    shares = spread(sale.discount, [line.amount for line in sale.lines], [_tie(line) for line in sale.lines])
    gross = [line.amount - share for line, share in zip(sale.lines, shares, strict=True)]
    if terms.form is Form.VAT:
        lines, totals = _without_vat(sale, gross, shares, terms)
    else:
        lines, totals = _with_everything(sale, gross, shares), ()
    return Invoice(
        version=terms.version,
        form=terms.form,
        symbol=identity.symbol,
        number=identity.number,
        code=identity.code,
        day=identity.day,
        payment=_payment_words(sale),
        seller=terms.seller,
        buyer=_buyer(sale.buyer, terms),
        lines=lines,
        rate_totals=totals,
        net=sum(total.net for total in totals),
        tax=sum(total.tax for total in totals),
        total=sale.total,
        words=dong_in_words(sale.total),
        title=TITLES[terms.form],
        extras=_extras(sale, witness),
    )


def _without_vat(
    sale: Sale, gross: list[int], shares: list[int], terms: Terms
) -> tuple[tuple[InvoiceLine, ...], tuple[RateTotal, ...]]:
    by_rate: dict[Rate, list[int]] = defaultdict(list)
    rates = [_rate(line, terms) for line in sale.lines]
    for index, rate in enumerate(rates):
        by_rate[rate].append(index)
    nets = [0] * len(gross)
    totals = []
    for rate in sorted(by_rate, key=lambda rate: (rate.basis_points, rate.word)):
        members = by_rate[rate]
        net, tax = contained_vat(sum(gross[i] for i in members), rate)
        totals.append(RateTotal(rate.word, net, tax))
        parts = spread(net, [gross[i] for i in members], [_tie(sale.lines[i]) for i in members])
        for i, part in zip(members, parts, strict=True):
            nets[i] = part
    lines = tuple(
        _line(line, position, nets[i], rates[i], discounted=bool(shares[i] or line.discount))
        for i, (position, line) in enumerate(enumerate(sale.lines, start=1))
    )
    return lines, tuple(totals)


def _with_everything(sale: Sale, gross: list[int], shares: list[int]) -> tuple[InvoiceLine, ...]:
    return tuple(
        _line(line, position, amount, None, discounted=bool(share or line.discount))
        for position, (line, amount, share) in enumerate(zip(sale.lines, gross, shares, strict=True), start=1)
    )


def _line(line: Line, position: int, amount: int, rate: Rate | None, *, discounted: bool) -> InvoiceLine:
    divisor = 10_000 + (rate.basis_points if rate else 0)
    price = line.unit_price * 10_000 / divisor
    if price != int(price):
        price = price.quantize(_MICRO, ROUND_HALF_UP)
    before = int((price * line.quantity).quantize(Decimal(1), ROUND_HALF_UP))
    discount = None
    if discounted and before > amount:
        discount = before - amount
    elif abs(price * line.quantity - amount) >= 1 and line.quantity:
        # The register rounded a weighed line its own way: the price that the amount stands for is shown,
        # so that quantity x price is the amount wherever it is checked.
        price = (Decimal(amount) / line.quantity).quantize(_MICRO, ROUND_HALF_UP)
    return InvoiceLine(
        nature=Nature.GOODS,
        position=position,
        name=line.name,
        unit=line.unit,
        quantity=line.quantity,
        unit_price=price,
        amount=amount,
        rate=rate.word if rate else None,
        discount=discount,
        code=line.code,
    )


def _tie(line: Line) -> tuple[object, ...]:
    return (line.name, line.quantity, line.unit_price, line.unit or "", line.code or "", line.vat_rate or "")


def _rate(line: Line, terms: Terms) -> Rate:
    word = line.vat_rate or terms.default_rate
    if word is None:
        raise RateUnknown(f"no VAT rate for {line.name!r}")
    return Rate.parse(word)


def _buyer(buyer: Buyer | None, terms: Terms) -> InvoiceBuyer:
    if buyer is None:
        return InvoiceBuyer(terms.unnamed_buyer)
    if buyer.citizen_id is not None and not (len(buyer.citizen_id) == 12 and buyer.citizen_id.isdecimal()):
        raise FieldInvalid(f"the buyer's citizen number {buyer.citizen_id!r} has not exactly 12 digits")
    return InvoiceBuyer(
        name=buyer.name or terms.unnamed_buyer,
        tax_code=checked_tax_code(buyer.tax_code) if buyer.tax_code else None,
        address=buyer.address,
        phone=buyer.phone,
        email=buyer.email,
        citizen_id=buyer.citizen_id,
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
        extras.append(Extra("ThoiDiemBan", "dateTime", f"{sale.sold_at:%Y-%m-%dT%H:%M:%S}"))
    if sale.cashier:
        extras.append(Extra("ThuNgan", "string", sale.cashier))
    if witness:
        extras.append(Extra("SoCaiSoLa", "numeric", str(witness.size)))
        extras.append(Extra("SoCaiGoc", "string", witness.root))
    return tuple(extras)
