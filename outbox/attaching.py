"""A provider's answer about an order: kept as it came, held against what was asked for, then believed.

An answer that fits makes the order an invoice of the store: its content under the number and code that were
given out, written without a signature (the signed order and the provider's answer are its proof, the ledger's
leaf names both). One that does not fit (another series, another total, a number that is taken) attaches
nothing: the order is set aside, and a person is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from invoice.document import qr_of, write_content, write_invoice
from invoice.errors import InvoiceError
from invoice.invoice import identified
from invoice.numbers import AuthorityCode, checked_number
from invoice.reader import read_order
from invoice.redactable import redacted_form
from invoice.sale_json import VIETNAM, public_digest
from outbox.alarms import put_alarm
from outbox.crash_points import crash_point
from outbox.orders import (
    DIFFERS,
    ORDER_HELD,
    decided,
    move_order,
    reached_day,
    reference_in,
    set_aside,
    settle_alarms,
    state_of,
)
from outbox.states import InvoiceState, OrderState

if TYPE_CHECKING:
    from authority.providers.provider import Numbered, Refused
    from invoice.invoice import Invoice, InvoiceContent
    from outbox.store import Job, Tx

ALONE = 1  # batch of a row that no package will ever hold


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an order had asked for. ``asked_day``: today at the latest, where a restore has forgotten it."""

    sale_id: int
    form: int
    symbol: str
    day: date
    asked_day: date
    provider: str
    corrects: int | None
    relation: int | None
    content: InvoiceContent


def take_number(order_id: int, numbered: Numbered, provider: str) -> Job[OrderState]:
    """The job that attaches number and code to an order, or sets it aside; its state afterwards.

    ``provider``: who says so, for the ledger.

    Hearing again what is known already changes nothing.
    """

    def job(tx: Tx) -> OrderState:
        state = state_of(tx, order_id)
        if state not in {OrderState.ASKED, OrderState.NUMBERED}:
            return state
        if numbered.raw:
            _answered(tx, order_id, numbered.raw)
        decided(tx)
        tx.execute("UPDATE invoice_order SET provider = ? WHERE id = ?", (provider, order_id))
        asked = _asked(tx, order_id)
        problem = _misfit(tx, order_id, asked, numbered)
        if problem is not None:
            put_alarm(tx, DIFFERS, f"{reference_in(tx, order_id)}: {problem}")
            set_aside(tx, order_id, problem)
            after = OrderState.HELD
        elif numbered.code is None:
            after = OrderState.NUMBERED
            _number_without_code(tx, order_id, asked, state, numbered)
        else:
            after = OrderState.INVOICED
            _attach(tx, order_id, asked, numbered, numbered.code)
        crash_point("attaching.before-commit")
        return after

    return job


def take_refusal(order_id: int, refused: Refused) -> Job[None]:
    """The job that sets an order aside which the provider does not take; the others go on."""

    def job(tx: Tx) -> None:
        if state_of(tx, order_id) is not OrderState.ASKED:
            return
        if refused.raw:
            _answered(tx, order_id, refused.raw)
        decided(tx)
        move_order(tx, order_id, OrderState.REFUSED, str(refused.error))
        put_alarm(tx, ORDER_HELD, f"{reference_in(tx, order_id)}: {refused.error}")
        crash_point("refusing.before-commit")

    return job


def _answered(tx: Tx, order_id: int, raw: bytes) -> None:
    answer_id = keep_answer(tx, raw)
    tx.execute("UPDATE invoice_order SET answer_id = ? WHERE id = ?", (answer_id, order_id))


def _answer_of(tx: Tx, order_id: int) -> str:
    """SHA-256 of the answer that an order's number is known by."""
    row = tx.execute(
        "SELECT a.sha256 FROM invoice_order o JOIN provider_answer a ON a.id = o.answer_id WHERE o.id = ?",
        (order_id,),
    ).fetchone()
    return str(row[0])


def keep_answer(tx: Tx, raw: bytes) -> int:
    """Store an answer as it came, once: its row's id."""
    digest = sha256(raw).hexdigest()
    row = tx.execute("SELECT id FROM provider_answer WHERE sha256 = ?", (digest,)).fetchone()
    if row is not None:
        return int(row[0])
    stored = tx.execute(
        "INSERT INTO provider_answer (received_at, sha256, document) VALUES (?, ?, ?)",
        (tx.stamp, digest, raw),
    )
    answer_id = int(stored.lastrowid or 0)
    tx.leaf("provider.answer", answer_id, answer=answer_id, sha256=digest)
    return answer_id


def _asked(tx: Tx, order_id: int) -> _Asked:
    row = tx.execute(
        "SELECT sale_id, form, symbol, day, asked_day, provider, corrects, relation, document"
        " FROM invoice_order WHERE id = ?",
        (order_id,),
    ).fetchone()
    sale_id, form, symbol, day, asked_day, provider, corrects, relation, document = row
    first = date.fromisoformat(day)
    return _Asked(
        sale_id,
        form,
        symbol,
        first,
        date.fromisoformat(asked_day) if asked_day else tx.now.astimezone(VIETNAM).date(),
        provider,
        corrects,
        relation,
        read_order(bytes(document)),
    )


