"""Reconnection as its own state machine: when to try a port again after it went away."""

from __future__ import annotations

from enum import StrEnum


class Link(StrEnum):
    """How a port stands."""

    CLOSED = "closed"
    OPEN = "open"
    WAITING = "waiting"


FIRST_DELAY, LONGEST_DELAY = 0.1, 1.0  # seconds: a cable put back is noticed within a second


class Reconnector:
    """Says how long to wait before the next attempt; delays double up to a second."""

    def __init__(self) -> None:
        self.link = Link.CLOSED
        self._delay = FIRST_DELAY

    def opened(self) -> None:
        """The port is open."""
        self.link, self._delay = Link.OPEN, FIRST_DELAY

    def failed(self) -> float:
        """Opening or reading failed: seconds to wait."""
        self.link = Link.WAITING
        delay, self._delay = self._delay, min(self._delay * 2, LONGEST_DELAY)
        return delay
