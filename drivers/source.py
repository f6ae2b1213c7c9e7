"""A source of receipts: opens its port, reads it line after line, and never gives up on it."""

from __future__ import annotations

import logging
import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from drivers.errors import PortHangs
from drivers.frames.frame_line import FrameLine
from drivers.line import Line
from drivers.ports.abandonable import AbandonablePort
from drivers.ports.kinds import FilePort, SerialPort, SocketPort, connect
from drivers.ports.port import port_error
from drivers.ports.reconnect import Reconnector
from drivers.ports.usb import UsbPort
from drivers.printer_line import PrinterLine
from drivers.uri import FileAddress, SerialAddress, TcpAddress, UsbAddress

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.captured import Captured
    from drivers.ports.port import Port
    from drivers.uri import Address, SourceAddress

log = logging.getLogger("thungan.source")
MOST_WAITING = 64  # captures that wait to be taken before the register is read on
MOST_CONNECTIONS = 16  # of registers to one network source at the same time
DRAIN = 30.0  # seconds a network job may wait for its printer before its connection is closed
STANDARD_INPUT = FileAddress("-")


class Source:
    """One source. ``on_receipt`` gets every capture and answers with what to print before the cut.

    ``on_state`` is told ``open``, ``waiting`` (and why), ``ended``, and of the printer ``printer open`` and
    ``printer waiting``.
    """

    def __init__(
        self,
        address: SourceAddress,
        on_receipt: Callable[[Captured], bytes],
        on_state: Callable[[str, str], None] | None = None,
        hold_limit: float = 1.5,
        *,
        opener: Callable[[Address], AbandonablePort] | None = None,
    ) -> None:
        """``opener`` opens ports in the place of ``open_port`` (a test's device that never returns)."""
        self._open = opener or open_port
        self._address = address
        self._on_receipt = on_receipt
        self._on_state = on_state or (lambda _state, _why: None)
        self._hold_limit = hold_limit
        self._ended = threading.Event()
        self._receipts = ThreadPoolExecutor(1, "receipt")
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._listening: socket.socket | None = None
        self._lines: list[threading.Thread] = []
        self._printer: PrinterLine | None = None
        work = self._listen if isinstance(address.register, TcpAddress) else self._run
        self._thread = threading.Thread(target=work, name="source", daemon=True)

    def start(self) -> None:
        """Begin reading; a port that is not there yet is waited for."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End; whoever hangs in a driver is left behind after ``timeout`` seconds."""
        self._ended.set()
        if self._listening is not None:
            self._listening.close()
        for thread in (self._thread, *self._lines):
            thread.join(timeout)
        self._receipts.shutdown(wait=not self._thread.is_alive())

    @property
    def alive(self) -> bool:
        """Whether it reads or has ended as it should: standard input at its end, or stopped."""
        return self._thread.is_alive() or self._ended.is_set() or self._address.register == STANDARD_INPUT

    @property
    def has_printer(self) -> bool:
        """Whether we stand between register and printer."""
        return self._address.printer is not None

    def print_ticket(self, data: bytes, seconds: float) -> str | None:
        """Print something of our own on the printer behind, once nothing else is being printed.

        None where it has been written to the printer within ``seconds``, else why not.
        """
        if self._address.printer is None:
            return "this source has no printer behind it"
        own = None if self._printer is not None else self._open_printer(_Back())
        printer = self._printer or own
        try:
            return printer.print_ticket(data, seconds) if printer is not None else "it has no printer"
        finally:
            if own is not None:
                own.close()

    @property
    def bound(self) -> tuple[str, int] | None:
        """Where a network source listens, once it does."""
        if self._listening is None:
            return None
        host, port = self._listening.getsockname()[:2]
        return str(host), int(port)

    def _run(self) -> None:
        """One line for ever: the printer's side goes on while the register's is opened anew."""
        reconnector, back = Reconnector(), _Back()
        printer = self._printer = self._open_printer(back)
        while not self._ended.is_set():
            try:
                port = self._open(self._address.register)
                reconnector.opened()
                self._on_state("open", "")
                self._read(port, printer, back)
                if self._address.register == STANDARD_INPUT:
                    self._on_state("ended", "")
                    break
            except (OSError, PortHangs) as error:
                delay = reconnector.failed()
                self._on_state("waiting", str(port_error(_name(self._address.register), error)))
                self._ended.wait(delay)
        _finish(printer, self._hold_limit)

    def _read(self, port: AbandonablePort, printer: PrinterLine | None, back: _Back) -> None:
        line: Line | FrameLine
        if self._address.frames:
            assert printer is not None  # noqa: S101 - for the type checker: a frames URI names its device
            line = FrameLine(port, printer, self._take, self._ended)
        else:
            line = Line(port, printer, self._take, self._hold_limit, self._ended)
        back.to = None if self._address.silent else line
        try:
            line.run()
        finally:
            back.to = None
            port.close()

    def _open_printer(self, back: _Back) -> PrinterLine | None:
        address = self._address.printer
        if address is None:
            return None

        def state(word: str, why: str) -> None:
            self._on_state(f"printer {word}", why)

        return PrinterLine(_name(address), lambda: self._open(address), back.answer, state)

    def _take(self, captured: Captured) -> Future[bytes]:
        self._room.acquire()
        future = self._receipts.submit(self._on_receipt, captured)
        future.add_done_callback(self._taken)
        return future

    def _taken(self, future: Future[bytes]) -> None:
        self._room.release()
        if self._address.printer is None and (error := future.exception()) is not None:
            log.error("a receipt could not be taken; its bytes stay stored: %s", error)

    def _listen(self) -> None:
        """A network printer's port: each connection is a register, or one job of it."""
        assert isinstance(self._address.register, TcpAddress)  # noqa: S101 - for the type checker
        where, reconnector = self._address.register, Reconnector()
        while not self._ended.is_set() and self._listening is None:
            try:
                self._listening = socket.create_server((where.host, where.port))
            except OSError as error:
                self._on_state("waiting", str(port_error(_name(where), error)))
                self._ended.wait(reconnector.failed())
        if self._listening is None:
            return
        self._on_state("open", "")
        # Printers of their own connection take several registers at once; any other takes them in turn.
        together = self._address.printer is None or isinstance(self._address.printer, TcpAddress)
        turns = threading.BoundedSemaphore(MOST_CONNECTIONS if together else 1)
        while not self._ended.is_set():
            turns.acquire()
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._job, args=(connection, turns), name="job", daemon=True)
            self._lines = [line for line in self._lines if line.is_alive()] + [thread]
            thread.start()

    def _job(self, connection: socket.socket, turns: threading.BoundedSemaphore) -> None:
        back = _Back()
        printer = self._open_printer(back)
        try:
            self._read(AbandonablePort("job", lambda: SocketPort(connection)), printer, back)
        except (OSError, PortHangs) as error:
            log.info("a network job broke off: %s", error)
        finally:
            _finish(printer, self._hold_limit if self._ended.is_set() else DRAIN)
            turns.release()


