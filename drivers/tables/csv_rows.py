"""CSV as registers write it: rows with their own bytes, so that what is kept is what stood in the file.

A row that is broken (a quote that is never closed, other columns than the heading) spoils the sale it stands
in, and no other. Memory is bounded by the longest row and the longest sale.
"""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.captured import Form
from drivers.encoding import decode
from drivers.errors import FileUnfit
from drivers.tables.mapping import plain
from drivers.tables.record import MAX_ROWS, Found, Record, record_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from drivers.tables.mapping import Mapping
    from drivers.tables.record import Cell

MAX_ROW = 64_000  # bytes
MAX_QUOTED = 50  # lines that one quoted cell may go over
CHUNK = 65_536
_BOMS = ((BOM_UTF8, "utf-8"), (BOM_UTF16_LE, "utf-16-le"), (BOM_UTF16_BE, "utf-16-be"))
_DELIMITERS = (";", "\t", "|", ",")


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    data: bytes
    cells: dict[str, Cell] | None  # None: broken
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Heading:
    bom: bytes
    encoding: str
    line: bytes  # as in the file; b"" where it has none
    names: tuple[str, ...]
    delimiter: str


def csv_records(file: IO[bytes], mapping: Mapping, name: str) -> Iterator[Found]:
    """The sales of a file, one after another.

    Raises:
        FileUnfit: it is no CSV at all.
    """
    lines = _Lines(file, mapping)
    heading = _heading(lines, mapping)
    rows = _rows(lines, heading)
    group: list[_Row] = []
    key: tuple[Cell, ...] | None = None
    for row in rows:
        own = None if row.cells is None else tuple(row.cells.get(plain(column)) for column in mapping.key)
        whole = key is not None and own is not None and (not mapping.per_line or own != key)
        if group and (whole or len(group) >= MAX_ROWS or not mapping.per_line):
            broken = _trailing_broken(group) if mapping.per_line else []
            yield _found(group[: len(group) - len(broken)], heading, mapping, name)
            if broken:
                yield _found(broken, heading, mapping, name)
            group, key = [], None
        group.append(row)
        key = own if own is not None and key is None else key
    if group:
        yield _found(group, heading, mapping, name)


def read_csv(data: bytes, mapping: Mapping) -> Record:
    """The record of bytes that ``csv_records`` gave: the heading, and the rows of one sale."""
    lines = _Lines(io.BytesIO(data), mapping)
    try:
        heading = _heading(lines, mapping, skip=0)
        rows = list(_rows(lines, heading))
    except FileUnfit as error:
        return Record({}, (), (error.message,))
    good = [row.cells for row in rows if row.cells is not None]
    problems = tuple(
        f"row {place} of the sale: {row.problem}" for place, row in enumerate(rows, 1) if row.problem
    )
    return record_of_rows(good, mapping, problems)  # type: ignore[arg-type]


def _trailing_broken(group: list[_Row]) -> list[_Row]:
    """Broken rows after the last good one: they may be of the sale before, or of none."""
    place = len(group)
    while place and group[place - 1].cells is None:
        place -= 1
    return group[place:] if place else []


def _found(group: list[_Row], heading: _Heading, mapping: Mapping, name: str) -> Found:
    data = heading.bom + heading.line + b"".join(row.data for row in group)
    first, last = group[0].number, group[-1].number
    origin = f"{name} row {first}" if first == last else f"{name} rows {first}-{last}"
    return Found(data, Form.CSV, read_csv(data, mapping), origin)


