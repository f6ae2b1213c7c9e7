"""Captured bytes go to the store, or, where it does not take them in time, to the reserve.

The paper waits for neither longer than it may (promise P8): a disk that hangs is not waited for again by the
next receipt.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from outbox.captures import record_capture
from outbox.errors import DatabaseNewer, DatabaseUnusable, StoreSlow
from outbox.spool import Spooled
from outbox.store import stamp

if TYPE_CHECKING:
    from outbox.spool import Spool
    from outbox.store import Store

STORE_SHARE, RESERVE_SHARE = 0.8, 0.15  # of the time that a cut may wait
TAKE_IN_SECONDS = 60.0  # for one capture out of the reserve
log = logging.getLogger("thungan")


class CaptureKeeper:
    """Keeps captures for one till. ``hold_limit``: seconds that a cut may wait for all there is to do."""

    def __init__(self, store: Store, spool: Spool, hold_limit: float) -> None:
        self._store = store
        self.spool = spool
        self._patience = hold_limit * STORE_SHARE
        self._reserve_patience = hold_limit * RESERVE_SHARE
        self._writer = ThreadPoolExecutor(1, "reserve")

    def keep(self, source: str, data: bytes, ended_by: str, form: str, origin: str) -> int | None:
        """The capture's id in the store; None where it is in the reserve, or on its way there."""
        key = uuid4().hex
        why: Exception = StoreSlow(f"the store has not answered within {self._patience:.1f} seconds")
        if self._store.stuck_for() < self._patience:
            future = self._store.submit(record_capture(source, data, ended_by, form, origin, key=key))
            try:
                return future.result(self._patience)
            except Late:
                future.cancel()
            except (DatabaseUnusable, DatabaseNewer) as error:
                why = error
        log.warning("a receipt is kept in the reserve: %s", why)
        one = Spooled(key, source, stamp(datetime.now(UTC)), ended_by, data, form, origin)
        kept = self._writer.submit(self.spool.keep, one)
        try:
            kept.result(self._reserve_patience)
        except Late:
            log.warning("the reserve's disk is slow too: a receipt waits in memory for it")
        return None

    def take_in(self) -> int:
        """Bring what the reserve keeps into the store, oldest first; how many.

        Raises:
            DatabaseUnusable, DatabaseNewer, StoreSlow: the store still takes nothing; nothing is forgotten.
        """
        kept = self.spool.kept()
        for one in kept:
            job = record_capture(
                one.source,
                one.data,
                one.ended_by,
                one.form,
                one.origin,
                key=one.key,
                captured_at=one.captured_at,
            )
            try:
                self._store.run(job, TAKE_IN_SECONDS)
            except Late:
                raise StoreSlow(f"one capture took more than {TAKE_IN_SECONDS:.0f} seconds") from None
        if kept:
            self.spool.forget(kept)
        return len(kept)

    def close(self) -> None:
        """Write what waits in memory, as far as the disk lets us, and let go of the files."""
        self._writer.shutdown(wait=True, cancel_futures=False)
        self.spool.close()
