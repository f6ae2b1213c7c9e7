"""The last lines of the log, in memory: for the page and the support bundle."""

from __future__ import annotations

import logging
from collections import deque

KEPT = 500
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class RecentLog(logging.Handler):
    """A handler that keeps the last lines; ``RecentLog.here()`` is the one of this program."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(logging.Formatter(_FORMAT))
        self._lines: deque[str] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        self._lines.append(self.format(record))

    def lines(self) -> list[str]:
        """Oldest first."""
        return list(self._lines)

    @staticmethod
    def here() -> RecentLog:
        """The one that listens to ``thungan``'s log; added on first use."""
        root = logging.getLogger("thungan")
        for handler in root.handlers:
            if isinstance(handler, RecentLog):
                return handler
        handler = RecentLog()
        root.addHandler(handler)
        return handler
