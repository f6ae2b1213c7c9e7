"""The tables of the grammar, made ready for the parser: which row do these bytes begin?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.escpos import grammar, star
from drivers.escpos.events import STAR_PAGES, Command, Raster
from drivers.escpos.lengths import Fixed, Length
from drivers.escpos.row import CONTROLS, Row

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TEXT = 4096  # bytes of one Text event: a line that never ends must not be kept for ever
TEXT, LINE_FEED, LEAD, SINGLE = range(4)  # what a byte may begin


@dataclass(slots=True)
class Entry:
    """A row, or several that begin alike and are told apart by the next byte, as the parser wants it."""

    row: Row
    name: str
    after: int  # bytes of the code
    size: int  # of the whole command, -1 where it varies
    rule: Length
    plain: bool  # of fixed size, and nothing but a Command
    walked: bool
    branch: dict[int, Entry] | None = None
    turns: Dialect | None = None  # only this other language has the command


@dataclass(slots=True)
class Dialect:
    """One language: its commands by their first bytes, its one-byte commands, its text."""

    entries: dict[bytes, Entry]
    singles: dict[int, Row]
    run: re.Pattern[bytes]
    kinds: list[int]
    pages: dict[str, int]  # commands that choose a code table, and what is added to its number


def _entry(row: Row) -> Entry:
    rule, after = row.rule, len(row.key)
    size = after + rule.size if isinstance(rule, Fixed) else -1
    plain = size >= 0 and row.event is Command and row.code not in _STATEFUL
    return Entry(row, row.code, after, size, rule, plain, row.walked or row.event is Raster)


def _dialect(rows: Iterable[Row], singles: Iterable[Row], pages: dict[str, int], text: bytes) -> Dialect:
    entries: dict[bytes, Entry] = {}
    for row in rows:
        key, choices = (row.key[:2], row.key[2:]) if len(row.key) > 2 else (row.key, row.first)
        if choices:
            shared = entries.setdefault(key, Entry(row, row.code, 2, -1, row.rule, plain=False, walked=False))
            shared.branch = {**dict.fromkeys(choices, _entry(row)), **(shared.branch or {})}
        else:
            entries[key] = _entry(row)
    one_byte = {byte: Row(_NAMES.get(byte, f"{byte:02X}"), "", "") for byte in range(1, 0x20)}
    one_byte |= {row.key[0]: row for row in singles}
    kinds = [SINGLE] * 0x20 + [TEXT] * 0xE0
    kinds[0x09] = TEXT
    for key in entries:
        kinds[key[0]] = LEAD
    kinds[0x0A] = LINE_FEED
    run = re.compile(rb"[\t%b]{1,%d}" % (text, MAX_TEXT))
    return Dialect(entries, one_byte, run, kinds, pages)


_STATEFUL = {"ESC @", "ESC t", "ESC GS t", "ESC *"}
_NAMES = {value: name for name, value in CONTROLS.items()}
_STAR_CODES = {row.code for row in star.STAR} - {"ESC *"}
_STAR_ROWS = (
    *(row for row in grammar.ESC if row.code not in _STAR_CODES),
    *(*star.STAR, *grammar.GS, *grammar.REAL_TIME, *grammar.DISPLAY),
)
_STAR_SINGLES = (*grammar.SINGLE, *star.SINGLE)
_STAR_PAGES = {"ESC GS t": STAR_PAGES}
_FOREIGN = (*star.GROUPS, star.RASTER_MODE)

EPSON = _dialect((*grammar.EPSON, *_FOREIGN), grammar.SINGLE, {"ESC t": 0}, rb"\x20-\xff")
STAR = _dialect(_STAR_ROWS, _STAR_SINGLES, _STAR_PAGES, rb"\x20-\xff")
RASTER = _dialect((*_STAR_ROWS, *star.RASTER), _STAR_SINGLES, _STAR_PAGES, rb"\x20-ac-jl-\xff")

for _row in _FOREIGN:
    _choices = EPSON.entries[_row.key[:2]].branch or {}
    for _byte in _row.key[2:] or _row.first:
        _choices[_byte].turns = STAR
for _star in (STAR, RASTER):
    for _row in grammar.GS:
        _star.entries[_row.key].turns = EPSON
