"""Where everything of a printed invoice goes: pages of placed texts, lines, boxes and the QR's square.

Knows paper and letter widths, but no PDF: what is laid out here can be drawn by anything that can place a
text. All lengths are millimetres from the page's top left; letters are in points; a text's ``y`` is its
baseline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from invoice.printed.content import Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from invoice.printed.content import Column, Entry
    from invoice.printed.size import Paper

MM = 25.4 / 72  # one point
LEADING = 1.3  # line height in letters
_ASCENT = 1.0  # baseline below a line's top, in letters: room for Ấ, the tallest
_PAD = 0.9  # inside a cell

BLACK, GREY = (0, 0, 0), (70, 70, 70)
COLOURS = {Tone.GOOD: (10, 107, 45), Tone.PLAIN: GREY, Tone.BAD: (176, 0, 32)}
Colour = tuple[int, int, int]


class Weight(StrEnum):
    """Of letters; the values are the styles of PDF fonts."""

    PLAIN = ""
    BOLD = "B"


Run = tuple[str, Weight]  # a stretch of text in one weight


@dataclass(frozen=True, slots=True)
class Text:
    """A text on one line, ``letters`` points high."""

    x: float
    y: float
    text: str
    letters: float
    weight: Weight = Weight.PLAIN
    colour: Colour = BLACK


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line; dashed where a roll would be torn."""

    x: float
    y: float
    to_x: float
    to_y: float
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: shaded without border, or bordered in a colour."""

    x: float
    y: float
    width: float
    height: float
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Square:
    """Where the QR goes, quiet zone included."""

    x: float
    y: float
    edge: float


Mark = Text | Rule | Box | Square
Measure = Callable[[str, float, Weight], float]  # the width in mm of (text, points, weight)


@dataclass(slots=True)
class Setter:
    """Sets text from top to bottom; ``turn`` begins a new page where something does not fit."""

    paper: Paper
    width_of: Measure
    turned: Callable[[Setter], None]
    pages: list[list[Mark]] = field(default_factory=lambda: [[]])
    y: float = 0.0

    def __post_init__(self) -> None:
        self.y = self.paper.margin

    @property
    def left(self) -> float:
        return self.paper.margin

    @property
    def inner(self) -> float:
        return self.paper.width - 2 * self.paper.margin

    def put(self, *marks: Mark) -> None:
        self.pages[-1].extend(marks)

    def room(self, height: float) -> None:
        """Turn the page unless ``height`` still fits, a footer line kept free."""
        bottom = self.paper.height - self.paper.margin - self.leading()
        if self.y + height > bottom and self.y > self.paper.margin:
            self.turn()

    def turn(self) -> None:
        self.pages.append([])
        self.y = self.paper.margin
        self.turned(self)

    def leading(self, letters: float | None = None) -> float:
        return (letters or self.paper.letters) * MM * LEADING

    def rule(self, *, dashed: bool = False) -> None:
        self.y += 1
        self.put(Rule(self.left, self.y, self.left + self.inner, self.y, dashed))
        self.y += 1

    def paragraph(
        self,
        runs: Iterable[Run],
        *,
        x: float | None = None,
        width: float | None = None,
        letters: float | None = None,
        align: str = "left",
        colour: Colour = BLACK,
    ) -> None:
        """Set runs as one paragraph, broken between words; whole lines stay on a page."""
        x = self.left if x is None else x
        width = self.inner if width is None else width
        size = letters or self.paper.letters
        for line in broken(runs, width, size, self.width_of):
            self.room(self.leading(size))
            self._line(line, x, width, size, align, colour)
            self.y += self.leading(size)

    def entry(
        self,
        entry: Entry,
        *,
        x: float | None = None,
        width: float | None = None,
        letters: float | None = None,
        align: str = "left",
        colour: Colour = BLACK,
    ) -> None:
        """``Label: value`` as one paragraph."""
        self.paragraph(spoken(entry), x=x, width=width, letters=letters, align=align, colour=colour)

    def ends(self, left: Entry, *, x: float, width: float, letters: float | None = None) -> None:
        """Label at the left, value at the right of one line (two, where they do not fit one)."""
        size = letters or self.paper.letters
        label, value, weight = f"{left.label}:", left.value, _weight(left)
        self.room(2 * self.leading(size))
        needed = self.width_of(label + " ", size, weight) + self.width_of(value, size, weight)
        self._line([(label, weight)], x, width, size, "left", BLACK)
        if needed > width:
            self.y += self.leading(size)
        self._line([(value, weight)], x, width, size, "right", BLACK)
        self.y += self.leading(size)

    def table(
        self, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, x: float, width: float
    ) -> None:
        """A ruled table; its head stands over its rows on every page, and never alone."""
        widths = _shared(columns, width)
        head = self._cells([column.heading for column in columns], widths, Weight.BOLD)
        headed = -1  # the page whose rows have their head
        for row in rows:
            cells = self._cells(row, widths, Weight.PLAIN)
            height = self._height(cells)
            self.room(height if headed == len(self.pages) else height + self._height(head))
            if headed != len(self.pages):
                self._row(head, columns, x, widths, head=True)
                headed = len(self.pages)
            self._row(cells, columns, x, widths, head=False)

    def table_height(self, columns: Sequence[Column], rows: Iterable[Sequence[str]], width: float) -> float:
        widths = _shared(columns, width)
        head = self._cells([column.heading for column in columns], widths, Weight.BOLD)
        return self._height(head) + sum(self._height(self._cells(row, widths, Weight.PLAIN)) for row in rows)

    def _cells(self, row: Sequence[str], widths: Sequence[float], weight: Weight) -> list[list[list[Run]]]:
        return [
            broken([(text, weight)], width - 2 * _PAD, self.paper.letters, self.width_of)
            for text, width in zip(row, widths, strict=True)
        ]

    def _height(self, cells: Sequence[Sequence[Sequence[Run]]]) -> float:
        return max(len(lines) for lines in cells) * self.leading() + _PAD

    def _row(
        self,
        cells: Sequence[Sequence[Sequence[Run]]],
        columns: Sequence[Column],
        x: float,
        widths: Sequence[float],
        *,
        head: bool,
    ) -> None:
        top, bottom = self.y, self.y + self._height(cells)
        if head:
            self.put(Box(x, top, sum(widths), bottom - top))
        place = x
        for lines, column, width in zip(cells, columns, widths, strict=True):
            self.y = top + _PAD / 2
            align = "centre" if head else "right" if column.figures else "left"
            for line in lines:
                self._line(line, place + _PAD, width - 2 * _PAD, self.paper.letters, align, BLACK)
                self.y += self.leading()
            self.put(Rule(place, top, place, bottom))
            place += width
        self.put(Rule(place, top, place, bottom), Rule(x, top, place, top), Rule(x, bottom, place, bottom))
        self.y = bottom

    def _line(
        self,
        line: Sequence[Run],
        x: float,
        width: float,
        letters: float,
        align: str,
        colour: Colour,
    ) -> None:
        lengths = [self.width_of(text, letters, weight) for text, weight in line]
        x += {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * (width - sum(lengths))
        baseline = self.y + _ASCENT * letters * MM
        for (text, weight), length in zip(line, lengths, strict=True):
            self.put(Text(x, baseline, text, letters, weight, colour))
            x += length


def spoken(entry: Entry) -> tuple[Run, ...]:
    """An entry as runs: its label, and its value in the entry's weight."""
    return ((f"{entry.label}: ", Weight.PLAIN), (entry.value, _weight(entry)))


