"""Where the ink is: a picture without its dither, its lines, and on each line the pieces between blanks."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from statistics import median, pstdev
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from drivers.raster.glyphs import Glyph

SOFT = 0.8  # dots: the blur that makes grey of dither, and letters' edges as tesseract has learnt them
DARK = 150  # grey: below it is ink
_LEAST = 5  # dots of height: less is dirt or a rule
_BLANK = 0.3  # of the lines' height: a gap between two words
_SPLIT = 1.7  # of the lines' height: more are two lines that touch
_MARK = 0.5  # of the lines' height: less is no line of its own where one is near
_NEAR = 0.2  # of the lines' height
_RULE = 0.5  # of the width: a rule is longer
MAX_LINES = 600


@dataclass(slots=True)
class Slot:
    """A piece of a line: where it is, and what each pass of the reader takes it for."""

    left: int
    right: int
    read: list[str] = field(default_factory=list)
    sureness: list[float] = field(default_factory=list)
    shapes: list[Glyph] = field(default_factory=list)
    confirmed: str = ""  # the word, where the font confirms it as a whole


@dataclass(slots=True)
class Line:
    """A line of the paper in dots; ``rule``: it is drawn, not written."""

    top: int
    bottom: int
    slots: list[Slot]
    rule: bool = False
    base: int | None = None  # the row below the letters' feet, where shapes tell it


def softened(sheet: Image) -> Image:
    """The picture in grey, without dither."""
    from PIL import ImageFilter

    return sheet.filter(ImageFilter.GaussianBlur(SOFT))


def ink_of(sheet: Image, dark: int) -> Image:
    """255 where a dot is darker, else 0."""
    return sheet.point([255 * (value < dark) for value in range(256)])


def lines_of(soft: Image) -> list[Line]:
    """The lines of a softened picture from its top."""
    ink = ink_of(soft, DARK)
    strips = runs_of(profile(ink, rows=True), 0)[: 3 * MAX_LINES]
    heights = [bottom - top for top, bottom in strips if bottom - top >= _LEAST]
    if not heights:
        return []
    usual = median(heights)
    lines = []
    for top, bottom in _whole(strips, usual)[:MAX_LINES]:
        for begin, end in _parted(ink, top, bottom, usual):
            line = _line(ink, begin, end, usual)
            if line is not None:
                lines.append(line)
    return lines


def _whole(strips: Sequence[tuple[int, int]], usual: float) -> list[tuple[int, int]]:
    """Strips of ink with the marks that stand apart above capitals and the dots below letters."""
    lines: list[tuple[int, int]] = []
    for place, (top, bottom) in enumerate(strips):
        small = bottom - top < _MARK * usual
        above = top - lines[-1][1] if lines else usual
        below = strips[place + 1][0] - bottom if place + 1 < len(strips) else usual
        marks = bool(lines) and lines[-1][1] - lines[-1][0] < _MARK * usual  # those of the letters below
        if above <= _NEAR * usual and ((small and above <= below) or (marks and not small)):
            lines[-1] = (lines[-1][0], bottom)
            continue
        lines.append((top, bottom))
    return lines


def _line(ink: Image, top: int, bottom: int, usual: float) -> Line | None:
    strip = ink.crop((0, top, ink.width, bottom))
    columns = profile(strip, rows=False)
    runs = runs_of(columns, 0)
    if not runs:
        return None
    if _is_rule(runs, bottom - top, usual, ink.width):
        return Line(top, bottom, [Slot(runs[0][0], runs[-1][1])], rule=True)
    if bottom - top < _LEAST:
        return None
    gap = _BLANK * min(bottom - top, 1.5 * usual)
    slots: list[Slot] = []
    for left, right in runs:
        if slots and left - slots[-1].right <= gap:
            slots[-1].right = right
        else:
            slots.append(Slot(left, right))
    return Line(top, bottom, slots)


def _is_rule(runs: Sequence[tuple[int, int]], height: int, usual: float, width: int) -> bool:
    """One long stroke, or many that are alike and stand alike."""
    if runs[-1][1] - runs[0][0] < _RULE * width:
        return False
    if len(runs) == 1:
        return height < 0.6 * usual
    if len(runs) < 8:
        return False
    widths = [right - left for left, right in runs[1:-1]]
    gaps = [after[0] - before[1] for before, after in pairwise(runs)]
    return pstdev(widths) < 1.5 and pstdev(gaps) < 1.5


def _parted(ink: Image, top: int, bottom: int, usual: float) -> list[tuple[int, int]]:
    """Lines that touch, parted where the least ink is."""
    if bottom - top < _SPLIT * usual:
        return [(top, bottom)]
    rows = profile(ink.crop((0, top, ink.width, bottom)), rows=True)
    count = max(2, round((bottom - top) / (1.2 * usual)))
    parts, begin = [], 0
    for number in range(1, count):
        centre = round(number * (bottom - top) / count)
        reach = range(max(begin + 4, centre - int(usual / 3)), min(bottom - top - 4, centre + int(usual / 3)))
        if not reach:
            continue
        cut = min(reach, key=lambda row: (rows[row], abs(row - centre)))
        if rows[cut] > 0.25 * max(rows):
            continue  # a letter of twice the height, no seam
        parts.append((top + begin, top + cut))
        begin = cut
    return [*parts, (top + begin, bottom)]


def profile(ink: Image, *, rows: bool) -> list[int]:
    """Ink of each row or each column, 0 to 255, never 0 where a single dot is."""
    from PIL import Image

    size = (1, ink.height) if rows else (ink.width, 1)
    mean = ink.convert("F").resize(size, Image.Resampling.BOX)
    return [ceil(value) for value in mean.get_flattened_data() if not isinstance(value, tuple)]


def runs_of(values: Sequence[int], floor: int) -> list[tuple[int, int]]:
    """Where values are above the floor: begin and end."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for place, value in enumerate([*values, floor]):
        if value > floor and start is None:
            start = place
        elif value <= floor and start is not None:
            runs.append((start, place))
            start = None
    return runs