class _Back:
    """Where the printer's answers go: to the register that is on the line at the moment."""

    def __init__(self) -> None:
        self.to: Line | FrameLine | None = None

    def answer(self, data: bytes) -> None:
        line = self.to
        if line is not None:
            line.answer(data)


def _finish(printer: PrinterLine | None, seconds: float) -> None:
    if printer is not None:
        printer.drain(seconds)
        printer.close()


def open_port(address: Address) -> AbandonablePort:
    """Open a register's or printer's port.

    Raises:
        OSError, PortHangs: it cannot be opened.
    """
    return AbandonablePort(_name(address), lambda: _opened(address))


def _opened(address: Address) -> Port:
    match address:
        case SerialAddress():
            return SerialPort(address)
        case TcpAddress():
            return connect(address)
        case FileAddress(path):
            return FilePort(path)
        case UsbAddress():
            return UsbPort(address)


def _name(address: Address) -> str:
    match address:
        case SerialAddress(usb=(vendor, product, number)):
            return f"USB {vendor:04x}:{product:04x} {number or ''}".rstrip()
        case SerialAddress(port):
            return port
        case TcpAddress(host, port):
            return f"{host}:{port}"
        case FileAddress(path):
            return "standard input" if path == "-" else path
        case UsbAddress(vendor, product):
            return f"USB printer {vendor:04x}:{product:04x}"
