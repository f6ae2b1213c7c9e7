"""A capture that is a picture: what it is, and the sale it stands for, exact or quarantined, never wrong.

The sheet is rebuilt, its lines are found, tesseract reads each piece several times, alike shapes are read
alike, and what comes out goes through the reading that every paper goes through. A field that rests on
letters in doubt calls a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from drivers.raster.doubts import doubts
from drivers.raster.repair import repaired
from drivers.raster.rows import paper_of, pieces_of, rows_of
from drivers.raster.tesseract import Unreadable
from drivers.raster.wording import plain
from drivers.reading import Reading, read_paper
from invoice.sale import Kind

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence
    from pathlib import Path

    from PIL.Image import Image

    from drivers.raster.ink import Line, Slot
    from drivers.raster.rows import PaperRow
    from drivers.raster.wording import Wording
    from drivers.reading import Profile
    from drivers.sheet import Letters
    from invoice.sale import Sale

PATIENCE = 30.0  # seconds for one capture
LONGEST = 8000  # dots: a metre of paper, three hundred lines
_MOST_NAMED = 5  # doubts that are told


def read_picture(
    data: bytes,
    profile: Profile | None = None,
    *,
    patience: float = PATIENCE,
    fonts: Sequence[Path] | None = None,
    goods: Container[str] = frozenset(),
) -> Reading:
    """Read a capture's picture by a receipt profile (None: the general one). ``patience``: seconds at most;
    ``fonts``: the font files it may be drawn in (None: this computer's); ``goods``: what the shop is known to
    sell: a name that is none of them is for a person, for nothing else proves one.

    Never raises for what is in the bytes.

    Raises:
        PictureReaderMissing: tesseract or its Vietnamese data is not installed.
    """
    try:
        seen = look(data, patience)
    except Unreadable as error:
        return _quarantine(str(error))
    return reading_of(seen, profile, fonts, goods)


@dataclass(frozen=True, slots=True)
class Seen:
    """A capture's sheet, its lines with what the passes read, and the letters of the wire."""

    sheet: Image
    soft: Image
    lines: list[Line]
    letters: list[Letters]
    size: int


def look(data: bytes, patience: float) -> Seen:
    """Rebuild the sheet and let every pass read it.

    Raises:
        PictureReaderMissing, Unreadable: as ``drivers.raster.tesseract.read_pages``.
    """
    from drivers.raster.ink import lines_of, softened
    from drivers.raster.passes import read_all
    from drivers.raster.rebuilding import rebuilt

    paper = rebuilt(data)
    if paper.bottom > LONGEST:
        raise Unreadable("the picture is longer than a receipt can be")
    sheet = paper.picture()
    soft = softened(sheet)
    lines = lines_of(soft)
    if lines:
        read_all(soft, lines, patience)
    return Seen(sheet, soft, lines, paper.letters, len(data))


def reading_of(
    seen: Seen,
    profile: Profile | None,
    fonts: Sequence[Path] | None = None,
    goods: Container[str] = frozenset(),
) -> Reading:
    """What the passes and the shapes together say; ``fonts`` and ``goods`` as ``read_picture`` has them."""
    from drivers.raster.fonts import fitted, fonts_here, tell_by
    from drivers.raster.glyphs import shapes_of
    from drivers.raster.words import confirm_words

    glyphs = shapes_of(seen.sheet, seen.soft, seen.lines)
    font = fitted(glyphs, fonts_here() if fonts is None else fonts)
    if font is not None:
        tell_by(font, glyphs)
        confirm_words(font, seen.soft, seen.lines)
    return judged(seen, profile, goods)


def judged(seen: Seen, profile: Profile | None, goods: Container[str]) -> Reading:
    """The reading of what all passes have read."""
    lines, letters = seen.lines, seen.letters
    rows = rows_of(pieces_of(lines, letters))
    reading = read_paper(paper_of(rows), profile=profile)
    if reading.kind is Kind.QUARANTINED and (mended := repaired(rows, profile)):
        rows = list(mended.rows)
        reading = replace(
            mended.reading, checks=(*mended.reading.checks, f"repaired by the sums: {mended.change}")
        )
    if reading.sale is not None:
        others = _others(lines, letters, rows, reading, profile)
        unknown = _unknown(reading.sale, letters, goods)
        found = list(dict.fromkeys((*doubts(reading, rows, others), *unknown)))[:_MOST_NAMED]
        if found:
            return Reading(Kind.QUARANTINED, None, tuple(found), reading.encoding, reading.text)
    proof = tuple(replace(one, start=0, end=seen.size) for one in reading.proof)
    return replace(reading, proof=proof)


def _unknown(sale: Sale, letters: Sequence[Letters], goods: Container[str]) -> Iterator[str]:
    """Goods that the shop is not known to sell, but where letters of the wire say them; and any buyer."""
    wire = "\n".join(letter.text for letter in letters)
    for line in sale.lines:
        if line.name not in goods and line.name not in wire:
            yield f"not known among the shop's goods: {line.name!r}"
    if sale.buyer is not None:
        yield "a buyer on a picture is for a person to look at"


def _others(
    lines: Sequence[Line],
    letters: Sequence[Letters],
    rows: Sequence[PaperRow],
    reading: Reading,
    profile: Profile | None,
) -> list[Reading]:
    """The paper once more for each pass, with the pass's own words on the rows that gave no field."""
    proven = {place for proof in reading.proof for place in range(proof.start, proof.end)}
    passes = max((len(slot.read) for line in lines for slot in line.slots), default=0)
    found = []
    for number in range(passes):
        seen = rows_of(pieces_of(lines, letters, partial(_said, number)))
        if len(seen) != len(rows):
            continue
        mixed = [rows[place] if place in proven else row for place, row in enumerate(seen)]
        found.append(read_paper(paper_of(mixed), profile=profile))
    return found


def _said(number: int, slot: Slot) -> Wording:
    """What one pass says; a slot that it saw nothing in keeps a mark, so that rows stay rows."""
    text = slot.read[number] if number < len(slot.read) and slot.read[number] else "?"
    return plain(text)


def _quarantine(problem: str) -> Reading:
    return Reading(Kind.QUARANTINED, None, (problem,), "utf-8", "")
