"""The queue of orders, and every move of one: what is asked next, what comes back, what is set aside.

A series goes in order of sale time. An order that the provider has not decided is not overtaken, so that
dates inside the series never go back; one that it fails on again and again is overtaken (nobody waits for
it), and then takes the day that the series has come to (``asked_day``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from authority.providers.provider import OriginalAtProvider
from invoice.invoice import Relation
from invoice.numbers import Form, Symbol
from invoice.reader import read_order
from invoice.references import read_reference
from invoice.sale_json import VIETNAM
from outbox.alarms import put_alarm, take_away_alarm
from outbox.crash_points import crash_point
from outbox.errors import NotFound
from outbox.settings import read_setting, write_setting
from outbox.states import OrderState, check_transition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from invoice.invoice import InvoiceContent
    from outbox.store import Job, Tx

ORDER_HELD = "order-held"
DIFFERS = "provider-differs"  # alarm: what the provider has is not what was asked for
ALONE_AFTER = 2  # failures, after which an order is asked for alone
OVERTAKEN_AFTER = 5  # failures, about a minute: then the others of the series no longer wait for it
BLAMED_ENOUGH = 5  # failures on an order while others got through: it is set aside
SILENT_FAILURES = 8  # so many are blamed on it too if the provider said nothing at all
# The partial indexes are used only where their own words stand in the question.
_QUEUED = "state IN ('ordered', 'asked')"
_OPEN = "state NOT IN ('invoiced', 'corrected', 'dropped')"
_LAST_THROUGH = "orders_through"  # setting: when the provider last decided about an order
_COLUMNS = (
    "id, key, reference, form, symbol, day, asked_day, state, attempts, failures, due_at, total, provider"
)


@dataclass(frozen=True, slots=True)
class QueuedOrder:
    """An order as the queue knows it. ``asked_day``: the date it was last asked for under, if it was."""

    order_id: int
    key: UUID
    reference: str
    form: int
    symbol: str
    day: date
    asked_day: date | None
    state: OrderState
    attempts: int
    failures: int
    due_at: str
    total: int
    provider: str | None


def series_waiting(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """The series (form, symbol) that have orders to be asked for, the oldest day first."""
    rows = connection.execute(
        f"SELECT form, symbol FROM invoice_order WHERE {_QUEUED}"  # noqa: S608
        " GROUP BY form, symbol ORDER BY MIN(day), form, symbol"
    )
    return [(int(form), str(symbol)) for form, symbol in rows]


def next_orders(
    connection: sqlite3.Connection, form: int, symbol: str, now: str, most: int
) -> list[QueuedOrder]:
    """What of a series is to be asked now: up to ``most`` orders to be sent, or one to be looked up.

    ``now`` is a stamp. Nothing is sent while an earlier sending is in doubt: what it has issued may bear a
    later day. An order that has failed again goes alone: what it does, it does to itself only.
    """
    series = form, symbol
    undecided = connection.execute(
        f"SELECT {_COLUMNS} FROM invoice_order WHERE {_OPEN} AND state = 'asked'"  # noqa: S608
        " AND form = ? AND symbol = ? ORDER BY day, sold_at, id",
        series,
    )
    for order in map(_queued, undecided):
        if order.due_at <= now:
            return [order]
        if order.failures < OVERTAKEN_AFTER:
            return []
    found: list[QueuedOrder] = []
    waiting = connection.execute(
        f"SELECT {_COLUMNS} FROM invoice_order WHERE {_QUEUED} AND state = 'ordered'"  # noqa: S608
        " AND form = ? AND symbol = ? ORDER BY day, sold_at, id",
        series,
    )
    for order in map(_queued, waiting):
        if order.due_at > now and order.failures >= OVERTAKEN_AFTER:
            continue
        if order.due_at > now or len(found) == most:
            return found
        if order.failures >= ALONE_AFTER:
            return found or [order]
        found.append(order)
    return found


def mark_asked(orders: Sequence[QueuedOrder], provider: str, due: datetime | str) -> Job[list[date]]:
    """The job that writes down, before they leave, that these are being asked for; the day of each.

    From here on the provider may have them, whatever happens to us. No day is before that of an invoice which
    the series has, or may have.
    """

    def job(tx: Tx) -> list[date]:
        days = []
        for order in orders:
            day = max(filter(None, (order.day, order.asked_day, _reached_by(tx, order.form, order.symbol))))
            move_order(tx, order.order_id, OrderState.ASKED)
            tx.execute(
                "UPDATE invoice_order SET attempts = attempts + 1, asked_day = ?, provider = ?, due_at = ?"
                " WHERE id = ?",
                (day.isoformat(), provider, str(due), order.order_id),
            )
            tx.leaf(
                "order.asked", order.order_id, order=order.order_id, day=day.isoformat(), provider=provider
            )
            days.append(day)
        crash_point("asking.before-commit")
        return days

    return job


def give_back(order_ids: Sequence[int], due: str, reason: str | None) -> Job[None]:
    """The job for orders that the provider certainly does not have: they are asked for again at ``due``."""

    def job(tx: Tx) -> None:
        for order_id in order_ids:
            move_order(tx, order_id, OrderState.ORDERED, reason)
            tx.execute("UPDATE invoice_order SET due_at = ? WHERE id = ?", (due, order_id))
        crash_point("giving-back.before-commit")

    return job


def count_order_failures(order_ids: Sequence[int], due: str, reason: str, *, answered: bool) -> Job[None]:
    """The job for orders on which the provider has failed: looked up (or asked for) again at ``due``.

    A failure is blamed on an order if the provider has decided about another since its last one, and has
    ``answered`` something to this one: most silence is the line's.
    """

    def job(tx: Tx) -> None:
        through = read_setting(tx, _LAST_THROUGH) or ""
        for order_id in order_ids:
            tx.execute(
                "UPDATE invoice_order SET failures = failures + 1,"
                " blamed = blamed + (? > coalesce(failed_at, ?) AND (? OR failures >= ?)),"
                " failed_at = ?, due_at = ?, reason = ? WHERE id = ?",
                (through, tx.stamp, answered, SILENT_FAILURES, tx.stamp, due, reason, order_id),
            )

    return job


def postpone_orders(order_ids: Sequence[int], due: str) -> Job[None]:
    """The job for orders about which nothing new is known."""

    def job(tx: Tx) -> None:
        for order_id in order_ids:
            tx.execute("UPDATE invoice_order SET due_at = ? WHERE id = ?", (due, order_id))

    return job


def not_there(order_id: int, due: str) -> Job[bool]:
    """The job for an order that the provider says it does not have: again, or set aside; whether it was."""

    def job(tx: Tx) -> bool:
        (blamed, reason) = tx.execute(
            "SELECT blamed, reason FROM invoice_order WHERE id = ?", (order_id,)
        ).fetchone()
        if blamed >= BLAMED_ENOUGH:
            # It is as if it had never been asked for: a person may let it go again, or replace it.
            tx.execute("UPDATE invoice_order SET attempts = 0 WHERE id = ?", (order_id,))
            set_aside(tx, order_id, reason or "the provider fails on it")
            return True
        move_order(tx, order_id, OrderState.ORDERED, reason)
        tx.execute("UPDATE invoice_order SET due_at = ? WHERE id = ?", (due, order_id))
        return False

    return job


def series_day(form: int, symbol: str, day: date) -> Job[bool]:
    """The job that goes on from the day which the provider says the series has come to; whether it does.

    Not into the future: a provider's clock that is ahead must not date our invoices.
    """

    def job(tx: Tx) -> bool:
        reached = _reached_by(tx, form, symbol)
        if day > tx.now.astimezone(VIETNAM).date() or (reached is not None and day <= reached):
            return False
        write_setting(tx, _day_of(form, symbol), day.isoformat())
        tx.leaf("series.day", None, series=f"{form};{symbol}", day=day.isoformat())
        return True

    return job


@dataclass(frozen=True, slots=True)
class OrderRead:
    """An order's signed content, and the invoice it corrects, if it does."""

    content: InvoiceContent
    original: OriginalAtProvider | None


