"""Cutting a register's endless stream into captures, and holding the cut back for the printer; no I/O.

A capture ends at a cut, at a drawer pulse that stands alone, or when the line has been idle. In inline mode
every byte passes on at once but for the cut command, which waits for the code block (design, step 4).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.captured import Captured
from drivers.escpos.events import Barcode, Cut, DrawerPulse, Event, QrCode, Raster, Text, Unknown
from drivers.escpos.parser import EscPosParser

_SUBSTANCE = (Text, Raster, QrCode, Barcode, Unknown)
MAX_CAPTURE = 1_000_000  # bytes of one piece of paper; what is longer goes on as another capture


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes in the order they came: ``before`` may be printed, ``cut`` waits for the capture's block."""

    before: bytes
    cut: bytes
    captured: Captured | None


class CaptureSplitter:
    """Feed it what the register sends; it gives pieces whose bytes together are what was fed."""

    def __init__(self) -> None:
        self._parser = EscPosParser()
        self._stream = bytearray()  # bytes fed since the capture's beginning
        self._base = 0  # offset of the stream's first byte
        self._shown = 0  # bytes of the stream that were given out for printing
        self._text = False
        self._substance = False  # something that is printed, or not understood: more than commands

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that these bytes complete; a command that is not complete yet is kept back."""
        self._stream += data
        pieces: list[Piece] = []
        for event in self._parser.feed(data):
            self._take(event, pieces)
        self._show(pieces)
        if len(self._stream) > MAX_CAPTURE:
            pieces.append(self._end(len(self._stream), len(self._stream), "overflow"))
        return pieces

    @property
    def fresh(self) -> bool:
        """Whether nothing has come since the last capture."""
        return not self._stream

    def finish(self, ended_by: str) -> list[Piece]:
        """Nothing more comes for now: what is there is a capture, unless it is blank."""
        if not self._stream:
            return []
        for event in self._parser.close():
            self._substance = self._substance or isinstance(event, _SUBSTANCE)
        piece = self._end(len(self._stream), len(self._stream), ended_by)
        self._parser = EscPosParser()
        self._base = 0
        return [piece]

    def _take(self, event: Event, pieces: list[Piece]) -> None:
        end = event.end - self._base
        if isinstance(event, Cut):
            pieces.append(self._end(event.start - self._base, end, "cut"))
        elif isinstance(event, DrawerPulse) and not self._text:
            pieces.append(self._end(end, end, "drawer"))
        elif isinstance(event, _SUBSTANCE):
            self._substance = True
            self._text = self._text or isinstance(event, Text)

    def _show(self, pieces: list[Piece]) -> None:
        """Let the printer have what cannot be part of a cut: all but an open command at the end."""
        safe = len(self._stream) - self._parser.pending
        if safe > self._shown:
            pieces.append(Piece(bytes(self._stream[self._shown : safe]), b"", None))
            self._shown = safe

    def _end(self, start: int, end: int, ended_by: str) -> Piece:
        before = bytes(self._stream[self._shown : start])
        cut, data = bytes(self._stream[start:end]), bytes(self._stream[:end])
        # A register that asks its printer how it is, or feeds and cuts, prints nothing: that is no paper.
        captured = Captured(data, ended_by) if self._substance or ended_by == "drawer" else None
        piece = Piece(before, cut, captured) if captured else Piece(before + cut, b"", None)
        del self._stream[:end]
        self._base += end
        self._shown = 0
        self._text = self._substance = False
        return piece
