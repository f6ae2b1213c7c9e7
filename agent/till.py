"""The till: one piece of paper from a source to its durable invoice and its code block."""

from __future__ import annotations

import logging
import time
from concurrent.futures import TimeoutError as Late
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from agent.buyer_later import PAPER
from agent.capture_keeping import CaptureKeeper
from agent.known_goods import known_goods
from agent.picture_desk import PictureDesk
from agent.receipt_block import Words, named, words_of_invoice
from agent.source_profiles import SourceProfiles
from drivers.captured import PAPER_FORMS, Form
from drivers.errors import PictureReaderMissing
from drivers.raster import is_picture, picture_reader
from drivers.understanding import understand
from drivers.uri import records_name
from errors import ThunganError
from invoice.errors import InvoiceError
from invoice.sale import Kind
from outbox.alarms import clear_alarm, raise_alarm, standing_alarms
from outbox.captures import RawCapture, hide_buyer, raw_captures, settle_capture
from outbox.crash_points import crash_point
from outbox.errors import (
    DatabaseUnusable,
    StoreSlow,
    TransitionRefused,
)
from outbox.issuing import issue, issued_before
from outbox.records import CHANGED, EDITED, VANISHED, Outcome, RecordBytes, record_once
from outbox.spool import Spool
from outbox.states import CaptureState
from outbox.waiting import give_buyer, wait_for_buyer, waiting_sales

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.config import Config
    from drivers.captured import Captured
    from drivers.reading import Reading
    from drivers.understanding import AnyProfile
    from invoice.sale import Sale
    from outbox.sold import Sold
    from outbox.store import Job, Store