def read_orders(connection: sqlite3.Connection, order_ids: Sequence[int]) -> list[OrderRead]:
    """Orders read back from their own signed bytes, in the order of ``order_ids``."""
    return [_read(connection, order_id) for order_id in order_ids]


def _read(connection: sqlite3.Connection, order_id: int) -> OrderRead:
    row = connection.execute(
        "SELECT o.document, o.relation, i.form, i.symbol, i.number, i.day, first.key FROM invoice_order o"
        " LEFT JOIN invoice i ON i.id = o.corrects LEFT JOIN invoice_order first ON first.invoice_id = i.id"
        " WHERE o.id = ?",
        (order_id,),
    ).fetchone()
    document, relation, form, symbol, number, day, key = row
    original = None
    if relation is not None:
        original = OriginalAtProvider(
            None if key is None else UUID(key),
            Form(form),
            Symbol.parse(symbol),
            number,
            date.fromisoformat(day),
            Relation(relation),
        )
    return OrderRead(read_order(bytes(document)), original)


def decided(tx: Tx) -> None:
    """The provider has decided about an order: asking works."""
    write_setting(tx, _LAST_THROUGH, tx.stamp)


def reached_day(tx: Tx, form: int, symbol: str, day: date) -> None:
    """The series has an invoice of that day."""
    reached = read_setting(tx, _day_of(form, symbol))
    if reached is None or day > date.fromisoformat(reached):
        write_setting(tx, _day_of(form, symbol), day.isoformat())


