"""What people ask the store: status, lists, single invoices. Read connections only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoice.references import read_reference
from outbox.captures import ESCPOS, RawCapture
from outbox.errors import NotFound
from outbox.ledger import load_frontier
from outbox.order_reports import count_orders, oldest_order, ordered_on
from outbox.sold import Issued, issued_by_sale

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

QUEUE = ("issued", "packed", "sent", "received", "refused", "held", "ordered")
# The partial indexes of the schema are used only where their own words stand in the question.
OPEN = "state NOT IN ('accepted', 'corrected', 'provided')"
UNDECIDED = "state IN ('raw', 'quarantined')"
LOOKED_BACK = 500  # captures among which the latest without an invoice are looked for
_COLUMNS = "id, form, symbol, number, code, day, total, issued_at, state, reason, package_id, sha256"


def today(connection: sqlite3.Connection, day: str) -> dict[str, int]:
    """Sales and dong of one legal day: invoices, and orders that have no number yet."""
    row = connection.execute("SELECT COUNT(*), COALESCE(SUM(total), 0) FROM invoice WHERE day = ?", (day,))
    count, total = row.fetchone()
    ordered, ordered_total = ordered_on(connection, day)
    return {"sales": count + ordered, "total": total + ordered_total}


def queue(connection: sqlite3.Connection) -> dict[str, int]:
    """How many invoices stand in each state that is not the end.

    Orders count with them: ``ordered`` are those that a provider has not numbered.
    """
    counts = dict.fromkeys(QUEUE, 0) | count_orders(connection)
    for state, count in connection.execute(
        f"SELECT state, COUNT(*) FROM invoice WHERE {OPEN} GROUP BY state"  # noqa: S608
    ):
        counts[state] = counts.get(state, 0) + count
    return counts


def since(connection: sqlite3.Connection, invoice_id: int) -> tuple[dict[str, int], int]:
    """How many invoices after ``invoice_id`` stand in each state, and in how many packages they went."""
    states = dict(
        connection.execute(
            "SELECT state, COUNT(*) FROM invoice WHERE id > ? GROUP BY state", (invoice_id,)
        ).fetchall()
    )
    row = connection.execute("SELECT COUNT(DISTINCT package_id) FROM invoice WHERE id > ?", (invoice_id,))
    return states, int(row.fetchone()[0])


def counters(connection: sqlite3.Connection) -> dict[str, int]:
    """Last numbers by series (``number:form:symbol``) and code range (``code:taxpayer:year:register``)."""
    return dict(connection.execute("SELECT name, value FROM counter ORDER BY name").fetchall())


def last_invoice(connection: sqlite3.Connection) -> int:
    """The id of the newest invoice, 0 where there is none."""
    return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM invoice").fetchone()[0])


def documents(connection: sqlite3.Connection) -> Iterator[bytes]:
    """Every document that the store has signed: invoices, orders, packages.

    An invoice that a provider has numbered is signed as its order; the provider's own paper is not ours.
    """
    own = "id NOT IN (SELECT invoice_id FROM invoice_order WHERE invoice_id IS NOT NULL)"
    for source in (f"invoice WHERE {own}", "invoice_order", "package"):
        for (document,) in connection.execute(f"SELECT document FROM {source} ORDER BY id"):  # noqa: S608
            yield bytes(document)


def damage(connection: sqlite3.Connection) -> str | None:
    """What SQLite finds wrong with the file, page by page; None where all is whole. Reads every page."""
    found: str = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return None if found == "ok" else found


def oldest_unsent(connection: sqlite3.Connection) -> str | None:
    """When the oldest invoice was issued that has not been taken in, or the oldest order made that waits."""
    # By the lowest number in each state, which the index of the queue holds: a long backlog is not read.
    found = [
        connection.execute(
            f"SELECT issued_at FROM invoice WHERE {OPEN} AND state = ? ORDER BY id LIMIT 1",  # noqa: S608
            (state,),
        ).fetchone()
        for state in ("issued", "packed", "sent", "held")
    ]
    times = [str(row[0]) for row in found if row is not None]
    return min((*times, *filter(None, [oldest_order(connection)])), default=None)


def last_sync(connection: sqlite3.Connection) -> str | None:
    """When the authority's last answer came, or the provider's."""
    found = [
        connection.execute(f"SELECT received_at FROM {table} ORDER BY id DESC LIMIT 1").fetchone()  # noqa: S608
        for table in ("answer", "provider_answer")
    ]
    return max((str(row[0]) for row in found if row is not None), default=None)


def ledger_head(connection: sqlite3.Connection) -> dict[str, Any]:
    """Size and root of the ledger."""
    edge = load_frontier(connection)
    return {"size": edge.size, "root": edge.root().hex()}


def newest_checkpoint(connection: sqlite3.Connection) -> tuple[str, str] | None:
    """When the last checkpoint was signed, and its note."""
    row = connection.execute("SELECT at, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return None if row is None else (str(row[0]), str(row[1]))


def alarms(connection: sqlite3.Connection) -> list[str]:
    """What needs a person now."""
    found = [f"{row[0]}: {row[1]}" for row in connection.execute("SELECT code, message FROM alarm")]
    if waiting := count_quarantined(connection):
        found.append(f"{waiting} receipts in quarantine: thungan quarantine list")
    return found


def standing(connection: sqlite3.Connection) -> list[dict[str, str]]:
    """The alarms as they stand: code, since when, message; oldest first."""
    return [dict(row) for row in connection.execute("SELECT code, since, message FROM alarm ORDER BY since")]


def count_quarantined(connection: sqlite3.Connection) -> int:
    """How many captures wait for a person."""
    row = connection.execute(
        f"SELECT COUNT(*) FROM capture WHERE {UNDECIDED} AND state = 'quarantined'"  # noqa: S608
    ).fetchone()
    return int(row[0])


def oldest_quarantined(connection: sqlite3.Connection) -> str | None:
    """When the oldest receipt was captured that waits for a person."""
    found: str | None = connection.execute(
        "SELECT MIN(captured_at) FROM capture WHERE state = 'quarantined'"
    ).fetchone()[0]
    return found


def latest(connection: sqlite3.Connection, limit: int) -> list[dict[str, Any]]:
    """What came last, newest first: invoices, and captures that became none. ``at`` is UTC.

    A capture has ``capture_id``, its state and kind; an invoice its name, total and state; an order that
    waits for its number its ``reference``.
    """
    invoiced = connection.execute(
        "SELECT invoice.id, issued_at AS at, invoice.state, symbol, number, invoice.total, receipt_no,"
        " NULL AS capture_id, NULL AS kind, NULL AS reference FROM invoice JOIN sale ON sale.id = sale_id"
        " ORDER BY invoice.id DESC LIMIT ?",
        (limit,),
    )
    others = connection.execute(
        "SELECT NULL AS id, captured_at AS at, state, NULL AS symbol, NULL AS number, NULL AS total,"
        " NULL AS receipt_no, id AS capture_id, kind, NULL AS reference FROM capture"
        " WHERE state NOT IN ('sale', 'resolved') AND id > (SELECT MAX(id) FROM capture) - ?"
        " ORDER BY id DESC LIMIT ?",
        (LOOKED_BACK, limit),
    )
    ordered = connection.execute(
        "SELECT NULL AS id, ordered_at AS at, invoice_order.state, symbol, number, invoice_order.total,"
        " receipt_no, NULL AS capture_id, NULL AS kind, reference FROM invoice_order"
        " JOIN sale ON sale.id = sale_id WHERE state NOT IN ('invoiced', 'corrected', 'dropped')"
        " ORDER BY invoice_order.id DESC LIMIT ?",
        (limit,),
    )
    rows = [dict(row) for row in (*invoiced, *others, *ordered)]
    return sorted(rows, key=lambda row: str(row["at"]), reverse=True)[:limit]


def invoices(connection: sqlite3.Connection, limit: int, state: str | None = None) -> list[dict[str, Any]]:
    """The latest invoices, newest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM invoice WHERE ? IS NULL OR state = ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (state, state, limit),
    )
    return [dict(row) for row in rows]


