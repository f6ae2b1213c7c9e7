"""What is said of a sale that has just been invoiced, or ordered where a provider numbers it later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoice.references import spoken
from outbox.sold import Issued, Ordered

if TYPE_CHECKING:
    from outbox.sold import Sold


def name_of(sold: Sold) -> str:
    """``C26MAA 7 M1-26-…``; of an order its reference, and that its number follows."""
    if isinstance(sold, Issued):
        return f"{sold.symbol} {sold.number} {sold.code}"
    assert isinstance(sold, Ordered)  # noqa: S101 - for the type checker: there is no third
    return f"{sold.symbol} order {spoken(sold.reference)} (its number follows)"


def sold_line(sold: Sold) -> str:
    """Name, total, and whether it had been sold before."""
    again = " (already issued)" if sold.again else ""
    return f"{name_of(sold)} {sold.total:,} dong{again}"


def page_of(sold: Sold) -> str:
    """Where the shop's page shows it."""
    if isinstance(sold, Issued):
        return f"/invoices/{sold.invoice_id}"
    assert isinstance(sold, Ordered)  # noqa: S101 - for the type checker: there is no third
    return f"/orders/{sold.reference}"
