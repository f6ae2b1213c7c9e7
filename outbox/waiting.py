"""Sales that wait for their buyer: kept at once, invoiced when the buyer is known or a time has come.

By configuration only ([buyer] later = "wait"); else an invoice is issued at the cut and replaced when its
buyer comes (``invoice replace --buyer``). A waiting sale is as durable as an invoice; it has no number yet.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from invoice.compose import check_sale
from invoice.sale_json import VIETNAM, sale_from_json, sale_to_json
from outbox.clock import checked_now
from outbox.errors import NotFound
from outbox.issuing import fingerprint, insert_sale, issue_stored, legal_day, stop_waiting
from outbox.sold import Sold, sold_by_sale
from outbox.states import CaptureState, check_transition
from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from invoice.sale import Buyer, Sale
    from outbox.numbering import Register
    from outbox.signing_desk import ToSign
    from outbox.store import Job, Tx


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sale without its buyer. ``until``: when it is invoiced without one (UTC, ISO 8601)."""

    sale_id: int
    receipt_no: str | None
    total: int
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A sale that is in the store: waiting, or (``sold``) invoiced or ordered already."""

    sale_id: int
    sold: Sold | None


def wait_for_buyer(sale: Sale, register: Register, capture_id: int | None, until: datetime) -> Job[Kept]:
    """The job that keeps a sale until ``until`` (aware); a second print of it changes nothing.

    Raises from the job:
        InvoiceError: the sale could not be invoiced.
        ClockWentBack, ClockWrong: as ``checked_now``.
        NotFound, TransitionRefused: no such capture, or it has been settled.
    """

    def job(tx: Tx) -> Kept:
        today = checked_now(tx, register).astimezone(VIETNAM).date()
        check_sale(sale, register.terms, today)
        mark = fingerprint(sale, register, tx.now)
        row = tx.execute("SELECT id FROM sale WHERE fingerprint = ?", (mark,)).fetchone() if mark else None
        sale_id = int(row[0]) if row else insert_sale(tx, sale, mark)
        sold = sold_by_sale(tx.connection, sale_id)
        _set_capture(tx, capture_id, sale_id, CaptureState.SALE if sold else CaptureState.WAITING)
        if row is not None and capture_id is not None:
            tx.leaf("capture.again", capture_id, capture=capture_id, sale=sale_id)
        if row is None:
            of_sale = sale.sold_at.astimezone(VIETNAM).date() if sale.sold_at else today
            day = of_sale if 0 <= (today - of_sale).days <= 1 else today
            tx.execute(
                "INSERT INTO waiting (sale_id, capture_id, day, since, until) VALUES (?,?,?,?,?)",
                (sale_id, capture_id, day.isoformat(), stamp(tx.now), stamp(until)),
            )
            tx.leaf(
                "sale.waiting",
                sale_id,
                sale=sale_id,
                capture=capture_id,
                total=sale.total,
                until=stamp(until),
            )
        return Kept(sale_id, sold)

    return job


def give_buyer(sale_id: int, buyer: Buyer | None, register: Register) -> Job[Sold]:
    """The job that invoices a waiting sale, for ``buyer`` or (None) for whom the receipt names.

    Raises from the job:
        NotFound: no such sale waits.
        InvoiceError: the buyer's data cannot stand on an invoice; the sale goes on waiting.
        ClockWentBack: the clock stands behind the last issued invoice.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Sold]:
        row = tx.execute(
            "SELECT content, capture_id, day FROM sale JOIN waiting ON sale_id = id WHERE id = ?", (sale_id,)
        ).fetchone()
        if row is None:
            raise NotFound(f"no sale {sale_id} waits for its buyer")
        sale = sale_from_json(row[0])
        if buyer is not None:
            sale = replace(sale, buyer=buyer)
        now = checked_now(tx, register)
        check_sale(sale, register.terms, now.astimezone(VIETNAM).date())
        tx.execute(
            "UPDATE sale SET content = ? WHERE id = ?",
            (json.dumps(sale_to_json(sale), ensure_ascii=False), sale_id),
        )
        stop_waiting(tx, sale_id)
        if buyer is not None:
            tx.leaf("sale.buyer", sale_id, sale=sale_id)
        sold_at = datetime.combine(date.fromisoformat(row[2]), datetime.min.time(), VIETNAM)
        day = legal_day(tx, replace(sale, sold_at=sold_at), register, now, live=False)
        return (yield from issue_stored(tx, sale, sale_id, row[1], register, day, now))

    return job


def waiting_sales(connection: sqlite3.Connection, due: datetime | None = None) -> list[Waiting]:
    """The sales that wait, oldest first; with ``due``, those whose time has come by then."""
    rows = connection.execute(
        "SELECT sale_id, receipt_no, total, since, until FROM waiting JOIN sale ON id = sale_id"
        " WHERE ? IS NULL OR until <= ? ORDER BY sale_id",
        (due and stamp(due), due and stamp(due)),
    )
    return [Waiting(*row) for row in rows]


def _set_capture(tx: Tx, capture_id: int | None, sale_id: int, state: CaptureState) -> None:
    if capture_id is None:
        return
    row = tx.execute("SELECT state FROM capture WHERE id = ?", (capture_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no capture {capture_id}")
    check_transition(CaptureState(row[0]), state)
    tx.execute(
        "UPDATE capture SET state = ?, kind = 'sale', sale_id = ? WHERE id = ?", (state, sale_id, capture_id)
    )
