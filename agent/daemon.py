"""The daemon: capture, understand, issue, print, and deliver on a schedule.

One ``Till`` takes a piece of paper from a source to its invoice; ``Daemon`` runs the source's thread and
APScheduler's periodic jobs (sync, checkpoint, what a crash left raw).
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from agent.archiving import ArchiveSchedule
from agent.backing_up import BackupSchedule
from agent.buyer_later import PAPER
from agent.capture_keeping import CaptureKeeper
from agent.clock_watch import ClockWatch, compare_with_time_servers
from agent.disk_watch import DiskWatch
from agent.key_keeper import KeyKeeper
from agent.notices.telling import NoticeKeeper
from agent.opening_sources import open_source
from agent.parts import open_delivery, sign_checkpoint
from agent.receipt_block import invoice_block
from agent.software import record_start
from agent.source_memory import StoredMemory
from agent.source_profiles import SourceProfiles
from agent.witness_line import ask_witness
from drivers.captured import Form
from drivers.codeblock import code_block
from drivers.reading import Reading, read_receipt
from drivers.understanding import understand
from drivers.uri import records_name
from errors import ThunganError
from invoice.errors import InvoiceError
from invoice.sale import Kind
from outbox.alarms import clear_alarm, raise_alarm, standing_alarms
from outbox.captures import RawCapture, hide_buyer, raw_captures, settle_capture
from outbox.chronicle import program_stopped
from outbox.clock import record_clock_jump
from outbox.crash_points import crash_point
from outbox.deadlines import watch_deadline
from outbox.errors import (
    DatabaseNewer,
    DatabaseUnusable,
    StoreSlow,
    TransitionRefused,
    WriterStopped,
)
from outbox.issuing import Issued, issue, issued_before
from outbox.records import CHANGED, EDITED, VANISHED, Outcome, RecordBytes, record_once
from outbox.spool import Spool
from outbox.states import CaptureState
from outbox.store import Store
from outbox.waiting import give_buyer, wait_for_buyer, waiting_sales

if TYPE_CHECKING:
    from collections.abc import Callable

    from apscheduler.schedulers.background import BackgroundScheduler
    from cryptography.x509 import Certificate

    from agent.config import Config
    from agent.opening_sources import Running
    from drivers.captured import Captured
    from drivers.understanding import AnyProfile
    from invoice.sale import Sale
    from outbox.delivery import Delivery
    from outbox.store import Job

WARM_UP = b"\x1b@HD: 1\nA 1 x 1 1\nTONG CONG 1\n"
SET_UP_ALARM = "set-up"  # the authority is not reachable as configured
ISSUING_ALARMS = ("E-OUT-", "E-SIGN-")  # codes of errors that stop issuing until they are over
INITIALISE = b"\x1b@"  # ESC @, with which nearly every register begins a receipt
SET_UP_PATIENCE = 3.0  # seconds a remote service has to open the key before the shop opens without
LONGEST_RECEIPT = 10.0  # seconds: what arrives later than this after the start has begun after it
AWAY_ALARM = 10.0  # seconds a port is away before a person is told
BEGUN_BEFORE = "begun before"  # ended_by of a capture whose beginning may be missing
BEGUN_BEFORE_PROBLEM = "the receipt may have begun before thungan was listening: print it again"
# How a capture ended that may be a part of a receipt: it could add up, and be counted again when the shop
# prints it anew, so only a person may call it a sale.
DOUBTFUL_ENDS = {
    BEGUN_BEFORE: BEGUN_BEFORE_PROBLEM,
    "broken": "the line broke in the middle of the receipt: print it again",
    "overflow": "the paper is longer than a receipt can be",
    "old": "it was sold days ago: it may have its invoice already",
    "ahead": "its day is yet to come: is the register's clock right?",
    "again": "the very same job was printed before: is it a copy, or one more sale?",
    CHANGED: "it has changed after it was taken",
    VANISHED: "it is no longer in its source",
    EDITED: "the file was edited after it had been imported",
}
LIVE_FORMS = frozenset(
    {Form.ESCPOS, Form.ISL, Form.PDF, Form.POSTSCRIPT, Form.XPS, Form.EMF}
)  # captured at the moment of the sale: the agent's clock dates it
STEP_SECONDS = 20.0  # that the store may take for one step; the paper has gone out by then
ALARM_SECONDS = 5.0  # that the store may take to be told of an alarm
DISK_LOOK = 5  # seconds between looks at the disk
log = logging.getLogger("thungan")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one piece of paper. ``seconds``: from the cut to the durable invoice."""

    capture_id: int
    reading: Reading
    issued: Issued | None
    seconds: float