def _misfit(tx: Tx, order_id: int, asked: _Asked, numbered: Numbered) -> str | None:
    """Why an answer cannot be this order's, in words; None where it fits."""
    given = f"{int(numbered.form)}{numbered.symbol}-{numbered.number}"
    if (int(numbered.form), str(numbered.symbol)) != (asked.form, asked.symbol):
        return f"the provider numbered it {given}, but {asked.form}{asked.symbol} was asked for"
    try:
        checked_number(numbered.number)
        code = None if numbered.code is None else str(AuthorityCode.parse(numbered.code))
    except InvoiceError as error:
        return f"the provider's answer cannot be an invoice's: {error.message}"
    if numbered.total is not None and numbered.total != asked.content.total:
        return f"{given} has the total {numbered.total} at the provider, {asked.content.total} was asked for"
    if numbered.day is not None and not asked.day <= numbered.day <= asked.asked_day:
        return f"{given} bears the date {numbered.day}, {asked.asked_day} was asked for"
    taken = tx.execute(
        "SELECT 1 FROM invoice WHERE form = ? AND symbol = ? AND number = ?"
        " UNION ALL SELECT 1 FROM invoice WHERE code = ?"
        " UNION ALL SELECT 1 FROM invoice_order WHERE form = ? AND symbol = ? AND number = ? AND id <> ?",
        (
            asked.form,
            asked.symbol,
            numbered.number,
            code,
            asked.form,
            asked.symbol,
            numbered.number,
            order_id,
        ),
    ).fetchone()
    return f"the provider gave {given} (code {code}), which another sale has already" if taken else None


def _number_without_code(tx: Tx, order_id: int, asked: _Asked, state: OrderState, numbered: Numbered) -> None:
    tx.execute(
        "UPDATE invoice_order SET number = ?, provider_id = ?, paper_due_at = ? WHERE id = ?",
        (numbered.number, numbered.provider_id, tx.stamp, order_id),
    )
    if state is OrderState.NUMBERED:
        return
    reached_day(tx, asked.form, asked.symbol, numbered.day or asked.asked_day)
    move_order(tx, order_id, OrderState.NUMBERED)
    tx.leaf(
        "order.numbered", order_id, order=order_id, number=numbered.number, answer=_answer_of(tx, order_id)
    )


def _attach(tx: Tx, order_id: int, asked: _Asked, numbered: Numbered, code: str) -> None:
    day = numbered.day or asked.asked_day
    content = replace(asked.content, day=day)
    invoice = identified(content, numbered.number, AuthorityCode.parse(code))
    qr = qr_of(invoice)
    document = write_invoice(invoice, write_content(invoice), b"", qr)
    digest = sha256(document).hexdigest()
    row = tx.execute(
        "INSERT INTO invoice (sale_id, form, symbol, number, code, day, total, issued_at, state,"
        " state_at, batch, qr, sha256, document, corrects, relation)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            asked.sale_id,
            asked.form,
            asked.symbol,
            invoice.number,
            str(invoice.code),
            day.isoformat(),
            invoice.dong,
            tx.stamp,
            InvoiceState.PROVIDED,
            tx.stamp,
            ALONE,
            qr,
            digest,
            document,
            asked.corrects,
            asked.relation,
        ),
    )
    invoice_id = int(row.lastrowid or 0)
    reached_day(tx, asked.form, asked.symbol, day)
    move_order(tx, order_id, OrderState.INVOICED)
    tx.execute(
        "UPDATE invoice_order SET number = ?, provider_id = ?, invoice_id = ?, paper_due_at = ? WHERE id = ?",
        (invoice.number, numbered.provider_id, invoice_id, tx.stamp, order_id),
    )
    tx.leaf("invoice.issued", invoice_id, **_leaf_of(tx, order_id, asked, invoice, invoice_id, document))
    settle_alarms(tx)


def _leaf_of(
    tx: Tx,
    order_id: int,
    asked: _Asked,
    invoice: Invoice,
    invoice_id: int,
    document: bytes,
) -> dict[str, Any]:
    """As an invoice's that the register numbers itself, and by whom and on what word it was numbered."""
    (said,) = tx.execute("SELECT content FROM sale WHERE id = ?", (asked.sale_id,)).fetchone()
    paper = tx.execute(
        "SELECT id FROM capture WHERE sale_id = ? ORDER BY id LIMIT 1", (asked.sale_id,)
    ).fetchone()
    redacted = redacted_form(document)
    return {
        "invoice": invoice_id,
        "sale": asked.sale_id,
        "capture": paper[0] if paper else None,
        "reference": invoice.reference,
        "code": str(invoice.code),
        "total": invoice.dong,
        "sha256": sha256(document).hexdigest(),
        "content": public_digest(json.loads(said)),
        **({"redacted": sha256(redacted).hexdigest()} if redacted is not None else {}),
        **({"corrects": asked.corrects, "relation": asked.relation} if asked.relation is not None else {}),
        "signed": False,
        "order": order_id,
        "provider": asked.provider,
        "answer": _answer_of(tx, order_id),
    }
