"""What happens while a browser watches: from the till's threads to the listeners of the page.

The till says ``tell`` and goes on: it never waits for a browser. A listener that is too slow misses single
happenings, not the fact that something happened.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from agent.till import Taken

MOST_LISTENERS = 16
_KEPT = 100  # happenings that a slow listener may be behind


@dataclass(eq=False, slots=True)
class Listener:
    """One open stream."""

    loop: asyncio.AbstractEventLoop
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    taken: deque[Taken] = field(default_factory=lambda: deque(maxlen=_KEPT))


class Live:
    """Hands happenings to whoever listens."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._one = threading.Lock()
        self._ended = False
        self.run = secrets.token_hex(4)  # another one after each new start

    def tell(self, taken: Taken) -> None:
        """A receipt was taken. Called by the till's thread; returns at once."""
        with self._one:
            for listener in self._listeners:
                listener.taken.append(taken)
        self._wake()

    def end(self) -> None:
        """Close every stream: the server stops."""
        self._ended = True
        self._wake()

    async def listen(self, every: float) -> AsyncIterator[tuple[Taken, ...]]:
        """What has happened, each time something has, and an empty tuple at least ``every`` seconds."""
        listener = Listener(asyncio.get_running_loop())
        with self._one:
            if len(self._listeners) >= MOST_LISTENERS:
                return
            self._listeners.add(listener)
        try:
            while not self._ended:
                try:
                    async with asyncio.timeout(every):
                        await listener.happened.wait()
                except TimeoutError:
                    pass
                listener.happened.clear()
                if not self._ended:
                    with self._one:
                        happened = tuple(listener.taken)
                        listener.taken.clear()
                    yield happened
        finally:
            with self._one:
                self._listeners.discard(listener)

    def _wake(self) -> None:
        with self._one:
            for listener in self._listeners:
                if not listener.loop.is_closed():
                    listener.loop.call_soon_threadsafe(listener.happened.set)