class _Lines:
    """Lines with their bytes and text; the encoding is the file's mark, or the mapping's."""

    def __init__(self, file: IO[bytes], mapping: Mapping) -> None:
        self._file = file
        self.number = 0
        start = file.read(CHUNK)
        self.bom, encoding = next(((bom, name) for bom, name in _BOMS if start.startswith(bom)), (b"", ""))
        self.encoding = encoding or ("utf-8" if mapping.encoding == "auto" else mapping.encoding)
        self._buffer = start[len(self.bom) :]
        self.newline = "\n".encode(self.encoding) if self.encoding.startswith("utf-16") else b"\n"
        self._back: list[tuple[bytes, str]] = []

    def next(self) -> tuple[bytes, str] | None:
        """The next line; None at the end.

        Raises:
            FileUnfit: a line without end.
        """
        self.number += 1
        if self._back:
            return self._back.pop()
        width, searched = len(self.newline), 0
        while True:
            end = self._buffer.find(self.newline, searched)
            while end % width:
                end = self._buffer.find(self.newline, end + 1)
                if end < 0:
                    break
            if end >= 0:
                data, self._buffer = self._buffer[: end + width], self._buffer[end + width :]
                break
            searched = max(0, len(self._buffer) - width)
            more = self._file.read(CHUNK)
            if not more:
                data, self._buffer = self._buffer, b""
                break
            self._buffer += more
            if len(self._buffer) > MAX_ROW + CHUNK:
                raise FileUnfit(f"row {self.number} is longer than {MAX_ROW} bytes: this is no CSV")
        if not data:
            return None
        return data, self._decoded(data)

    def put_back(self, lines: list[tuple[bytes, str]]) -> None:
        """Lines that are read again."""
        self._back.extend(reversed(lines))
        self.number -= len(lines)

    def _decoded(self, data: bytes) -> str:
        if self.encoding.startswith("utf-16"):
            return data.decode(self.encoding, "replace").replace("\xa0", " ")
        return decode(data, self.encoding)


def _heading(lines: _Lines, mapping: Mapping, skip: int | None = None) -> _Heading:
    for _ in range(mapping.skip if skip is None else skip):
        lines.next()
    first = lines.next()
    while first is not None and not first[1].strip():
        first = lines.next()
    if first is None:
        return _Heading(lines.bom, lines.encoding, b"", (), ",")
    delimiter = mapping.delimiter
    if delimiter == "auto":
        delimiter = max(_DELIMITERS, key=first[1].count)
    if not mapping.header:
        lines.put_back([first])
        count = len(_cells(first[1], delimiter) or ())
        return _Heading(lines.bom, lines.encoding, b"", tuple(f"#{n + 1}" for n in range(count)), delimiter)
    names = _cells(first[1], delimiter)
    if names is None or "\0" in first[1]:
        raise FileUnfit("the heading cannot be read: this is no CSV")
    found = tuple(plain(one) or f"#{place}" for place, one in enumerate(names, 1))
    if len(set(found)) != len(found):
        twice = next(one for one in found if found.count(one) > 1)
        raise FileUnfit(f"the heading has the column {twice!r} twice")
    line = first[0] if first[0].endswith(b"\n") or first[0].endswith(b"\n\0") else first[0] + lines.newline
    return _Heading(lines.bom, lines.encoding, line, found, delimiter)


def _rows(lines: _Lines, heading: _Heading) -> Iterator[_Row]:
    while True:
        number = lines.number + 1
        gathered = _gathered(lines)
        if gathered is None:
            return
        data, text = gathered
        if not text.strip(f"{heading.delimiter} \t\r\n"):
            continue
        cells = _cells(text, heading.delimiter)
        if cells is None:
            yield _Row(number, data, None, "it cannot be read: a quote is not closed, or it is too long")
            continue
        surplus = cells[len(heading.names) :]
        if len(cells) < len(heading.names) or any(cell.strip() for cell in surplus):
            wrong = f"it has {len(cells)} cells, the heading has {len(heading.names)}"
            yield _Row(number, data, None, wrong)
            continue
        row: dict[str, Cell] = dict(zip(heading.names, cells, strict=False))
        row.update({f"#{place}": cell for place, cell in enumerate(cells, 1)})
        yield _Row(number, data, row)


def _gathered(lines: _Lines) -> tuple[bytes, str] | None:
    """One row: a line, or several where a quoted cell goes over their ends."""
    first = lines.next()
    if first is None or first[1].count('"') % 2 == 0:
        return first
    gathered = [first]
    while len(gathered) < MAX_QUOTED and (more := lines.next()) is not None:
        gathered.append(more)
        if sum(text.count('"') for _, text in gathered) % 2 == 0:
            return b"".join(data for data, _ in gathered), "".join(text for _, text in gathered)
    lines.put_back(gathered[1:])  # it is never closed: this line is broken, the next ones need not be
    return first


def _cells(text: str, delimiter: str) -> list[str] | None:
    if len(text) > MAX_ROW:
        return None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None