def broken(
    runs: Iterable[Run],
    width: float,
    letters: float,
    width_of: Measure,
) -> list[list[Run]]:
    """The lines of a paragraph, each as runs; a word wider than the line is broken inside."""
    lines: list[list[Run]] = [[]]
    used = 0.0
    for text, weight in runs:
        for word in _pieces(text, weight, width, letters, width_of):
            length = width_of(word.rstrip(), letters, weight)
            if used and used + length > width:
                lines.append([])
                used = 0.0
            line = lines[-1]
            if line and line[-1][1] is weight:
                line[-1] = (line[-1][0] + word, weight)
            else:
                line.append((word, weight))
            used += width_of(word, letters, weight)
    return [[*line[:-1], (line[-1][0].rstrip(), line[-1][1])] if line else line for line in lines]


def _pieces(text: str, weight: Weight, width: float, letters: float, width_of: Measure) -> Iterable[str]:
    """Words with the blank that follows them; where a word is wider than the line, parts of it."""
    words = text.split(" ")
    for number, word in enumerate(words, start=1):
        rest = word
        while width_of(rest, letters, weight) > width and len(rest) > 1:
            end = 1
            while end < len(rest) and width_of(rest[: end + 1], letters, weight) <= width:
                end += 1
            yield rest[:end]
            rest = rest[end:]
        yield rest + (" " if number < len(words) else "")


def _weight(entry: Entry) -> Weight:
    return Weight.BOLD if entry.strong else Weight.PLAIN


def _shared(columns: Sequence[Column], width: float) -> list[float]:
    whole = sum(column.share for column in columns)
    return [width * column.share / whole for column in columns]
