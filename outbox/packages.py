"""Packing issued invoices into a 206, and what the authority's answers do to them.

A package's bytes and MTDiep are stored before they are sent; what is sent again is the same bytes (P3).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from authority.answers import Notice, OtherAnswer, Reason, TechnicalAnswer
from authority.codes import new_message_id
from authority.package import PackageFrame, build_package
from outbox.crash_points import crash_point
from outbox.states import InvoiceState, PackageState, check_transition
from outbox.store import stamp

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from outbox.store import Job, Tx

MOST_CANDIDATES = 2000  # invoices looked at for one package; 2 MB holds about 400 signed ones


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A package that is due to be sent or asked about."""

    package_id: int
    message_id: str
    state: PackageState
    attempts: int
    document: bytes


def build_next(frame: PackageFrame, sender: str, token: UUID) -> Job[int | None]:
    """The job that packs the oldest issued invoices; None if nothing waits."""

    def job(tx: Tx) -> int | None:
        rows = tx.execute(
            "SELECT id, batch, document FROM invoice WHERE state = 'issued' ORDER BY batch, id LIMIT ?",
            (MOST_CANDIDATES,),
        ).fetchall()
        if not rows:
            return None
        batch = rows[0][1]
        rows = [row for row in rows if row[1] == batch][:batch]
        chosen = rows[: max(1, frame.how_many([len(row[2]) for row in rows]))]
        message_id = new_message_id(sender, token)
        document = build_package(frame, [row[2] for row in chosen], message_id, tx.now)
        digest = sha256(document).hexdigest()
        now = stamp(tx.now)
        row = tx.execute(
            "INSERT INTO package (message_id, built_at, invoices, state, state_at, due_at, sha256, document)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (message_id, now, len(chosen), PackageState.BUILT, now, now, digest, document),
        )
        package_id = int(row.lastrowid or 0)
        ids = [row[0] for row in chosen]
        for invoice_id in ids:
            tx.execute(
                "UPDATE invoice SET state = 'packed', state_at = ?, package_id = ? WHERE id = ?"
                " AND state = 'issued'",
                (now, package_id, invoice_id),
            )
        tx.leaf(
            "package.built",
            package_id,
            package=package_id,
            message_id=message_id,
            invoices=ids,
            sha256=digest,
        )
        crash_point("package.before-commit")
        return package_id

    return job


def due_packages() -> Job[list[Outgoing]]:
    """Packages to send or to ask about now."""

    def job(tx: Tx) -> list[Outgoing]:
        rows = tx.execute(
            "SELECT id, message_id, state, attempts, document FROM package"
            " WHERE state <> 'decided' AND due_at <= ? ORDER BY id",
            (stamp(tx.now),),
        )
        return [Outgoing(r[0], r[1], PackageState(r[2]), r[3], r[4]) for r in rows]

    return job


def mark_sending(package_id: int, again_after: timedelta) -> Job[None]:
    """Write down that the package is about to leave, before the first byte does."""

    def job(tx: Tx) -> None:
        state = PackageState(
            tx.execute("SELECT state FROM package WHERE id = ?", (package_id,)).fetchone()[0]
        )
        tx.execute(
            "UPDATE package SET attempts = attempts + 1, due_at = ? WHERE id = ?",
            (stamp(tx.now + again_after), package_id),
        )
        if state is PackageState.BUILT:
            _move(tx, package_id, PackageState.SENT, None)
            tx.execute(
                "UPDATE invoice SET state = 'sent', state_at = ? WHERE package_id = ? AND state = 'packed'",
                (stamp(tx.now), package_id),
            )
        tx.leaf("package.sending", package_id, package=package_id)

    return job


def postpone(package_id: int, until: datetime, reason: str) -> Job[None]:
    """The package was not answered: try again at ``until``."""

    def job(tx: Tx) -> None:
        tx.execute(
            "UPDATE package SET due_at = ?, reason = ? WHERE id = ? AND state <> 'decided'",
            (stamp(until), reason, package_id),
        )

    return job


