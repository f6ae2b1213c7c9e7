"""Step 3 of a sale's way where a provider gives the numbers out: the order, in one transaction.

Sale, order, signed XML and ledger leaf are committed together, as an invoice is (``outbox.issuing``); the
receipt bears the order's reference. What the provider answers is attached later (``outbox.attaching``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

from invoice.document import write_order, write_signed_order
from invoice.invoice import Extra, InvoiceContent, Relation
from invoice.redactable import redacted_form, with_salt
from invoice.references import reference_of
from invoice.sale_json import public_digest
from outbox.crash_points import crash_point
from outbox.signing_desk import ToSign
from outbox.sold import MadeOf, Ordered
from outbox.states import OrderState
from outbox.store import stamp
from signing.xmldsig import content_digest

if TYPE_CHECKING:
    from collections.abc import Generator
    from uuid import UUID

    from outbox.store import Tx

REFERENCE = "MaTraCuu"  # the field of TTKhac that bears the reference


def sign_and_order(
    tx: Tx,
    content: InvoiceContent,
    made_of: MadeOf,
    now: datetime,
    corrects: tuple[int, Relation] | None = None,
    replaces: int | None = None,
) -> Generator[ToSign, bytes, Ordered]:
    """Sign what is ordered; queue entry and ledger leaf with it.

    As an invoice it may go without a signature of its own, by configuration. ``corrects``: the invoice that
    it replaces or adjusts; ``replaces``: the order in whose place it stands.
    """
    key = uuid4()
    reference = _free_reference(tx, key)
    extras = (*content.extras, Extra(REFERENCE, "string", reference))
    content = with_salt(replace(content, extras=extras), made_of.unnamed_buyer)
    name = f"DH-{reference}"
    written = write_order(content, name)
    signature = yield ToSign(content_digest(written), name, f"NBan-{name}", now, spare=True)
    document = write_signed_order(written, signature)
    digest = sha256(document).hexdigest()
    form, symbol, day, total = int(content.form), str(content.symbol), content.day.isoformat(), content.dong
    moment = stamp(now)
    sold_at = made_of.said.get("sold_at")
    original, relation = corrects or (None, None)
    redacted = redacted_form(document)
    row = tx.execute(
        "INSERT INTO invoice_order (key, reference, sale_id, form, symbol, day, sold_at, total, ordered_at,"
        " state, state_at, due_at, corrects, relation, sha256, document)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            str(key),
            reference,
            made_of.sale_id,
            form,
            symbol,
            day,
            stamp(datetime.fromisoformat(sold_at)) if sold_at else moment,
            total,
            moment,
            OrderState.ORDERED,
            moment,
            moment,
            original,
            relation,
            digest,
            document,
        ),
    )
    order_id = int(row.lastrowid or 0)
    tx.leaf(
        "order.made",
        order_id,
        order=order_id,
        sale=made_of.sale_id,
        capture=made_of.capture_id,
        reference=reference,
        key=str(key),
        series=f"{form};{symbol}",
        day=day,
        total=total,
        sha256=digest,
        content=public_digest(made_of.said),
        **({"redacted": sha256(redacted).hexdigest()} if redacted is not None else {}),
        **({"corrects": original, "relation": int(relation)} if relation is not None else {}),
        **({"replaces": replaces} if replaces is not None else {}),
        **({} if signature else {"signed": False}),
    )
    crash_point("order.before-commit")
    return Ordered(
        sale_id=made_of.sale_id,
        form=form,
        symbol=symbol,
        day=day,
        total=total,
        state=OrderState.ORDERED,
        order_id=order_id,
        reference=reference,
        key=str(key),
    )


def _free_reference(tx: Tx, key: UUID) -> str:
    """A code that no other order of this store has; of a thousand million the first is nearly always free."""
    for attempt in range(256):
        reference = reference_of(key, attempt)
        if not tx.execute("SELECT 1 FROM invoice_order WHERE reference = ?", (reference,)).fetchone():
            return reference
    raise AssertionError("256 references in a row are taken")
