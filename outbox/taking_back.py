"""Orders that no provider has, numbered by the register itself: when a shop leaves a provider's route.

Only what the provider certainly does not have comes back so: orders that were never asked for, or that it has
refused. What it may have is decided on its own route first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from invoice.compose import check_sale, compose
from invoice.sale_json import VIETNAM, sale_from_json, sale_to_json
from outbox.clock import checked_now
from outbox.errors import RouteUndecided
from outbox.issuing import legal_day, sign_and_store, witness_of
from outbox.numbering import next_identity
from outbox.orders import move_order, settle_alarms, state_of
from outbox.sold import MadeOf
from outbox.states import OrderState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from outbox.numbering import Register
    from outbox.signing_desk import ToSign
    from outbox.sold import Issued
    from outbox.store import Job, Tx

# Said twice: the partial index of open orders is used only where its own words stand in the question.
_FREE = (
    "state NOT IN ('invoiced', 'corrected', 'dropped') AND corrects IS NULL"
    " AND (state IN ('ordered', 'refused') OR (state = 'held' AND attempts = 0))"
)


def orders_to_take_back(connection: sqlite3.Connection) -> list[int]:
    """The orders that no provider has, in order of sale time; corrections are not among them."""
    rows = connection.execute(
        f"SELECT id FROM invoice_order WHERE {_FREE} ORDER BY day, sold_at, id"  # noqa: S608
    )
    return [int(row[0]) for row in rows]


def take_back(order_id: int, register: Register) -> Job[Issued]:
    """The job that numbers an order's sale by the register itself; the order keeps its reference.

    Raises from the job:
        NotFound: there is no such order.
        RouteUndecided: the provider may have it, or the register numbers nothing itself.
        SeriesOfProvider: the register's letters are still those of the provider's series.
        InvoiceError, ClockWentBack, ClockWrong: as ``issue``; nothing is changed.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Issued]:
        state = state_of(tx, order_id)
        if register.by_provider:
            raise RouteUndecided("the configured route is a provider's: change [authority] first")
        row = tx.execute(
            f"SELECT sale_id, day, reference FROM invoice_order WHERE id = ? AND {_FREE}",  # noqa: S608
            (order_id,),
        ).fetchone()
        if row is None:
            raise RouteUndecided(f"the order is {state}: it is decided on the route it was made for")
        sale_id, day, reference = int(row[0]), date.fromisoformat(row[1]), str(row[2])
        content = tx.execute("SELECT content FROM sale WHERE id = ?", (sale_id,)).fetchone()[0]
        sale = sale_from_json(content)
        now = checked_now(tx, register)
        check_sale(sale, register.terms, now.astimezone(VIETNAM).date())
        sold_at = datetime.combine(day, datetime.min.time(), VIETNAM)
        legal = legal_day(tx, replace(sale, sold_at=sold_at), register, now, live=False)
        invoice = compose(sale, register.terms, next_identity(tx, register, legal), witness_of(tx))
        paper = tx.execute(
            "SELECT id FROM capture WHERE sale_id = ? ORDER BY id LIMIT 1", (sale_id,)
        ).fetchone()
        made_of = MadeOf(
            sale_to_json(sale), sale_id, register.terms.unnamed_buyer, paper[0] if paper else None
        )
        issued = yield from sign_and_store(tx, invoice, made_of, now)
        reason = f"numbered by the register itself: {issued.symbol}-{issued.number}"
        move_order(tx, order_id, OrderState.DROPPED, reason)
        tx.leaf("order.taken-back", order_id, order=order_id, reference=reference, invoice=issued.invoice_id)
        settle_alarms(tx)
        return issued

    return job
