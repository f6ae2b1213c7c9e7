"""The rows of the paper from its pieces: lines and columns as print jobs have them, and how sure each is."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from drivers.jobs.placed import Placed, rows_of_page
from drivers.paper import Paper, PaperLine
from drivers.raster.wording import Letter, Wording, plain, worded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from drivers.raster.ink import Line, Slot
    from drivers.sheet import Letters

_COLUMN = 1.95  # letters' widths: the size by which ``rows_of_page`` tells words from columns
_HARDLY = 8.0  # dots: a blank where nothing tells how wide letters are
_FIXED = 1.8  # of a digit's width: from digit to digit across a full stop in fonts of one width
_BLANK, _BLANK_FIXED = 0.72, 1.1  # of a digit's width
_LARGE = 1.2  # of the usual height: a title
_RULE_HEIGHT, _DASH = 20, 12  # dots


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the paper: its place in dots and what it says."""

    said: Wording
    left: int
    right: int
    base: int
    height: int


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A row, and its letters, which the blanks between pieces are not among."""

    text: str
    letters: tuple[Letter, ...] = ()

    @property
    def words(self) -> float:
        """How sure the least sure letter is, marks and all; 0 to 1."""
        return min((one.sure for one in self.letters if one.text.isalpha()), default=1.0)

    @property
    def labels(self) -> float:
        """As ``words``, whatever the marks."""
        return min((one.folded for one in self.letters if one.text.isalpha()), default=1.0)

    @property
    def figures(self) -> float:
        """How sure the least sure digit or sign is."""
        return min((one.sure for one in self.letters if not one.text.isalpha()), default=1.0)

    def place_of(self, letter: int) -> int:
        """Where in the text a letter stands."""
        count = -1
        for place, one in enumerate(self.text):
            count += one != " "
            if count == letter:
                return place
        return len(self.text) - 1

    def within(self, value: str) -> float:
        """How sure the least sure letter of a value that stands in the row is; 0 where it does not."""
        wanted = value.replace(" ", "")
        place = "".join(one.text for one in self.letters).find(wanted)
        if place < 0:
            return 0.0
        return min((one.sure for one in self.letters[place : place + len(wanted)]), default=0.0)


def pieces_of(
    lines: Sequence[Line], letters: Sequence[Letters], word: Callable[[Slot], Wording] | None = None
) -> list[Piece]:
    """Every piece: drawn ones as ``word`` has them, and the letters of the wire, which are sure."""
    blank = blank_of(lines)
    pieces = []
    for line in lines:
        for slot in line.slots:
            said = _rule(slot) if line.rule else word(slot) if word else worded(slot, blank)
            height = _RULE_HEIGHT if line.rule else line.bottom - line.top
            if said.text:
                pieces.append(Piece(said, slot.left, slot.right, line.bottom, height))
    for one in letters:
        text = one.text.strip()
        if not text:
            continue
        lead = len(one.text) - len(one.text.lstrip())
        cell = (one.right - one.left) / len(one.text)
        left = one.left + round(lead * cell)
        pieces.append(
            Piece(plain(text), left, left + round(len(text) * cell), one.bottom, one.bottom - one.top)
        )
    return pieces


def _rule(slot: Slot) -> Wording:
    return plain("-" * max(4, (slot.right - slot.left) // _DASH))


def blank_of(lines: Sequence[Line]) -> float:
    """Dots between two letters that are a blank. Where all letters are as wide, a full stop has wide gaps."""
    widths, across = [], []
    for line in lines:
        for slot in line.slots:
            shapes = slot.shapes
            marks = [shape.votes.most_common(1)[0][0] for shape in shapes]
            for place in range(1, len(shapes)):
                if marks[place - 1].isdigit() and marks[place].isdigit():
                    widths.append(shapes[place].left - shapes[place - 1].left)
                if place > 1 and marks[place - 1] in ".," and (marks[place - 2] + marks[place]).isdigit():
                    across.append(shapes[place].left - shapes[place - 2].left)
    if not widths:
        return _HARDLY
    digit = median(widths)
    fixed = bool(across) and median(across) > _FIXED * digit
    return (_BLANK_FIXED if fixed else _BLANK) * digit


def rows_of(pieces: Sequence[Piece]) -> list[PaperRow]:
    """The rows from the top, empty ones where the paper is empty."""
    if not pieces:
        return []
    letter = median((one.right - one.left) / len(one.said.text) for one in pieces)
    usual = median(one.height for one in pieces)
    placed, lines = [], dict[int, list[Wording]]()
    for one in sorted(pieces, key=lambda piece: piece.left):
        lines.setdefault(one.base, []).append(one.said)
        larger = one.height / usual if one.height > _LARGE * usual else 1.0
        placed.append(Placed(one.said.text, one.left, one.right, one.base, _COLUMN * letter * larger))
    said = iter([lines[base] for base in sorted(lines)])
    rows = []
    for text in rows_of_page(placed):
        words = next(said, []) if text.strip() else []
        letters = tuple(one for word in words for one in word.letters if one.text != " ")
        if "".join(one.text for one in letters) != text.replace(" ", ""):  # two lines that became one row
            letters = tuple(Letter(one, 0.0, 0.0) for one in text if one != " ")
        rows.append(PaperRow(text, letters))
    return rows


def paper_of(rows: Sequence[PaperRow]) -> Paper:
    """Paper whose lines are cited by their number."""
    lines = [
        PaperLine(row.text, place, place + 1, place > 0 and not rows[place - 1].text.strip())
        for place, row in enumerate(rows)
        if row.text.strip()
    ]
    return Paper(tuple(lines), "utf-8", (), cuts=1, pulses=0)
