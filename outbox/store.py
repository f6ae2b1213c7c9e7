"""The store: one database, one writer thread, group commits.

``Store.submit(job)`` hands a job to the writer thread and returns a Future; jobs that wait together are
committed together (WAL, synchronous=FULL), so a durable commit is shared. A job is a function of the
transaction ``Tx``; a job that needs signatures is a generator: it yields a ``ToSign`` and is sent the
signature, so that signing (which releases the GIL) runs in a pool while the next jobs are prepared, and the
results are stored in order. If any job of a group fails, the group is rolled back and each job runs alone:
one bad sale never takes a good one with it. A slow key makes groups small (``signing_desk``): who only wants
bytes stored does not wait for a hundred signatures of others.
"""

from __future__ import annotations

import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from datetime import UTC, datetime
from inspect import isgenerator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlite_utils import Database

from outbox.crash_points import crash_point
from outbox.errors import (
    DatabaseNewer,
    DatabaseUnusable,
    DataFolderBusy,
    TransitionRefused,
    WriterStopped,
)
from outbox.ledger import LedgerWriter
from outbox.migrations import DEFINED, MIGRATIONS
from outbox.settings import GroupValues
from outbox.signing_desk import EachInvoice, SigningDesk, ToSign

if TYPE_CHECKING:
    from pathlib import Path

    from outbox.merkle import Frontier
    from outbox.signing_desk import Pending
    from signing.xmldsig import XmlSigner

log = logging.getLogger("thungan")
GROUP = 256  # jobs in one commit at the most: bounds what a failing group has to do again


class Tx:
    """What a job may use: the connection inside the group's transaction, the ledger, and time."""

    def __init__(self, connection: sqlite3.Connection, ledger: LedgerWriter, now: datetime) -> None:
        self.connection = connection
        self.ledger = ledger
        self.now = now
        self.stamp = stamp(now)
        self.before: Frontier = ledger.frontier  # the ledger as it was before this group
        self.settings = GroupValues(connection, "setting")
        self.counters = GroupValues(connection, "counter")

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Run one parametrised statement."""
        return self.connection.execute(sql, values)

    def leaf(self, kind: str, subject: int | None, **fields: Any) -> None:
        """Append a ledger leaf dated now."""
        self.ledger.append(kind, self.stamp, subject, **fields)

    def finish(self) -> None:
        """What the group's jobs have changed in memory goes into the database."""
        self.settings.write()
        self.counters.write()
        if self.ledger.frontier != self.before:
            self.ledger.write_edge()


T = TypeVar("T")
Job = Callable[[Tx], T | Generator[ToSign, bytes, T]]


