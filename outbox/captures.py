"""Captured bytes: stored raw before anything else is done with them, then settled one way."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from outbox.crash_points import crash_point
from outbox.errors import NotFound
from outbox.states import CaptureState, check_transition
from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3

    from outbox.store import Job, Tx

ESCPOS = "escpos"  # the form of what a register sends to its printer; others are drivers/captured.py's


@dataclass(frozen=True, slots=True)
class RawCapture:
    """Bytes that wait to be understood (after a crash between capture and issue)."""

    capture_id: int
    source: str
    data: bytes
    ended_by: str
    form: str = ESCPOS


def record_capture(source: str, data: bytes, ended_by: str, form: str = ESCPOS, origin: str = "") -> Job[int]:
    """Store the bytes of one piece of paper, or of one record; the answer is the capture's id.

    ``form`` says what the bytes are, ``origin`` where in its source they stood, in words.
    """

    def job(tx: Tx) -> int:
        digest = sha256(data).hexdigest()
        row = tx.execute(
            "INSERT INTO capture (source, captured_at, ended_by, sha256, data, state, form, origin)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (source, stamp(tx.now), ended_by, digest, data, CaptureState.RAW, form, origin or None),
        )
        capture_id = int(row.lastrowid or 0)
        tx.leaf(
            "capture",
            capture_id,
            capture=capture_id,
            source=source,
            sha256=digest,
            bytes=len(data),
            **({"form": form, "origin": origin} if form != ESCPOS else {}),
        )
        crash_point("capture.before-commit")
        return capture_id

    return job


def settle_capture(
    capture_id: int, state: CaptureState, kind: str, problems: tuple[str, ...] = ()
) -> Job[None]:
    """Say what a capture turned out to be: a non-sale or a quarantine entry with its problems."""

    def job(tx: Tx) -> None:
        row = tx.execute("SELECT state FROM capture WHERE id = ?", (capture_id,)).fetchone()
        if row is None:
            raise NotFound(f"there is no capture {capture_id}")
        check_transition(CaptureState(row[0]), state)
        tx.execute(
            "UPDATE capture SET state = ?, kind = ?, problems = ? WHERE id = ?",
            (state, kind, json.dumps(problems, ensure_ascii=False), capture_id),
        )
        tx.leaf(f"capture.{state}", capture_id, capture=capture_id, paper=kind, problems=list(problems))

    return job


def raw_captures(connection: sqlite3.Connection) -> list[RawCapture]:
    """Captures stored but not yet understood, oldest first."""
    rows = connection.execute(
        "SELECT id, source, data, ended_by, form FROM capture WHERE state = 'raw' ORDER BY id"
    )
    return [RawCapture(*row) for row in rows]
