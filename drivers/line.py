"""One register's line: its bytes are captured and passed on, its receipts answered before the cut.

The reading thread never waits for an invoice or a printer: it cuts the stream into captures, hands them to
the one thread that takes receipts, and queues the paper. Only the queue's cut waits for the code block, at
most ``hold_limit`` seconds (promise P8).
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING

from drivers.errors import PortHangs
from drivers.framing import CaptureSplitter, Piece
from drivers.ports.port import PortEnded

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from concurrent.futures import Future

    from drivers.captured import Captured
    from drivers.ports.abandonable import AbandonablePort
    from drivers.printer_line import PrinterLine

log = logging.getLogger("thungan.line")
IDLE_ENDS = 3.0  # seconds of silence that end a receipt of a register that never cuts
# A register that waits for the printer asks it how it is: DLE EOT n (also n a), DLE ENQ n; profile of the
# Epson reference, real-time commands.
_QUESTION = rb"(?:\x10\x04(?:[\x01-\x06]|[\x07\x08\x12].)|\x10\x05.)"
_QUESTIONS = re.compile(_QUESTION + rb"+", re.DOTALL)
_BEGUN = re.compile(_QUESTION + rb"*\x10(?:\x04[\x07\x08\x12]?|\x05)?", re.DOTALL)


class Line:
    """Reads one open register port until it ends or ``ended`` is set."""

    def __init__(
        self,
        port: AbandonablePort,
        printer: PrinterLine | None,
        take: Callable[[Captured], Future[bytes]],
        hold_limit: float,
        ended: threading.Event,
    ) -> None:
        self._port, self._printer, self._take = port, printer, take
        self._hold_limit, self._ended = hold_limit, ended
        self._splitter = CaptureSplitter()
        self._question = b""  # a real-time command that has begun while a cut is held

    def run(self) -> None:
        """Read to the end.

        Raises:
            OSError, PortHangs: the port is gone; what had come of a receipt has been captured as ``broken``.
        """
        try:
            self._read()
        except PortEnded:
            self._finish("closed")
        except (OSError, PortHangs):
            self._finish("broken")
            raise
        else:
            self._finish("broken")

    def answer(self, data: bytes) -> None:
        """Pass what the printer says back to the register."""
        give_back(self._port, data)

    def _read(self) -> None:
        quiet_since = time.monotonic()
        while not self._ended.is_set():
            data = self._port.read()
            if data:
                quiet_since = time.monotonic()
                self._pass_on(self._splitter.feed(self._without_questions(data)))
            elif time.monotonic() - quiet_since > IDLE_ENDS:
                self._finish("idle")
                quiet_since = time.monotonic()

    def _finish(self, ended_by: str) -> None:
        question, self._question = self._question, b""
        self._pass_on(self._splitter.feed(question) + self._splitter.finish(ended_by))

    def _without_questions(self, data: bytes) -> bytes:
        """What is left for the paper: what asks the printer while a cut is held goes there before it."""
        data, self._question = self._question + data, b""
        printer = self._printer
        if printer is None or not printer.holding or not self._splitter.fresh:
            return data
        if _QUESTIONS.fullmatch(data):
            printer.at_once(data)
            return b""
        if _BEGUN.fullmatch(data):
            self._question = data
            return b""
        return data

    def _pass_on(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if self._printer is not None:
                self._printer.put(piece.before)
            if piece.captured is None:
                continue
            block = self._take(piece.captured)
            if self._printer is not None:
                self._printer.hold(block, piece.cut, self._hold_limit)


def give_back(port: AbandonablePort, data: bytes) -> None:
    """What a printer or device says, to who asks it; a port that is gone just now has lost it."""
    try:
        port.write(data)
    except (OSError, PortHangs, PortEnded) as error:
        log.debug("a status answer was lost: %s", error)