def take_answer(
    document: bytes, answer: TechnicalAnswer | Notice | OtherAnswer, problem: str | None = None
) -> Job[str]:
    """Store an answer's exact bytes and let it move the states; ``problem``: it is not proven, only kept.

    The same answer twice changes nothing; the outcome says in a word what happened.
    """

    def job(tx: Tx) -> str:
        digest = sha256(document).hexdigest()
        if row := tx.execute("SELECT outcome FROM answer WHERE sha256 = ?", (digest,)).fetchone():
            return f"repeated {row[0]}"
        reply_to = getattr(answer, "submission_id", None) or getattr(answer, "reply_to", None)
        outcome = f"unproven: {problem}" if problem else _apply(tx, answer, reply_to)
        kind = type(answer).__name__
        tx.execute(
            "INSERT INTO answer (message_id, reply_to, kind, received_at, outcome, sha256, document)"
            " VALUES (?,?,?,?,?,?,?)",
            (getattr(answer, "message_id", None), reply_to, kind, stamp(tx.now), outcome, digest, document),
        )
        tx.leaf("answer", None, reply_to=reply_to, answer=kind, outcome=outcome, sha256=digest)
        crash_point("answer.before-commit")
        return outcome

    return job


def _apply(tx: Tx, answer: TechnicalAnswer | Notice | OtherAnswer, reply_to: str | None) -> str:
    row = tx.execute("SELECT id, state FROM package WHERE message_id = ?", (reply_to,)).fetchone()
    if row is None:
        return "to nothing of ours"
    package_id, state = row[0], PackageState(row[1])
    if isinstance(answer, OtherAnswer):
        return "kept for a person"
    if state in {PackageState.BUILT, PackageState.DECIDED}:
        return f"too late: the package is {state}"
    if isinstance(answer, Notice):
        return _apply_notice(tx, package_id, answer)
    if answer.ok:
        if state is PackageState.SENT:
            _move(tx, package_id, PackageState.RECEIVED, None)
            _move_invoices(tx, package_id, InvoiceState.RECEIVED)
        return "received"
    if state is PackageState.RECEIVED:
        return "contradicts an earlier answer"
    reason = "; ".join(f"{e.code} {e.text}" for e in answer.errors) or "refused as a message"
    return _give_back(tx, package_id, reason)


def _apply_notice(tx: Tx, package_id: int, notice: Notice) -> str:
    if notice.package_refused:
        return _give_back(tx, package_id, "; ".join(_said(reason) for reason in notice.reasons))
    if notice.unassigned():
        return "kept for a person: a refusal names no invoice of ours"
    refused = notice.refused()
    for reference, reasons in refused.items():
        tx.execute(
            "UPDATE invoice SET state = 'refused', state_at = ?, reason = ? WHERE package_id = ?"
            " AND form = ? AND symbol = ? AND number = ? AND state IN ('sent', 'received')",
            (
                stamp(tx.now),
                "; ".join(_said(reason) for reason in reasons),
                package_id,
                int(reference.form),
                str(reference.symbol),
                int(reference.number),
            ),
        )
    _move_invoices(tx, package_id, InvoiceState.ACCEPTED)
    _move(tx, package_id, PackageState.DECIDED, None)
    return f"decided, {len(refused)} refused"


def _said(reason: Reason) -> str:
    return f"{reason.code} {reason.description}".strip()


def _give_back(tx: Tx, package_id: int, reason: str) -> str:
    """A package refused as a whole: its invoices go again in halves, and alone the bad one is set aside."""
    size = int(tx.execute("SELECT invoices FROM package WHERE id = ?", (package_id,)).fetchone()[0])
    _move(tx, package_id, PackageState.DECIDED, reason)
    after = InvoiceState.REFUSED if size == 1 else InvoiceState.ISSUED
    _move_invoices(tx, package_id, after, reason)
    if after is InvoiceState.ISSUED:
        tx.execute(
            "UPDATE invoice SET package_id = NULL, batch = ? WHERE package_id = ?", (size // 2, package_id)
        )
    return "package refused"


def _move(tx: Tx, package_id: int, after: PackageState, reason: str | None) -> None:
    before = PackageState(tx.execute("SELECT state FROM package WHERE id = ?", (package_id,)).fetchone()[0])
    check_transition(before, after)
    tx.execute(
        "UPDATE package SET state = ?, state_at = ?, reason = ? WHERE id = ?",
        (after, stamp(tx.now), reason, package_id),
    )


def _move_invoices(tx: Tx, package_id: int, after: InvoiceState, reason: str | None = None) -> None:
    states = tx.execute(
        "SELECT DISTINCT state FROM invoice WHERE package_id = ? AND state NOT IN ('refused', 'accepted')",
        (package_id,),
    ).fetchall()
    for (state,) in states:
        check_transition(InvoiceState(state), after)
    tx.execute(
        "UPDATE invoice SET state = ?, state_at = ?, reason = ? WHERE package_id = ?"
        " AND state NOT IN ('refused', 'accepted')",
        (after, stamp(tx.now), reason, package_id),
    )
