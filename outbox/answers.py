"""What the authority's answers do to packages and invoices: the rules of promise P3, one function each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from authority.answers import Notice, OtherAnswer, Reason, TechnicalAnswer
from authority.errors import NoticeNotProven
from outbox.alarms import put_alarm, take_away_alarm
from outbox.crash_points import crash_point
from outbox.forms import apply_to_form
from outbox.packages import INVOICE_HELD, PACK_AFTER, go_again, move_invoices, move_package
from outbox.settings import drop_setting, read_setting, write_setting
from outbox.states import InvoiceState, PackageState
from outbox.store import stamp
from outbox.stubborn import something_got_through

if TYPE_CHECKING:
    from outbox.store import Job, Tx

Acknowledge = Callable[[str, "datetime"], tuple[str, bytes]]  # their MTDiep, now -> our MTDiep, our 999
ACKNOWLEDGEMENT_ATTEMPTS = 5
REFUSALS_BEFORE_PAUSE = 12  # enough to halve the largest package down to its one bad invoice
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
ALL_REFUSED = "all-refused"
_REFUSED_IN_A_ROW = "refused_in_a_row"


def take_answer(
    document: bytes,
    answer: TechnicalAnswer | Notice | OtherAnswer,
    problem: str | None = None,
    acknowledge: Acknowledge | None = None,
) -> Job[str]:
    """Store an answer's exact bytes and let it move the states; ``problem``: it is not proven, only kept.

    ``acknowledge`` makes our own 999 to a message of the authority's. The same answer twice changes nothing;
    the outcome says in a word what happened.
    """

    def job(tx: Tx) -> str:
        digest = sha256(document).hexdigest()
        if row := tx.execute("SELECT outcome FROM answer WHERE sha256 = ?", (digest,)).fetchone():
            return f"repeated {row[0]}"
        reply_to = getattr(answer, "submission_id", None) or getattr(answer, "reply_to", None)
        if problem:
            outcome = f"unproven: {problem}"
            put_alarm(tx, NoticeNotProven.code, problem)
        else:
            outcome = _apply(tx, answer, reply_to)
        kind = type(answer).__name__
        row = tx.execute(
            "INSERT INTO answer (message_id, reply_to, kind, received_at, outcome, sha256, document)"
            " VALUES (?,?,?,?,?,?,?)",
            (getattr(answer, "message_id", None), reply_to, kind, stamp(tx.now), outcome, digest, document),
        )
        if acknowledge is not None and not problem and not isinstance(answer, TechnicalAnswer):
            message_id, own = acknowledge(answer.message_id, tx.now)
            tx.execute(
                "INSERT INTO acknowledgement (answer_id, message_id, document) VALUES (?, ?, ?)",
                (row.lastrowid, message_id, own),
            )
        tx.leaf("answer", row.lastrowid, reply_to=reply_to, answer=kind, outcome=outcome, sha256=digest)
        crash_point("answer.before-commit")
        return outcome

    return job


def keep_unreadable(document: bytes, why: str) -> Job[None]:
    """Store what came from the authority's side and is no message: it moves nothing, a person may read it."""

    def job(tx: Tx) -> None:
        digest = sha256(document).hexdigest()
        if tx.execute("SELECT 1 FROM answer WHERE sha256 = ?", (digest,)).fetchone():
            return
        outcome = f"unreadable: {why}"
        tx.execute(
            "INSERT INTO answer (kind, received_at, outcome, sha256, document) VALUES ('Unreadable',?,?,?,?)",
            (stamp(tx.now), outcome, digest, document),
        )
        put_alarm(tx, "message-for-a-person", f"something came that is no message: {why}")
        tx.leaf("answer", None, reply_to=None, answer="Unreadable", outcome=outcome, sha256=digest)

    return job


def settle_doubt(package_id: int) -> Job[str]:
    """The authority has been asked about a package that it refused as a message.

    Had it taken in an earlier copy, the look-up's answers have moved the package on; else the refusal holds.
    """

    def job(tx: Tx) -> str:
        state, doubt = tx.execute("SELECT state, doubt FROM package WHERE id = ?", (package_id,)).fetchone()
        tx.execute("UPDATE package SET doubt = NULL WHERE id = ?", (package_id,))
        if doubt is None or state != PackageState.SENT:
            return "taken in after all"
        return _refused_as_message(tx, package_id, doubt)

    return job


def is_doubted(package_id: int) -> Job[bool]:
    """Whether the package was refused and that is to be asked about."""
    return lambda tx: bool(
        tx.execute("SELECT doubt IS NOT NULL FROM package WHERE id = ?", (package_id,)).fetchone()[0]
    )


def open_acknowledgements() -> Job[list[tuple[int, str, bytes]]]:
    """Our own 999 messages that have not left yet: number, MTDiep, bytes."""
    return lambda tx: tx.execute(
        "SELECT answer_id, message_id, document FROM acknowledgement"
        " WHERE sent_at IS NULL AND attempts < ? ORDER BY answer_id LIMIT 100",
        (ACKNOWLEDGEMENT_ATTEMPTS,),
    ).fetchall()


def acknowledged(answer_id: int, *, sent: bool) -> Job[None]:
    """Write down that a 999 of ours has left, or could not."""

    def job(tx: Tx) -> None:
        tx.execute(
            "UPDATE acknowledgement SET attempts = attempts + 1, sent_at = ? WHERE answer_id = ?",
            (stamp(tx.now) if sent else None, answer_id),
        )
        if sent:
            tx.leaf("acknowledgement.sent", answer_id, answer=answer_id)

    return job


