"""Watching the computer's clock: the wall clock against one that only counts, and against time servers.

>>> wall, counted = iter([100.0, 160.0, 7360.0]), iter([5.0, 65.0, 125.0])
>>> watch = ClockWatch(lambda: next(wall), lambda: next(counted))
>>> watch.jumped(), watch.jumped()
(None, datetime.timedelta(seconds=7140))
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from errors import ThunganError
from outbox.clock import Witness, note_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from outbox.store import Store

log = logging.getLogger("thungan")
JUMP = 120.0  # seconds; a time server's small corrections are none


def running_seconds() -> float:
    """Seconds since the start of the computer, its sleep counted where the system can (Linux, Windows)."""
    boottime: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boottime is None else time.clock_gettime(boottime)


class ClockWatch:
    """Ask it now and then; it says by how much the clock has been set since it was asked last."""

    def __init__(
        self, wall: Callable[[], float] = time.time, counted: Callable[[], float] = running_seconds
    ) -> None:
        self._wall, self._counted = wall, counted
        self._ahead = wall() - counted()

    def jumped(self) -> timedelta | None:
        """The jump, forward above zero; None where there was none."""
        before, self._ahead = self._ahead, self._wall() - self._counted()
        jump = self._ahead - before
        return timedelta(seconds=jump) if abs(jump) > JUMP else None


def compare_with_time_servers(store: Store, servers: Sequence[str]) -> None:
    """Hold the clock against the configured time servers; where none answers nothing happens."""
    if not servers:
        return
    from authority.network_time import ask_time_servers  # late: most shops name none

    try:
        skew = ask_time_servers(servers)
    except ThunganError as error:
        log.info("%s", error)
        return
    store.run(note_clock(skew, Witness.TIME_SERVER))
