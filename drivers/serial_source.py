"""The serial source: a thread that reads a register's port through pyserial and never gives up on it.

With a printer behind it (inline mode), bytes pass on at once; the cut waits for the code block, at most
``hold_limit`` seconds (promise P8). A port worker is a daemon thread, so a read that hangs in a driver
never stops the daemon.
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import serial

from drivers.framing import Captured, CaptureSplitter, Piece
from drivers.reconnect import Reconnector

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.uri import SourceAddress

log = logging.getLogger("thungan.serial")
IDLE_ENDS = 3.0  # seconds of silence that end a receipt of a register that never cuts
READ_TIMEOUT = 0.05


class SerialSource:
    """Reads one register; ``on_receipt`` gets every capture and answers with what to print before the cut."""

    def __init__(
        self,
        address: SourceAddress,
        on_receipt: Callable[[Captured], bytes],
        on_state: Callable[[str, str], None] | None = None,
        hold_limit: float = 1.5,
    ) -> None:
        self._address = address
        self._on_receipt = on_receipt
        self._on_state = on_state or (lambda _state, _why: None)
        self._hold_limit = hold_limit
        self._ended = threading.Event()
        self._splitter = CaptureSplitter()
        self._printer: serial.Serial | None = None
        self._worker = ThreadPoolExecutor(1, "receipt")
        self._thread = threading.Thread(target=self._run, name="serial-source", daemon=True)

    def start(self) -> None:
        """Begin reading; a port that is not there yet is waited for."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End; a worker that hangs in the driver is left behind after ``timeout`` seconds."""
        self._ended.set()
        self._thread.join(timeout)
        ended = not self._thread.is_alive()
        self._worker.shutdown(wait=ended)
        if ended:
            self._close_printer()

    def _run(self) -> None:
        reconnector = Reconnector()
        while not self._ended.is_set():
            try:
                with self._open(self._address.port) as port:
                    reconnector.opened()
                    self._on_state("open", "")
                    self._read(port)
            except (OSError, serial.SerialException) as error:
                delay = reconnector.failed()
                self._on_state("waiting", str(error))
                self._ended.wait(delay)

    def _open(self, name: str) -> serial.Serial:
        a = self._address
        return serial.Serial(
            name,
            a.baud,
            a.bits,
            a.parity,
            a.stop,
            timeout=READ_TIMEOUT,
            write_timeout=self._hold_limit,
            rtscts=a.flow == "rtscts",
            dsrdtr=a.flow == "dsrdtr",
            xonxoff=a.flow == "xonxoff",
            exclusive=True,
        )

    def _read(self, port: serial.Serial) -> None:
        quiet_since = time.monotonic()
        while not self._ended.is_set():
            data = port.read(max(1, port.in_waiting))
            if data:
                quiet_since = time.monotonic()
                self._pass_on(self._splitter.feed(data))
            elif time.monotonic() - quiet_since > IDLE_ENDS:
                self._pass_on(self._splitter.idle())
                quiet_since = time.monotonic()
            if self._printer is not None and (status := self._status()):
                port.write(status)

    def _pass_on(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._print(piece.before)
            if piece.captured is not None:
                self._print(self._block(piece.captured) + piece.cut)

    def _block(self, captured: Captured) -> bytes:
        """The block for a capture, or nothing where it is not there in time: printing never waits longer."""
        future: Future[bytes] = self._worker.submit(self._on_receipt, captured)
        try:
            return future.result(self._hold_limit if self._address.printer else None)
        except TimeoutError:
            log.warning("the receipt was printed before its invoice was ready")
        except Exception:
            log.exception("a receipt could not be taken; its bytes stay stored")
        return b""

    def _print(self, data: bytes) -> None:
        if not data or self._address.printer is None:
            return
        try:
            if self._printer is None:
                self._printer = self._open(self._address.printer)
            self._printer.write(data)
        except (OSError, serial.SerialException) as error:
            log.warning("the printer does not take data: %s", error)
            self._close_printer()

    def _status(self) -> bytes:
        try:
            assert self._printer is not None  # noqa: S101 - for the type checker: the caller has looked
            waiting = self._printer.in_waiting
            return self._printer.read(waiting) if waiting else b""
        except (OSError, serial.SerialException):
            self._close_printer()
            return b""

    def _close_printer(self) -> None:
        if self._printer is not None:
            try:
                self._printer.close()
            except OSError:
                log.debug("the printer's port could not be closed")
            self._printer = None
