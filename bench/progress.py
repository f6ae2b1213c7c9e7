"""How far a long bench has come: one line on stderr, written again where that is a terminal."""

from __future__ import annotations

import sys
import time

EVERY = 2.0  # seconds between lines


class Progress:
    """Of so many things; short benches, which are over before a line is due, say nothing."""

    def __init__(self, what: str, of: int) -> None:
        self._what, self._of = what, of
        self._began = self._told = time.perf_counter()

    def at(self, done: int) -> None:
        """So many are done."""
        now = time.perf_counter()
        if now - self._told < EVERY or not done:
            return
        self._told, seconds = now, now - self._began
        left = seconds / done * (self._of - done)
        words = f"{self._what}: {done:,} of {self._of:,}, {done / seconds:,.0f} a second, {left:.0f} s to go"
        sys.stderr.write(f"{words:78}{chr(13) if sys.stderr.isatty() and left > EVERY else chr(10)}")
        sys.stderr.flush()
