"""The provider's own papers of an invoice: fetched after it was numbered, compared, and kept.

The XML is the invoice as the provider signed it; its hash goes into the ledger. It must say what the order's
invoice says: another number, code, day or total is an alarm, and the paper is kept all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from authority.providers.provider import Numbered
from invoice.errors import InvoiceUnreadable
from invoice.numbers import Form, Symbol
from invoice.reader import read_invoice
from outbox.alarms import put_alarm
from outbox.crash_points import crash_point
from outbox.errors import NotFound
from outbox.orders import DIFFERS, settle_alarms

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from authority.providers.provider import Paper
    from outbox.store import Job, Tx

XML: Paper = "xml"
PAPERS: tuple[Paper, ...] = (XML, "pdf")


@dataclass(frozen=True, slots=True)
class DuePaper:
    """An order whose XML is to be fetched; ``numbered`` is what is known of it (``raw`` is not repeated)."""

    order_id: int
    key: UUID
    attempts: int
    numbered: Numbered
    has_code: bool


def due_papers(connection: sqlite3.Connection, now: str, most: int) -> list[DuePaper]:
    """What is to be fetched by ``now`` (a stamp), the longest due first."""
    rows = connection.execute(
        "SELECT o.id, o.key, o.paper_attempts, o.form, o.symbol, o.number, i.code, o.provider_id,"
        " coalesce(i.day, o.asked_day), o.total"
        " FROM invoice_order o LEFT JOIN invoice i ON i.id = o.invoice_id"
        " WHERE o.paper_due_at IS NOT NULL AND o.paper_due_at <= ? ORDER BY o.paper_due_at LIMIT ?",
        (now, most),
    )
    return [_due(*row) for row in rows]


def _due(
    order_id: int,
    key: str,
    attempts: int,
    form: int,
    symbol: str,
    number: int,
    code: str | None,
    provider_id: str | None,
    day: str,
    total: int,
) -> DuePaper:
    numbered = Numbered(
        Form(form), Symbol.parse(symbol), number, code, provider_id or "", b"", date.fromisoformat(day), total
    )
    return DuePaper(order_id, UUID(key), attempts, numbered, code is not None)


def numbered_of(connection: sqlite3.Connection, invoice_id: int) -> tuple[int, UUID, Numbered]:
    """Id, key and numbers of the order behind an invoice, by which its papers are fetched.

    Raises:
        NotFound: no provider has numbered it.
    """
    row = connection.execute(
        "SELECT o.id, o.key, o.paper_attempts, o.form, o.symbol, o.number, i.code, o.provider_id,"
        " i.day, o.total FROM invoice_order o JOIN invoice i ON i.id = o.invoice_id WHERE i.id = ?",
        (invoice_id,),
    ).fetchone()
    if row is None:
        raise NotFound(f"the invoice {invoice_id} was not numbered by a provider")
    found = _due(*row)
    return found.order_id, found.key, found.numbered


def code_in(document: bytes) -> str | None:
    """The authority code that stands in a provider's XML; None where it cannot be read or has none."""
    try:
        return str(read_invoice(document).invoice.code)
    except InvoiceUnreadable:
        return None


def keep_paper(order_id: int, kind: Paper, document: bytes) -> Job[str | None]:
    """The job that keeps a paper; what in it is not as the store has it, in words, or None.

    One that was fetched anew stands beside the earlier ones; the newest counts.
    """

    def job(tx: Tx) -> str | None:
        if kind == XML:
            tx.execute("UPDATE invoice_order SET paper_due_at = NULL WHERE id = ?", (order_id,))
        digest = sha256(document).hexdigest()
        known = tx.execute(
            "SELECT problem FROM provider_paper WHERE order_id = ? AND kind = ? AND sha256 = ?",
            (order_id, kind, digest),
        ).fetchone()
        if known:
            return None if known[0] is None else str(known[0])
        problem = _difference(tx, order_id, document) if kind == XML else None
        stored = tx.execute(
            "INSERT INTO provider_paper (order_id, kind, fetched_at, problem, sha256, document)"
            " VALUES (?,?,?,?,?,?)",
            (order_id, kind, tx.stamp, problem, digest, document),
        )
        said = {"differs": problem} if problem else {}
        paper_id = int(stored.lastrowid or 0)
        tx.leaf("provider.paper", paper_id, paper=paper_id, order=order_id, form=kind, sha256=digest, **said)
        if problem:
            put_alarm(tx, DIFFERS, problem)
        else:
            settle_alarms(tx)
        crash_point("paper.before-commit")
        return problem

    return job


def paper_later(order_id: int, until: datetime | str) -> Job[None]:
    """The job for a paper that is not ready: asked for again at ``until``."""

    def job(tx: Tx) -> None:
        tx.execute(
            "UPDATE invoice_order SET paper_due_at = ?, paper_attempts = paper_attempts + 1 WHERE id = ?",
            (str(until), order_id),
        )

    return job


def paper_of_provider(connection: sqlite3.Connection, invoice_id: int, kind: Paper) -> bytes | None:
    """The newest kept paper of an invoice; None where there is none (yet)."""
    row = connection.execute(
        "SELECT p.document FROM provider_paper p JOIN invoice_order o ON o.id = p.order_id"
        " WHERE o.invoice_id = ? AND p.kind = ? ORDER BY p.id DESC LIMIT 1",
        (invoice_id, kind),
    ).fetchone()
    return None if row is None else bytes(row[0])


def _difference(tx: Tx, order_id: int, document: bytes) -> str | None:
    row = tx.execute(
        "SELECT o.reference, i.form, i.symbol, i.number, i.code, i.day, i.total FROM invoice_order o"
        " JOIN invoice i ON i.id = o.invoice_id WHERE o.id = ?",
        (order_id,),
    ).fetchone()
    reference, *ours = row
    try:
        found = read_invoice(document).invoice
    except InvoiceUnreadable as error:
        return f"{reference}: the provider's XML cannot be read as an invoice: {error.message}"
    theirs = [
        int(found.form),
        str(found.symbol),
        found.number,
        str(found.code),
        found.day.isoformat(),
        found.dong,
    ]
    names = ("form", "symbol", "number", "code", "day", "total")
    wrong = [
        f"{name} {their} (here {our})"
        for name, our, their in zip(names, ours, theirs, strict=True)
        if our != their
    ]
    return f"{reference}: the provider's XML has {', '.join(wrong)}" if wrong else None
