"""The buyer on the invoice: a consumer without data, a company, a household or person, a visitor.

A company is named by its tax code (MST, with check digit), a household or person by the 12-digit citizen
number (since 1 July 2025 its tax code too), a visitor by a passport, a unit of the state budget by its code.
Source: profile, sections 4 and 10; Decree 123/2020 art. 10.5 as amended by Decree 70/2025.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from invoice.errors import FieldInvalid
from invoice.invoice import InvoiceBuyer
from invoice.tax_code import checked_tax_code

if TYPE_CHECKING:
    from invoice.sale import Buyer

UNNAMED_BUYER = "Khách lẻ"
_CITIZEN = re.compile(r"[0-9]{12}")
_BUDGET = re.compile(r"[0-9]{7}")
_PASSPORT = re.compile(r"[A-Z0-9]{6,12}")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]{2,}")


@lru_cache(maxsize=16)
def nobody_named(unnamed: str = UNNAMED_BUYER) -> InvoiceBuyer:
    """The buyer of whom nothing is known: most buyers of a shop."""
    return InvoiceBuyer(unnamed)


def checked_buyer(buyer: Buyer | None, unnamed: str = UNNAMED_BUYER) -> InvoiceBuyer:
    """The buyer as it stands on the invoice.

    Raises:
        TaxCodeInvalid: a tax code of a wrong form or check digit.
        FieldInvalid: another number or address of a wrong form, or a taxpayer without a name.
    """
    if buyer is None:
        return nobody_named(unnamed)
    _check("citizen number", buyer.citizen_id, _CITIZEN, "has not exactly 12 digits")
    _check("budget unit code", buyer.budget_code, _BUDGET, "has not exactly 7 digits")
    _check("passport", buyer.passport, _PASSPORT, "is not 6 to 12 capital letters and digits")
    _check("e-mail address", buyer.email, _EMAIL, "is not an address such as ten@congty.vn")
    tax_code = checked_tax_code(buyer.tax_code) if buyer.tax_code else None
    if tax_code and not buyer.name:
        raise FieldInvalid(f"the buyer with the tax code {tax_code} needs a name")
    return InvoiceBuyer(
        name=buyer.name or unnamed,
        tax_code=tax_code,
        address=buyer.address,
        phone=buyer.phone,
        email=buyer.email,
        citizen_id=buyer.citizen_id,
        budget_code=buyer.budget_code,
        customer_code=buyer.customer_code,
        contact=buyer.contact,
    )


def _check(name: str, value: str | None, form: re.Pattern[str], words: str) -> None:
    if value is not None and not form.fullmatch(value):
        raise FieldInvalid(f"the buyer's {name} {value!r} {words}")
