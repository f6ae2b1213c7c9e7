"""How fast the way to the authority is used: back-off with jitter, circuit breaker, slow start, limits.

Pure: the clock and the dice come in. One ``Pace`` stands for one gateway and lives as long as the daemon;
what one package has to wait for stands in the store (``packages.postpone``).

>>> from datetime import UTC, datetime, timedelta
>>> pace, noon = Pace(dice=lambda: 1.0), datetime(2026, 11, 24, 5, tzinfo=UTC)
>>> pace.allowance(noon)
64
>>> for _ in range(3):
...     pace.failed(noon)
>>> pace.allowance(noon + timedelta(seconds=14)), pace.allowance(noon + timedelta(seconds=15))
(0, 1)
>>> pace.succeeded()
>>> pace.allowance(noon + timedelta(seconds=15))
2
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BREAK_AFTER = 3  # failures of the line in a row
FIRST_REST, LONGEST_REST = timedelta(seconds=15), timedelta(minutes=5)
MOST_IN_A_PASS = 64  # packages of one pass
FIRST_RETRY, LAST_RETRY = timedelta(seconds=2), timedelta(minutes=5)
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a gateway may be asked for: messages a minute, 0 for no limit; packages at the same time."""

    per_minute: int = 0
    at_once: int = 2


class Pace:
    """The circuit: closed (messages go), open (the line rests), half open (one message tries it)."""

    def __init__(self, limits: Limits | None = None, dice: Callable[[], float] = random.random) -> None:
        self._limits = limits or Limits()
        self._dice = dice
        self._failures = 0
        self._rest = FIRST_REST
        self._rests_until: datetime | None = None
        self._in_a_pass = MOST_IN_A_PASS
        self._sent: deque[datetime] = deque()

    def allowance(self, now: datetime) -> int:
        """How many messages may go now; 0 while the line rests."""
        most = self._in_a_pass
        if self._rests_until is not None:
            if now < self._rests_until:
                return 0
            most = 1
        if self._limits.per_minute:
            while self._sent and self._sent[0] <= now - A_MINUTE:
                self._sent.popleft()
            most = min(most, max(0, self._limits.per_minute - len(self._sent)))
        return most

    @property
    def at_once(self) -> int:
        """How many packages may be under way at the same time."""
        return self._limits.at_once

    @property
    def rests_until(self) -> datetime | None:
        """When the line is tried again; None while it works."""
        return self._rests_until

    @property
    def broken(self) -> bool:
        """Whether the line has failed so often that it rests."""
        return self._rests_until is not None

    def sent(self, now: datetime) -> None:
        """A message has gone out."""
        if self._limits.per_minute:
            self._sent.append(now)

    def succeeded(self) -> None:
        """An answer came. After a rest the first passes are small, and double."""
        if self._rests_until is not None:
            self._in_a_pass = 1
        self._in_a_pass = min(self._in_a_pass * 2, MOST_IN_A_PASS)
        self._failures, self._rest, self._rests_until = 0, FIRST_REST, None

    def failed(self, now: datetime, retry_after: timedelta | None = None) -> None:
        """The line failed; ``retry_after`` is what the other side asked for, and is respected."""
        self._failures += 1
        if retry_after is None and self._failures < BREAK_AFTER:
            return
        # Half of the wait is by dice: a thousand shops whose line comes back do not call in one second.
        rest = self._rest * (0.5 + self._dice() / 2)
        self._rests_until = now + max(rest, retry_after or rest)
        self._rest = min(self._rest * 2, LONGEST_REST)

    def retry_delay(self, attempts: int) -> timedelta:
        """How long one package waits after so many attempts."""
        delay = min(FIRST_RETRY * (1 << min(attempts, 10)), LAST_RETRY)
        return delay * (0.75 + self._dice() / 4)
