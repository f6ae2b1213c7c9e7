"""Where on its line a part of the text stands: registers set columns by position as well as by blanks.

``ESC $`` and Star's ``ESC GS A`` give the place in dots from the left margin, ``ESC \\`` and ``ESC GS R`` a
step from where the last letter ended. A column here is a letter of the common font, twelve dots; with
another font or unit of motion it comes out a little early or late, but parts set apart stay apart.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from drivers.encoding import decode, run_encoding
from drivers.escpos.events import Command, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

CELL = 12  # dots of one letter
_TO = frozenset({"ESC $", "ESC GS A"})
_BY = frozenset({"ESC \\", "ESC GS R"})
MOVES = _TO | _BY
_GAP = "  "


def moved(command: Command, column: int) -> int:
    """The column after a command of ``MOVES`` at ``column``."""
    dots = int.from_bytes(command.argument[:2], "little", signed=command.name in _BY)
    if command.name in _TO:
        return dots // CELL
    return max(0, column + int(dots / CELL))


def line_text(parts: Sequence[Text | Command], encoding: str) -> str:
    """The line's text from its parts and the moves between them, from left to right."""
    column, placed = 0, list[tuple[int, str]]()
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, Text)):
        if is_text:
            text = _decoded([part for part in group if isinstance(part, Text)], encoding)
            placed.append((column, text))
            column += len(text)
        else:
            for part in group:
                column = moved(part, column) if isinstance(part, Command) else column
    if len(placed) == 1:
        return " " * placed[0][0] + placed[0][1].rstrip()
    line = ""
    for column, text in _in_order(placed):
        if column > len(line):
            line = line.ljust(column)
        elif line and column != len(line):
            line += _GAP
        line += text
    return line.rstrip()


def _in_order(placed: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """From left to right; what is struck twice on one place stands once."""
    return sorted(dict.fromkeys(placed), key=lambda part: part[0])


def _decoded(parts: list[Text], encoding: str) -> str:
    """Text of parts that follow each other, those of one table together: a letter may have bytes in two."""
    runs = groupby(parts, key=lambda part: run_encoding(encoding, part.code_page, part.data))
    return "".join(decode(b"".join(part.data for part in run), name) for name, run in runs)
