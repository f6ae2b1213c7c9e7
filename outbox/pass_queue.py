"""Which package goes next in one pass, for one or several that carry at the same time.

A package is built only when a carrier is free for it, so while one is on the wire the next is packed and
signed, and a line that fails leaves few packages behind it. Each carrier takes its next package here; no two
are given the same one.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from outbox.states import PackageState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from outbox.packages import Outgoing


class PassQueue:
    """The packages of one pass, at most ``room`` of them. Thread-safe.

    ``due`` in their order; ``pack`` builds and stores one more (None: nothing is left to pack). It is given
    the packages of this pass: what those give back is packed again in the next pass, not at once.
    """

    def __init__(
        self,
        due: Iterable[Outgoing],
        room: int,
        today: str,
        pack: Callable[[Collection[int]], Outgoing | None],
    ) -> None:
        self._due = deque(due)
        self._unsent = sum(one.state is PackageState.BUILT for one in self._due)
        self._room = room
        self._today = today
        self._pack = pack
        self._packing = True
        self._built: Outgoing | None = None
        self._taken: list[int] = []
        self._lock = Lock()

    def take(self) -> Outgoing | None:
        """The next package; None where the pass is over. What ``pack`` raises ends the pass."""
        with self._lock:
            if self._room <= 0:
                return None
            if self._packing and self._built is None and self._unsent < self._room:
                self._built = self._pack(self._taken)
                self._packing = self._built is not None
            waiting = [one for one in (self._built, self._due[0] if self._due else None) if one is not None]
            if not waiting:
                return None
            chosen = min(waiting, key=lambda one: one.turn(self._today))
            if chosen is self._built:
                self._built = None
            else:
                self._due.popleft()
                self._unsent -= chosen.state is PackageState.BUILT
            self._room -= 1
            self._taken.append(chosen.package_id)
            return chosen

    def close(self) -> None:
        """Give out nothing more."""
        with self._lock:
            self._room = 0
