"""How often a token may ask: a bucket that fills evenly (token bucket), pure.

>>> bucket = Bucket(per_minute=60)
>>> [bucket.take(0.0) for _ in range(61)].count(0)
60
>>> bucket.take(0.0), bucket.take(1.0)
(1, 0)
"""

from __future__ import annotations

import math


class Bucket:
    """Full at the beginning; a minute fills it whole."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._left = self._most
        self._at: float | None = None

    def take(self, now: float) -> int:
        """Take one request out at ``now`` (seconds of a monotonic clock): 0, or seconds to wait."""
        if self._at is not None:
            self._left = min(self._most, self._left + (now - self._at) * self._most / 60)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return max(1, math.ceil((1 - self._left) * 60 / self._most))