class Till:
    """Takes captured bytes to a durable invoice and gives back what is to be printed on the receipt."""

    def __init__(
        self,
        config: Config,
        store: Store,
        on_taken: Callable[[Taken], None] | None = None,
        spool: Spool | None = None,
    ) -> None:
        self._config = config
        self._store = store
        self._on_taken = on_taken
        self._opened = time.perf_counter()
        self._heard = False
        self._profiles = SourceProfiles(config)
        self.keeper = CaptureKeeper(store, spool or Spool.of(config.folder), config.hold_limit)
        self._alarms = self._earlier_alarms()

    def _earlier_alarms(self) -> set[str]:
        """Alarms of issuing that an earlier run has left: the next invoice clears them."""
        try:
            connection = self._store.reader()
        except DatabaseUnusable:
            return set()
        try:
            return standing_alarms(connection, ISSUING_ALARMS)
        finally:
            connection.close()

    def take(self, source: str, captured: Captured) -> bytes:
        """Store, understand, issue; the answer is the code block for the receipt (empty for a non-sale).

        Empty as well where the store does not take it in time: it is kept in the reserve and issued later.
        """
        began = time.perf_counter()
        if captured.identity is not None:
            return self._take_record(source, captured, began)
        # What comes first may be the end of a receipt whose beginning was sent before we listened.
        whole = self._heard or captured.data.startswith(INITIALISE) or began - self._opened > LONGEST_RECEIPT
        self._heard = True
        ended_by = captured.ended_by if whole or captured.form is not Form.ESCPOS else BEGUN_BEFORE
        capture_id = self.keeper.keep(source, captured.data, ended_by, captured.form, captured.origin)
        if capture_id is None:
            return b""
        crash_point("till.stored")
        raw = RawCapture(capture_id, source, captured.data, ended_by, captured.form, captured.origin)
        return self._understand(raw, began)

    def _take_record(self, source: str, captured: Captured, began: float) -> bytes:
        """A record of a file or database: taken once; what has changed since is put before a person."""
        assert captured.identity is not None  # noqa: S101 - for the type checker: the caller has looked
        identity, origin = captured.identity, captured.origin
        recorded = self._run(
            record_once(
                RecordBytes(
                    source,
                    records_name(source),
                    identity.key,
                    identity.part,
                    identity.mark,
                    captured.data,
                    captured.form,
                    origin,
                    captured.ended_by,
                )
            )
        )
        if recorded.outcome is Outcome.KNOWN:
            return b""
        raw = RawCapture(recorded.capture_id, source, captured.data, captured.ended_by, captured.form, origin)
        if recorded.outcome is Outcome.CHANGED:
            log.warning("%s", recorded.problem)
            reading = understand(raw.form, raw.data, self._profiles.of(source))
            if private := buyer_bytes(reading, len(raw.data)):
                self._run(hide_buyer(raw.capture_id, private))
            reading = replace(reading, kind=Kind.QUARANTINED, problems=(recorded.problem,))
            return self._answer(raw, reading, None, began)
        try:
            return self._understand(raw, began)
        except TransitionRefused:
            return b""  # settled meanwhile
        except ThunganError as error:
            log.warning("%s is kept and invoiced later: %s", origin, error)
            return b""

    def profile_of(self, source: str) -> AnyProfile | None:
        """By what a source is read."""
        return self._profiles.of(source)

    def take_left_over(self) -> int:
        """Settle what a crash, a wrong clock or a missing key left raw, oldest first; how many.

        Stops at the first that cannot be settled for a reason not its own: the next would meet it too.
        """
        connection = self._store.reader()
        try:
            waiting = raw_captures(connection)
        finally:
            connection.close()
        for done, capture in enumerate(waiting):
            try:
                self._understand(capture, time.perf_counter())
            except TransitionRefused:
                continue  # the live path has settled it in the meantime
            except ThunganError as error:
                log.warning("%d receipts wait to be invoiced: %s", len(waiting) - done, error)
                return done
        return len(waiting)

    def _understand(self, capture: RawCapture, began: float) -> bytes:
        capture_id, origin = capture.capture_id, capture.origin
        reading = understand(capture.form, capture.data, self._profiles.of(capture.source))
        if origin and reading.problems:
            # A person looks for the row in the file, not for the bytes in the store.
            reading = replace(reading, problems=tuple(f"{origin}: {problem}" for problem in reading.problems))
        if private := buyer_bytes(reading, len(capture.data)):
            self._run(hide_buyer(capture_id, private))
        issued = None
        if reading.kind is Kind.SALE and (problem := DOUBTFUL_ENDS.get(capture.ended_by)):
            where = f"{origin}: " if origin else ""
            self._settle(capture_id, CaptureState.QUARANTINED, reading, (where + problem,))
        elif reading.kind is Kind.SALE and reading.sale is not None:
            waits = self._config.buyer_wait
            now = datetime.now(UTC)
            if waits is not None and waits.asks(reading.text, reading.sale, now):
                return self._wait(reading, capture, waits.ends(now), began)
            issued = self._issue(reading, capture)
        elif reading.kind is Kind.QUARANTINED:
            self._settle(capture_id, CaptureState.QUARANTINED, reading, reading.problems)
        else:
            self._settle(capture_id, CaptureState.NON_SALE, reading, ())
            if reading.kind is Kind.REPRINT and reading.sale is not None:
                issued = self._issued_before(reading.sale)
        return self._answer(capture, reading, issued, began)

    def _issued_before(self, sale: Sale) -> Issued | None:
        """The invoice of a receipt that is printed again: the copy shows the same code."""
        connection = self._store.reader()
        try:
            return issued_before(connection, sale, self._config.register)
        finally:
            connection.close()

    def _answer(self, capture: RawCapture, reading: Reading, issued: Issued | None, began: float) -> bytes:
        """Tell who listens, and give the block of the invoice, if there is one."""
        if self._on_taken:
            self._on_taken(Taken(capture.capture_id, reading, issued, time.perf_counter() - began))
        if issued is None or capture.form != Form.ESCPOS:
            return b""
        return invoice_block(self._config, issued, reading.encoding, capture.data)

    def _wait(self, reading: Reading, capture: RawCapture, until: datetime, began: float) -> bytes:
        """Keep the sale for its buyer; its paper says under which number to ask."""
        assert reading.sale is not None  # noqa: S101 - for the type checker: the caller has looked
        try:
            kept = self._run(wait_for_buyer(reading.sale, self._config.register, capture.capture_id, until))
        except InvoiceError as error:
            self._settle(capture.capture_id, CaptureState.QUARANTINED, reading, (str(error),))
            return self._answer(capture, reading, None, began)
        if kept.issued is not None:
            return self._answer(capture, reading, kept.issued, began)
        self._answer(capture, reading, None, began)
        if capture.form != Form.ESCPOS:
            return b""
        lines = tuple(line.format(number=kept.sale_id) for line in PAPER)
        return code_block(
            lines, "", encoding=reading.encoding, printer=self._config.printer, receipt=capture.data
        )

    def issue_waiting(self, now: datetime | None = None) -> int:
        """Invoice the sales whose buyer has not come in time; how many."""
        connection = self._store.reader()
        try:
            due = waiting_sales(connection, now or datetime.now(UTC))
        finally:
            connection.close()
        for done, waiting in enumerate(due):
            try:
                self._run(give_buyer(waiting.sale_id, None, self._config.register))
            except ThunganError as error:
                log.warning("%d sales wait beyond their time: %s", len(due) - done, error)
                return done
        return len(due)

    def _issue(self, reading: Reading, capture: RawCapture) -> Issued | None:
        """Issue; what lies with the sale goes to quarantine, what lies elsewhere leaves the capture raw."""
        assert reading.sale is not None  # noqa: S101 - for the type checker: the caller has looked
        try:
            live = capture.form in LIVE_FORMS
            issued = self._run(issue(reading.sale, self._config.register, capture.capture_id, live=live))
            crash_point("till.issued")
        except InvoiceError as error:
            self._settle(capture.capture_id, CaptureState.QUARANTINED, reading, (str(error),))
            return None
        except (TransitionRefused, DatabaseUnusable, StoreSlow):
            raise  # the disk's troubles are the disk watch's to tell
        except ThunganError as error:
            self._alarms.add(error.code)
            self._run(raise_alarm(error.code, str(error)))
            raise
        while self._alarms:
            self._run(clear_alarm(self._alarms.pop()))
        return issued

    def _settle(
        self, capture_id: int, state: CaptureState, reading: Reading, problems: tuple[str, ...]
    ) -> None:
        said = said_by(reading) if state is CaptureState.NON_SALE else None
        self._run(settle_capture(capture_id, state, reading.kind.value, problems, said))

    def _run(self, job: Job[T]) -> T:
        """Run a job that is given up if the store has not begun with it in time.

        Raises:
            StoreSlow: it has not answered in time; what it had begun, it ends.
        """
        future = self._store.submit(job)
        try:
            return future.result(STEP_SECONDS)
        except Late:
            future.cancel()
            raise StoreSlow(f"the store has not answered within {STEP_SECONDS:.0f} seconds") from None


