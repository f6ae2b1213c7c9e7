"""A capture's pictures as they come out of the printer, and the letters of the wire that stand among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.sheet import Sheet

WIDEST = 832  # dots of 104 mm paper


def rebuilt(data: bytes, dots: int = WIDEST) -> Sheet:
    """The sheet, as wide as any paper: what is further right is not printed."""
    from drivers.picture import print_out
    from drivers.sheet import Sheet

    sheet = Sheet(dots, apart=True)
    print_out(data, sheet)
    return sheet
