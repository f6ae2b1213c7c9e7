"""Backups as configured in [backup]: made on a schedule, with an alarm where they fail or are old."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from outbox.alarms import clear_alarm, raise_alarm
from outbox.backup import Backup, backups, make_backup
from outbox.errors import BackupFailed
from outbox.ledger import load_frontier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.config import Config
    from outbox.store import Job, Store

BACKUP_ALARM = "backup-failed"
log = logging.getLogger("thungan")


def make_place(config: Config) -> Path | None:
    """The backup's folder, made within the configured one where that is there (the stick is plugged in)."""
    place = config.backup.place
    if place is not None and not place.is_dir() and place.parent.is_dir():
        place.mkdir(mode=0o700)
    return place


def back_up(config: Config, now: datetime) -> Backup:
    """Make a backup now.

    Raises:
        BackupFailed: it could not be made, or nowhere is configured.
    """
    try:
        place = make_place(config)
    except OSError as error:
        raise BackupFailed(f"{config.backup.place}: {error}") from error
    if place is None:
        raise BackupFailed("config.toml names no folder under [backup]")
    return make_backup(config.folder / "thungan.db", place, now, config.backup.keep)


class BackupSchedule:
    """``run`` is called every few minutes; ``tell`` takes alarms."""

    def __init__(self, config: Config, store: Store, tell: Callable[[Job[None]], None]) -> None:
        self._config = config
        self._store = store
        self._tell = tell

    def run(self, now: datetime | None = None) -> None:
        """Back up what has changed since the last backup; an alarm while that fails."""
        now = now or datetime.now(UTC)
        place = self._config.backup.place
        if place is None:
            return
        last = next(iter(backups(place)), None)
        try:
            if last is None or last.size != self._size():
                last = back_up(self._config, now)
        except BackupFailed as error:
            age = "" if last is None else f" (bản gần nhất / the last: {last.at:%d/%m/%Y %H:%M} UTC)"
            log.warning("%s", error)
            self._tell(raise_alarm(BACKUP_ALARM, f"{error}{age}"))
            return
        self._tell(clear_alarm(BACKUP_ALARM))

    def _size(self) -> int:
        connection = self._store.reader()
        try:
            return load_frontier(connection).size
        finally:
            connection.close()
