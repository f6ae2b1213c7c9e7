"""Real lines for the tests of sources: pseudo-terminals, and what came out of them."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.captured import Captured

PATIENCE = 20.0  # seconds a test waits for what must come; nothing is asserted about how soon


class Pty:
    """A pseudo-terminal; the source has its slave side."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.path = os.ttyname(self.slave)
        self.came = bytearray()

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            _, ready, _ = select.select([], [self.master], [], PATIENCE)
            assert ready, "the line takes no bytes"
            view = view[os.write(self.master, view[:2048]) :]

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes that come out."""
        until = time.monotonic() + PATIENCE
        while len(self.came) < size and time.monotonic() < until:
            ready, _, _ = select.select([self.master], [], [], 0.2)
            if ready:
                self.came += os.read(self.master, 65_536)
        out = bytes(self.came[:size])
        del self.came[:size]
        return out

    def silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing more comes out for a while."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        return not ready and not self.came

    def close(self) -> None:
        for descriptor in (self.master, self.slave):
            os.close(descriptor)


class Plug:
    """A name under which a line is plugged in and pulled out, as a USB adapter's is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put_in(self, pty: Pty) -> None:
        self.path.symlink_to(pty.path)

    def pull_out(self, pty: Pty) -> None:
        self.path.unlink()
        pty.close()


class Till:
    """Takes receipts as the daemon does, and keeps them; ``answer`` is the block it gives."""

    def __init__(self, answer: bytes | Callable[[], bytes] = b"") -> None:
        self.taken: list[Captured] = []
        self.states: list[tuple[str, str]] = []
        self._answer = answer
        self._changed = threading.Condition()

    def take(self, captured: Captured) -> bytes:
        with self._changed:
            self.taken.append(captured)
            self._changed.notify_all()
        return self._answer() if callable(self._answer) else self._answer

    def state(self, state: str, why: str) -> None:
        with self._changed:
            self.states.append((state, why))
            self._changed.notify_all()

    def wait(self, count: int) -> list[Captured]:
        """The captures, once there are that many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.taken) >= count, PATIENCE), self.taken
            return list(self.taken)

    def wait_for_state(self, state: str, times: int = 1) -> str:
        """Why, once a state was told that often."""
        with self._changed:
            found = self._changed.wait_for(lambda: sum(s == state for s, _ in self.states) >= times, PATIENCE)
            assert found, self.states
            return next(why for said, why in reversed(self.states) if said == state)
