"""Text with places on a page, set into lines and columns as a receipt printer would have printed them.

>>> from drivers.jobs.placed import Placed, rows_of_page
>>> rows_of_page([Placed("Tổng", 0, 20, 10, 10), Placed("25.000", 90, 120, 10.4, 10)])
['Tổng              25.000']
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

from drivers.jobs.wrapped import Run, TextLine, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_PIECES = 60_000  # of one job: a receipt of 1,000 lines has fewer
_SAME_LINE = 0.4  # of the letters' size, between two baselines
_JOINED = 0.15  # of the size: less is no blank; the blank of narrow fonts has about 0.2
_COLUMN = 0.9  # of the size: more is a gap between columns
_DOUBLED = 0.15  # of the size: a letter printed again beside itself to look bold
_OVER = -0.6  # of the size: other letters begin upon these
UNREADABLE = "\ufffd"


@dataclass(frozen=True, slots=True)
class Placed:
    """A letter or a run. ``left``, ``right``: where it begins and ends; ``base``: its baseline, downwards;
    ``size``: the letters' height; all in one unit of the page's own."""

    text: str
    left: float
    right: float
    base: float
    size: float


def rows_of_page(pieces: Iterable[Placed], *, table: bool = False) -> list[str]:
    """The rows of a page from its top. Gaps between columns are two blanks or more, as wide as they are.

    ``table``: lines of one row of a table are one row (``drivers.jobs.wrapped``).
    """
    shown = sorted((one for one in pieces if one.text.strip()), key=lambda one: one.base)
    if not shown:
        return []
    lines: list[list[Placed]] = []
    for one in shown:
        if lines and one.base - lines[-1][0].base <= _SAME_LINE * min(one.size, lines[-1][0].size):
            lines[-1].append(one)
        else:
            lines.append([one])
    widths = [width for one in shown if (width := (one.right - one.left) / len(one.text)) > 0]
    letter = median(widths) if widths else 1.0
    first = min(one.left for one in shown)
    set_lines = [TextLine(_runs(line), line[0].base, line[0].base, line[0].size) for line in lines]
    rows: list[str] = []
    before: TextLine | None = None
    for line in joined(set_lines) if table else set_lines:
        if before is not None and line.top - before.bottom > 2.2 * max(line.size, 0.1):
            rows.append("")  # an empty line on the paper: what stands below it is another part
        rows.append(_row(line.runs, first, letter))
        before = line
    return rows


def _row(runs: Sequence[Run], first: float, letter: float) -> str:
    text = ""
    for run in runs:
        wanted = round((run.left - first) / letter)
        text += " " * (max(2, min(200, wanted) - len(text)) if text else min(80, wanted)) + run.text
    return normalize("NFC", text).rstrip()


def _runs(line: Sequence[Placed]) -> tuple[Run, ...]:
    """The words between gaps, letter by letter from the left."""
    runs: list[Run] = []
    text, left = "", 0.0
    before: Placed | None = None
    for one in sorted(line, key=lambda one: (one.left, one.right)):
        if before is None:
            text, left = one.text, one.left
        elif combining(one.text[0]):
            text += one.text
        elif one.text == before.text and one.left - before.left <= _DOUBLED * one.size:
            continue
        else:
            gap = (one.left - before.right) / max(one.size, 0.01)
            if gap > _COLUMN:
                runs.append(Run(text, left, before.right))
                text, left = "", one.left
            elif gap < _OVER:
                text += UNREADABLE
            elif gap > _JOINED and not text.endswith(" "):
                text += " "
            text += one.text
        before = one
    if before is not None:
        runs.append(Run(text, left, before.right))
    return tuple(runs)
