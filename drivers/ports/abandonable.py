"""A port whose calls can be abandoned: no driver that hangs ever stops the agent.

Reads and writes run on two threads of the port's own; the caller waits for a result, but not for ever. A call
that does not return in time leaves its thread behind (a daemon thread, which ends with the program) and the
port is given up; the next attempt opens it anew on fresh threads. Known with pyserial on Windows: read,
write, open and even close of an adapter that was pulled out may hang until the computer is started again.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING, Any, TypeVar

from drivers.errors import PortHangs
from drivers.ports.port import READ_TIMEOUT, Port

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PATIENCE = 5.0  # seconds a call may take beyond what it waits for itself
MOST_ABANDONED = 32  # threads left behind before no more are made
_left_behind = 0
_counting = threading.Lock()


def left_behind() -> int:
    """How many threads hang in drivers at the moment."""
    return _left_behind


class _Worker:
    """One thread that runs calls in order."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._abandoned = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], T], patience: float) -> T:
        """The function's result.

        Raises:
            PortHangs: it has not come back in time; the worker is not used again.
        """
        future: Future[T] = Future()
        self._calls.put((future, function))
        try:
            return future.result(patience)
        except NotYet:
            if future.done():
                raise  # the function itself said so
            self._leave_behind()
            raise PortHangs(f"{self._thread.name}: the driver does not answer") from None

    def end(self) -> None:
        """End once what was given is done."""
        self._calls.put(None)

    def _leave_behind(self) -> None:
        global _left_behind
        with _counting:
            if not self._abandoned:
                self._abandoned = True
                _left_behind += 1
        self._calls.put(None)

    def _work(self) -> None:
        global _left_behind
        while (item := self._calls.get()) is not None:
            future, function = item
            try:
                result = function()
            except BaseException as error:  # noqa: BLE001 - it belongs to the one who called
                future.set_exception(error)
            else:
                future.set_result(result)
        with _counting:
            if self._abandoned:
                _left_behind -= 1


class AbandonablePort:
    """A port, opened by ``opener`` at once; reading and writing may go on at the same time."""

    def __init__(self, name: str, opener: Callable[[], Port], patience: float = PATIENCE) -> None:
        """Raises:
        PortHangs: opening does not come back, or too many threads hang already.
        OSError: as the opener.
        """
        if left_behind() >= MOST_ABANDONED:
            raise PortHangs(
                f"{name}: {MOST_ABANDONED} calls hang in drivers already; start the computer again"
            )
        self._patience = patience
        self._reader, self._writer = _Worker(f"read {name}"), _Worker(f"write {name}")
        try:
            self._port = self._reader.call(opener, patience)
        except BaseException:
            self._end()
            raise

    def read(self) -> bytes:
        """As ``Port.read``; PortHangs where it never comes back."""
        return self._reader.call(self._port.read, READ_TIMEOUT + self._patience)

    def write(self, data: bytes) -> int:
        """As ``Port.write``; PortHangs where it never comes back."""
        return self._writer.call(lambda: self._port.write(data), self._patience)

    def close(self) -> None:
        """Let go of the port without waiting for its driver."""
        closing = threading.Thread(target=self._close, name="close a port", daemon=True)
        closing.start()
        closing.join(1.0)
        self._end()

    def _close(self) -> None:
        try:
            self._port.close()
        except OSError:
            return  # a port that is gone cannot be closed, and need not

    def _end(self) -> None:
        self._reader.end()
        self._writer.end()