def find_invoice(connection: sqlite3.Connection, name: str) -> tuple[dict[str, Any], bytes]:
    """One invoice by its id, authority code, SYMBOL-NUMBER or provisional reference, with its exact bytes.

    Raises:
        NotFound: there is none.
    """
    symbol, _, number = name.rpartition("-")
    whole = [
        int(text) if text.isascii() and text.isdigit() and len(text) < 18 else -1 for text in (name, number)
    ]
    row = connection.execute(
        f"SELECT {_COLUMNS}, qr, document FROM invoice"  # noqa: S608
        " WHERE id IN (SELECT id FROM invoice WHERE id = ? UNION ALL SELECT id FROM invoice WHERE code = ?"
        " UNION ALL SELECT id FROM invoice WHERE form IN (1, 2) AND symbol = ? AND number = ?"
        " UNION ALL SELECT invoice_id FROM invoice_order WHERE reference = ?) LIMIT 1",
        (whole[0], name, symbol, whole[1], read_reference(name)),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no invoice {name}")
    data = dict(row)
    return data, bytes(data.pop("document"))


def paper_of(connection: sqlite3.Connection, invoice_id: int) -> tuple[Issued, bytes]:
    """An invoice and the bytes of the receipt it was made from, its first print.

    Raises:
        NotFound: there is no such invoice, or it was not made from a receipt.
    """
    row = connection.execute(
        "SELECT sale_id, capture.data FROM invoice JOIN capture USING (sale_id) WHERE invoice.id = ?"
        " AND capture.form = ? ORDER BY capture.id LIMIT 1",
        (invoice_id, ESCPOS),
    ).fetchone()
    issued = None if row is None else issued_by_sale(connection, row[0])
    if issued is None:
        raise NotFound(f"the invoice {invoice_id} was not made from a receipt")
    return issued, bytes(row[1])


def late_capture(connection: sqlite3.Connection, invoice_id: int) -> str | None:
    """The day on which the paper of an invoice was captured, where a person decided about it later."""
    row = connection.execute(
        "SELECT json_extract(body, '$.late') FROM leaf WHERE kind = 'capture.resolved' AND subject ="
        " (SELECT capture.id FROM capture JOIN invoice ON capture.sale_id = invoice.sale_id"
        "  WHERE invoice.id = ? LIMIT 1)",
        (invoice_id,),
    ).fetchone()
    return None if row is None or row[0] is None else str(row[0])


def sale_of(connection: sqlite3.Connection, invoice_id: int) -> str:
    """The sale of an invoice as JSON.

    Raises:
        NotFound: there is no such invoice.
    """
    row = connection.execute(
        "SELECT content FROM sale JOIN invoice ON invoice.sale_id = sale.id WHERE invoice.id = ?",
        (invoice_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    return str(row[0])


def quarantined(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Captures that wait for a person."""
    rows = connection.execute(
        "SELECT id, source, captured_at, ended_by, problems, length(data) AS bytes, form, origin FROM capture"  # noqa: S608
        f" WHERE {UNDECIDED} AND state = 'quarantined' ORDER BY id"
    )
    return [dict(row) for row in rows]


def one_quarantined(connection: sqlite3.Connection, capture_id: int) -> dict[str, Any]:
    """One capture that waits for a person.

    Raises:
        NotFound: there is none of that number, or it has been decided about.
    """
    row = connection.execute(
        "SELECT id, source, captured_at, ended_by, problems, form, origin FROM capture"
        " WHERE id = ? AND state = 'quarantined'",
        (capture_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"no capture {capture_id} waits in quarantine")
    return dict(row)


def capture(connection: sqlite3.Connection, capture_id: int) -> RawCapture:
    """The raw bytes of a capture, with where they are from and what they are.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(
        "SELECT id, source, data, ended_by, form, COALESCE(origin, '') FROM capture WHERE id = ?",
        (capture_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no capture {capture_id}")
    return RawCapture(row[0], row[1], bytes(row[2]), *row[3:])


def archives(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """The files of closed months: month, name, SHA-256, when made, how many documents are in them."""
    rows = connection.execute(
        "SELECT month, name, sha256, made_at, (SELECT COUNT(*) FROM archived WHERE archive_id = archive.id)"
        " AS documents FROM archive ORDER BY name"
    )
    return [dict(row) for row in rows]
