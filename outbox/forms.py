"""Forms on their way to the authority: built and stored once, sent as the same bytes, moved by its answers.

A registration (100) is received by a 102 and decided by a 103; a notice of wrong invoices (303, 300) is
decided by a 301. What a person must know of an answer becomes an alarm, in the authority's own words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from authority.answers import TechnicalAnswer, parse_answer
from authority.form_answers import (
    ErrorNoticeResult,
    FormAnswer,
    RegistrationDecision,
    RegistrationReceipt,
    ReviewRequest,
    told,
)
from outbox.alarms import put_alarm, take_away_alarm
from outbox.errors import NotFound
from outbox.states import FormState, check_transition
from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from authority.answers import OtherAnswer
    from outbox.store import Job, Tx

Build = Callable[[str, datetime], bytes]  # MTDiep and now -> the exact bytes
REVIEW, FORM_REFUSED = "review-asked", "form-refused"


@dataclass(frozen=True, slots=True)
class OutgoingForm:
    """A form that is due to be sent or asked about."""

    form_id: int
    message_id: str
    state: FormState
    attempts: int
    document: bytes


def post_form(kind: str, message_id: str, build: Build, *, review: str | None = None) -> Job[int]:
    """The job that stores a form, ready to be sent; ``review``: the number of the 302 it answers.

    Raises from the job:
        FormInvalid: a value that breaks the form's table; nothing is stored.
    """

    def job(tx: Tx) -> int:
        document = build(message_id, tx.now)
        digest, now = sha256(document).hexdigest(), stamp(tx.now)
        row = tx.execute(
            "INSERT INTO form_message (kind, message_id, built_at, state, state_at, due_at, sha256,"
            " document, review)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            (kind, message_id, now, FormState.BUILT, now, now, digest, document, review),
        )
        form_id = int(row.lastrowid or 0)
        if review is not None:
            _announce_reviews(tx)
        tx.leaf("form.built", form_id, form=form_id, form_kind=kind, message_id=message_id, sha256=digest)
        return form_id

    return job


def due_forms() -> Job[list[OutgoingForm]]:
    """Forms to send or to ask about now."""

    def job(tx: Tx) -> list[OutgoingForm]:
        rows = tx.execute(
            "SELECT id, message_id, state, attempts, document FROM form_message"
            " WHERE state IN ('built', 'sent') AND due_at <= ? ORDER BY id",
            (stamp(tx.now),),
        )
        return [OutgoingForm(r[0], r[1], FormState(r[2]), r[3], r[4]) for r in rows]

    return job


def mark_form_sending(form_id: int, again_after: timedelta) -> Job[None]:
    """Write down that the form is about to leave."""

    def job(tx: Tx) -> None:
        tx.execute(
            "UPDATE form_message SET attempts = attempts + 1, due_at = ? WHERE id = ?",
            (stamp(tx.now + again_after), form_id),
        )
        (state,) = tx.execute("SELECT state FROM form_message WHERE id = ?", (form_id,)).fetchone()
        if state == FormState.BUILT:
            _move(tx, form_id, FormState.SENT, None)
        tx.leaf("form.sending", form_id, form=form_id)

    return job


def apply_to_form(tx: Tx, answer: TechnicalAnswer | OtherAnswer, reply_to: str | None) -> str | None:
    """What an answer does to the form it is about; None where it is about none of ours."""
    if isinstance(answer, ReviewRequest):
        _announce_reviews(tx, answer)
        return "asks for a review"
    row = tx.execute("SELECT id, state FROM form_message WHERE message_id = ?", (reply_to,)).fetchone()
    if row is None:
        return None
    form_id, state = row[0], FormState(row[1])
    after, words = _decision(answer)
    if after is None:
        return "kept for a person"
    if state not in {FormState.SENT, FormState.RECEIVED} or state is after:
        return f"too late: the form is {state}"
    _move(tx, form_id, after, words)
    if after is FormState.REFUSED:
        put_alarm(tx, FORM_REFUSED, words or "a form was refused")
        _announce_reviews(tx)
    return f"form {after}"


def forms(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every form, newest first, with what the authority said."""
    rows = connection.execute(
        "SELECT id, kind, message_id, built_at, state, reason, review FROM form_message ORDER BY id DESC"
    )
    return [dict(row) for row in rows]


def review_asked(connection: sqlite3.Connection, number: str) -> ReviewRequest:
    """The proven 302 of that number (So), as the authority sent it.

    Raises:
        NotFound: none of that number has come.
    """
    for review in reviews(connection):
        if review.number == number:
            return review
    raise NotFound(f"the authority has sent no request {number} for a review")


def reviews(connection: sqlite3.Connection) -> list[ReviewRequest]:
    """Every proven request for a review (302), newest first."""
    rows = connection.execute(
        "SELECT document FROM answer WHERE kind = ? AND outcome NOT LIKE 'unproven%' ORDER BY id DESC",
        (ReviewRequest.__name__,),
    )
    answers = [parse_answer(bytes(document)) for (document,) in rows]
    return [answer for answer in answers if isinstance(answer, ReviewRequest)]


def answered_reviews(connection: sqlite3.Connection) -> frozenset[str]:
    """Numbers of the requests that a notice of ours answers, unless that notice was refused."""
    rows = connection.execute(
        "SELECT review FROM form_message WHERE review IS NOT NULL AND state <> ?", (FormState.REFUSED,)
    )
    return frozenset(row[0] for row in rows)


def _announce_reviews(tx: Tx, new: ReviewRequest | None = None) -> None:
    """One alarm that names every request without an answer; none where all are answered."""
    answered = answered_reviews(tx.connection)
    asked = [new, *reviews(tx.connection)] if new else reviews(tx.connection)
    waiting = {review.number: review for review in asked if review.number not in answered}
    if waiting:
        put_alarm(tx, REVIEW, "; ".join(words for review in waiting.values() for words in told(review)))
    else:
        take_away_alarm(tx, REVIEW)


def _decision(answer: TechnicalAnswer | OtherAnswer) -> tuple[FormState | None, str | None]:
    match answer:
        case TechnicalAnswer(ok=True):
            return FormState.RECEIVED, None
        case TechnicalAnswer():
            return FormState.REFUSED, "; ".join(f"{error.code} {error.text}" for error in answer.errors)
        case RegistrationReceipt(accepted=True):
            return FormState.RECEIVED, "; ".join(told(answer))
        case RegistrationReceipt() | RegistrationDecision() | ErrorNoticeResult():
            state = FormState.ACCEPTED if answer.accepted else FormState.REFUSED
            return state, "; ".join(told(answer))
        case FormAnswer() | _:
            return None, None


def _move(tx: Tx, form_id: int, after: FormState, reason: str | None) -> None:
    (before,) = tx.execute("SELECT state FROM form_message WHERE id = ?", (form_id,)).fetchone()
    check_transition(FormState(before), after)
    tx.execute(
        "UPDATE form_message SET state = ?, state_at = ?, reason = COALESCE(?, reason) WHERE id = ?",
        (after, stamp(tx.now), reason, form_id),
    )
    if after is not FormState.SENT:
        tx.leaf(f"form.{after}", form_id, form=form_id, **({"reason": reason} if reason else {}))
