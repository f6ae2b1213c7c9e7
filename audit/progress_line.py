"""A line on the terminal that shows how far long work is; nothing where nobody looks."""

from __future__ import annotations

import sys
import time

WIDTH = 30


class ProgressLine:
    """``line(done, total)`` draws ``[######....] 45%  what``; ``end()`` takes it away. Written to stderr."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._on = sys.stderr.isatty()
        self._drawn = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._on or (now - self._drawn < 0.1 and done < total):
            return
        self._drawn = now
        share = min(1.0, done / total) if total else 1.0
        filled = round(share * WIDTH)
        bar = "#" * filled + "." * (WIDTH - filled)
        sys.stderr.write(f"\r[{bar}] {share:4.0%}  {self._what} {done:,}/{total:,} ")
        sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
