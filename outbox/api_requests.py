"""Requests of programs that must count once: the key, what was asked, and the answer that was given.

The answer is stored in the transaction that issues. Whoever asks again with the same key (no answer came, the
program was restarted, the power was cut) gets the same bytes again. After ``KEPT`` a key may be forgotten.
IETF draft "The Idempotency-Key HTTP Header Field".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from inspect import isgenerator
from typing import TYPE_CHECKING, Any

from outbox.errors import OutboxError
from outbox.store import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from outbox.signing_desk import ToSign
    from outbox.sold import Sold
    from outbox.store import Job, Tx

KEPT = timedelta(days=90)


class KeyReused(OutboxError):
    """The key of an earlier request came with another one."""

    code = "E-OUT-040"
    advice_vi = "Mỗi lần bán dùng một Idempotency-Key riêng; gửi lại thì không đổi nội dung."
    advice_en = "Use another Idempotency-Key for each sale; when you retry, send the same content."


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, and whether it had been given before."""

    body: bytes
    again: bool


def once(
    client: str, key: str, asked: str, issuing: Job[Sold], answer: Callable[[Sold], bytes]
) -> Job[Answered]:
    """The job that issues unless ``client`` has asked with this ``key`` before.

    ``asked`` is a digest of what is asked; ``answer`` makes the body from the invoice or order.

    Raises from the job:
        KeyReused: the key was used for something else.
        what ``issuing`` raises; then the key is still free.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Answered]:
        row = tx.execute(
            "SELECT asked, answer FROM api_request WHERE client = ? AND key = ?", (client, key)
        ).fetchone()
        if row is not None:
            if row[0] != asked:
                raise KeyReused(f"the key {key!r} was used for another request")
            return Answered(bytes(row[1]), again=True)
        outcome: Any = issuing(tx)
        sold: Sold = (yield from outcome) if isgenerator(outcome) else outcome
        body = answer(sold)
        tx.execute(
            "INSERT INTO api_request (client, key, at, asked, answer) VALUES (?,?,?,?,?)",
            (client, key, stamp(tx.now), asked, body),
        )
        # Two old ones go for each new one: the table stays bounded without a sweep that would hold up a sale.
        tx.execute(
            "DELETE FROM api_request WHERE rowid IN"
            " (SELECT rowid FROM api_request WHERE at < ? ORDER BY at LIMIT 2)",
            (stamp(tx.now - KEPT),),
        )
        return Answered(body, again=False)

    return job
