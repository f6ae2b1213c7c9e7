"""A capture that is a picture: what it is, and the sale it stands for, exact or quarantined, never wrong.

The sheet is rebuilt, its lines are found, tesseract reads each piece several times, and what all agree on
goes through the reading that every paper goes through. A field that rests on a piece in doubt calls a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from drivers.jobs.placed import Placed, rows_of_page
from drivers.paper import Paper, PaperLine
from drivers.raster.tesseract import Unreadable
from drivers.reading import Reading, read_paper
from invoice.sale import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.raster.ink import Line
    from drivers.reading import Profile
    from drivers.sheet import Letters

PATIENCE = 30.0  # seconds for one capture
_COLUMN = 1.95  # letters' widths: the size by which ``rows_of_page`` tells words from columns
_LARGE = 1.2  # of the usual height: a title


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the paper: its place in dots, what it says, and the share of passes that say so."""

    text: str
    left: int
    right: int
    base: int
    height: int
    share: float = 1.0


def read_picture(data: bytes, profile: Profile | None = None, *, patience: float = PATIENCE) -> Reading:
    """Read a capture's picture by a receipt profile (None: the general one). ``patience``: seconds at most.

    Never raises for what is in the bytes.

    Raises:
        PictureReaderMissing: tesseract or its Vietnamese data is not installed.
    """
    from drivers.raster.ink import lines_of, softened
    from drivers.raster.passes import read_all
    from drivers.raster.rebuilding import rebuilt

    sheet = rebuilt(data)
    if sheet.too_long:
        return _quarantine("the picture is longer than a receipt can be")
    soft = softened(sheet.picture())
    lines = lines_of(soft)
    try:
        read_all(soft, lines, patience)
    except Unreadable as error:
        return _quarantine(str(error))
    return judged(lines, sheet.letters, profile, len(data))


def judged(lines: Sequence[Line], letters: Sequence[Letters], profile: Profile | None, size: int) -> Reading:
    """The reading of what all passes have read; ``size``: bytes of the capture."""
    pieces = _pieces(lines, letters)
    rows = rows_of(pieces)
    reading = read_paper(_paper([text for text, _ in rows]), profile=profile)
    if reading.sale is None:
        return _whole(reading, size)
    doubtful = [text for text, share in rows if share < 1 and text.strip()]
    if doubtful:
        problems = tuple(f"in doubt: {text.strip()!r}" for text in doubtful[:5])
        return Reading(Kind.QUARANTINED, None, problems, reading.encoding, reading.text)
    return _whole(reading, size)


def rows_of(pieces: Sequence[Piece]) -> list[tuple[str, float]]:
    """The rows of the paper, each with the least share of its pieces."""
    widths = [(one.right - one.left) / len(one.text) for one in pieces if one.text]
    heights = [one.height for one in pieces]
    if not widths:
        return []
    letter, usual = median(widths), median(heights)
    size = _COLUMN * letter
    shares: dict[int, float] = {}
    placed = []
    for one in pieces:
        shares[one.base] = min(one.share, shares.get(one.base, 1.0))
        larger = max(1.0, one.height / usual) if one.height > _LARGE * usual else 1.0
        placed.append(Placed(one.text, one.left, one.right, one.base, size * larger))
    rows = rows_of_page(placed)
    bases = iter(sorted(shares))
    return [(row, shares[next(bases)] if row.strip() else 1.0) for row in rows]


def _pieces(lines: Sequence[Line], letters: Sequence[Letters]) -> list[Piece]:
    from drivers.raster.passes import voted

    pieces = []
    for line in lines:
        for slot in line.slots:
            if line.rule:
                text, share = "-" * max(4, (slot.right - slot.left) // 12), 1.0
            else:
                vote = voted(slot)
                text, share = vote.text, vote.share
            if text:
                height = line.bottom - line.top if not line.rule else 20
                pieces.append(Piece(text, slot.left, slot.right, line.bottom, height, share))
    for one in letters:
        text = one.text.strip()
        lead = len(one.text) - len(one.text.lstrip())
        cell = (one.right - one.left) / len(one.text)
        left = one.left + round(lead * cell)
        pieces.append(Piece(text, left, left + round(len(text) * cell), one.bottom, one.bottom - one.top))
    return pieces


def _paper(rows: Sequence[str]) -> Paper:
    """Paper whose lines are cited by their number."""
    lines = []
    for place, row in enumerate(rows):
        if row.strip():
            lines.append(PaperLine(row, place, place + 1, place > 0 and not rows[place - 1].strip()))
    return Paper(tuple(lines), "utf-8", (), cuts=1, pulses=0)


def _whole(reading: Reading, size: int) -> Reading:
    """Each field cites the whole picture: its bytes are no rows of text."""
    return replace(reading, proof=tuple(replace(one, start=0, end=size) for one in reading.proof))


def _quarantine(problem: str) -> Reading:
    return Reading(Kind.QUARANTINED, None, (problem,), "utf-8", "")
