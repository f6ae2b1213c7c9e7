"""Issuing an invoice that replaces or adjusts another: the same transaction, tied to the original."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from invoice.corrections import (
    Correction,
    check_chain,
    check_correction,
    correct,
    correct_content,
    relation_of,
)
from invoice.errors import CorrectionRefused
from invoice.invoice import Invoice, Relation
from invoice.numbers import Symbol
from invoice.reader import read_invoice
from invoice.sale import Kind, Sale
from invoice.sale_json import sale_to_json
from outbox.clock import checked_now
from outbox.errors import NotFound
from outbox.issuing import insert_sale, legal_day, sign_and_store, witness_of
from outbox.numbering import Register, next_identity
from outbox.ordering import sign_and_order
from outbox.sold import MadeOf, Sold
from outbox.states import InvoiceState, check_transition
from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from outbox.signing_desk import ToSign
    from outbox.store import Job, Tx


def issue_correction(
    original_id: int, correction: Correction, sale: Sale | None, register: Register, reason: str
) -> Job[Sold]:
    """The job that issues an invoice which replaces or adjusts another (profile, section 11).

    Raises from the job:
        NotFound: there is no such invoice.
        CorrectionRefused, InvoiceError: it may not be corrected so; nothing is used up.
        ClockWentBack: the clock stands behind the last issued invoice.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Sold]:
        check_correction(correction, sale, reason)
        original = read_original(tx.connection, original_id)
        check_chain(original.invoice, original.corrections, correction)
        if correction is Correction.REFUND and sale is not None and sale.total > original.left:
            raise CorrectionRefused(
                f"the refund {sale.total} is more than what is left of the invoice, {original.left}"
            )
        now = checked_now(tx, register)
        kept = sale or Sale(Kind.SALE, None, None, (), 0, 0)
        sale_id = insert_sale(tx, kept, None)
        day = legal_day(tx, replace(kept, sold_at=None), register, now, live=True)
        made_of = MadeOf(sale_to_json(kept), sale_id, register.terms.unnamed_buyer)
        corrects, terms, witness = (original_id, relation_of(correction)), register.terms, witness_of(tx)
        sold: Sold
        if register.by_provider:
            symbol = Symbol.of_year(register.letters, day.year)
            content = correct_content(original.invoice, correction, sale, terms, symbol, day, reason, witness)
            sold = yield from sign_and_order(tx, content, made_of, now, corrects)
        else:
            identity = next_identity(tx, register, day)
            invoice = correct(original.invoice, correction, sale, terms, identity, reason, witness)
            sold = yield from sign_and_store(tx, invoice, made_of, now, corrects)
        mark_corrected(tx, original_id, original.state)
        return sold

    return job


def mark_corrected(tx: Tx, original_id: int, state: InvoiceState) -> None:
    """A refused invoice is corrected by the one that replaces or adjusts it; others keep their state."""
    if state is InvoiceState.REFUSED:
        check_transition(state, InvoiceState.CORRECTED)
        tx.execute(
            "UPDATE invoice SET state = ?, state_at = ? WHERE id = ?",
            (InvoiceState.CORRECTED, stamp(tx.now), original_id),
        )
        tx.leaf("invoice.corrected", original_id, invoice=original_id)


@dataclass(frozen=True, slots=True)
class Original:
    """An invoice that is to be corrected: how it stands, what corrected it before, how much of it is left."""

    invoice: Invoice
    state: InvoiceState
    corrections: tuple[Relation, ...]
    left: int


def corrections_of(connection: sqlite3.Connection, invoice_id: int) -> list[dict[str, Any]]:
    """The invoices that replace or adjust this one, oldest first: id, name, relation, total, state."""
    rows = connection.execute(
        "SELECT id, symbol, number, relation, total, state FROM invoice WHERE corrects = :id"
        " OR id IN (SELECT invoice_id FROM corrected WHERE original_id = :id) ORDER BY id",
        {"id": invoice_id},
    )
    return [dict(row) for row in rows]


def read_original(connection: sqlite3.Connection, invoice_id: int) -> Original:
    """Read an invoice back from its own signed bytes.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(
        "SELECT state, total, whole(document, 'invoice', id) FROM invoice WHERE id = ?", (invoice_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"there is no invoice {invoice_id}")
    earlier = connection.execute(
        "SELECT relation, total FROM invoice WHERE corrects = :id AND state <> 'refused'"
        " UNION ALL SELECT relation, total FROM invoice_order WHERE corrects = :id"
        " AND state IN ('ordered', 'asked', 'numbered', 'held')",
        {"id": invoice_id},
    ).fetchall()
    together = connection.execute(
        "SELECT relation, difference FROM corrected JOIN invoice ON invoice.id = invoice_id"
        " WHERE original_id = ? AND state <> 'refused'",
        (invoice_id,),
    ).fetchall()
    adjusted = sum(int(one[1]) for one in earlier if one[0] == Relation.ADJUSTS) + sum(
        int(one[1]) for one in together if one[0] == Relation.ADJUSTS_MANY
    )
    return Original(
        read_invoice(bytes(row[2])).invoice,
        InvoiceState(row[0]),
        tuple(Relation(one[0]) for one in (*earlier, *together)),
        int(row[1]) + adjusted,
    )
