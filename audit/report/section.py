"""What a chapter of the report is made of: sentences, a chart, tables, cells that lead to exhibits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.report.exhibits import Wanted

LONGEST = 60  # rows of one table
MOST_DAYS = 400


class Link(NamedTuple):
    """A cell that leads to an exhibit."""

    what: str
    number: int
    words: Words


Cell = Words | Link | str


@dataclass(frozen=True, slots=True)
class Table:
    """``figures``: which columns hold figures, set right. ``more``: rows that are not shown."""

    heads: tuple[Words, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figures: frozenset[int] = frozenset()
    more: int = 0
    strong_last: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the report. ``chart`` is SVG; ``folded`` tables are closed until they are asked for."""

    anchor: str
    title: Words
    says: tuple[Words, ...] = ()
    chart: str = ""
    legend: tuple[tuple[str, Words], ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[tuple[Words, Table], ...] = ()


def table(
    heads: Sequence[Words],
    rows: Sequence[tuple[Cell, ...]],
    figures: Sequence[int] = (),
    most: int = LONGEST,
    *,
    strong_last: bool = False,
) -> Table:
    """A table of at most ``most`` rows."""
    shown = rows[:most]
    return Table(tuple(heads), tuple(shown), frozenset(figures), len(rows) - len(shown), strong_last)


def link(wanted: Wanted, what: str, number: int, words: Words) -> Cell:
    return Link(what, number, words) if wanted.cite(what, number) else words


def at(wanted: Wanted, number: int, at: str) -> Cell:
    return link(wanted, "paper", number, Words(at, at))
