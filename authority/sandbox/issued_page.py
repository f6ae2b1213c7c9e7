"""An issued invoice as PDF, as a provider in the sandbox gives it: one page with what tells it apart."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from authority.elements import VIETNAM

if TYPE_CHECKING:
    from authority.sandbox.issued_book import Issued


def pdf(one: Issued, provider: str) -> bytes:
    """One page that names the provider, the invoice and its amounts."""
    from fpdf import FPDF

    page = FPDF()
    page.set_creation_date(datetime.fromtimestamp(one.at, UTC))
    page.add_page()
    page.set_font("Helvetica", size=14)
    for line in (
        f"{provider} (sandbox)",
        f"{one.tax_code}   {one.form}   {one.symbol}   {one.number}",
        f"{datetime.fromtimestamp(one.moment / 1000, VIETNAM):%d/%m/%Y}",
        f"{one.net} + {one.tax} = {one.total}",
        one.code,
        one.look_up_code,
    ):
        page.cell(0, 10, line, new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())
