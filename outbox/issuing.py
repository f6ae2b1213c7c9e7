"""Step 3 of a sale's way: issue, in one transaction.

Number, authority code, signed XML, queue entry (the state ``issued``) and ledger leaf are committed
together. A number that was not committed was never used; the same receipt twice is one sale.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from invoice.compose import check_sale, compose, compose_content
from invoice.document import content_id, qr_of, write_content, write_invoice
from invoice.invoice import Invoice, LedgerWitness, Relation
from invoice.numbers import Symbol
from invoice.redactable import redacted_form, with_salt
from invoice.sale import Kind
from invoice.sale_json import VIETNAM, public_digest, sale_to_json
from outbox.clock import checked_now
from outbox.crash_points import crash_point
from outbox.errors import NotFound, TransitionRefused
from outbox.numbering import Register, next_identity
from outbox.ordering import sign_and_order
from outbox.settings import read_setting, write_setting
from outbox.signing_desk import ToSign
from outbox.sold import Issued, MadeOf, Sold, sold_by_sale
from outbox.states import CaptureState, InvoiceState
from outbox.store import stamp
from signing.xmldsig import content_digest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from invoice.sale import Sale
    from outbox.store import Job, Tx

_WRITTEN = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_SORTED = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True).encode
WHOLE_BATCH = 100_000  # no limit: an invoice that was never part of a refused package


def issue(sale: Sale, register: Register, capture_id: int | None = None, *, live: bool = False) -> Job[Sold]:
    """The job that issues one sale. ``live``: captured at this moment, so the agent's clock dates it.

    Where a provider gives the numbers out it is ordered: durable and signed at once, numbered later.

    Raises from the job:
        InvoiceError: the sale cannot be invoiced (nothing is used up).
        ClockWentBack: the clock stands behind the last issued invoice.
        TransitionRefused: the capture was settled as something else in the meantime.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Sold]:
        if (settled := _settled(tx, capture_id)) is not None:
            return settled
        said = sale_to_json(sale)
        mark = fingerprint(sale, register, tx.now if live else None, said)
        sale_id = _sale_of(tx, mark)
        if sale_id is not None and (known := sold_by_sale(tx.connection, sale_id)):
            link_capture(tx, capture_id, sale_id, again=True)
            return known
        now = checked_now(tx, register)  # first: rates hang on the date
        check_sale(sale, register.terms, now.astimezone(VIETNAM).date())
        if sale_id is None:
            sale_id = insert_sale(tx, sale, mark, said)
        else:
            # What is invoiced is the newest print: it may have been paid otherwise.
            content = json.dumps(said, ensure_ascii=False)
            tx.execute("UPDATE sale SET content = ? WHERE id = ?", (content, sale_id))
            stop_waiting(tx, sale_id)
        day = legal_day(tx, sale, register, now, live=live)
        return (yield from issue_stored(tx, sale, sale_id, capture_id, register, day, now, said))

    return job


def issue_stored(
    tx: Tx,
    sale: Sale,
    sale_id: int,
    capture_id: int | None,
    register: Register,
    day: date,
    now: datetime,
    said: dict[str, Any] | None = None,
) -> Generator[ToSign, bytes, Sold]:
    """Issue a sale that is in the store, under its legal ``day``."""
    made_of = MadeOf(said or sale_to_json(sale), sale_id, register.terms.unnamed_buyer, capture_id)
    sold: Sold
    if register.by_provider:
        symbol = Symbol.of_year(register.letters, day.year)
        content = compose_content(sale, register.terms, symbol, day, witness_of(tx))
        sold = yield from sign_and_order(tx, content, made_of, now)
    else:
        identity = next_identity(tx, register, day)
        invoice = compose(sale, register.terms, identity, witness_of(tx))
        sold = yield from sign_and_store(tx, invoice, made_of, now)
    link_capture(tx, capture_id, sale_id)
    return sold


def witness_of(tx: Tx) -> LedgerWitness:
    """The ledger as it was before this group of jobs."""
    return LedgerWitness(tx.before.size, tx.before.root().hex())


def sign_and_store(
    tx: Tx,
    invoice: Invoice,
    made_of: MadeOf,
    now: datetime,
    corrects: tuple[int, Relation] | None = None,
) -> Generator[ToSign, bytes, Issued]:
    """Sign the composed invoice; queue entry and ledger leaf with it.

    By configuration it may go without signature of its own (``signing_desk``): its leaf then says so. The
    leaf commits to the sale without its buyer too, and to the redacted form of an invoice that names one.
    """
    invoice = with_salt(invoice, made_of.unnamed_buyer)
    sale_id, capture_id = made_of.sale_id, made_of.capture_id
    content = write_content(invoice)
    name = content_id(invoice)
    signature = yield ToSign(content_digest(content), name, f"NBan-{name}", now, spare=True)
    qr = qr_of(invoice)
    document = write_invoice(invoice, content, signature, qr)
    digest = sha256(document).hexdigest()
    form, symbol, code, day = int(invoice.form), str(invoice.symbol), str(invoice.code), invoice.day
    total = invoice.dong
    moment = stamp(now)
    original, relation = corrects or (None, None)
    redacted = redacted_form(document)
    row = tx.execute(
        "INSERT INTO invoice (sale_id, form, symbol, number, code, day, total, issued_at, state,"
        " state_at, batch, qr, sha256, document, corrects, relation)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            sale_id,
            form,
            symbol,
            invoice.number,
            code,
            day.isoformat(),
            total,
            moment,
            InvoiceState.ISSUED,
            moment,
            WHOLE_BATCH,
            qr,
            digest,
            document,
            original,
            relation,
        ),
    )
    invoice_id = int(row.lastrowid or 0)
    tx.leaf(
        "invoice.issued",
        invoice_id,
        invoice=invoice_id,
        sale=sale_id,
        capture=capture_id,
        reference=invoice.reference,
        code=code,
        total=total,
        sha256=digest,
        content=public_digest(made_of.said),
        **({"redacted": sha256(redacted).hexdigest()} if redacted is not None else {}),
        **({"corrects": original, "relation": int(relation)} if relation is not None else {}),
        **({} if signature else {"signed": False}),
    )
    crash_point("issue.before-commit")
    return Issued(
        sale_id=sale_id,
        form=form,
        symbol=symbol,
        day=day.isoformat(),
        total=total,
        state=InvoiceState.ISSUED,
        invoice_id=invoice_id,
        number=invoice.number,
        code=code,
        qr=qr,
    )


