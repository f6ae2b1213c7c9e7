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
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from datetime import UTC, datetime
from inspect import isgenerator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from errors import ThunganError
from outbox.crash_points import crash_point
from outbox.database import NAME, lock_folder
from outbox.database import open_reader as open_reader
from outbox.disk import database_error
from outbox.errors import DatabaseNewer, DatabaseUnusable, TransitionRefused, WriterStopped
from outbox.open_database import OpenDatabase
from outbox.settings import GroupValues
from outbox.signing_desk import EachInvoice, SigningDesk, ToSign

if TYPE_CHECKING:
    from pathlib import Path

    from outbox.ledger import LedgerWriter
    from outbox.merkle import Frontier
    from outbox.signing_desk import Pending
    from signing.xmldsig import XmlSigner

log = logging.getLogger("thungan")
REOPEN_AFTER = 1.0  # seconds between attempts to open a database that is away
SLOW = 1.0  # seconds of one commit; printers wait 1.5 s for all there is to do
GROUP = 256  # jobs in one commit at the most: bounds what a failing group has to do again
AHEAD = 16  # jobs of a group that wait for their signature while others are prepared


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

    A disk or database that fails while it is open fails every job with its own error, and is tried again
    with the next. ``patient``: so it is from the beginning; a register must not wait for its disk.
    ``believed``: whatever the witness beside it has seen (a restore).

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
        patient: bool = False,
        believed: bool = False,
    ) -> None:
        self.path = folder / NAME
        self._clock = clock
        self._believed = believed
        self._lock: Any = None
        self._database: OpenDatabase | None = None
        self._problem: ThunganError | None = None
        self._tried = 0.0
        self._busy_since: float | None = None
        self._slowest = 0.0
        try:
            self._open()
        except BaseException as error:
            if not patient or not isinstance(error, DatabaseUnusable | DatabaseNewer):
                self._unlock()
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

    @property
    def problem(self) -> ThunganError | None:
        """What is wrong with the disk or database, as the last job found it."""
        return self._problem

    def stuck_for(self) -> float:
        """Seconds that the group in hand has taken so far; 0 while nothing is done."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def slowest_commit(self) -> float:
        """Seconds of the slowest commit since this was asked last."""
        slowest, self._slowest = self._slowest, 0.0
        return slowest

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
        if self._database is not None:
            self._database.close()
        self._unlock()

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
            try:
                self._commit(group)
            except Exception as error:
                # A mistake of ours in here must not end the one thread that writes: who waits is told.
                log.exception("the writer met what it did not expect")
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)
                self._busy_since = None
            if stop:
                return

    def _commit(self, group: list[tuple[Job[Any], Future[Any]]]) -> None:
        # A job whose waiter has given up is not begun; once begun, it can no longer be given up.
        group = [item for item in group if item[1].running() or item[1].set_running_or_notify_cancel()]
        if not group:
            return
        self._busy_since = time.monotonic()
        while group:
            try:
                results = self._attempt([job for job, _ in group])
            except Exception as error:  # noqa: BLE001 - whatever it is goes to the one who gave the job
                self._failed(group, error)
                break
            for (_, future), result in zip(group, results, strict=False):
                future.set_result(result)
            group = group[len(results) :]
        self._busy_since = None

    def _failed(self, group: list[tuple[Job[Any], Future[Any]]], error: Exception) -> None:
        """A bad job stands alone; where the disk fails all fail, since after a failed commit nobody knows
        whether it was one, and what is asked again finds out."""
        if isinstance(error, sqlite3.Error | OSError):
            error = database_error(error, self.path)
        disk = isinstance(error, DatabaseUnusable | DatabaseNewer) and type(error) is not DatabaseUnusable
        if disk and isinstance(error, ThunganError):
            self._problem = error
        if len(group) > 1 and not disk:
            for item in group:
                self._commit([item])
            return
        if isinstance(error, TransitionRefused):
            self._note_refusal(error)
        for _, future in group:
            future.set_exception(_afresh(error))

    def _open(self) -> OpenDatabase:
        """The database, opened (again) if need be.

        Raises:
            DatabaseUnusable, DatabaseNewer: it cannot be; a patient store raises only from its jobs.
        """
        if self._database is not None:
            return self._database
        if self._problem is not None and time.monotonic() - self._tried < REOPEN_AFTER:
            raise _afresh(self._problem)
        self._tried = time.monotonic()
        try:
            if self._lock is None:
                self._lock = lock_folder(self.path.parent)
            self._database = OpenDatabase(self.path, believed=self._believed)
        except (DatabaseUnusable, DatabaseNewer) as error:
            self._problem = error
            raise
        return self._database

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _note_refusal(self, error: TransitionRefused) -> None:
        """What the table of states does not allow is an error and a ledger entry (design, states)."""
        try:
            self._attempt([lambda tx: tx.leaf("transition.refused", None, what=error.message)])
        except Exception:
            log.warning("a refused change of state could not be written down", exc_info=True)

    def _attempt(self, jobs: list[Job[Any]]) -> list[Any]:
        """Commit these jobs, or as many from the front as the key can sign in decent time."""
        database = self._open()
        put_back = database.check_file(stamp(self._clock()))
        try:
            database.begin()
            crash_point("store.begun")
            tx = Tx(database.connection, database.ledger, self._clock())
            if put_back:
                _note_put_back(tx, put_back)
            results = self._worked_through(jobs, tx)
            tx.finish()
            crash_point("store.before-commit")
            began = time.monotonic()
            database.commit()
            self._slowest = max(self._slowest, time.monotonic() - began)
        except BaseException as error:
            if not database.roll_back(error):
                self._database = None
            raise
        crash_point("store.after-commit")
        database.remember(tx.counters)
        self._problem = None
        return results

    def _worked_through(self, jobs: list[Job[Any]], tx: Tx) -> list[Any]:
        """The results of these jobs, in their order, each finished in it.

        A few jobs are ahead, up to their wish for a signature; then the oldest is waited for and finished. So
        the threads that sign always have something to do, get the interpreter's lock whenever this one waits,
        and no more than these few are in memory.
        """
        results: list[Any] = []
        ahead: deque[tuple[int, Generator[ToSign, bytes, Any], Pending]] = deque()
        room = self.desk.begin_group()
        for job in jobs:
            outcome: Any = job(tx)
            if isgenerator(outcome):
                started = cast("Generator[ToSign, bytes, Any]", outcome)
                try:
                    pending = self.desk.begin(next(started))
                except StopIteration as stop:
                    outcome = stop.value
                else:
                    ahead.append((len(results), started, pending))
                    room -= pending.wanted
            results.append(outcome)
            while ahead and (len(ahead) > AHEAD or ahead[0][2].ready):
                place, oldest, signing = ahead.popleft()
                results[place] = self._finish(oldest, signing)
            if room <= 0:
                break
        for place, oldest, signing in ahead:
            results[place] = self._finish(oldest, signing)
        return results

    def _finish(self, job: Generator[ToSign, bytes, T], pending: Pending) -> T:
        """Go on with the first signature; the rare job that wants another waits for it here."""
        while True:
            try:
                wanted = job.send(self.desk.end(pending))
            except StopIteration as stop:
                return cast("T", stop.value)
            pending = self.desk.begin(wanted)


def _note_put_back(tx: Tx, what: str) -> None:
    from outbox.alarms import DATABASE_PUT_BACK, put_alarm  # late: alarms are made of this module

    tx.leaf("database.put-back", None, why=what)
    put_alarm(tx, DATABASE_PUT_BACK, what)


def _afresh(error: Exception) -> Exception:
    """The error once more, for each who waits: one that is raised in several threads grows with each."""
    if not isinstance(error, ThunganError):
        return error
    again = type(error).__new__(type(error), *error.args)  # an error's own __init__ may want other words
    again.__dict__.update(error.__dict__)
    again.__cause__ = error.__cause__
    return again
