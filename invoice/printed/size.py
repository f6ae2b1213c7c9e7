"""The papers an invoice is printed on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from invoice.errors import FieldInvalid


class Size(StrEnum):
    """A paper by its usual name; A5 lies on its side, as Vietnamese invoices do."""

    A4 = "A4"
    A5 = "A5"
    ROLL = "80mm"


@dataclass(frozen=True, slots=True)
class Paper:
    """Width, height and margin in mm (a roll's height is a page's upper bound), letters in points."""

    width: float
    height: float
    margin: float
    letters: float
    qr: float  # edge of the QR in mm, quiet zone included


# A roll prints 72 of its 80 mm; no printer or viewer takes a page longer than about 5 m.
PAPERS = {
    Size.A4: Paper(210, 297, 12, 9, 32),
    Size.A5: Paper(210, 148, 8, 8, 22),
    Size.ROLL: Paper(80, 3000, 4, 8.5, 38),
}


def paper(size: str) -> tuple[Size, Paper]:
    """The paper of that name.

    Raises:
        FieldInvalid: not A4, A5 or 80mm.
    """
    try:
        known = Size(size)
    except ValueError:
        raise FieldInvalid(f"no paper {size!r}; known: {', '.join(Size)}") from None
    return known, PAPERS[known]
