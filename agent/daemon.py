"""The daemon: capture, understand, issue, print, and deliver on a schedule.

``Daemon`` runs a thread for each source, which hands its paper to the till (``agent.till``), and the
periodic jobs of APScheduler (sync, checkpoint, what a crash left raw).
"""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import TimeoutError as Late
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from agent.archiving import ArchiveSchedule
from agent.backing_up import BackupSchedule
from agent.clock_watch import ClockWatch, compare_with_time_servers
from agent.disk_watch import DiskWatch
from agent.key_keeper import KeyKeeper
from agent.notices.telling import NoticeKeeper
from agent.opening_sources import open_source
from agent.parts import open_delivery, sign_checkpoint
from agent.peers.watch import PeerWatch
from agent.software import record_start
from agent.source_memory import StoredMemory
from agent.till import Till
from agent.witness_line import ask_witness
from drivers.codeblock import slip
from drivers.reading import read_receipt
from errors import ThunganError
from outbox.alarms import clear_alarm, raise_alarm
from outbox.chronicle import program_stopped
from outbox.clock import record_clock_jump
from outbox.deadlines import watch_deadline
from outbox.errors import (
    DatabaseNewer,
    DatabaseUnusable,
    WriterStopped,
)
from outbox.spool import Spool
from outbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from apscheduler.schedulers.background import BackgroundScheduler
    from cryptography.x509 import Certificate

    from agent.config import Config
    from agent.opening_sources import Running
    from agent.till import Taken
    from drivers.source import Source
    from outbox.delivery import Delivery
    from outbox.provider_delivery import ProviderDelivery
    from outbox.store import Job

WARM_UP = b"\x1b@HD: 1\nA 1 x 1 1\nTONG CONG 1\n"
SET_UP_ALARM = "set-up"  # the authority is not reachable as configured
SET_UP_PATIENCE = 3.0  # seconds a remote service has to open the key before the shop opens without
AWAY_ALARM = 10.0  # seconds a port is away before a person is told
ALARM_SECONDS = 5.0  # that the store may take to be told of an alarm
SLIP_PATIENCE = 20.0  # seconds for the printer to become free for a slip of ours
DISK_LOOK = 5  # seconds between looks at the disk
log = logging.getLogger("thungan")


class Daemon:
    """A running register: start, and stop when done.

    A key, a port or an authority that is not there does not stop it, nor does a disk or database that cannot
    be used: receipts go on to the printer and are kept, and what is missing is tried again by itself.
    """

    def __init__(self, config: Config, on_taken: Callable[[Taken], None] | None = None) -> None:
        self.config = config
        self.store = Store(config.folder, invoices=config.keys.invoices, patient=True)
        _quietly(partial(record_start, config, self.store))()
        late = self._print_slip if config.late_slip else None
        self.till = Till(config, self.store, on_taken, Spool.of(config.folder, config.backup.place), late)
        self.disk = DiskWatch(self.store, self.till.keeper, config.folder, _quietly(self.look_after))
        self.archives = ArchiveSchedule(config, self.store, self.tell)
        self.backups = BackupSchedule(config, self.store, self.tell)
        self._delivery: Delivery | ProviderDelivery | None = None
        self._sources: list[Running] = []
        self._scheduler: BackgroundScheduler | None = None
        self._syncing = threading.Lock()
        self.delivery_problem: str | None = None  # of the last pass, in words
        self.keys = KeyKeeper(config, self.store)
        self._clock_watch = ClockWatch()
        self.notices = NoticeKeeper(config, self.store)
        self.peers = PeerWatch(config.peers)
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
        self.peers.start()

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

    def _print_slip(self, name: str, block: bytes) -> None:
        """The code of a receipt that has gone out already, on the printer it came out of."""
        from drivers.source import Source

        for known, source in zip(self.config.sources, self._sources, strict=False):
            if known != name or not isinstance(source, Source) or not source.has_printer:
                continue
            work = partial(_print_slip, name, source, slip(block, self.config.printer))
            # The printer may be busy or away: the next picture is not to wait for it.
            threading.Thread(target=work, name="slip", daemon=True).start()

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
        self.peers.stop()
        for source in self._sources:
            source.stop()
        if self._scheduler is not None:
            self._scheduler.shutdown()
        _quietly(self._say_stopped)()
        self._setting_up.join(SET_UP_PATIENCE)
        if self._delivery is not None:
            self._delivery.close()
        self.till.close()
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
                from outbox.delivery import Delivery

                self._delivery = open_delivery(self.config, self.store, None)
                if isinstance(self._delivery, Delivery):
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


def _print_slip(name: str, source: Source, paper: bytes) -> None:
    if why := source.print_ticket(paper, SLIP_PATIENCE):
        log.warning("%s: the code of a receipt was not printed: %s", name, why)


def _quietly(work: Callable[[], object]) -> Callable[[], None]:
    """The same work for the schedule: one of our errors is a line in the log, no more."""

    def run() -> None:
        try:
            work()
        except ThunganError as error:
            log.warning("%s", error)

    return run
