"""Hours of the day, such as those in which a shop is closed or a person wants quiet.

>>> night = Hours.parse("22:00-06:00")
>>> [night.holds(datetime(2026, 11, 25, hour)) for hour in (3, 6, 12, 22)]
[True, False, False, True]
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time


@dataclass(frozen=True, slots=True)
class Hours:
    """From ``since`` on, before ``until``; where ``since`` is the later of the two they span midnight."""

    since: time
    until: time

    @classmethod
    def parse(cls, text: str) -> Hours:
        """From ``23:30-05:30``.

        Raises:
            ValueError: it is not of that form.
        """
        since, until = (time.fromisoformat(part.strip()) for part in text.split("-"))
        return cls(since, until)

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment``, in the local time that is meant, lies in them."""
        now = moment.time()
        if self.since <= self.until:
            return self.since <= now < self.until
        return now >= self.since or now < self.until
