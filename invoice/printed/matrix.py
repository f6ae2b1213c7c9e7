"""A QR text as black squares, for any kind of page.

>>> from invoice.printed.matrix import runs
>>> size, black = runs("thu ngân")
>>> size, black[0]
(21, (0, 0, 7))

Error correction M (15 %): thermal paper fades and creases. The quiet zone of four squares that every
reader wants is the page's to leave.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

QUIET = 4  # squares of white that must stand around a code (ISO/IEC 18004)

_SMALLEST = 0.5  # mm of a square that phones still read from thermal paper


def edge(text: str, least: float) -> float:
    """The edge in mm of the code with its quiet zone: ``least``, or more where its squares need it."""
    return max(least, (runs(text)[0] + 2 * QUIET) * _SMALLEST)


@lru_cache(maxsize=8)
def runs(text: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """The code's width in squares, and its black runs as (column, row, length), from the top left."""
    import segno  # late: only a printed form needs it

    rows = segno.make_qr(text, error="m", encoding="utf-8", boost_error=False).matrix
    found = []
    for y, row in enumerate(rows):
        x = 0
        for black, group in groupby(row):
            length = sum(1 for _ in group)
            if black:
                found.append((x, y, length))
            x += length
    return len(rows), tuple(found)
