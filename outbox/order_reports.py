"""What people ask about orders: lists, one with its history, the sale behind it. Read connections only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outbox.errors import NotFound
from outbox.history import step_of
from outbox.orders import find_order
from outbox.sold import sold_by_sale

if TYPE_CHECKING:
    import sqlite3

    from outbox.history import Step
    from outbox.sold import Sold

# The partial index of open orders is used only where its own words stand in the question.
OPEN_ORDERS = "state NOT IN ('invoiced', 'corrected', 'dropped')"
_COLUMNS = (
    "id, reference, key, form, symbol, number, day, total, sold_at, ordered_at, state, reason, provider,"
    " attempts, invoice_id, corrects, sha256"
)


def count_orders(connection: sqlite3.Connection) -> dict[str, int]:
    """Open orders by how a shop sees them: ``ordered`` wait for their number, others for a person."""
    counts = dict(
        connection.execute(
            f"SELECT state, COUNT(*) FROM invoice_order WHERE {OPEN_ORDERS} GROUP BY state"  # noqa: S608
        ).fetchall()
    )
    waiting = sum(counts.get(state, 0) for state in ("ordered", "asked", "numbered"))
    return {"ordered": waiting, "refused": counts.get("refused", 0), "held": counts.get("held", 0)}


def ordered_on(connection: sqlite3.Connection, day: str) -> tuple[int, int]:
    """How many sales of a legal day have no number yet, and their dong."""
    count, total = connection.execute(
        f"SELECT COUNT(*), COALESCE(SUM(total), 0) FROM invoice_order WHERE {OPEN_ORDERS} AND day = ?",  # noqa: S608
        (day,),
    ).fetchone()
    return int(count), int(total)


def oldest_order(connection: sqlite3.Connection) -> str | None:
    """When the oldest order was made that has no number (UTC)."""
    # By the lowest number in each state, which the index holds: a long backlog is not read.
    found = [
        connection.execute(
            f"SELECT ordered_at FROM invoice_order WHERE {OPEN_ORDERS} AND state = ? ORDER BY id LIMIT 1",  # noqa: S608
            (state,),
        ).fetchone()
        for state in ("ordered", "asked", "numbered", "held", "refused")
    ]
    return min((str(row[0]) for row in found if row is not None), default=None)


def open_orders(connection: sqlite3.Connection, limit: int, state: str | None = None) -> list[dict[str, Any]]:
    """Orders without an invoice, newest first; with ``state`` only those in it."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM invoice_order WHERE {OPEN_ORDERS} AND (? IS NULL OR state = ?)"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (state, state, limit),
    )
    return [dict(row) for row in rows]


def order_named(connection: sqlite3.Connection, name: str) -> tuple[dict[str, Any], bytes]:
    """One order by its reference (blanks and dashes do not matter) or key, with its signed bytes.

    Raises:
        NotFound: there is none.
    """
    order_id = find_order(connection, name)
    if order_id is None:
        raise NotFound(f"there is no order {name}")
    row = connection.execute(
        f"SELECT {_COLUMNS}, document FROM invoice_order WHERE id = ?",  # noqa: S608
        (order_id,),
    ).fetchone()
    data = dict(row)
    return data, bytes(data.pop("document"))


def open_order_named(connection: sqlite3.Connection, name: str) -> dict[str, Any] | None:
    """The order of that reference or key, as long as it is no invoice; None where there is none."""
    try:
        row, _ = order_named(connection, name)
    except NotFound:
        return None
    return row if row["invoice_id"] is None else None


def reference_of_invoice(connection: sqlite3.Connection, invoice_id: int) -> str | None:
    """The provisional code that the receipt of an invoice bears; None where the register numbered it."""
    row = connection.execute(
        "SELECT reference FROM invoice_order WHERE invoice_id = ?", (invoice_id,)
    ).fetchone()
    return None if row is None else str(row[0])


def sale_of_order(connection: sqlite3.Connection, order_id: int) -> str:
    """The sale of an order as JSON."""
    (content,) = connection.execute(
        "SELECT content FROM sale JOIN invoice_order o ON o.sale_id = sale.id WHERE o.id = ?", (order_id,)
    ).fetchone()
    return str(content)


def paper_of_order(connection: sqlite3.Connection, order_id: int) -> tuple[Sold, bytes] | None:
    """The order, or the invoice it has become, with its receipt's bytes; None where it came without paper."""
    row = connection.execute(
        "SELECT o.sale_id, capture.data FROM invoice_order o JOIN capture ON capture.sale_id = o.sale_id"
        " WHERE o.id = ? AND capture.form = 'escpos' ORDER BY capture.id LIMIT 1",
        (order_id,),
    ).fetchone()
    if row is None or (sold := sold_by_sale(connection, row[0])) is None:
        return None
    return sold, bytes(row[1])


def history_of_order(connection: sqlite3.Connection, order_id: int) -> list[Step]:
    """What the ledger says of an order, oldest first."""
    rows = connection.execute(
        "SELECT seq, kind, body, hash FROM leaf WHERE kind LIKE 'order.%' AND subject = ? ORDER BY seq",
        (order_id,),
    )
    return [step_of(*row) for row in rows]
