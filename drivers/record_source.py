"""A source of records: looks where they are kept, again and again, on a thread of its own.

A file that cannot be read, a database that is away: said as a port's state is, and tried again. Whatever goes
wrong in one look, the next one comes.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from drivers.ports.reconnect import Reconnector

if TYPE_CHECKING:
    from collections.abc import Callable


class Watcher(Protocol):
    """What a source of records does in one look."""

    every: float

    def look(self) -> None:
        """Take what is new.

        Raises:
            OSError, DriverError: it cannot, or not all of it; what was taken stays taken.
        """

    def close(self) -> None:
        """Let go of what is open."""


class RecordSource:
    """One source of records; ``on_state`` is told ``open``, and ``waiting`` and why."""

    def __init__(self, watcher: Watcher, on_state: Callable[[str, str], None] | None = None) -> None:
        self._watcher = watcher
        self._on_state = on_state or (lambda _state, _why: None)
        self._ended = threading.Event()
        self._looks = ThreadPoolExecutor(1, "records")
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)

    def start(self) -> None:
        """Begin looking."""
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """End; a look that hangs in a server's answer is left behind after ``timeout`` seconds."""
        self._ended.set()
        self._thread.join(timeout)
        self._looks.shutdown(wait=not self._thread.is_alive(), cancel_futures=True)

    @property
    def alive(self) -> bool:
        """Whether it looks, or was stopped."""
        return self._thread.is_alive() or self._ended.is_set()

    def _run(self) -> None:
        reconnector, fine = Reconnector(), False
        while not self._ended.is_set():
            error = self._looks.submit(self._watcher.look).exception()
            if error is None:
                if not fine:
                    self._on_state("open", "")
                reconnector.opened()
                fine = True
                self._ended.wait(self._watcher.every)
            else:
                fine = False
                self._on_state("waiting", str(error))
                self._ended.wait(max(reconnector.failed(), self._watcher.every))
        self._looks.submit(self._watcher.close).exception()