def fingerprint(
    sale: Sale, register: Register, captured: datetime | None = None, said: dict[str, Any] | None = None
) -> str | None:
    """What makes two receipts the same sale: number, time, goods, total and buyer; None without a
    receipt number.

    How it was paid, and what a second print says of itself, make no other sale of it. Two coffees in one
    minute without receipt numbers are two sales, so they have no fingerprint. ``said``: the sale as JSON,
    where the caller has it already.
    """
    when = sale.sold_at or (captured.astimezone(VIETNAM).date() if captured else None)
    if sale.receipt_no is None or when is None:
        return None
    said = said or sale_to_json(sale)
    names = ("kind", "receipt_no", "lines", "discount", "total", "currency", "buyer")
    content = {name: said.get(name) for name in names}
    content["sold_at"] = said["sold_at"] or when.isoformat()
    content["register"] = [register.letters, register.number]
    return sha256(_SORTED(content).encode()).hexdigest()


def issued_before(connection: sqlite3.Connection, sale: Sale, register: Register) -> Sold | None:
    """The invoice or order of a sale that is printed again; None where its first print is not known."""
    mark = fingerprint(replace(sale, kind=Kind.SALE), register)
    row = connection.execute("SELECT id FROM sale WHERE fingerprint = ?", (mark,)).fetchone()
    return sold_by_sale(connection, row[0]) if mark and row else None


def _settled(tx: Tx, capture_id: int | None) -> Sold | None:
    """The invoice of a capture that somebody else has issued since it was read: one paper, one sale."""
    if capture_id is None:
        return None
    row = tx.execute("SELECT state, sale_id FROM capture WHERE id = ?", (capture_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no capture {capture_id}")
    if row[0] in {CaptureState.RAW, CaptureState.WAITING}:
        return None
    sold = sold_by_sale(tx.connection, row[1]) if row[1] is not None else None
    if sold is None:
        raise TransitionRefused(f"capture {capture_id} is {row[0]} already")
    return sold


def _sale_of(tx: Tx, mark: str | None) -> int | None:
    """The sale of that fingerprint, invoiced or waiting for its buyer."""
    if mark is None:
        return None
    row = tx.execute("SELECT id FROM sale WHERE fingerprint = ?", (mark,)).fetchone()
    return int(row[0]) if row else None


def link_capture(tx: Tx, capture_id: int | None, sale_id: int, *, again: bool = False) -> None:
    """The paper of a sale (``again``: of one that is known); nothing where it was settled before."""
    if capture_id is None:
        return
    linked = tx.execute(
        "UPDATE capture SET state = ?, kind = 'sale', sale_id = ? WHERE id = ? AND state IN (?, ?)",
        (CaptureState.SALE, sale_id, capture_id, CaptureState.RAW, CaptureState.WAITING),
    )
    if again and linked.rowcount:
        tx.leaf("capture.again", capture_id, capture=capture_id, sale=sale_id)


def stop_waiting(tx: Tx, sale_id: int) -> None:
    """The sale is invoiced in this transaction, if it waited for its buyer; its papers follow."""
    tx.execute("DELETE FROM waiting WHERE sale_id = ?", (sale_id,))
    tx.execute(
        "UPDATE capture SET state = ? WHERE sale_id = ? AND state = ?",
        (CaptureState.SALE, sale_id, CaptureState.WAITING),
    )


def insert_sale(tx: Tx, sale: Sale, mark: str | None, said: dict[str, Any] | None = None) -> int:
    """Store the sale; ``mark`` is its fingerprint, if it has one, ``said`` the sale as JSON."""
    said = said or sale_to_json(sale)
    row = tx.execute(
        "INSERT INTO sale (fingerprint, receipt_no, sold_at, total, content, recorded_at)"
        " VALUES (?,?,?,?,?,?)",
        (
            mark,
            sale.receipt_no,
            said["sold_at"],
            sale.total,
            _WRITTEN(said),
            tx.stamp,
        ),
    )
    return int(row.lastrowid or 0)


def legal_day(tx: Tx, sale: Sale, register: Register, now: datetime, *, live: bool) -> date:
    """NLap: the day of the sale, never in the future, never behind the series' last, in this year's symbol.

    A register whose own clock is a day or more off is not believed for what is captured this moment.
    """
    today = now.astimezone(VIETNAM).date()
    sold = sale.sold_at.astimezone(VIETNAM).date() if sale.sold_at else today
    if sold > today or sold.year != today.year or (live and (today - sold).days > 1):
        sold = today
    name = f"last_day:{int(register.terms.form)}:{register.letters}"
    last = read_setting(tx, name)
    day = max(sold, date.fromisoformat(last)) if last else sold
    write_setting(tx, name, day.isoformat())
    return day
