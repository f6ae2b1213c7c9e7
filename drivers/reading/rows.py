"""The rows of a paper, ready to be compared: each text beside its folded twin of the same length.

Folding (small letters, no marks, plain dashes and blanks) lets all encodings and spellings share one
vocabulary; because it keeps every place, what is found in the folded text is cut out of the printed one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.paper import PaperLine


def _fold_table() -> dict[int, str]:
    table = {ord(letter): "d" for letter in "đĐðÐ₫"}
    table.update({ord(mark): "-" for mark in "‐‑‒–—―−"})
    table.update(
        {0xA0: " ", 0x2007: " ", 0x202F: " ", ord("×"): "x", ord("✕"): "x", ord("："): ":", ord("|"): " "}
    )
    for code in (*range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        if base.isascii():
            table.setdefault(code, base)
    return table


_FOLD = _fold_table()
_CURRENCY_FIRST = re.compile(  # "₫25.000"; without marks only before thousands: a name may be "D15"
    r"(?<![^\W\d_])(?:(?:[₫đĐ]|VND|VNĐ|vnd|vnđ)\s?(?=[0-9])|[dD](?=[0-9]{1,3}[.,][0-9]{3}))"
)
_MINUS_BEHIND = re.compile(r"(?<![0-9.,-])([0-9][0-9.,]*)-(?=\s*$)")  # "25.000-"
_LEADERS = re.compile(r"(?<=[a-z0-9)\]%:])\s?(?:\.{3,}|…+)(?=\s*[+-]?[0-9])")  # "Bia hơi.......20 x 12.000"
_SEPARATOR = re.compile(r"\s*[-=_*.~+#]{4,}\s*|\s*(?:[-=_*.~] ){4,}[-=_*.~]?\s*")


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """The text with blanks for what is found, of the same length."""
    return pattern.sub(lambda found: " " * len(found.group()), text)


def fold(text: str) -> str:
    """The text in small letters without marks, of the same length."""
    return text.translate(_FOLD)


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line: as read, folded, and where its bytes are in the capture."""

    text: str
    folded: str
    start: int
    end: int
    separator: bool = False  # a rule drawn with dashes or the like
    after_blank: bool = False  # a blank line stands above it

    @property
    def blank(self) -> bool:
        """Nothing is printed."""
        return not self.folded


def rows_of(lines: Sequence[PaperLine]) -> list[Row]:
    """The rows of a paper; a tab is a gap between columns."""
    rows = []
    for line in lines:
        text = line.text.replace("\t", "   ").rstrip()
        folded = _MINUS_BEHIND.sub(r"-\1", _blanked(_LEADERS, fold(_blanked(_CURRENCY_FIRST, text)))).rstrip()
        rule = _SEPARATOR.fullmatch(folded) is not None
        rows.append(Row(text, folded, line.start, line.end, rule, line.after_blank))
    return rows


def joined_thousands(rows: Sequence[Row]) -> list[Row]:
    """The same rows with ``25 000`` read as ``25.000``: a blank before exactly three digits groups."""
    return [
        replace(row, folded=_BLANK_GROUP.sub(".", row.folded)) if " " in row.folded else row for row in rows
    ]


_BLANK_GROUP = re.compile(r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))")
