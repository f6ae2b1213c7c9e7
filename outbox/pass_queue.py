"""Which package goes next in one pass, for one or several that carry at the same time.

A package is made only when a carrier is free for it: while one is on the wire the next is packed and
signed, and a line that fails leaves few packages behind it. Each carrier takes its next package here; no two
are given the same one.
"""

from __future__ import annotations

import math
from collections import deque
from threading import Lock
from typing import TYPE_CHECKING

from outbox.states import PackageState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from outbox.packages import Outgoing, Ready


class PassQueue:
    """The packages of one pass, at most ``room`` of them. Thread-safe.

    ``due`` in their order. ``make_ready`` drafts and signs one more (None: nothing is left to pack); it is
    told the packages of this pass: what those give back is packed again in the next pass, not at once.
    ``leave`` stores it when it is given out (None: it can no longer go; the next pass packs anew).
    """

    def __init__(
        self,
        due: Iterable[Outgoing],
        room: int,
        today: str,
        make_ready: Callable[[Collection[int]], Ready | None],
        leave: Callable[[Ready], Outgoing | None],
    ) -> None:
        self._due = deque(due)
        self._unsent = sum(one.state is PackageState.BUILT for one in self._due)
        self._room = room
        self._today = today
        self._make_ready = make_ready
        self._leave = leave
        self._packing = True
        self._ready: Ready | None = None
        self._taken: list[int] = []
        self._lock = Lock()

    def take(self) -> Outgoing | None:
        """The next package; None where the pass is over. What the two callables raise ends the pass."""
        with self._lock:
            chosen = None
            while chosen is None:
                if self._room <= 0 or not self._anything():
                    return None
                if self._due and not self._new_first():
                    chosen = self._due.popleft()
                    self._unsent -= chosen.state is PackageState.BUILT
                elif self._ready is not None:
                    chosen, self._ready = self._leave(self._ready), None
                    self._packing = chosen is not None
            self._room -= 1
            self._taken.append(chosen.package_id)
            return chosen

    def close(self) -> None:
        """Give out nothing more."""
        with self._lock:
            self._room = 0

    def _anything(self) -> bool:
        """Whether a package waits; what may be packed is."""
        if self._packing and self._ready is None and self._unsent < self._room:
            self._ready = self._make_ready(self._taken)
            self._packing = self._ready is not None
        return bool(self._due) or self._ready is not None

    def _new_first(self) -> bool:
        """Today's before all others; else a new one goes before what was tried, after what was built."""
        if self._ready is None:
            return False
        return (self._ready.draft.day != self._today, 0, math.inf) < self._due[0].turn(self._today)