def stamp(moment: datetime) -> str:
    """A record's time: ISO 8601, UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_now() -> datetime:
    """The clock of production; tests give their own."""
    return datetime.now(UTC)


class Store:
    """The open outbox of one data folder. Close it when done.

    Raises on opening:
        DataFolderBusy: another process has it open for writing.
        DatabaseUnusable, DatabaseNewer: the file cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        signer: XmlSigner | None = None,
        clock: Callable[[], datetime] = utc_now,
        *,
        invoices: EachInvoice = EachInvoice.ALWAYS,
    ) -> None:
        self.path = folder / "thungan.db"
        self._clock = clock
        self._lock = _lock(folder)
        try:
            self._connection = _open(self.path)
            self._ledger = LedgerWriter(self._connection)
        except (sqlite3.Error, OSError) as error:
            self._lock.close()
            raise DatabaseUnusable(f"{self.path}: {error}") from error
        except BaseException:
            self._lock.close()
            raise
        self._jobs: queue.SimpleQueue[tuple[Job[Any], Future[Any]] | None] = queue.SimpleQueue()
        self.desk = SigningDesk(signer, invoices)
        self._closed = False
        crash_point("store.opened")
        self._thread = threading.Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T]) -> Future[T]:
        """Hand a job to the writer; its result is there only after the commit."""
        future: Future[T] = Future()
        if self._closed:
            future.set_exception(WriterStopped("the store is closed"))
        else:
            self._jobs.put((job, future))
        return future

    def run(self, job: Job[T], timeout: float | None = None) -> T:
        """Submit and wait for the commit."""
        return self.submit(job).result(timeout)

    def use_signer(self, signer: XmlSigner | None) -> None:
        """Change the key that signs: a token that came back, or a renewed certificate."""
        self.desk.use(signer)

    @property
    def alive(self) -> bool:
        """Whether the writer thread runs."""
        return self._thread.is_alive()

    def reader(self) -> sqlite3.Connection:
        """A new read-only connection of the caller's own."""
        return open_reader(self.path)

    def close(self) -> None:
        """Finish what was submitted, then let go of the folder."""
        if self._closed:
            return
        self._closed = True
        self._jobs.put(None)
        self._thread.join()
        self.desk.close()
        self._connection.close()
        self._lock.close()

    def _write(self) -> None:
        while True:
            first = self._jobs.get()
            if first is None:
                return
            group, stop = [first], False
            while len(group) < GROUP:
                try:
                    item = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    stop = True
                    break
                group.append(item)
            self._commit(group)
            if stop:
                return

    def _commit(self, group: list[tuple[Job[Any], Future[Any]]]) -> None:
        # A job whose waiter has given up is not begun; once begun, it can no longer be given up.
        group = [item for item in group if item[1].running() or item[1].set_running_or_notify_cancel()]
        if not group:
            return
        while group:
            try:
                results = self._attempt([job for job, _ in group])
            except Exception as error:  # noqa: BLE001 - whatever it is goes to the one who gave the job
                self._failed(group, error)
                return
            for (_, future), result in zip(group, results, strict=False):
                future.set_result(result)
            group = group[len(results) :]

    def _failed(self, group: list[tuple[Job[Any], Future[Any]]], error: Exception) -> None:
        if len(group) > 1:
            for item in group:
                self._commit([item])
            return
        failed = error
        if isinstance(error, sqlite3.Error):
            failed = DatabaseUnusable(f"{self.path}: {error}")
            failed.__cause__ = error
        if isinstance(error, TransitionRefused):
            self._note_refusal(error)
        group[0][1].set_exception(failed)

    def _note_refusal(self, error: TransitionRefused) -> None:
        """What the table of states does not allow is an error and a ledger entry (design, states)."""
        try:
            self._attempt([lambda tx: tx.leaf("transition.refused", None, what=error.message)])
        except Exception:
            log.warning("a refused change of state could not be written down", exc_info=True)

    def _attempt(self, jobs: list[Job[Any]]) -> list[Any]:
        """Commit these jobs, or as many from the front as the key can sign in decent time."""
        edge = self._ledger.frontier
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            crash_point("store.begun")
            tx = Tx(self._connection, self._ledger, self._clock())
            results = [
                outcome if signing is None else self._finish(outcome, signing)
                for outcome, signing in self._prepared(jobs, tx)
            ]
            tx.finish()
            crash_point("store.before-commit")
            self._connection.execute("COMMIT")
        except BaseException:
            self._ledger.rewind(edge)
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        crash_point("store.after-commit")
        return results

    def _prepared(self, jobs: list[Job[Any]], tx: Tx) -> list[tuple[Any, Pending | None]]:
        """Run jobs up to their wish for a signature; a job that has none is done already."""
        prepared: list[tuple[Any, Pending | None]] = []
        room = self.desk.most_together()
        for job in jobs:
            outcome, pending = job(tx), None
            if isgenerator(outcome):
                try:
                    pending = self.desk.begin(cast("ToSign", next(outcome)))
                except StopIteration as stop:
                    outcome = stop.value
            prepared.append((outcome, pending))
            room -= pending is not None
            if room <= 0:
                break
        return prepared

    def _finish(self, job: Generator[ToSign, bytes, T], pending: Pending) -> T:
        """Go on with the first signature; the rare job that wants another waits for it here."""
        while True:
            try:
                wanted = job.send(self.desk.end(pending))
            except StopIteration as stop:
                return cast("T", stop.value)
            pending = self.desk.begin(wanted)


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection to a thungan database.

    Raises:
        DatabaseUnusable: no such file, or not a database.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
        connection.execute("SELECT 1 FROM leaf LIMIT 1")
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"{path}: {error}") from error
    connection.row_factory = sqlite3.Row
    return connection


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    database = Database(connection)
    known = {migration.name for migration in MIGRATIONS.applied(database)} | {
        migration.name for migration in MIGRATIONS.pending(database)
    }
    if unknown := known - DEFINED:
        raise DatabaseNewer(f"{path} has the unknown migrations {', '.join(sorted(unknown))}")
    MIGRATIONS.apply(database)
    _make_durable(path)
    return connection


def _make_durable(path: Path) -> None:
    """Sync what a killed process may have written and never synced.

    SQLite takes such a commit for done when it opens its WAL again, though a power cut could still take it
    away: without this a number might be told to a second asker and then be lost.
    """
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists():
        with wal.open("r+b") as file:
            os.fsync(file.fileno())
    if os.name != "nt":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _lock(folder: Path) -> Any:
    """An exclusive lock on the folder that the operating system drops when the process ends, however."""
    handle = (folder / "thungan.lock").open("a+b")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise DataFolderBusy(f"{folder} is in use by another thungan") from None
    return handle
