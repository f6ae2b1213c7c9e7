"""An invoice: everything that will be signed, as frozen values.

Built from a sale by ``invoice.compose``, written by ``invoice.document``. Amounts are whole dong;
on form 1 lines are without VAT, on form 2 with everything (profile, section 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from invoice.numbers import AuthorityCode, Form, Symbol

VERSIONS = ("2.1.0", "2.0.1", "2.0.0")


class Nature(IntEnum):
    """Tính chất of a line (regulation, Appendix IV)."""

    GOODS = 1
    PROMOTION = 2
    TRADE_DISCOUNT = 3
    NOTE = 4


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


@dataclass(frozen=True, slots=True)
class InvoiceBuyer:
    """Người mua as it stands on the invoice; a consumer who gives nothing has only a name."""

    name: str
    tax_code: str | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None
    citizen_id: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One HHDVu. ``quantity x unit_price - discount`` is ``amount`` but for rounding below a dong."""

    nature: Nature
    position: int
    name: str
    unit: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: int
    rate: str | None = None
    discount: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class RateTotal:
    """Net and VAT of all lines of one rate (LTSuat)."""

    rate: str
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class Extra:
    """One TTin of TTKhac: a field of the seller's own. ``kind``: string, numeric, dateTime or date."""

    name: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class LedgerWitness:
    """Size and root (hex) of the ledger just before the invoice was issued.

    Signed inside every invoice, so the authority holds a witness of the shop's history (design, step 6).
    """

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """The whole invoice. Its sums are checked where it is built (``invoice.compose``)."""

    version: str
    form: Form
    symbol: Symbol
    number: int
    code: AuthorityCode
    day: date
    payment: str
    seller: Seller
    buyer: InvoiceBuyer
    lines: tuple[InvoiceLine, ...]
    rate_totals: tuple[RateTotal, ...]
    net: int
    tax: int
    total: int
    words: str
    title: str
    extras: tuple[Extra, ...] = ()
    currency: str = "VND"
    outside_tariff_zone: int = 0  # HDDCKPTQuan: 1 for organisations in a tax-free zone (form 2)

    @property
    def reference(self) -> str:
        """Form;symbol;number as the authority's notices name an invoice."""
        return f"{int(self.form)};{self.symbol};{self.number}"
