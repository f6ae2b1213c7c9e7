"""The daemon: capture, understand, issue, print, and deliver on a schedule.

One ``Till`` takes a piece of paper from a source to its invoice; ``Daemon`` runs the source's thread and
APScheduler's periodic jobs (sync, checkpoint, what a crash left raw).
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.parts import open_delivery, open_signer, sign_checkpoint
from drivers.codeblock import code_block
from drivers.reading import read_receipt
from errors import ThunganError
from invoice.errors import InvoiceError
from invoice.sale import Kind
from outbox.captures import raw_captures, record_capture, settle_capture
from outbox.issuing import Issued, issue
from outbox.states import CaptureState
from outbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.config import Config
    from drivers.framing import Captured
    from drivers.reading import Reading

log = logging.getLogger("thungan")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one piece of paper. ``seconds``: from the cut to the durable invoice."""

    capture_id: int
    reading: Reading
    issued: Issued | None
    seconds: float


class Till:
    """Takes captured bytes to a durable invoice and gives back what is to be printed on the receipt."""

    def __init__(self, config: Config, store: Store, on_taken: Callable[[Taken], None] | None = None) -> None:
        self._config = config
        self._store = store
        self._on_taken = on_taken

    def take(self, source: str, captured: Captured) -> bytes:
        """Store, understand, issue; the answer is the code block for the receipt (empty for a non-sale)."""
        began = time.perf_counter()
        capture_id = self._store.run(record_capture(source, captured.data, captured.ended_by))
        return self._understand(capture_id, captured.data, began)

    def take_left_over(self) -> int:
        """Settle what a crash or a wrong clock left raw; how many."""
        connection = self._store.reader()
        try:
            waiting = raw_captures(connection)
        finally:
            connection.close()
        for capture in waiting:
            self._understand(capture.capture_id, capture.data, time.perf_counter())
        return len(waiting)

    def _understand(self, capture_id: int, data: bytes, began: float) -> bytes:
        reading = read_receipt(data)
        issued = None
        if reading.kind is Kind.SALE and reading.sale is not None:
            try:
                issued = self._store.run(issue(reading.sale, self._config.register, capture_id, live=True))
            except InvoiceError as error:
                self._settle(capture_id, CaptureState.QUARANTINED, reading, (str(error),))
        elif reading.kind is Kind.QUARANTINED:
            self._settle(capture_id, CaptureState.QUARANTINED, reading, reading.problems)
        else:
            self._settle(capture_id, CaptureState.NON_SALE, reading, ())
        if self._on_taken:
            self._on_taken(Taken(capture_id, reading, issued, time.perf_counter() - began))
        if issued is None:
            return b""
        lines = (
            f"Mã CQT: {issued.code}",
            f"Ký hiệu: {issued.form}{issued.symbol}  Số: {issued.number}",
            f"MST: {self._config.seller.tax_code}",
        )
        return code_block(lines, issued.qr, encoding=reading.encoding)

    def _settle(
        self, capture_id: int, state: CaptureState, reading: Reading, problems: tuple[str, ...]
    ) -> None:
        self._store.run(settle_capture(capture_id, state, reading.kind.value, problems))


class Daemon:
    """A running register: start, and stop when done."""

    def __init__(self, config: Config, on_taken: Callable[[Taken], None] | None = None) -> None:
        self.config = config
        signer = open_signer(config)
        self.store = Store(config.folder, signer)
        self._till = Till(config, self.store, on_taken)
        self._delivery = open_delivery(config, self.store, signer) if config.url else None
        self._syncing = threading.Lock()

    def start(self) -> None:
        """Settle what was left, open the source, start the schedule."""
        from apscheduler.schedulers.background import BackgroundScheduler

        from drivers.serial_source import SerialSource
        from drivers.uri import parse_source

        self._till.take_left_over()
        self._source = None
        if self.config.source:
            name = self.config.source
            self._source = SerialSource(
                parse_source(name), lambda captured: self._till.take(name, captured), self._on_state
            )
            self._source.start()
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True})
        self._scheduler.add_job(self.sync, "interval", seconds=self.config.every)
        self._scheduler.add_job(self.checkpoint, "interval", minutes=10)
        self._scheduler.add_job(self._till.take_left_over, "interval", minutes=1)
        self._scheduler.start()

    def sync(self) -> str | None:
        """One pass of delivery; the problem in words, if there was one."""
        if self._delivery is None or not self._syncing.acquire(blocking=False):
            return None
        try:
            problem = self._delivery.run_once().problem
        except ThunganError as error:
            problem = str(error)
        finally:
            self._syncing.release()
        if problem:
            log.warning("%s", problem)
        return problem

    def checkpoint(self) -> None:
        """Sign the ledger as it stands."""
        sign_checkpoint(self.config, self.store)

    def stop(self) -> None:
        """Close the port, end the schedule, finish what is in hand."""
        if self._source is not None:
            self._source.stop()
        self._scheduler.shutdown()
        self.checkpoint()
        if self._delivery is not None:
            self._delivery.close()
        self.store.close()

    def _on_state(self, state: str, why: str) -> None:
        log.info("%s: %s %s", self.config.source, state, why)
