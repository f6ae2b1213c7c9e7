"""Watching the disk: whether the database can be used, is slow, has room; going on by itself when it is well.

While the database cannot be written no alarm can be stored in it: what is wrong then stands in the reserve's
header, where ``thungan status`` finds it.
"""

from __future__ import annotations

import logging
import shutil
from concurrent.futures import TimeoutError as Late
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from errors import ThunganError
from outbox.alarms import clear_alarm, raise_alarm
from outbox.errors import StoreSlow
from outbox.settings import write_setting
from outbox.store import SLOW, stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.capture_keeping import CaptureKeeper
    from outbox.store import Job, Store, Tx

LOW = 500_000_000  # bytes free: a small shop's half year, and room for Windows to breathe
PROBE_SECONDS = 10.0
CALM = 12  # quick looks in a row before a slow disk is no longer said to be slow
DISK_SLOW, DISK_LOW = "disk-slow", "disk-low"
log = logging.getLogger("thungan")


class DiskWatch:
    """``look`` is called every few seconds; ``on_recovered`` when the store works again."""

    def __init__(
        self, store: Store, keeper: CaptureKeeper, folder: Path, on_recovered: Callable[[], object]
    ) -> None:
        self._store = store
        self._keeper = keeper
        self._folder = folder
        self._on_recovered = on_recovered
        self._trouble: ThunganError | None = None
        self._since = ""
        self._calm = CALM
        self._low: bool | None = None  # as it was said last

    @property
    def trouble(self) -> ThunganError | None:
        """What keeps the store from working at the moment."""
        return self._trouble

    def look(self) -> None:
        """See how the disk is; take in what the reserve kept once it is well again."""
        try:
            kept = self._probe()
        except ThunganError as error:
            self._say(error)
            return
        if kept or self._trouble is not None:
            self._recovered(kept)
        self._watch_speed()
        self._watch_room()

    def _probe(self) -> int:
        """Write something small where there is reason to doubt; how many captures the reserve gave back."""
        if self._store.problem is None and self._trouble is None and not self._keeper.spool.used:
            if self._store.stuck_for() > PROBE_SECONDS:
                raise StoreSlow(f"the store has been busy for {self._store.stuck_for():.0f} seconds")
            return 0
        try:
            self._store.run(_touch, PROBE_SECONDS)
        except Late:
            raise StoreSlow(f"the store has not answered within {PROBE_SECONDS:.0f} seconds") from None
        return self._keeper.take_in()

    def _say(self, error: ThunganError) -> None:
        if self._trouble is None:
            self._since = stamp(datetime.now(UTC))
        if self._trouble is None or self._trouble.code != error.code:
            log.error("nothing can be issued: %s", error)
        self._trouble = error
        self._keeper.spool.say_why(str(error))

    def _recovered(self, kept: int) -> None:
        trouble, self._trouble = self._trouble, None
        self._keeper.spool.say_why("")
        log.info("the store works again; %d receipts were taken in from the reserve", kept)
        self._store.submit(_note(trouble, self._since, kept))
        self._since = ""
        self._on_recovered()

    def _watch_speed(self) -> None:
        slowest = self._store.slowest_commit()
        if slowest > SLOW:
            self._calm = 0
            self._store.submit(
                raise_alarm(
                    DISK_SLOW,
                    f"ổ đĩa mất {slowest:.0f} giây để ghi một lần / one write took {slowest:.0f} s",
                )
            )
        elif self._calm < CALM:
            self._calm += 1
            if self._calm == CALM:
                self._store.submit(clear_alarm(DISK_SLOW))

    def _watch_room(self) -> None:
        try:
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            log.warning("%s: %s", self._folder, error)
            return
        low = free < LOW
        if low != self._low:
            self._low = low
            said = f"còn {free >> 20} MB / {free >> 20} MB left"
            self._store.submit(raise_alarm(DISK_LOW, said) if low else clear_alarm(DISK_LOW))


def _touch(tx: Tx) -> None:
    write_setting(tx, "disk_probe", tx.stamp)


def _note(trouble: ThunganError | None, since: str, kept: int) -> Job[None]:
    """The trouble goes into the ledger: why invoices were issued later than their receipts."""
    return lambda tx: tx.leaf(
        "store.recovered", None, why=trouble.message if trouble else "", since=since, captures=kept
    )
