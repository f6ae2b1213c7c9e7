"""Cells of a printed table that take several lines, made one row again; only where their places say so.

Two signs leave no doubt. Lines that are set closer than a letter is high stand beside each other in one row
(its figures in the middle of a name of two lines). And lines of one cell are closer to each other than rows
are, by the padding that a table has, and had no room in one line. A name that goes on below its figures is
left to the reading of the receipt, which knows notes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BESIDE = 0.85  # of the letters' size, between baselines: no two lines of a text are so close
_TIGHTER = 0.93  # of the distance on the other side
_COLUMNS = 3  # of a row that lines are joined to: name, a figure, a figure
_BLANK = 0.25  # of the size
_SAME_SIZE = 0.05
_NOTE = re.compile(r"\s*[-+*(>•]")  # begins a note on the goods above
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Run:
    """Words of a line up to the next gap between columns; ``left`` and ``right`` in the page's unit.

    Of a cell of several lines ``head`` is the first and ``tail`` the last; else they are not said.
    """

    text: str
    left: float
    right: float
    head: Run | None = None
    tail: Run | None = None

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    def over(self, other: Run) -> bool:
        """Whether they stand in the same column."""
        return self.left < other.right and other.left < self.right


@dataclass(frozen=True, slots=True)
class TextLine:
    """Runs from left to right; ``top`` and ``bottom``: the first and the last baseline, downwards."""

    runs: tuple[Run, ...]
    top: float
    bottom: float
    size: float


def joined(lines: Sequence[TextLine]) -> list[TextLine]:
    """The lines from the top, those of one row of a table made one."""
    rows = _side_by_side(lines)
    above = [0] * len(rows)  # how many lines more a row's cells have above its figures
    table = [line for line in lines if len(line.runs) >= _COLUMNS]
    place = len(rows) - 1
    while place > 0:  # from below: a name of three lines grows line by line
        if _belongs(rows, place - 1, place, place - 2, table):
            rows[place - 1 : place + 1] = [_one(rows[place - 1], rows[place])]
            above[place - 1 : place + 1] = [above[place] + 1]
        place -= 1
    place = 0
    while place + 1 < len(rows):
        goes_on = above[place] > 0 or not _is_name(rows[place + 1], rows[place])
        if goes_on and _belongs(rows, place + 1, place, place + 2, table):
            rows[place : place + 2] = [_one(rows[place], rows[place + 1])]
            above[place : place + 2] = [max(0, above[place] - 1)]
        else:
            place += 1
    return rows


def _side_by_side(lines: Sequence[TextLine]) -> list[TextLine]:
    """Lines too close to be two, joined."""
    rows: list[TextLine] = []
    for line in lines:
        before = rows[-1] if rows else None
        close = before is not None and line.top - before.bottom < _BESIDE * min(line.size, before.size)
        if before is not None and close and not _overlap(before, line) and not _NOTE.match(line.runs[0].text):
            rows[-1] = _one(before, line)
        else:
            rows.append(line)
    return rows


def _overlap(before: TextLine, line: TextLine) -> bool:
    """Whether what came last on the row is under what comes now: then they are lines, however close."""
    return any(
        run.over(other)
        for run in line.runs
        for other in before.runs
        if line.top - before.top < _BESIDE * line.size
    )


def _belongs(rows: Sequence[TextLine], line: int, row: int, other: int, table: Sequence[TextLine]) -> bool:
    """Whether a line is part of the cells of the row beside it, and not of its ``other`` neighbour."""
    part, whole = rows[line], rows[row]
    if len(whole.runs) < _COLUMNS or len(part.runs) >= len(whole.runs) or not 0 <= other < len(rows):
        return False
    if abs(part.size - whole.size) > _SAME_SIZE * whole.size:
        return False
    if _between(part, whole) >= _TIGHTER * _between(part, rows[other]):
        return False
    for run in part.runs:
        cells = [cell for cell in whole.runs if cell.over(run)]
        if len(cells) != 1 or (cells[0] is not whole.runs[0] and _DIGIT.search(run.text)):
            return False
        upper, lower = (run, cells[0]) if line < row else (cells[0], run)
        if not _had_no_room(upper.tail or upper, lower.head or lower, whole.size, table):
            return False
    return True


def _had_no_room(upper: Run, lower: Run, size: float, table: Sequence[TextLine]) -> bool:
    """Whether the lower line's first word would not have gone onto the upper one; a group's title would."""
    if (upper.text.isupper() and not lower.text.isupper()) or _NOTE.match(lower.text):
        return False
    word = lower.text.split()[0]
    wanted = upper.width + _BLANK * size + lower.width * len(word) / len(lower.text)
    column = [_widest(line, run) for line in table for run in line.runs if run.over(upper) or run.over(lower)]
    return wanted > max(column, default=0.0)


def _widest(line: TextLine, run: Run) -> float:
    """How much room its column has at least. Figures of two columns may be one run, so close they stand."""
    if run is line.runs[0]:
        return run.width
    return run.width * max(map(len, run.text.split())) / len(run.text)


def _is_name(line: TextLine, row: TextLine) -> bool:
    """Whether a line stands in the first column alone, where names and notes do."""
    return all(run.over(row.runs[0]) for run in line.runs)


def _between(one: TextLine, other: TextLine) -> float:
    return one.top - other.bottom if one.top > other.top else other.top - one.bottom


def _one(above: TextLine, below: TextLine) -> TextLine:
    cells = list(above.runs)
    for run in below.runs:
        under = [cell for cell in cells if cell.over(run)]
        cells = [cell for cell in cells if cell not in under]
        for cell in under:
            run = _cell(cell, run)
        cells.append(run)
    cells.sort(key=lambda cell: cell.left)
    return TextLine(tuple(cells), above.top, below.bottom, min(above.size, below.size))


def _cell(above: Run, below: Run) -> Run:
    return Run(
        f"{above.text} {below.text}",
        min(above.left, below.left),
        max(above.right, below.right),
        above.head or above,
        below.tail or below,
    )
