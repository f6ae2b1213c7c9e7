"""The sans-I/O ESC/POS parser: bytes in, events out, however the bytes are split.

>>> from drivers.escpos.parser import EscPosParser
>>> [type(event).__name__ for event in EscPosParser().feed(b"Hi" + bytes((10, 29, 86, 0)))]
['Text', 'LineFeed', 'Cut']
"""

from __future__ import annotations

import re

from drivers.escpos.events import (
    Barcode,
    Command,
    Cut,
    DrawerPulse,
    Event,
    LineFeed,
    QrCode,
    Raster,
    Text,
    Unknown,
)
from drivers.escpos.lengths import command_length

_RUN = re.compile(rb"[\x20-\xff]+")
_NAMES = {0x1B: "ESC", 0x1D: "GS", 0x1C: "FS", 0x10: "DLE"}
MAX_KEPT = 8192  # bytes of a command's argument that are kept: pictures and floods are walked over


class EscPosParser:
    """Feed it a printer's bytes; a text run ends at the next control byte, so splits do not show."""

    def __init__(self) -> None:
        self._pending = b""
        self._offset = 0  # of the pending bytes in the whole stream
        self._skip = 0  # bytes of a long command that are still to be walked over
        self._long: tuple[int, bytes] | None = None
        self._text: list[bytes] = []
        self._text_start = 0
        self._code_page: int | None = None

    @property
    def pending(self) -> int:
        """How many of the bytes fed belong to a command that is not complete yet."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        events: list[Event] = []
        if self._skip:
            step = min(self._skip, len(data))
            self._skip -= step
            self._offset += step
            data = data[step:]
            if self._skip:
                return events
            self._finish_long(events)
        data = self._pending + data
        at, end = 0, len(data)
        while at < end:
            if run := _RUN.match(data, at):
                if not self._text:
                    self._text_start = self._offset + at
                self._text.append(run.group())
                at = run.end()
                continue
            lead = data[at]
            if lead not in _NAMES:
                self._flush(events, self._offset + at)
                self._control(events, lead, self._offset + at)
                at += 1
                continue
            length = command_length(data, at)
            if length is None:
                break
            if length > end - at:
                if length <= MAX_KEPT:
                    break
                self._flush(events, self._offset + at)
                self._long = (self._offset + at, data[at : at + 64])
                self._skip = length - (end - at)
                at = end
                break
            self._flush(events, self._offset + at)
            self._command(events, data[at : at + (length or 2)], self._offset + at, known=bool(length))
            at += length or 2
        self._pending = data[at:]
        self._offset += at
        return events

    def close(self) -> list[Event]:
        """The end of the stream: what is still open is given out as it stands."""
        events: list[Event] = []
        self._flush(events, self._offset)
        if self._pending:
            events.append(Unknown(self._offset, self._offset + len(self._pending), self._pending[:2]))
            self._pending = b""
        return events

    def _flush(self, events: list[Event], end: int) -> None:
        if self._text:
            events.append(Text(self._text_start, end, b"".join(self._text), self._code_page))
            self._text = []

    def _control(self, events: list[Event], byte: int, at: int) -> None:
        if byte == 0x0A:
            events.append(LineFeed(at, at + 1))
        elif byte == 0x09:
            events.append(Text(at, at + 1, b"\t", self._code_page))
        elif byte:
            events.append(Command(at, at + 1, f"{byte:02X}", b""))

    def _finish_long(self, events: list[Event]) -> None:
        if self._long is not None:
            start, head = self._long
            name = f"{_NAMES[head[0]]} {chr(head[1])}"
            raster = name in {"ESC *", "GS v", "GS 8", "GS (", "FS q", "GS *"}
            events.append(
                Raster(start, self._offset) if raster else Command(start, self._offset, name, head[2:])
            )
            self._long = None

    def _command(self, events: list[Event], whole: bytes, start: int, *, known: bool) -> None:
        end = start + len(whole)
        if not known:
            events.append(Unknown(start, end, whole))
            return
        name, argument = f"{_NAMES[whole[0]]} {chr(whole[1])}", whole[2:]
        if name == "ESC @":
            self._code_page = None
        if name == "ESC t":
            self._code_page = argument[0]
        if name in {"ESC d", "ESC J"}:
            events.append(LineFeed(start, end))
        elif name in {"GS V", "ESC i", "ESC m"}:
            events.append(Cut(start, end))
        elif name == "ESC p" or (name == "DLE \x14" and argument[:1] == b"\x01"):
            events.append(DrawerPulse(start, end))
        elif name == "GS k":
            events.append(Barcode(start, end, argument[2:] if argument[0] >= 65 else argument[1:-1]))
        elif name == "GS (" and argument[:1] == b"k" and argument[4:5] == b"P":
            events.append(QrCode(start, end, argument[6:]))
        elif name in {"ESC *", "GS v", "GS 8", "FS q", "GS *"} or (argument[:1] == b"L" and name == "GS ("):
            events.append(Raster(start, end))
        else:
            events.append(Command(start, end, name, argument[:MAX_KEPT]))
