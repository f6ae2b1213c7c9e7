"""Step 5: the sync worker. Packs, sends, asks, collects; one pass is ``Delivery.run_once``.

What is known decides what is done: never left → the same bytes again later; may have arrived → ask first,
then the same bytes; answered → the answer moves the states. Nothing is ever sent under a second MTDiep
while the first may still be decided (promise P3).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from authority.answer_writing import build_technical
from authority.answers import Notice, parse_answer
from authority.codes import AUTHORITY, Parties, new_message_id
from authority.errors import AuthorityError, GatewayError, MaybeDelivered, Rejected
from authority.form_answers import FormAnswer
from authority.notice_check import check_form_answer, check_notice
from authority.package import PACKAGE_LIMIT
from invoice.sale_json import VIETNAM
from outbox.answers import (
    acknowledged,
    is_doubted,
    keep_unreadable,
    open_acknowledgements,
    settle_doubt,
    take_answer,
)
from outbox.chronicle import note_line
from outbox.clock import note_clock
from outbox.crash_points import crash_point
from outbox.errors import NoSigningKey, RouteUndecided
from outbox.forms import OutgoingForm, due_forms, mark_form_sending
from outbox.pace import Pace
from outbox.packages import (
    Outgoing,
    Ready,
    anything_to_pack,
    draft_next,
    due_packages,
    mark_sending,
    postpone,
    store_leaving,
)
from outbox.pass_queue import PassQueue
from outbox.route import CURSOR, message_route, take_route
from outbox.settings import read_setting, write_setting
from outbox.states import FormState, PackageState
from outbox.store import utc_now
from outbox.stubborn import count_failure, split_stubborn
from signing.errors import SigningError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from cryptography.x509 import Certificate

    from authority.gateway import Gateway, LookUp
    from authority.package import PackageFrame
    from outbox.store import Job, Store, Tx


@dataclass(slots=True)
class Pass:
    """What one pass did. ``problem``: why delivery is not getting on, in words, or None; ``key_problem``:
    the same where it is the key that does not sign packages."""

    packed: int = 0
    sent: int = 0
    answers: int = 0
    problem: str | None = None
    key_problem: str | None = None


class Delivery:
    """Delivers one store through one gateway. Not thread-safe: one pass at a time.

    Without a ``frame`` (no key at the moment) nothing is packed; what is packed goes on its way.
    """

    def __init__(
        self,
        store: Store,
        gateway: Gateway,
        frame: PackageFrame | None,
        sender: str,
        tax_code: str,
        trust: Sequence[Certificate],
        *,
        receiver: str = AUTHORITY,
        version: str = "2.1.0",
        clock: Callable[[], datetime] = utc_now,
        new_id: Callable[[], UUID] = uuid4,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._frame = frame
        self._version = version if frame is None else frame.version
        self._sender = sender
        self._way = Parties(sender, receiver)
        self._tax_code = tax_code
        self._trust = trust
        self._clock = clock
        self._new_id = new_id
        self._pace = pace or Pace()
        self._line_problem: str | None = None
        self._lock = Lock()  # of what several carriers change: the pace, the account of the pass

    def run_once(self) -> Pass:
        """Pack what is issued, send what is due, collect what has been answered; outages go into the ledger.

        While the line rests nothing is packed either: after a long outage full packages go, not many small.
        A line that has rested is tried by asking, so that no single package can keep it closed.
        """
        done = Pass()
        try:
            self._store.run(take_route(message_route(self._way), self._tax_code))
        except RouteUndecided as error:
            done.problem = str(error)
            self._line_problem = error.message
        else:
            self._deliver(done)
        self._store.run(note_line(self._line_problem))
        return done

    def _deliver(self, done: Pass) -> None:
        if self._pace.broken and self._pace.allowance(self._clock()) > 0:
            self._collect(done)
        room = self._pace.allowance(self._clock())
        if self._pace.broken and room <= 0:
            done.problem = done.problem or f"the line rests until {self._pace.rests_until:%H:%M:%S} UTC"
            return
        today = self._clock().astimezone(VIETNAM).date().isoformat()
        due = self._store.run(due_packages(room)) if room > 0 else []
        queue = PassQueue(
            due, room, today, lambda taken: self._make_ready(taken, done), lambda one: self._leave(one, done)
        )
        self._carry_all(queue, done)
        for form in self._store.run(due_forms()):
            if not self._pace.broken and self._pace.allowance(self._clock()) > 0:
                self._carry_form(form, done)
        if not self._pace.broken:
            self._collect(done)
            self._acknowledge(done)
        if (skew := self._gateway.clock_skew) is not None:
            self._store.run(note_clock(skew))

    def close(self) -> None:
        """Close the gateway's connections."""
        self._gateway.close()

    def use_frame(self, frame: PackageFrame | None) -> None:
        """Change the key that signs packages; may be called from any thread."""
        self._frame = frame

    def _make_ready(self, given_back: Collection[int], done: Pass) -> Ready | None:
        """Draft and sign one more package; a key that does not sign stops packing only."""
        try:
            return self._signed_draft(given_back)
        except (SigningError, NoSigningKey) as error:
            done.problem = done.key_problem = str(error)
            return None

    def _leave(self, ready: Ready, done: Pass) -> Outgoing | None:
        """Store a package that goes now; None where an invoice of it was held meanwhile."""
        package = self._store.run(store_leaving(ready, self._pace.retry_delay(0)))
        done.packed += package is not None
        return package

    def _signed_draft(self, given_back: Collection[int]) -> Ready | None:
        frame = self._frame
        if frame is None:
            if self._store.run(anything_to_pack()):
                raise NoSigningKey("invoices wait for a package, which the signing key must sign")
            return None
        limit = min(self._gateway.max_bytes, PACKAGE_LIMIT)
        draft = self._store.run(draft_next(frame, self._sender, self._new_id(), limit, given_back))
        if draft is None:
            return None
        # The invoices are in the package now; a second copy of 2 MB need not wait with it.
        return Ready(replace(draft, invoices=()), draft.signed(frame))

    def _carry_all(self, queue: PassQueue, done: Pass) -> None:
        """Carry the packages of a pass, as many at the same time as the gateway bears."""
        first = queue.take()
        if first is None:
            return
        helpers = min(self._pace.at_once, self._gateway.can.at_once) - 1
        if helpers <= 0:
            self._carry_on(first, queue, done)
            return
        with ThreadPoolExecutor(helpers, "carry") as pool:
            others = [pool.submit(self._carry_on, None, queue, done) for _ in range(helpers)]
            self._carry_on(first, queue, done)
        for other in others:
            other.result()

    def _carry_on(self, package: Outgoing | None, queue: PassQueue, done: Pass) -> None:
        """One carrier: package after package, until there is none or the line is broken."""
        try:
            package = package or queue.take()
            while package is not None and not self._pace.broken:
                self._carry(package, done)
                package = None if self._pace.broken else queue.take()
        except BaseException:
            queue.close()
            raise

    def _carry(self, package: Outgoing, done: Pass) -> None:
        delay = self._pace.retry_delay(package.attempts)
        document = package.leaving
        try:
            if package.state is not PackageState.BUILT:
                found = self._look_up(package.message_id, done)
                if package.doubt is not None:
                    self._settle(package, found, package.attempts)
                    return
                if found.known:
                    self._store.run(
                        postpone(package.package_id, self._clock() + delay, "waits for a decision")
                    )
                    return
                if found.known is False and self._store.run(split_stubborn(package.package_id)):
                    return
        except GatewayError as error:
            self._postpone(package, delay, error, done)
            return
        if document is None:
            document = self._store.run(mark_sending(package.package_id, delay))
        try:
            self._send(document, package.message_id, done)
        except GatewayError as error:
            self._postpone(package, delay, error, done, sent=_was_read(error))
            return
        if self._store.run(is_doubted(package.package_id)):
            try:
                found = self._look_up(package.message_id, done)
            except GatewayError as error:
                self._postpone(package, delay, error, done)
                return
            self._settle(package, found, package.attempts + 1)

    def _settle(self, package: Outgoing, found: LookUp, attempts: int) -> None:
        """It was refused and asked about; who cannot say what became of it is believed once only."""
        if found.known is None and attempts > 1:
            later = self._clock() + self._pace.retry_delay(attempts)
            self._store.run(postpone(package.package_id, later, "refused; what became of it cannot be asked"))
            return
        self._store.run(settle_doubt(package.package_id))

    def _postpone(
        self, package: Outgoing, delay: timedelta, error: GatewayError, done: Pass, *, sent: bool = False
    ) -> None:
        """Try again later; ``sent``: the gateway may have read the package, and failed on it."""
        wait = delay if error.retry_after is None else timedelta(seconds=float(error.retry_after))
        later = count_failure if sent else postpone
        self._store.run(later(package.package_id, self._clock() + max(wait, delay), error.message))
        self._failed(error, done)

    def _carry_form(self, form: OutgoingForm, done: Pass) -> None:
        """As a package: ask first where an earlier copy may have arrived, then the same bytes."""
        delay = self._pace.retry_delay(form.attempts)
        try:
            if form.state is not FormState.BUILT and self._look_up(form.message_id, done).known:
                return
            self._store.run(mark_form_sending(form.form_id, delay))
            self._send(form.document, form.message_id, done)
        except GatewayError as error:
            self._failed(error, done)

    def _look_up(self, message_id: str, done: Pass) -> LookUp:
        crash_point("delivery.before-look-up")
        found = self._gateway.look_up(message_id)
        crash_point("delivery.after-look-up")
        self._reached()
        self._take_all(found.messages, done)
        return found

    def _send(self, document: bytes, message_id: str, done: Pass) -> None:
        with self._lock:
            self._pace.sent(self._clock())
        crash_point("delivery.before-send")
        answers = self._gateway.send(document, message_id)
        crash_point("delivery.after-send")
        self._reached()
        with self._lock:
            done.sent += 1
        self._take_all(answers, done)

    def _reached(self) -> None:
        """The authority has answered, whatever it said."""
        with self._lock:
            self._pace.succeeded()
            self._line_problem = None

    def _failed(self, error: GatewayError, done: Pass) -> None:
        """What a failure says about the line; who refuses (HTTP 4xx) has read the message: the line works."""
        done.problem = str(error)
        if type(error) is Rejected:
            self._reached()
            return
        wait = None if error.retry_after is None else timedelta(seconds=float(error.retry_after))
        with self._lock:
            self._pace.failed(self._clock(), wait)
            self._line_problem = error.message

    def _collect(self, done: Pass) -> None:
        more = True
        while more:
            cursor = self._store.run(_read_cursor)
            try:
                crash_point("delivery.before-collect")
                found = self._gateway.collect(cursor)
                crash_point("delivery.after-collect")
            except GatewayError as error:
                self._failed(error, done)
                return
            self._reached()
            self._take_all(found.messages, done)
            crash_point("delivery.before-cursor")
            self._store.run(_write_cursor(found.cursor))
            more = found.more and found.cursor != cursor

    def _acknowledge(self, done: Pass) -> None:
        """Send our own 999 to each message of the authority's (profile, section 3); nothing waits for it."""
        for answer_id, message_id, document in self._store.run(open_acknowledgements()):
            if self._pace.allowance(self._clock()) <= 0:
                return
            try:
                self._pace.sent(self._clock())
                crash_point("acknowledgement.before-send")
                self._gateway.send(document, message_id)
                crash_point("acknowledgement.after-send")
            except GatewayError as error:
                self._store.run(acknowledged(answer_id, sent=False))
                done.problem = done.problem or str(error)
                return
            self._store.run(acknowledged(answer_id, sent=True))

    def _own_answer(self, reply_to: str, now: datetime) -> tuple[str, bytes]:
        message_id = new_message_id(self._sender, self._new_id())
        return message_id, build_technical(
            version=self._version,
            sender=self._sender,
            receiver=self._way.receiver,
            message_id=message_id,
            reply_to=reply_to,
            original_sender=self._way.receiver,
            received_at=now,
        )

    def _take_all(self, documents: Sequence[bytes], done: Pass) -> None:
        """Store answers and let them move the states: checked one by one, committed together."""
        kept = [self._store.submit(self._taken(document, done)) for document in documents]
        for one in kept:
            one.result()

    def _taken(self, document: bytes, done: Pass) -> Job[Any]:
        try:
            answer = parse_answer(document)
        except AuthorityError as error:
            done.problem = str(error)
            return keep_unreadable(document, error.message)
        problem = None
        if isinstance(answer, Notice | FormAnswer):
            check = check_notice if isinstance(answer, Notice) else check_form_answer
            try:
                answer = check(document, self._trust, tax_code=self._tax_code, now=self._clock())
            except AuthorityError as error:
                problem = error.message
                done.problem = str(error)
        with self._lock:
            done.answers += 1
        return take_answer(document, answer, problem, self._own_answer)


def _was_read(error: GatewayError) -> bool:
    """Whether what was sent may be at fault: the gateway's account, address and load are not."""
    return isinstance(error, MaybeDelivered) or type(error) is Rejected


def _read_cursor(tx: Tx) -> str:
    return read_setting(tx, CURSOR) or ""


def _write_cursor(cursor: str) -> Callable[[Tx], None]:
    return lambda tx: write_setting(tx, CURSOR, cursor)