def said_by(reading: Reading) -> dict[str, Any]:
    """What a paper that is no sale says of itself: number, time, total, cashier; a report's totals."""
    found: dict[str, Any] = {}
    if reading.totals:
        found["totals"] = [[label, amount] for label, amount in reading.totals]
    if (sale := reading.sale) is not None:
        found.update(receipt_no=sale.receipt_no, total=sale.total, cashier=sale.cashier)
        found["sold_at"] = sale.sold_at.isoformat() if sale.sold_at else None
    return found


def buyer_bytes(reading: Reading, length: int) -> list[tuple[int, int]]:
    """Which bytes of a capture name a buyer: the rows that were read so, or all where nobody can say."""
    if reading.sale is None or reading.sale.buyer is None:
        return []
    rows = {(proof.start, proof.end) for proof in reading.proof if proof.field == "buyer"}
    return sorted(rows) or [(0, length)]


class Daemon:
    """A running register: start, and stop when done.

    A key, a port or an authority that is not there does not stop it, nor does a disk or database that cannot
    be used: receipts go on to the printer and are kept, and what is missing is tried again by itself.
    """

    def __init__(self, config: Config, on_taken: Callable[[Taken], None] | None = None) -> None:
        self.config = config
        self.store = Store(config.folder, invoices=config.keys.invoices, patient=True)
        _quietly(partial(record_start, config, self.store))()
        self.till = Till(config, self.store, on_taken, Spool.of(config.folder, config.backup.place))
        self.disk = DiskWatch(self.store, self.till.keeper, config.folder, _quietly(self.look_after))
        self.archives = ArchiveSchedule(config, self.store, self.tell)
        self.backups = BackupSchedule(config, self.store, self.tell)
        self._delivery: Delivery | None = None
        self._sources: list[Running] = []
        self._scheduler: BackgroundScheduler | None = None
        self._syncing = threading.Lock()
        self.delivery_problem: str | None = None  # of the last pass, in words
        self.keys = KeyKeeper(config, self.store)
        self._clock_watch = ClockWatch()
        self.notices = NoticeKeeper(config, self.store)
        self._listening = threading.Event()
        self._away: dict[str, float] = {}
        self._away_said: set[str] = set()
        # A key may take its time to open (a remote service that does not answer): the shop does not wait.
        self._setting_up = threading.Thread(target=self._set_up, name="set-up", daemon=True)
        self._setting_up.start()
        self._setting_up.join(SET_UP_PATIENCE if config.keys.remote else None)

    def start(self) -> None:
        """Open the source, settle what was left, start the schedule."""
        read_receipt(WARM_UP)  # the reader compiles its words once: not while the first customer waits
        from apscheduler.schedulers.background import BackgroundScheduler

        for name in self.config.sources:
            source = open_source(
                name,
                self.till.profile_of(name),
                partial(self.till.take, name),
                partial(self._on_state, name),
                self.config.hold_limit,
                partial(StoredMemory, self.store, name),
            )
            self._sources.append(source)
            source.start()
        self.till.keeper.spool.prepare()
        self.disk.look()
        _quietly(self.till.take_left_over)()
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True})
        for work, every in (
            (self.sync, {"seconds": self.config.every}),
            (self.checkpoint, {"minutes": 10}),
            (self.look_after, {"minutes": 1}),
            (self.disk.look, {"seconds": DISK_LOOK}),
            (self.backups.run, {"minutes": self.config.backup.every}),
            (self.archives.run, {"hours": 6}),
            (self.notices.look, {"minutes": 1}),
        ):
            self._scheduler.add_job(_quietly(work), "interval", **every)
        if self.config.witness is not None:
            minutes = self.config.witness.every
            self._scheduler.add_job(_quietly(self.ask_witness), "interval", minutes=minutes)
        # The first time at once, and not before: these ask over the network.
        now = datetime.now(UTC)
        self._scheduler.add_job(_quietly(self.keys.watch), "interval", hours=1, next_run_time=now)
        self._scheduler.add_job(_quietly(self.ask_time_servers), "interval", minutes=30, next_run_time=now)
        self._scheduler.start()

    def wait_until_listening(self, seconds: float) -> bool:
        """Whether the source's port has been opened within ``seconds``: what comes earlier is not heard."""
        return self._listening.wait(seconds)

    def alive(self) -> bool:
        """Whether the threads that must never end still run; the service manager starts us anew where not."""
        return self.store.alive and all(source.alive for source in self._sources)

    def look_after(self) -> None:
        """Try again what is missing, and settle what waits for it."""
        if not self._setting_up.is_alive():
            self.keys.look_after()
            if self._delivery is None:
                self._open_delivery()
        self.watch_clock()  # first: what waits is dated by it
        self.till.take_left_over()
        self.till.issue_waiting()
        self.store.run(watch_deadline())

    def watch_clock(self) -> None:
        """A clock that was set while we ran goes into the ledger, and is compared with the authority's."""
        if (jump := self._clock_watch.jumped()) is not None:
            log.warning("the clock was set by %d seconds", jump.total_seconds())
            self.store.run(record_clock_jump(jump))
            self.sync()
            self.ask_time_servers()

    def ask_time_servers(self) -> None:
        """Compare the clock with the configured time servers."""
        compare_with_time_servers(self.store, self.config.time_servers)

    @property
    def certificate(self) -> Certificate | None:
        """The seller's certificate, if the key could be opened."""
        return self.keys.certificate

    def print_ticket(self, data: bytes, seconds: float) -> list[tuple[str, str | None]]:
        """Print on the printer behind each source: the source, and why it was not printed (None: it was)."""
        from drivers.source import Source

        behind = [
            (name, source)
            for name, source in zip(self.config.sources, self._sources, strict=False)
            if isinstance(source, Source) and source.has_printer
        ]
        return [(name, source.print_ticket(data, seconds)) for name, source in behind]

    def sync(self) -> str | None:
        """One pass of delivery; the problem in words, if there was one."""
        if self._delivery is None or not self._syncing.acquire(blocking=False):
            return None
        try:
            done = self._delivery.run_once()
            self.keys.packing_failed(done.key_problem)
            problem = done.problem
        except ThunganError as error:
            problem = str(error)
        finally:
            self._syncing.release()
        self.delivery_problem = problem
        if problem:
            log.warning("%s", problem)
        return problem

    def checkpoint(self) -> None:
        """Sign the ledger as it stands."""
        sign_checkpoint(self.config, self.store)

    def ask_witness(self) -> None:
        """Have the newest checkpoint signed by the configured witness."""
        if self.config.witness is not None and (why := ask_witness(self.config.witness, self.store)):
            log.warning("%s", why)

    def stop(self) -> None:
        """Close the port, end the schedule, finish what is in hand."""
        for source in self._sources:
            source.stop()
        if self._scheduler is not None:
            self._scheduler.shutdown()
        _quietly(self._say_stopped)()
        self._setting_up.join(SET_UP_PATIENCE)
        if self._delivery is not None:
            self._delivery.close()
        self.till.keeper.close()
        self.store.close()

    def tell(self, job: Job[None]) -> None:
        """Raise or clear an alarm. A store that does not take it has an alarm of its own (``disk_watch``)."""
        try:
            self.store.run(job, ALARM_SECONDS)
        except (DatabaseUnusable, DatabaseNewer, Late) as error:
            log.info("an alarm could not be stored: %s", error)

    def _say_stopped(self) -> None:
        self.store.run(program_stopped())
        self.checkpoint()

    def _set_up(self) -> None:
        try:
            _quietly(self.keys.look_after)()
            self._open_delivery()
        except WriterStopped:
            log.info("stopped before the key was open")

    def _open_delivery(self) -> None:
        """Open the way to the authority; an alarm while it cannot be used as configured."""
        try:
            if self.config.url:
                self._delivery = open_delivery(self.config, self.store, None)
                self.keys.serve(self._delivery)
            self.tell(clear_alarm(SET_UP_ALARM))
        except ThunganError as error:
            log.warning("%s", error)
            self.tell(raise_alarm(SET_UP_ALARM, str(error)))

    def _on_state(self, name: str, state: str, why: str) -> None:
        """How a source's port, or its printer's, stands: an alarm where it is away for longer."""
        side, _, word = state.rpartition(" ")
        if word == "open" and not side:
            self._listening.set()
        alarm = f"{side or 'source'}-away {name}"
        if word == "waiting":
            first = self._away.setdefault(alarm, time.monotonic())
            if alarm not in self._away_said:
                log.warning("%s: %s", name, why)
                self._away_said.add(alarm)
            if time.monotonic() - first > AWAY_ALARM:
                self.store.submit(raise_alarm(alarm, why))
            return
        log.info("%s: %s", name, state)
        self._away_said.discard(alarm)
        if self._away.pop(alarm, None) is not None:
            self.store.submit(clear_alarm(alarm))


def _quietly(work: Callable[[], object]) -> Callable[[], None]:
    """The same work for the schedule: one of our errors is a line in the log, no more."""

    def run() -> None:
        try:
            work()
        except ThunganError as error:
            log.warning("%s", error)

    return run
