"""Closed months go into archives by themselves, some hours after the month is old enough ([retention])."""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.parts import ledger_key, ledger_origin
from outbox.alarms import clear_alarm, raise_alarm
from outbox.errors import ArchiveDamaged

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.config import Config
    from outbox.store import Job, Store

ARCHIVE_ALARM = "archive-failed"
log = logging.getLogger("thungan")


class ArchiveSchedule:
    """``run`` is called every few hours; ``tell`` takes alarms."""

    def __init__(self, config: Config, store: Store, tell: Callable[[Job[None]], None]) -> None:
        self._config = config
        self._store = store
        self._tell = tell

    def run(self, now: datetime | None = None) -> int:
        """Move what is due; how many documents went. An alarm where that fails: nothing is lost by it."""
        from outbox.retention import close_month, go_on_closing, months_to_close  # late: a month's work

        gone = 0
        try:
            gone += go_on_closing(self._store)
            with closing(self._store.reader()) as connection:
                months = months_to_close(connection, now or datetime.now(UTC), self._config.live_months)
            for month in months:
                key, origin = ledger_key(self._config.folder), ledger_origin(self._config)
                if (closed := close_month(self._store, month, origin, key)) is not None:
                    log.info("%s: %d documents went into the archive %s", month, closed[1], closed[0])
                    gone += closed[1]
        except (ArchiveDamaged, OSError) as error:
            log.warning("a closed month could not be archived: %s", error)
            self._tell(raise_alarm(ARCHIVE_ALARM, str(error)))
            return gone
        self._tell(clear_alarm(ARCHIVE_ALARM))
        return gone
