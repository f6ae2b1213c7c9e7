"""A person's decision about a quarantined capture: the right sale, or that it was none, with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from invoice.sale_json import VIETNAM
from outbox.errors import NotFound
from outbox.issuing import issue
from outbox.records import change_resolved, check_no_second_invoice
from outbox.sold import Issued, Ordered, Sold
from outbox.states import CaptureState, check_transition

if TYPE_CHECKING:
    from collections.abc import Generator

    from invoice.sale import Sale
    from outbox.numbering import Register
    from outbox.signing_desk import ToSign
    from outbox.store import Job, Tx


def resolve_as_sale(
    capture_id: int, sale: Sale, register: Register, reason: str, by: str | None = None
) -> Job[Sold]:
    """The job that issues the sale a person read from the capture, and ties the two together.

    The invoice bears the sale's own day, as far as the series allows; the ledger keeps how long it waited
    and ``by`` whom it was decided, as far as the computer knows.

    Raises from the job:
        NotFound, TransitionRefused: no such capture, or it is not in quarantine.
        InvoiceError, OutboxError: as ``issue``; the capture stays in quarantine.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Sold]:
        _check(tx, capture_id)
        check_no_second_invoice(tx, capture_id)
        outcome = issue(sale, register)(tx)
        sold = outcome if isinstance(outcome, Sold) else (yield from outcome)
        _resolve(tx, capture_id, "sale", reason, by, sold, _lateness(tx, capture_id, sold))
        return sold

    return job


def resolve_as_nothing(capture_id: int, reason: str, by: str | None = None) -> Job[None]:
    """The job that says a capture was no sale (a test, a scrap, another's paper).

    Raises from the job:
        NotFound, TransitionRefused: as ``resolve_as_sale``.
    """

    def job(tx: Tx) -> None:
        _check(tx, capture_id)
        _resolve(tx, capture_id, "non-sale", reason, by, None)

    return job


def _check(tx: Tx, capture_id: int) -> None:
    row = tx.execute("SELECT state FROM capture WHERE id = ?", (capture_id,)).fetchone()
    if row is None:
        raise NotFound(f"there is no capture {capture_id}")
    check_transition(CaptureState(row[0]), CaptureState.RESOLVED)


def _lateness(tx: Tx, capture_id: int, sold: Sold) -> dict[str, str]:
    """What the ledger says of a sale that is decided about after its day: captured when, invoiced under when.

    The law wants the day of the sale (NLap); where the series has gone on, its last day is the earliest.
    """
    (at,) = tx.execute("SELECT captured_at FROM capture WHERE id = ?", (capture_id,)).fetchone()
    captured = datetime.fromisoformat(at).astimezone(VIETNAM).date().isoformat()
    today = tx.now.astimezone(VIETNAM).date().isoformat()
    return {} if captured == today == sold.day else {"late": captured, "day": sold.day}


def _resolve(
    tx: Tx,
    capture_id: int,
    kind: str,
    reason: str,
    by: str | None,
    sold: Sold | None,
    late: dict[str, str] | None = None,
) -> None:
    tx.execute(
        "UPDATE capture SET state = ?, kind = ?, sale_id = ? WHERE id = ?",
        (CaptureState.RESOLVED, kind, sold.sale_id if sold else None, capture_id),
    )
    tx.leaf(
        "capture.resolved",
        capture_id,
        capture=capture_id,
        resolved_as=kind,
        reason=reason,
        invoice=sold.invoice_id if isinstance(sold, Issued) else None,
        **({"order": sold.order_id} if isinstance(sold, Ordered) else {}),
        **({"by": by} if by else {}),
        **(late or {}),
    )
    change_resolved(tx, capture_id)
