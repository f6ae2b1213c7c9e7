"""The sans-I/O ESC/POS parser: bytes in, events out, however the bytes are split.

>>> from drivers.escpos.parser import EscPosParser
>>> [type(event).__name__ for event in EscPosParser().feed(b"Hi" + bytes((10, 29, 86, 0)))]
['Text', 'LineFeed', 'Cut']

It keeps at most one text run (4 KB) and one command (64 KB: no counted command but pictures is longer);
pictures and characters' patterns are walked over as they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.escpos.dispatch import EPSON, LEAD, LINE_FEED, MAX_TEXT, RASTER, STAR, TEXT, Dialect, Entry
from drivers.escpos.events import Barcode, Command, Event, LineFeed, QrCode, Raster, Text, Unknown
from drivers.escpos.lengths import MORE, NOT, Items

if TYPE_CHECKING:
    from drivers.escpos.row import Row

_TWO_BYTES = b"\x1b\x1d"


@dataclass(slots=True)
class _Walk:
    """A long command that is being walked over: what is left of it."""

    entry: Entry
    start: int
    skip: int  # bytes until the next item's head, or to the end
    items: int = 0  # heads still to come
    first: int = 0  # the command's first parameter
    head: bytes = b""  # what is there of the next item's head


class EscPosParser:
    """Feed it a printer's bytes; a text run ends at the next control byte, so splits do not show."""

    def __init__(self) -> None:
        self._dialect: Dialect = EPSON
        self._pending = bytearray()  # a command that is not complete
        self._wanted = 0  # bytes of it that must be there before it is worth another look
        self._offset = 0  # of the pending bytes in the whole stream
        self._walk: _Walk | None = None
        self._text: list[bytes] = []  # a run that goes on
        self._text_start = 0
        self._text_size = 0
        self._code_page: int | None = None

    @property
    def pending(self) -> int:
        """How many of the bytes fed belong to a command that is not complete yet."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        events: list[Event] = []
        if self._pending:
            self._pending += data
            if len(self._pending) < self._wanted:
                return events
            data = bytes(self._pending)
            self._pending.clear()
        at = self._parse(data, events)
        self._offset += at
        if at < len(data):
            self._pending += data[at:]
        return events

    def close(self) -> list[Event]:
        """The end of the stream: of a command that is not whole, all but its opcode is taken as text."""
        events: list[Event] = []
        while self._walk is not None or self._pending:
            self._flush(events)
            if self._walk is not None:
                walk, self._walk = self._walk, None
                events.append(Unknown(walk.start, self._offset, walk.entry.row.key))
                continue
            rest = bytes(self._pending)
            self._pending.clear()
            size = _opcode_size(rest, 0)
            events.append(Unknown(self._offset, self._offset + size, rest[:size]))
            self._offset += size
            events += self.feed(rest[size:])
        self._flush(events)
        return events

    def _parse(self, data: bytes, events: list[Event]) -> int:
        """Take events off ``data``; where a command is not complete, its place (else the data's end)."""
        at = 0
        end = len(data)
        base = self._offset
        append = events.append
        dialect = self._dialect
        entries, kinds, run = dialect.entries, dialect.kinds, dialect.run
        while at < end:
            if self._walk is not None:
                at = self._walk_on(self._walk, data, at, events)
                continue
            kind = kinds[data[at]]
            if kind == TEXT:
                if self._text:
                    found = run.match(data, at, at + MAX_TEXT - self._text_size)
                    assert found is not None  # noqa: S101 - the run begins with this byte
                    at = found.end()
                    self._keep(found.group(), events)
                    continue
                found = run.match(data, at)
                assert found is not None  # noqa: S101 - the run begins with this byte
                stop = found.end()
                if stop < end or stop - at == MAX_TEXT:
                    append(Text(base + at, base + stop, found.group(), self._code_page))
                else:
                    self._text_start = base + at
                    self._keep(found.group(), events)
                at = stop
                continue
            if self._text:
                self._flush(events)
            if kind == LINE_FEED:
                append(LineFeed(base + at, base + at + 1))
                at += 1
                continue
            if kind != LEAD:
                self._single(dialect.singles.get(data[at]), base + at, events)
                at += 1
                continue
            entry = entries.get(data[at : at + 2])
            if entry is not None and entry.plain and entry.turns is None:
                stop = at + entry.size
                if stop > end:
                    self._wanted = entry.size
                    return at
                append(Command(base + at, base + stop, entry.name, data[at + 2 : stop]))
                at = stop
                continue
            stop = self._command(data, at, entry, events)
            if stop == MORE:
                return at
            at = stop
            if dialect is not self._dialect:
                dialect = self._dialect
                entries, kinds, run = dialect.entries, dialect.kinds, dialect.run
        return at

    def _command(self, data: bytes, at: int, entry: Entry | None, events: list[Event]) -> int:
        """Take the command at ``at``: the place after it (or after its head, where it is walked over)."""
        end, start = len(data), self._offset + at
        if entry is None and data[at : at + 1] in self._dialect.entries:  # raster mode's one-byte codes
            entry = self._dialect.entries[data[at : at + 1]]
        if entry is None and at + 1 == end:
            self._wanted = 2
            return MORE
        if entry is not None and entry.branch is not None:
            if at + 2 >= end:
                self._wanted = 3
                return MORE
            entry = entry.branch.get(data[at + 2])
        if entry is not None and entry.turns is not None:
            self._dialect = entry.turns
            return at  # and look again, in that language
        size = NOT if entry is None else entry.rule.measure(data, at + entry.after)
        if size == MORE:
            self._wanted = 0
            return MORE
        if entry is None or size == NOT:
            stop = at + _opcode_size(data, at)
            events.append(Unknown(start, self._offset + stop, data[at:stop]))
            return stop
        parameters = at + entry.after
        if entry.walked:
            walk = self._walk = _Walk(entry, start, size)
            if isinstance(entry.rule, Items):
                walk.items, walk.first = entry.rule.count(data, parameters), data[parameters]
            return self._walk_on(walk, data, parameters, events)
        stop = parameters + size
        if stop > end:
            self._wanted = stop - at
            return MORE
        events.append(self._event(entry.row, start, self._offset + stop, data[parameters:stop]))
        return stop

    def _walk_on(self, walk: _Walk, data: bytes, at: int, events: list[Event]) -> int:
        """Walk over what is there of a long command: the place after it, or the data's end."""
        end = len(data)
        while True:
            step = min(walk.skip, end - at)
            at += step
            walk.skip -= step
            if walk.skip:
                return at
            if not walk.items:
                break
            rule = walk.entry.rule
            assert isinstance(rule, Items)  # noqa: S101 - only they have items
            missing = rule.item_head - len(walk.head)
            walk.head += data[at : at + missing]
            at = min(end, at + missing)
            if len(walk.head) < rule.item_head:
                return at
            walk.skip = rule.item(walk.head, walk.first)
            walk.items -= 1
            walk.head = b""
        self._walk = None
        row, stop = walk.entry.row, self._offset + at
        events.append(
            Raster(walk.start, stop) if row.event is Raster else Command(walk.start, stop, row.code, b"")
        )
        return at

    def _event(self, row: Row, start: int, end: int, argument: bytes) -> Event:
        kind = row.event
        if kind is Command or (row.only is not None and row.only[1] not in argument[row.only[0] :][:1]):
            self._remember(row.code, argument)
            return Command(start, end, row.code, argument)
        if kind is QrCode or kind is Barcode:
            return kind(start, end, argument[slice(*row.data)])
        return kind(start, end)

    def _remember(self, code: str, argument: bytes) -> None:
        if code == "ESC @":
            self._code_page = None
        elif code in self._dialect.pages:
            self._code_page = self._dialect.pages[code] + argument[0]
        elif code == "ESC *":
            self._dialect = {b"rA": RASTER, b"rB": STAR}.get(argument, self._dialect)

    def _single(self, row: Row | None, at: int, events: list[Event]) -> None:
        """A command of one byte; NUL is none."""
        if row is not None:
            events.append(
                Command(at, at + 1, row.code, b"") if row.event is Command else row.event(at, at + 1)
            )

    def _keep(self, part: bytes, events: list[Event]) -> None:
        self._text.append(part)
        self._text_size += len(part)
        if self._text_size == MAX_TEXT:
            self._flush(events)

    def _flush(self, events: list[Event]) -> None:
        if self._text:
            end = self._text_start + self._text_size
            events.append(Text(self._text_start, end, b"".join(self._text), self._code_page))
            self._text = []
            self._text_size = 0


def _opcode_size(data: bytes, at: int) -> int:
    """Two bytes of ESC and GS, else the lead alone: a control byte after it may be a command itself, and
    some printers take FS, US and DLE alone."""
    return 2 if data[at] in _TWO_BYTES and at + 1 < len(data) and data[at + 1] >= 0x20 else 1