def _apply(tx: Tx, answer: TechnicalAnswer | Notice | OtherAnswer, reply_to: str | None) -> str:
    row = tx.execute("SELECT id, state FROM package WHERE message_id = ?", (reply_to,)).fetchone()
    if row is None:
        about_form = None if isinstance(answer, Notice) else apply_to_form(tx, answer, reply_to)
        return about_form or "to nothing of ours"
    package_id, state = row[0], PackageState(row[1])
    if isinstance(answer, OtherAnswer):
        put_alarm(tx, "message-for-a-person", f"message {answer.kind} {answer.message_id}: {answer.text}")
        return "kept for a person"
    if state in {PackageState.BUILT, PackageState.DECIDED}:
        return _too_late(tx, package_id, state, answer)
    if isinstance(answer, Notice):
        return _apply_notice(tx, package_id, answer)
    if answer.ok:
        if state is PackageState.SENT:
            _got_through(tx, package_id)
            move_package(tx, package_id, PackageState.RECEIVED, None)
            move_invoices(tx, package_id, InvoiceState.RECEIVED)
        return "received"
    reason = "; ".join(f"{e.code} {e.text}" for e in answer.errors) or "refused as a message"
    if state is PackageState.RECEIVED:
        # It has said before that it took this message in: what it took in it will decide.
        return f"contradicts an earlier answer: {reason}"
    # It may be the refusal of a copy, ours or the line's, while the first was taken in: ask (P3).
    tx.execute("UPDATE package SET doubt = ?, due_at = ? WHERE id = ?", (reason, stamp(tx.now), package_id))
    return f"doubted: {reason}"


def _too_late(tx: Tx, package_id: int, state: PackageState, answer: TechnicalAnswer | Notice) -> str:
    """An answer to a package that is settled; one that says otherwise needs a person."""
    refused_before = state is PackageState.DECIDED and bool(
        tx.execute("SELECT 1 FROM package WHERE id = ? AND reason IS NOT NULL", (package_id,)).fetchone()
    )
    says_taken = answer.ok if isinstance(answer, TechnicalAnswer) else not answer.package_refused
    if refused_before and says_taken:
        put_alarm(
            tx,
            "contradiction",
            f"package {package_id} was refused by the authority, then answered as taken in"
            f" ({answer.message_id}): check its invoices with the tax office",
        )
        return "contradicts an earlier answer"
    return f"too late: the package is {state}"


def _apply_notice(tx: Tx, package_id: int, notice: Notice) -> str:
    if notice.package_refused:
        return _give_back(tx, package_id, "; ".join(_said(reason) for reason in notice.reasons))
    if notice.unassigned():
        put_alarm(
            tx, "message-for-a-person", f"notice {notice.message_id} refuses an invoice it does not name"
        )
        return "kept for a person: a refusal names no invoice of ours"
    _got_through(tx, package_id)
    refused = notice.refused()
    named = []
    for reference, reasons in refused.items():
        changed = tx.execute(
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
        if changed.rowcount:
            named.append(f"{int(reference.form)};{reference.symbol};{int(reference.number)}")
    if named:
        tx.leaf("invoices.named-refused", package_id, package=package_id, references=named)
    move_invoices(tx, package_id, InvoiceState.ACCEPTED)
    move_package(tx, package_id, PackageState.DECIDED, None)
    return f"decided, {len(refused)} refused"


def _said(reason: Reason) -> str:
    return f"{reason.code} {reason.description}".strip()


def _give_back(tx: Tx, package_id: int, reason: str) -> str:
    """A package refused as a whole: its invoices go again in halves, and alone the bad one is set aside."""
    size = _settle_refused(tx, package_id, reason or "refused as a whole")
    if size == 1:
        move_invoices(tx, package_id, InvoiceState.REFUSED, reason)
    else:
        go_again(tx, package_id, size, reason)
    return "package refused"


def _refused_as_message(tx: Tx, package_id: int, reason: str) -> str:
    """A 999 that says error: nothing was registered, and nothing says that an invoice is at fault.

    Halving finds an invoice that the authority cannot read; alone it is held for a person. Where one refusal
    follows another with nothing getting through, the cause is not an invoice: packing pauses, ever longer.
    """
    size = _settle_refused(tx, package_id, reason)
    in_a_row = int(read_setting(tx, _REFUSED_IN_A_ROW) or "0") + 1
    write_setting(tx, _REFUSED_IN_A_ROW, str(in_a_row))
    go_again(tx, package_id, size, reason)
    if in_a_row > REFUSALS_BEFORE_PAUSE:
        pause = min(FIRST_PAUSE * 2 ** min(in_a_row - REFUSALS_BEFORE_PAUSE - 1, 10), LONGEST_PAUSE)
        write_setting(tx, PACK_AFTER, stamp(tx.now + pause))
        put_alarm(tx, ALL_REFUSED, f"the authority refuses every message: {reason}")
    elif size == 1:
        move_invoices(tx, package_id, InvoiceState.HELD, reason)
        put_alarm(tx, INVOICE_HELD, f"an invoice was set aside, the authority cannot take it in: {reason}")
    return "refused as a message"


def _settle_refused(tx: Tx, package_id: int, reason: str) -> int:
    size = int(tx.execute("SELECT invoices FROM package WHERE id = ?", (package_id,)).fetchone()[0])
    move_package(tx, package_id, PackageState.DECIDED, reason)
    return size


def _got_through(tx: Tx, package_id: int) -> None:
    """The authority has taken a message in: whatever was refused before was not the line's fault."""
    something_got_through(tx)
    tx.execute("UPDATE package SET doubt = NULL WHERE id = ?", (package_id,))
    if read_setting(tx, _REFUSED_IN_A_ROW):
        drop_setting(tx, _REFUSED_IN_A_ROW)
        drop_setting(tx, PACK_AFTER)
        take_away_alarm(tx, ALL_REFUSED)