ISSUING_ALARMS = ("E-OUT-", "E-SIGN-")  # codes of errors that stop issuing until they are over
INITIALISE = b"\x1b@"  # ESC @, with which nearly every register begins a receipt
LONGEST_RECEIPT = 10.0  # seconds: what arrives later than this after the start has begun after it
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
LIVE_FORMS = PAPER_FORMS | {Form.ISL}  # captured at the moment of the sale: the agent's clock dates it
STEP_SECONDS = 20.0  # that the store may take for one step; the paper has gone out by then
log = logging.getLogger("thungan")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one piece of paper. ``seconds``: from the cut to the durable invoice."""

    capture_id: int
    reading: Reading
    issued: Sold | None
    seconds: float


class Till:
    """Takes captured bytes to a durable invoice and gives back what is to be printed on the receipt."""

    def __init__(
        self,
        config: Config,
        store: Store,
        on_taken: Callable[[Taken], None] | None = None,
        spool: Spool | None = None,
        on_late: Callable[[str, bytes], None] | None = None,
    ) -> None:
        """``on_late``: gets the source and the code block of a picture that was read after its paper went."""
        self._config = config
        self._store = store
        self._on_taken = on_taken
        self._opened = time.perf_counter()
        self._heard = False
        self._profiles = SourceProfiles(config)
        self.keeper = CaptureKeeper(store, spool or Spool.of(config.folder), config.hold_limit)
        self._alarms = self._earlier_alarms()
        self._on_late = on_late
        self._pictures = PictureDesk(self._read_picture, config.hold_limit, self._print_late)
        self._unread_said = True  # an earlier run may have left the alarm

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
        words = self._pictures.take(raw, began) if _is_drawn(raw) else self._understand(raw, began)
        return words.block(self._config.printer, raw.data) if words else b""

    def close(self) -> None:
        """Read no more pictures, and let go of the reserve's files."""
        self._pictures.close()
        self.keeper.close()

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
            self._answer(raw, reading, None, began)
            return b""
        try:
            self._understand(raw, began)
        except TransitionRefused:
            pass  # settled meanwhile
        except ThunganError as error:
            log.warning("%s is kept and invoiced later: %s", origin, error)
        return b""

    def profile_of(self, source: str) -> AnyProfile | None:
        """By what a source is read."""
        return self._profiles.of(source)

    def take_left_over(self) -> int:
        """Settle what a crash, a wrong clock or a missing key left raw, oldest first; how many.

        Pictures go to their desk, and hold up nothing else.
        Stops at the first that cannot be settled for a reason not its own: the next would meet it too.
        """
        connection = self._store.reader()
        try:
            waiting = raw_captures(connection)
        finally:
            connection.close()
        written = [capture for capture in waiting if not _is_drawn(capture)]
        for capture in waiting:
            if _is_drawn(capture):
                self._pictures.bring(capture)
        for done, capture in enumerate(written):
            try:
                self._understand(capture, time.perf_counter())
            except TransitionRefused:
                continue  # the live path has settled it in the meantime
            except ThunganError as error:
                log.warning("%d receipts wait to be invoiced: %s", len(written) - done, error)
                return done
        return len(written)

    def _read_picture(self, capture: RawCapture, began: float) -> Words | None:
        """What the desk does with a picture. It stays raw, with an alarm, until there is a reader."""
        try:
            picture_reader()
            words = self._understand(capture, began)
        except PictureReaderMissing as error:
            self._unread_said = True
            self._run(raise_alarm(error.code, str(error)))
            raise
        except TransitionRefused:
            return None  # settled meanwhile
        if self._unread_said:
            self._run(clear_alarm(PictureReaderMissing.code))
            self._unread_said = False
        return words

    def _print_late(self, capture: RawCapture, words: Words) -> None:
        if self._on_late is not None:
            self._on_late(capture.source, words.block_of_its_own(self._config.printer, capture.data))

    def _understand(self, capture: RawCapture, began: float) -> Words | None:
        """Read, settle and issue; the answer is what the paper is to say."""
        capture_id, origin = capture.capture_id, capture.origin
        goods = self._goods() if _is_drawn(capture) else frozenset[str]()
        reading = understand(capture.form, capture.data, self._profiles.of(capture.source), goods)
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

    def _goods(self) -> frozenset[str]:
        """What the shop is known to sell: names on pictures are held against it."""
        with closing(self._store.reader()) as connection:
            return known_goods(self._config.folder, connection)

    def _issued_before(self, sale: Sale) -> Sold | None:
        """The invoice of a receipt that is printed again: the copy shows the same code."""
        connection = self._store.reader()
        try:
            return issued_before(connection, sale, self._config.register)
        finally:
            connection.close()

    def _answer(
        self, capture: RawCapture, reading: Reading, issued: Sold | None, began: float
    ) -> Words | None:
        """Tell who listens; what there is to print of the invoice, if there is one."""
        if self._on_taken:
            self._on_taken(Taken(capture.capture_id, reading, issued, time.perf_counter() - began))
        if issued is None or reading.sale is None or capture.form != Form.ESCPOS:
            return None
        return words_of_invoice(self._config, issued, reading.sale, reading.encoding)

    def _wait(self, reading: Reading, capture: RawCapture, until: datetime, began: float) -> Words | None:
        """Keep the sale for its buyer; its paper says under which number to ask."""
        assert reading.sale is not None  # noqa: S101 - for the type checker: the caller has looked
        try:
            kept = self._run(wait_for_buyer(reading.sale, self._config.register, capture.capture_id, until))
        except InvoiceError as error:
            self._settle(capture.capture_id, CaptureState.QUARANTINED, reading, (str(error),))
            return self._answer(capture, reading, None, began)
        if kept.sold is not None:
            return self._answer(capture, reading, kept.sold, began)
        self._answer(capture, reading, None, began)
        if capture.form != Form.ESCPOS:
            return None
        lines = tuple(line.format(number=kept.sale_id) for line in PAPER)
        return Words(lines, "", reading.encoding, named(reading.sale))

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

    def _issue(self, reading: Reading, capture: RawCapture) -> Sold | None:
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
            try:
                code = self._alarms.pop()
            except KeyError:
                break  # another thread has taken the last
            self._run(clear_alarm(code))
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


def _is_drawn(capture: RawCapture) -> bool:
    return capture.form == Form.ESCPOS and is_picture(capture.data)


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
