"""The printer behind the agent: bytes in order, a cut that waits for its block, status answers back.

What the printer does not take at once (off, out of paper, unplugged) is kept for ``KEEP_PAPER`` seconds and
then dropped with a warning: a receipt that comes out minutes later would be handed to the wrong customer. The
sale itself is captured and invoiced all the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.errors import PortHangs
from drivers.ports.port import PortEnded, port_error
from drivers.ports.reconnect import Reconnector

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.ports.abandonable import AbandonablePort

log = logging.getLogger("thungan.printer")
KEEP_PAPER = 30.0  # seconds
PAUSE = 1.5  # seconds without a byte: between two receipts, not within one
MOST_BEHIND = 256_000  # bytes waiting for the printer; the register is told to wait by not being read


@dataclass(frozen=True, slots=True)
class _Item:
    """Bytes for the printer; with a ``block``, what comes before them once it is there, until ``latest``."""

    data: bytes
    born: float
    block: Future[bytes] | None = None
    latest: float = 0.0


class PrinterLine:
    """One printer and its threads. ``on_status`` gets what it answers, ``on_state`` how its port stands."""

    def __init__(
        self,
        name: str,
        opener: Callable[[], AbandonablePort],
        on_status: Callable[[bytes], None],
        on_state: Callable[[str, str], None],
    ) -> None:
        self._name, self._opener = name, opener
        self._on_status, self._on_state = on_status, on_state
        self._items: deque[_Item] = deque()
        self._behind = 0
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._holds = 0
        self._away_since: float | None = None
        self._port: AbandonablePort | None = None
        self._last = 0.0  # when something was last to be printed
        for work in (self._print, self._listen):
            threading.Thread(target=work, name=f"printer {name}", daemon=True).start()

    @property
    def holding(self) -> bool:
        """Whether a cut waits for its block, or will."""
        return self._holds > 0

    def put(self, data: bytes) -> None:
        """Print these bytes after all before them; waits where too many wait already."""
        if data:
            self._append(_Item(data, time.monotonic()))

    def hold(self, block: Future[bytes], cut: bytes, seconds: float) -> None:
        """Print the block, as soon as it is there, and the cut; after ``seconds`` the cut alone."""
        now = time.monotonic()
        with self._changed:
            self._holds += 1
        self._append(_Item(cut, now, block, now + seconds))

    def print_ticket(self, data: bytes, seconds: float) -> str | None:
        """Print in a pause between receipts; None once it is written, else why it is not.

        A pause is ``PAUSE`` seconds without a byte: in the middle of a receipt nothing is put between.
        """
        until = time.monotonic() + seconds
        with self._changed:
            while self._behind or self._items or time.monotonic() - self._last < PAUSE:
                left = until - time.monotonic()
                if left <= 0:
                    return "the printer is busy or away"
                self._changed.wait(min(left, PAUSE / 4))
            item = _Item(data, time.monotonic())
            self._items.append(item)
            self._behind += len(data)
            self._changed.notify_all()
            left = max(0.0, until - time.monotonic())
            written = self._changed.wait_for(lambda: item not in self._items, left)
        if written and self._away_since is None:
            return None
        return "the printer does not take it: check its cable, power and paper"

    def at_once(self, data: bytes) -> None:
        """Give the printer a real-time command before everything that waits."""
        port = self._port
        if port is None:
            return
        try:
            with self._writing:
                port.write(data)
        except (OSError, PortHangs, PortEnded) as error:
            log.debug("a real-time command was lost: %s", error)

    def drain(self, seconds: float) -> None:
        """Wait until everything is printed, or dropped, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._behind == 0 and not self._items, seconds)

    def close(self) -> None:
        """End; what waits is not printed."""
        self._ended.set()
        with self._changed:
            self._changed.notify_all()
        if self._port is not None:
            self._port.close()

    def _append(self, item: _Item) -> None:
        with self._changed:
            until = item.born + KEEP_PAPER
            while self._behind > MOST_BEHIND and not self._ended.is_set() and time.monotonic() < until:
                self._changed.wait(0.5)
            self._last = time.monotonic()
            self._items.append(item)
            self._behind += len(item.data)
            self._changed.notify_all()

    def _print(self) -> None:
        while not self._ended.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._ended.is_set())
                if self._ended.is_set():
                    return
                item = self._items[0]
            data = self._block_of(item) + item.data
            if not self._write_all(data, item.born):
                log.warning("the printer %s is away: %d bytes of paper are lost", self._name, len(data))
            with self._changed:
                self._items.popleft()
                self._behind -= len(item.data)
                self._holds -= item.block is not None
                self._changed.notify_all()

    def _block_of(self, item: _Item) -> bytes:
        if item.block is None:
            return b""
        try:
            return item.block.result(max(0.0, item.latest - time.monotonic()))
        except NotYet:
            log.warning("the receipt was printed before its invoice was ready")
        except Exception:
            log.exception("a receipt could not be taken; its bytes stay stored")
        return b""

    def _write_all(self, data: bytes, born: float) -> bool:
        """Whether all of it was taken before it was too old."""
        at, reconnector = 0, Reconnector()
        while at < len(data) and not self._ended.is_set():
            lost = self._away_since is not None and time.monotonic() - self._away_since > KEEP_PAPER
            try:
                port = self._open()
                with self._writing:
                    at += port.write(data[at:])
                self._away_since = None
            except TimeoutError as error:
                self._away(str(error) or "the printer takes no bytes (off, or out of paper)")
            except (OSError, PortHangs, PortEnded) as error:
                self._drop_port()
                self._away(str(port_error(self._name, error)))
                self._ended.wait(0 if lost else reconnector.failed())
            if at < len(data) and (lost or time.monotonic() - born > KEEP_PAPER):
                return False
        return True

    def _open(self) -> AbandonablePort:
        if self._port is None:
            self._port = self._opener()
            self._on_state("open", "")
        return self._port

    def _away(self, why: str) -> None:
        if self._away_since is None:
            self._away_since = time.monotonic()
        self._on_state("waiting", why)

    def _drop_port(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _listen(self) -> None:
        """Pass the printer's answers back as they come; the printing thread opens the port anew."""
        while not self._ended.is_set():
            port = self._port
            if port is None:
                self._ended.wait(0.05)
                continue
            try:
                data = port.read()
            except (OSError, PortHangs, PortEnded):
                if self._port is port:
                    self._drop_port()
                continue
            if data:
                self._on_status(data)
