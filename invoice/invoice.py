"""An invoice: everything that will be signed, as frozen values.

Built from a sale by ``invoice.compose``, written by ``invoice.document``. Amounts are whole dong;
on form 1 lines are without VAT, on form 2 with everything (profile, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from typing import TYPE_CHECKING

from invoice.numbers import checked_number

if TYPE_CHECKING:
    from datetime import date

    from invoice.numbers import AuthorityCode, Form, Symbol

VERSIONS = ("2.1.0", "2.0.1", "2.0.0")

# Whole dong are int; in a foreign currency an amount with decimals is Decimal.
Amount = int | Decimal


class Nature(IntEnum):
    """Tính chất of a line (regulation, Appendix IV)."""

    GOODS = 1
    PROMOTION = 2
    TRADE_DISCOUNT = 3
    NOTE = 4
    SPECIAL = 5  # vehicles, transport: what else the law asks of them stands in the line's details


@dataclass(frozen=True, slots=True)
class Seller:
    """Người bán: the shop as registered with the authority."""

    name: str
    tax_code: str
    address: str
    phone: str | None = None
    email: str | None = None
    bank_account: str | None = None
    bank_name: str | None = None
    fax: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceBuyer:
    """Người mua as it stands on the invoice; a consumer who gives nothing has only a name."""

    name: str
    tax_code: str | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None
    citizen_id: str | None = None
    budget_code: str | None = None
    customer_code: str | None = None
    contact: str | None = None
    bank_account: str | None = None
    bank_name: str | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    """One TTin of TTKhac: a field of the seller's own. ``kind``: string, numeric, dateTime or date."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One HHDVu. ``quantity x unit_price - discount`` is ``amount`` but for rounding below a dong.

    A trade discount (nature 3) has a positive amount that is taken off; a note (4) has a name only.
    """

    nature: Nature
    position: int | None
    name: str
    unit: str | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Amount | None = None
    rate: str | None = None
    discount: Amount | None = None
    code: str | None = None
    discount_percent: Decimal | None = None
    details: tuple[Extra, ...] = ()

    @property
    def counted(self) -> Amount:
        """What the line adds to the sums: nothing for a note, less for a trade discount."""
        if self.nature is Nature.NOTE or self.amount is None:
            return 0
        return -self.amount if self.nature is Nature.TRADE_DISCOUNT else self.amount


@dataclass(frozen=True, slots=True)
class RateTotal:
    """Net and VAT of all lines of one rate (LTSuat)."""

    rate: str
    net: Amount
    tax: Amount


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee or charge collected with the price, outside of VAT (LPhi)."""

    name: str
    amount: Amount


class Relation(IntEnum):
    """What an invoice is to the one it names (TCHDon)."""

    REPLACES = 1
    ADJUSTS = 2
    REPLACES_MANY = 3  # 2.1.0: the others stand in a list (BKe)
    ADJUSTS_MANY = 4


@dataclass(frozen=True, slots=True)
class RelatedInvoice:
    """The invoice that is replaced or adjusted (TTHDLQuan). ``regime`` 1: an invoice under Decree 123."""

    kind: Relation
    form: str
    symbol: str
    number: str
    day: date
    note: str | None = None
    regime: int = 1


@dataclass(frozen=True, slots=True)
class LedgerWitness:
    """Size and root (hex) of the ledger just before the invoice was issued.

    Signed inside every invoice, so the authority holds a witness of the shop's history (design, step 6).
    """

    size: int
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceContent:
    """What an invoice says, without number and authority code: who gives those may be a provider.

    Its sums are checked where it is built (``invoice.compose``).
    """

    version: str
    form: Form
    symbol: Symbol
    day: date
    payment: str | None
    seller: Seller
    buyer: InvoiceBuyer
    lines: tuple[InvoiceLine, ...]
    rate_totals: tuple[RateTotal, ...]
    net: Amount
    tax: Amount
    total: Amount
    words: str
    title: str
    extras: tuple[Extra, ...] = ()
    currency: str = "VND"
    outside_tariff_zone: int = 0  # HDDCKPTQuan: 1 for organisations in a tax-free zone (form 2)
    fees: tuple[Fee, ...] = ()
    trade_discount: Amount | None = None
    exchange_rate: Decimal | None = None  # TGia: dong for one unit of the currency
    related: RelatedInvoice | None = None
    statement_no: str | None = None  # SBKe, NBKe: the list of goods that goes with the invoice
    statement_day: date | None = None
    solution_provider: str | None = None
    entrusted_tax_code: str | None = None
    entrusted_name: str | None = None
    entrusted_address: str | None = None

    @property
    def dong(self) -> int:
        """The total in dong, at the invoice's own rate of exchange where it is in a foreign currency."""
        if self.exchange_rate is None:
            return int(self.total)
        return int((self.total * self.exchange_rate).to_integral_value(ROUND_HALF_UP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(InvoiceContent):
    """The whole invoice: a content under its number and authority code."""

    number: int
    code: AuthorityCode

    @property
    def reference(self) -> str:
        """Form;symbol;number as the authority's notices name an invoice."""
        return f"{int(self.form)};{self.symbol};{self.number}"


_CONTENT = tuple(field.name for field in fields(InvoiceContent))


def identified(content: InvoiceContent, number: int, code: AuthorityCode) -> Invoice:
    """The invoice that a content becomes under its number and code.

    Raises:
        FieldInvalid: a number that no invoice can have.
    """
    return Invoice(
        number=checked_number(number), code=code, **{name: getattr(content, name) for name in _CONTENT}
    )
