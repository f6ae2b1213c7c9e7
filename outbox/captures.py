"""Captured bytes: stored raw before anything else is done with them, then settled one way."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from outbox.commitments import redacted_capture, salted_digest
from outbox.crash_points import crash_point
from outbox.errors import NotFound
from outbox.states import CaptureState, check_transition

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from outbox.store import Job, Tx

ESCPOS = "escpos"  # the form of what a register sends to its printer; others are drivers/captured.py's
SALT_LENGTH = 16  # bytes
SHORTEST_HIDDEN = 6  # bytes: shorter texts stand on a paper by chance


@dataclass(frozen=True, slots=True)
class RawCapture:
    """Bytes that wait to be understood (after a crash between capture and issue)."""

    capture_id: int
    source: str
    data: bytes
    ended_by: str
    form: str = ESCPOS
    origin: str = ""  # where in its source they stood, in words


def record_capture(
    source: str,
    data: bytes,
    ended_by: str,
    form: str = ESCPOS,
    origin: str = "",
    *,
    salt: bytes | None = None,
    key: str | None = None,
    captured_at: str | None = None,
) -> Job[int]:
    """Store the bytes of one piece of paper, or of one record; the answer is the capture's id.

    ``form`` says what the bytes are, ``origin`` where in its source they stood, in words. The ledger commits
    to them with a random salt (16 bytes): what a receipt says of its buyer cannot be guessed from the
    commitment alone (docs/decisions/004-redaction.md). ``key`` is the capture's own: the same once more
    changes nothing. ``captured_at`` (UTC, ISO 8601): it was kept in the reserve first.
    """
    salt = salt or secrets.token_bytes(SALT_LENGTH)

    def job(tx: Tx) -> int:
        if key and (known := tx.execute("SELECT id FROM capture WHERE key = ?", (key,)).fetchone()):
            return int(known[0])
        row = tx.execute(
            "INSERT INTO capture"
            " (source, captured_at, ended_by, sha256, data, state, form, origin, salt, key)"
            " VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                source,
                captured_at or tx.stamp,
                ended_by,
                sha256(data).hexdigest(),
                data,
                CaptureState.RAW,
                form,
                origin or None,
                salt,
                key,
            ),
        )
        capture_id = int(row.lastrowid or 0)
        tx.leaf(
            "capture",
            capture_id,
            capture=capture_id,
            source=source,
            ended_by=ended_by,
            salted=salted_digest(salt, data),
            bytes=len(data),
            **({"form": form, "origin": origin} if form != ESCPOS else {}),
            **({"reserved_at": captured_at} if captured_at else {}),
        )
        crash_point("capture.before-commit")
        return capture_id

    return job


def hide_buyer(capture_id: int, spans: Sequence[tuple[int, int]]) -> Job[None]:
    """The job that commits to a paper without the bytes (start, end) that name a buyer.

    The same bytes elsewhere on the paper (a second copy) are hidden as well.
    """

    def job(tx: Tx) -> None:
        row = tx.execute("SELECT data, salt, private FROM capture WHERE id = ?", (capture_id,)).fetchone()
        if row is None:
            raise NotFound(f"there is no capture {capture_id}")
        if row[1] is None or row[2] is not None:
            return
        hidden = _everywhere(bytes(row[0]), spans)
        tx.execute("UPDATE capture SET private = ? WHERE id = ?", (json.dumps(hidden), capture_id))
        shown = redacted_capture(bytes(row[0]), bytes(row[1]), hidden)
        digest = sha256(shown).hexdigest()
        tx.leaf("capture.private", capture_id, capture=capture_id, redacted=digest)

    return job


def _everywhere(data: bytes, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans and every other place of the same bytes, joined where they touch."""
    found = set(spans)
    for start, end in spans:
        text = data[start:end].strip()
        place = data.find(text) if len(text) >= SHORTEST_HIDDEN else -1
        while place >= 0:
            found.add((place, place + len(text)))
            place = data.find(text, place + len(text))
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def settle_capture(
    capture_id: int,
    state: CaptureState,
    kind: str,
    problems: tuple[str, ...] = (),
    said: Mapping[str, Any] | None = None,
) -> Job[None]:
    """Say what a capture turned out to be: a non-sale or a quarantine entry with its problems.

    ``said``: what a paper that is no sale says of itself (receipt number, total, a report's totals), kept in
    the ledger for whoever compares it with the invoices.
    """

    def job(tx: Tx) -> None:
        row = tx.execute("SELECT state FROM capture WHERE id = ?", (capture_id,)).fetchone()
        if row is None:
            raise NotFound(f"there is no capture {capture_id}")
        check_transition(CaptureState(row[0]), state)
        tx.execute(
            "UPDATE capture SET state = ?, kind = ?, problems = ? WHERE id = ?",
            (state, kind, json.dumps(problems, ensure_ascii=False), capture_id),
        )
        tx.leaf(
            f"capture.{state}",
            capture_id,
            capture=capture_id,
            paper=kind,
            problems=list(problems),
            **({"said": dict(said)} if said else {}),
        )

    return job


def raw_captures(connection: sqlite3.Connection) -> list[RawCapture]:
    """Captures stored but not yet understood, oldest first."""
    rows = connection.execute(
        "SELECT id, source, data, ended_by, form, COALESCE(origin, '') FROM capture"
        " WHERE state IN ('raw', 'quarantined') AND state = 'raw' ORDER BY id"
    )
    return [RawCapture(*row) for row in rows]
