"""Step 5 where a provider numbers: asks for numbers, looks up what is in doubt, fetches the papers.

One pass is ``ProviderDelivery.run_once``. Before an order leaves, it is written down that it is asked for.
What is known afterwards decides what is done: certainly not arrived → ordered again; may have arrived →
looked up by its key until the provider says yes or no; answered → attached or set aside. Nothing is asked for
twice while the first may still have been issued (promise P3), and never under another key.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from authority.errors import (
    ConnectionCut,
    GatewayError,
    GatewayTimeout,
    MaybeDelivered,
    NotDelivered,
    Rejected,
)
from authority.providers.errors import DateBehind, DateNotToday, SeriesStopped
from authority.providers.provider import NotSaid, Numbered, Order, Refused
from invoice.numbers import Form, Symbol
from invoice.sale_json import VIETNAM
from outbox.alarms import clear_alarm, raise_alarm
from outbox.attaching import take_number, take_refusal
from outbox.chronicle import note_line
from outbox.clock import note_clock
from outbox.crash_points import crash_point
from outbox.delivery import Pass
from outbox.errors import RouteUndecided
from outbox.orders import (
    QueuedOrder,
    count_order_failures,
    give_back,
    mark_asked,
    next_orders,
    not_there,
    postpone_orders,
    read_orders,
    series_day,
    series_waiting,
)
from outbox.pace import Pace
from outbox.provider_papers import XML, DuePaper, code_in, due_papers, keep_paper, paper_later
from outbox.route import provider_route, take_route
from outbox.states import OrderState
from outbox.store import stamp, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from authority.providers.provider import Outcome, ProviderGateway
    from outbox.store import Store

STOPPED = "series-stopped"  # alarm: the provider issues nothing in a series
STOPPED_FOR = timedelta(minutes=5)  # between attempts at a series that stands still
PAPERS = 32  # papers fetched in one pass
READ_AGAIN = 5  # times that something is fetched which is no invoice, before it is kept as it is


class ProviderDelivery:
    """Delivers one store's orders through one provider. Not thread-safe: one pass at a time.

    ``provider`` names the route for the ledger (``viettel``), ``user`` the account on it.
    """

    def __init__(
        self,
        store: Store,
        gateway: ProviderGateway,
        provider: str,
        tax_code: str,
        *,
        user: str = "",
        clock: Callable[[], datetime] = utc_now,
        pace: Pace | None = None,
    ) -> None:
        self._store = store
        self._gateway = gateway
        self._provider = provider
        self._route = provider_route(tax_code, provider, user)
        self._tax_code = tax_code
        self._clock = clock
        self._pace = pace or Pace()
        self._stopped: dict[tuple[int, str], datetime] = {}
        self._stop_said = True  # the alarm may stand: an earlier run may have raised it
        self._line_problem: str | None = None

    def run_once(self) -> Pass:
        """Ask, look up, fetch, as far as the line bears it; outages go into the ledger."""
        done = Pass()
        try:
            self._store.run(take_route(self._route, self._tax_code))
        except RouteUndecided as error:
            done.problem = str(error)
            self._store.run(note_line(error.message))
            return done
        self._deliver(done)
        self._store.run(note_line(self._line_problem))
        return done

    def close(self) -> None:
        """Close the gateway's connections."""
        self._gateway.close()

    def _deliver(self, done: Pass) -> None:
        room = self._pace.allowance(self._clock())
        if self._pace.broken and room <= 0:
            done.problem = f"the line rests until {self._pace.rests_until:%H:%M:%S} UTC"
            return
        with closing(self._store.reader()) as connection:
            waiting = series_waiting(connection)
        for series in waiting:
            room -= self._series(*series, room, done)
        if not self._pace.broken:
            self._papers(done)
        if (skew := self._gateway.clock_skew) is not None:
            self._store.run(note_clock(skew))

    def _series(self, form: int, symbol: str, room: int, done: Pass) -> int:
        """One series, in order of sale time, until it waits for something; how many calls were made."""
        for calls in range(room):
            now = self._clock()
            if self._resting(form, symbol, now) or self._pace.allowance(now) <= 0:
                return calls
            # What has failed is tried with one order, not with a whole batch.
            doubtful = self._pace.broken or (form, symbol) in self._stopped
            with closing(self._store.reader()) as connection:
                most = 1 if doubtful else self._gateway.can.batch
                orders = next_orders(connection, form, symbol, stamp(now), most)
            if not orders:
                return calls
            if orders[0].state is OrderState.ASKED:
                self._look_up(orders[0], done)
            else:
                self._ask(orders, done)
            if self._line_problem is not None:
                return calls + 1
        return room

    def _resting(self, form: int, symbol: str, now: datetime) -> bool:
        until = self._stopped.get((form, symbol))
        return until is not None and now < until

    def _ask(self, queued: Sequence[QueuedOrder], done: Pass) -> None:
        delay = self._pace.retry_delay(queued[0].attempts)
        days = self._store.run(mark_asked(queued, self._provider, stamp(self._clock() + delay)))
        with closing(self._store.reader()) as connection:
            contents = read_orders(connection, [one.order_id for one in queued])
        orders = [
            Order(one.key, replace(found.content, day=day), one.reference, found.original)
            for one, day, found in zip(queued, days, contents, strict=True)
        ]
        ids = [one.order_id for one in queued]
        self._pace.sent(self._clock())
        crash_point("provider.before-ask")
        try:
            outcomes = self._gateway.issue(orders)
        except SeriesStopped as error:
            self._store.run(give_back(ids, stamp(self._clock()), error.message))
            self._stop(queued[0], error, done)
            return
        except NotDelivered as error:
            self._store.run(give_back(ids, stamp(self._clock() + delay), error.message))
            self._failed(error, done)
            return
        except MaybeDelivered as error:
            answered = not isinstance(error, GatewayTimeout | ConnectionCut)
            due = self._due_after(error, delay)
            self._store.run(count_order_failures(ids, due, error.message, answered=answered))
            self._failed(error, done)
            return
        except Rejected as error:
            self._refused_call(ids, error, delay, done)
            return
        crash_point("provider.after-ask")
        self._reached()
        done.sent += len(orders)
        self._take(queued, outcomes, done)

    def _take(self, queued: Sequence[QueuedOrder], outcomes: Sequence[Outcome], done: Pass) -> None:
        """Each order by itself: what was answered moves, the rest is looked up."""
        for one, outcome in zip(queued, outcomes, strict=True):
            if isinstance(outcome, Numbered):
                self._number(one, outcome, done)
            elif isinstance(outcome, Refused):
                self._store.run(take_refusal(one.order_id, outcome))
                done.answers += 1
                done.problem = done.problem or f"{one.reference}: {outcome.error}"
            else:
                # Asked about at once: the provider has just answered, though not about this one.
                ids, now = [one.order_id], stamp(self._clock())
                reason = "the provider's answer does not speak of it"
                self._store.run(count_order_failures(ids, now, reason, answered=True))

    def _look_up(self, queued: QueuedOrder, done: Pass) -> None:
        delay = self._pace.retry_delay(queued.attempts)
        self._pace.sent(self._clock())
        crash_point("provider.before-look-up")
        try:
            found = self._gateway.look_up(queued.key)
        except GatewayError as error:
            self._store.run(postpone_orders([queued.order_id], self._due_after(error, delay)))
            self._failed(error, done)
            return
        crash_point("provider.after-look-up")
        self._reached()
        if isinstance(found, Numbered):
            self._number(queued, found, done)
        elif found is NotSaid.UNKNOWN:
            # The first time at once; then with the delay that its failures have earned.
            due = self._clock() + (delay if queued.failures > 1 else timedelta(0))
            self._store.run(not_there(queued.order_id, stamp(due)))
        else:
            reason = "the provider cannot say whether it has the order"
            due_at = stamp(self._clock() + delay)
            self._store.run(count_order_failures([queued.order_id], due_at, reason, answered=True))

    def _number(self, queued: QueuedOrder, numbered: Numbered, done: Pass) -> None:
        after = self._store.run(take_number(queued.order_id, numbered, self._provider))
        done.answers += 1
        if after is OrderState.HELD:
            done.problem = f"{queued.reference}: the provider's answer does not fit"
            return
        self._stopped.pop((queued.form, queued.symbol), None)
        if self._stop_said and not self._stopped:
            self._store.run(clear_alarm(STOPPED))
            self._stop_said = False

    def _papers(self, done: Pass) -> None:
        """Fetch the XML of what has been numbered; a code that was still missing is in it."""
        if not self._gateway.can.documents:
            return
        with closing(self._store.reader()) as connection:
            due = due_papers(connection, stamp(self._clock()), PAPERS)
        for paper in due:
            if self._pace.allowance(self._clock()) <= 0 or self._pace.broken:
                return
            delay = stamp(self._clock() + self._pace.retry_delay(paper.attempts))
            try:
                self._fetch(paper, delay, done)
            except GatewayError as error:
                self._store.run(paper_later(paper.order_id, delay))
                self._failed(error, done)

    def _fetch(self, paper: DuePaper, later: str, done: Pass) -> None:
        numbered = paper.numbered
        self._pace.sent(self._clock())
        crash_point("provider.before-fetch")
        document = self._gateway.fetch(numbered, paper.key, XML)
        crash_point("provider.after-fetch")
        self._reached()
        if not paper.has_code:
            code = code_in(document) if document else None
            found: Numbered | NotSaid = replace(numbered, code=code)
            if code is None:
                found = self._gateway.look_up(paper.key)
            if not isinstance(found, Numbered) or found.code is None:
                self._store.run(paper_later(paper.order_id, later))
                return
            self._store.run(take_number(paper.order_id, found, self._provider))
        if not document or (paper.attempts < READ_AGAIN and code_in(document) is None):
            self._store.run(paper_later(paper.order_id, later))
            return
        problem = self._store.run(keep_paper(paper.order_id, XML, document))
        done.problem = done.problem or problem

    def _stop(self, queued: QueuedOrder, error: SeriesStopped, done: Pass) -> None:
        """The whole series waits for a person; it is tried again by itself."""
        self._reached()
        done.problem = str(error)
        series = queued.form, queued.symbol
        self._stopped[series] = self._clock() + STOPPED_FOR
        if self._redated(error, *series):
            del self._stopped[series]
            return
        self._store.run(raise_alarm(STOPPED, str(error)))
        self._stop_said = True

    def _redated(self, error: SeriesStopped, form: int, symbol: str) -> bool:
        """Whether the series can go on from a later day, where its day was the reason."""
        if isinstance(error, DateBehind):
            return self._catch_up_with(form, symbol)
        if isinstance(error, DateNotToday):
            # What was sold on earlier days bears the day it is numbered on; the ledger has both.
            return self._store.run(series_day(form, symbol, self._clock().astimezone(VIETNAM).date()))
        return False

    def _catch_up_with(self, form: int, symbol: str) -> bool:
        """Whether the provider names a later day of the series, under which it may go on."""
        try:
            standing = self._gateway.standing(Form(form), Symbol.parse(symbol))
        except GatewayError:
            return False
        days = [
            one.last_day
            for one in standing.series
            if (int(one.form), str(one.symbol)) == (form, symbol) and one.last_day is not None
        ]
        return bool(days) and self._store.run(series_day(form, symbol, max(days)))

    def _refused_call(self, ids: Sequence[int], error: Rejected, delay: timedelta, done: Pass) -> None:
        """Read, and nothing issued; where neither account nor load is at fault, the orders may be."""
        due = self._due_after(error, delay)
        if type(error) is Rejected:
            self._store.run(count_order_failures(ids, due, error.message, answered=True))
            for order_id in ids:
                self._store.run(not_there(order_id, due))
        else:
            self._store.run(give_back(ids, due, error.message))
        self._failed(error, done)

    def _reached(self) -> None:
        """The provider has answered, whatever it said."""
        self._pace.succeeded()
        self._line_problem = None

    def _failed(self, error: GatewayError, done: Pass) -> None:
        done.problem = str(error)
        if type(error) is Rejected:
            self._reached()
            return
        wait = None if error.retry_after is None else timedelta(seconds=float(error.retry_after))
        self._pace.failed(self._clock(), wait)
        self._line_problem = error.message

    def _due_after(self, error: GatewayError, delay: timedelta) -> str:
        wait = timedelta(seconds=float(error.retry_after or 0))
        return stamp(self._clock() + max(wait, delay))