def _reached_by(tx: Tx, form: int, symbol: str) -> date | None:
    """The latest day that the series has for certain, or may have by an order that is in doubt."""
    (asked,) = tx.execute(
        f"SELECT MAX(asked_day) FROM invoice_order WHERE {_OPEN} AND state = 'asked'"  # noqa: S608
        " AND form = ? AND symbol = ?",
        (form, symbol),
    ).fetchone()
    known = [date.fromisoformat(day) for day in (asked, read_setting(tx, _day_of(form, symbol))) if day]
    return max(known, default=None)


def _day_of(form: int, symbol: str) -> str:
    """Setting: the latest day of a series at the provider."""
    return f"series_day:{form}:{symbol}"


def set_aside(tx: Tx, order_id: int, reason: str) -> None:
    """Hold an order inside a running job; a person has to look at it."""
    move_order(tx, order_id, OrderState.HELD, reason)
    put_alarm(tx, ORDER_HELD, f"{reference_in(tx, order_id)}: {reason}")


def reference_in(tx: Tx, order_id: int) -> str:
    """An order's reference."""
    return str(tx.execute("SELECT reference FROM invoice_order WHERE id = ?", (order_id,)).fetchone()[0])


def settle_alarms(tx: Tx) -> None:
    """Take the alarms away that have nothing behind them any more."""
    if not tx.execute("SELECT 1 FROM invoice_order WHERE state IN ('held', 'refused') LIMIT 1").fetchone():
        take_away_alarm(tx, ORDER_HELD)
        # Of papers that were fetched anew the newest counts.
        if not tx.execute(
            "SELECT 1 FROM provider_paper old WHERE problem IS NOT NULL AND NOT EXISTS (SELECT 1"
            " FROM provider_paper WHERE order_id = old.order_id AND kind = old.kind AND id > old.id) LIMIT 1"
        ).fetchone():
            take_away_alarm(tx, DIFFERS)


def state_of(tx: Tx, order_id: int) -> OrderState:
    """The state of an order.

    Raises:
        NotFound: there is none.
    """
    row = tx.execute("SELECT state FROM invoice_order WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no order {order_id}")
    return OrderState(row[0])


def move_order(tx: Tx, order_id: int, after: OrderState, reason: str | None = None) -> None:
    """Change a state inside a running job, as the table allows; a leaf for what is no mere step of asking.

    Raises:
        NotFound, TransitionRefused: there is no such order, or it may not.
    """
    check_transition(state_of(tx, order_id), after)
    tx.execute(
        "UPDATE invoice_order SET state = ?, state_at = ?, reason = ? WHERE id = ?",
        (after, tx.stamp, reason, order_id),
    )
    if after not in {OrderState.ASKED, OrderState.INVOICED, OrderState.NUMBERED}:
        said = {"reason": reason} if reason else {}
        tx.leaf(f"order.{after}", order_id, order=order_id, **said)


def find_order(connection: sqlite3.Connection, name: str) -> int | None:
    """The id of the order whose reference or key somebody gives; None where there is none."""
    row = connection.execute(
        "SELECT id FROM invoice_order WHERE reference = ? OR key = ?",
        (read_reference(name) or "", name.strip()),
    ).fetchone()
    return None if row is None else int(row[0])


def _queued(row: tuple[object, ...]) -> QueuedOrder:
    (
        number,
        key,
        reference,
        form,
        symbol,
        day,
        asked_day,
        state,
        attempts,
        failures,
        due_at,
        total,
        provider,
    ) = row
    return QueuedOrder(
        int(str(number)),
        UUID(str(key)),
        str(reference),
        int(str(form)),
        str(symbol),
        date.fromisoformat(str(day)),
        None if asked_day is None else date.fromisoformat(str(asked_day)),
        OrderState(str(state)),
        int(str(attempts)),
        int(str(failures)),
        str(due_at),
        int(str(total)),
        None if provider is None else str(provider),
    )
