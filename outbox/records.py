"""Records of files and databases: each is taken once, however often it is read; what changes is reported.

A register program exports a file again, edits a bill, deletes a row. The store remembers each record by the
source's own key and the SHA-256 of its bytes. The same bytes again are nothing new. Other bytes under the
same key are a new chance where the first could not be read, and a matter for a person where it was invoiced:
they go to quarantine as ``changed`` (or ``vanished``, ``edited``), with a leaf and an alarm that stands until
all of them are resolved.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from outbox.alarms import put_alarm, take_away_alarm
from outbox.captures import hide_buyer, record_capture
from outbox.errors import TransitionRefused
from outbox.settings import write_setting
from outbox.states import CaptureState, check_transition
from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from outbox.store import Job, Tx

STAYS_OPEN = timedelta(days=7)  # so long a bill that is no sale yet is looked at again
CHANGED, VANISHED, EDITED = "changed", "vanished", "edited"


class Outcome(StrEnum):
    """What a record is to the store."""

    NEW = "new"
    KNOWN = "known"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class RecordBytes:
    """One record as its source gave it. ``source``: the URI; ``name``: what its records are known under."""

    source: str
    name: str
    key: str
    part: str
    mark: int
    data: bytes
    form: str
    origin: str
    ended_by: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """``capture_id`` is 0 for a record that is known."""

    outcome: Outcome
    capture_id: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as it was when it had been read. ``modified``: nanoseconds."""

    size: int
    modified: int
    sha256: str


def record_once(given: RecordBytes) -> Job[Recorded]:
    """The job that stores a record, unless it is known."""

    def job(tx: Tx) -> Recorded:
        digest = sha256(given.data).hexdigest()
        known = tx.execute(
            "SELECT sha256, capture_id, gone_at FROM record WHERE source = ? AND key = ?",
            (given.name, given.key),
        ).fetchone()
        if known is not None and known[0] == digest:
            if known[2] is not None:
                _is_back(tx, given)
            return Recorded(Outcome.KNOWN, 0)
        if known is None:
            capture_id = _store(tx, given, given.ended_by)
            tx.execute(
                "INSERT INTO record (source, key, part, mark, sha256, capture_id) VALUES (?,?,?,?,?,?)",
                (given.name, given.key, given.part, given.mark, digest, capture_id),
            )
            return Recorded(Outcome.NEW, capture_id)
        return _other_bytes(tx, given, digest, int(known[1]))

    return job


def record_vanished(source: str, name: str, key: str) -> Job[int]:
    """The job that says a record is no longer in its source; the capture that asks a person, 0 for none."""

    def job(tx: Tx) -> int:
        known = tx.execute(
            "SELECT record.sha256, capture_id, form, data, origin FROM record"
            " JOIN capture ON capture.id = capture_id"
            " WHERE record.source = ? AND record.key = ? AND gone_at IS NULL",
            (name, key),
        ).fetchone()
        if known is None:
            return 0
        digest, first, form, data, origin = known
        tx.execute("UPDATE record SET gone_at = ? WHERE source = ? AND key = ?", (stamp(tx.now), name, key))
        tx.leaf("record.vanished", first, source=name, key=key, first=first, sha256_of_record=digest)
        invoice = _invoice_of(tx.connection, first)
        if invoice is None:
            return 0
        problem = f"{key} is no longer in {name}; it was invoiced as {invoice}"
        given = RecordBytes(source, name, key, "", 0, bytes(data), form, origin or "", VANISHED)
        capture_id = _ask(tx, given, VANISHED, first, problem)
        (private,) = tx.execute("SELECT private FROM capture WHERE id = ?", (first,)).fetchone()
        if private is not None:  # the same bytes name the same buyer
            hide_buyer(capture_id, [(start, end) for start, end in json.loads(private)])(tx)
        return capture_id

    return job


def file_edited(source: str, name: str, file: str, now: FileRead) -> Job[int]:
    """The job that says a file was edited after it had been imported and put away."""

    def job(tx: Tx) -> int:
        before = tx.execute(
            "SELECT sha256 FROM imported WHERE source = ? AND name = ?", (name, file)
        ).fetchone()
        said = {"file": file, "sha256_before": before[0] if before else None, "sha256_now": now.sha256}
        _remember_file(tx, name, file, now)
        tx.leaf("file.edited", None, source=name, **said)
        problem = f"{file} was edited after it had been imported; its sales are compared one by one"
        data = json.dumps(said, sort_keys=True, ensure_ascii=False).encode()
        given = RecordBytes(source, name, file, file, 0, data, "json", file, EDITED)
        return _ask(tx, given, EDITED, None, problem)

    return job


def remember_file(name: str, file: str, seen: FileRead) -> Job[None]:
    """The job that says a file has been read to its end."""

    def job(tx: Tx) -> None:
        _remember_file(tx, name, file, seen)
        tx.leaf("file.read", None, source=name, file=file, file_sha256=seen.sha256)

    return job


def remember_position(name: str, floor: int, last: int) -> Job[None]:
    """The job that says how far a source has been read, and where its first look began."""
    return lambda tx: write_setting(tx, f"read:{name}", f"{floor} {last}")


def read_position(connection: sqlite3.Connection, name: str) -> tuple[int, int] | None:
    """(floor, last) of a source; None before its first look."""
    row = connection.execute("SELECT value FROM setting WHERE name = ?", (f"read:{name}",)).fetchone()
    if row is None:
        return None
    floor, last = str(row[0]).split()
    return int(floor), int(last)


def digest_of(connection: sqlite3.Connection, name: str, key: str) -> str | None:
    """SHA-256 of a record as it was last taken; None where it is new, or was thought gone."""
    row = connection.execute(
        "SELECT sha256 FROM record WHERE source = ? AND key = ? AND gone_at IS NULL", (name, key)
    ).fetchone()
    return None if row is None else str(row[0])


def taken_records(connection: sqlite3.Connection, name: str, part: str, since: int) -> dict[str, str]:
    """Digests by key of the records of a part, from a mark on, that are not gone."""
    rows = connection.execute(
        "SELECT key, sha256 FROM record WHERE source = ? AND part = ? AND mark >= ? AND gone_at IS NULL",
        (name, part, since),
    )
    return {str(key): str(digest) for key, digest in rows}


def oldest_open(connection: sqlite3.Connection, name: str, now: datetime) -> int | None:
    """The least mark of a source's records of the latest days that are no sale yet."""
    row = connection.execute(
        "SELECT MIN(mark) FROM record JOIN capture ON capture.id = capture_id"
        " WHERE record.source = ? AND gone_at IS NULL AND captured_at > ?"
        " AND (state = ? OR (state = ? AND kind = 'provisional'))",
        (name, stamp(now - STAYS_OPEN), CaptureState.QUARANTINED, CaptureState.NON_SALE),
    ).fetchone()
    return None if row[0] is None else int(row[0])


def file_read(connection: sqlite3.Connection, name: str, file: str) -> FileRead | None:
    """One file of a folder as it was when it was read."""
    row = connection.execute(
        "SELECT size, modified, sha256 FROM imported WHERE source = ? AND name = ?", (name, file)
    ).fetchone()
    return None if row is None else FileRead(*row)


def files_read(connection: sqlite3.Connection, name: str, after: str, most: int) -> dict[str, FileRead]:
    """Files of a folder that were read, as they were then: ``most`` of them, by name, behind ``after``."""
    rows = connection.execute(
        "SELECT name, size, modified, sha256 FROM imported WHERE source = ? AND name > ?"
        " ORDER BY name LIMIT ?",
        (name, after, most),
    )
    return {str(file): FileRead(size, modified, digest) for file, size, modified, digest in rows}


def check_no_second_invoice(tx: Tx, capture_id: int) -> None:
    """Raises TransitionRefused where the sale of a changed record has its invoice already."""
    row = tx.execute("SELECT first FROM record_change WHERE capture_id = ?", (capture_id,)).fetchone()
    invoice = None if row is None or row[0] is None else _invoice_of(tx.connection, row[0])
    if invoice is not None:
        raise TransitionRefused(
            f"capture {capture_id} is a sale that was invoiced as {invoice}: replace or adjust that invoice,"
            " then resolve with --no-sale"
        )


def change_resolved(tx: Tx, capture_id: int) -> None:
    """The alarm of a source ends with the last of its changes that a person has decided about."""
    row = tx.execute("SELECT source FROM record_change WHERE capture_id = ?", (capture_id,)).fetchone()
    if row is not None:
        _tell(tx, row[0])


def _other_bytes(tx: Tx, given: RecordBytes, digest: str, first: int) -> Recorded:
    """A key that is known, with other bytes: read anew where the first was no sale yet, else for a person."""
    state, kind = tx.execute("SELECT state, kind FROM capture WHERE id = ?", (first,)).fetchone()
    fresh = state in {CaptureState.QUARANTINED, CaptureState.NON_SALE}
    if fresh:
        capture_id = _store(tx, given, given.ended_by)
        if state == CaptureState.QUARANTINED:
            _supersede(tx, first, capture_id, kind)
        tx.execute(
            "UPDATE record SET sha256 = ?, capture_id = ?, part = ?, mark = ?, gone_at = NULL"
            " WHERE source = ? AND key = ?",
            (digest, capture_id, given.part, given.mark, given.name, given.key),
        )
        return Recorded(Outcome.NEW, capture_id)
    tx.execute(
        "UPDATE record SET sha256 = ?, gone_at = NULL WHERE source = ? AND key = ?",
        (digest, given.name, given.key),
    )
    invoice = _invoice_of(tx.connection, first)
    was = f"invoiced as {invoice}" if invoice else f"taken as capture {first} ({state})"
    problem = f"{given.key} has changed in {given.origin or given.name} after it was {was}"
    return Recorded(Outcome.CHANGED, _ask(tx, given, CHANGED, first, problem), problem)


def _store(tx: Tx, given: RecordBytes, ended_by: str) -> int:
    stored = record_capture(given.source, given.data, ended_by, given.form, given.origin)(tx)
    assert isinstance(stored, int)  # noqa: S101 - for the type checker: the job wants no signature
    return stored


def _ask(tx: Tx, given: RecordBytes, kind: str, first: int | None, problem: str) -> int:
    """Put a change before a person: a quarantined capture, a leaf, the source's alarm."""
    capture_id = _store(tx, given, kind)
    check_transition(CaptureState.RAW, CaptureState.QUARANTINED)
    tx.execute(
        "UPDATE capture SET state = ?, kind = ?, problems = ? WHERE id = ?",
        (CaptureState.QUARANTINED, kind, json.dumps([problem], ensure_ascii=False), capture_id),
    )
    tx.execute(
        "INSERT INTO record_change (capture_id, source, key, first) VALUES (?, ?, ?, ?)",
        (capture_id, given.name, given.key, first),
    )
    tx.leaf("capture.quarantined", capture_id, capture=capture_id, paper=kind, problems=[problem])
    if kind == CHANGED:
        tx.leaf(
            "record.changed", capture_id, source=given.name, key=given.key, capture=capture_id, first=first
        )
    _tell(tx, given.name)
    return capture_id


def _tell(tx: Tx, name: str) -> None:
    (count,) = tx.execute(
        "SELECT COUNT(*) FROM record_change JOIN capture ON capture.id = capture_id"
        " WHERE record_change.source = ? AND state = ?",
        (name, CaptureState.QUARANTINED),
    ).fetchone()
    alarm = f"changed {name}"
    if count:
        put_alarm(tx, alarm, f"{count} changed, vanished or edited after import: thungan quarantine list")
    else:
        take_away_alarm(tx, alarm)


def _is_back(tx: Tx, given: RecordBytes) -> None:
    """A record that was thought gone is there again, as it was: nobody need decide about it."""
    tx.execute("UPDATE record SET gone_at = NULL WHERE source = ? AND key = ?", (given.name, given.key))
    tx.leaf("record.back", None, source=given.name, key=given.key)
    rows = tx.execute(
        "SELECT capture_id FROM record_change JOIN capture ON capture.id = capture_id"
        " WHERE record_change.source = ? AND record_change.key = ? AND kind = ? AND state = ?",
        (given.name, given.key, VANISHED, CaptureState.QUARANTINED),
    ).fetchall()
    for (capture_id,) in rows:
        _resolve(tx, capture_id, "the record is there again")
    _tell(tx, given.name)


def _supersede(tx: Tx, first: int, by: int, kind: str | None) -> None:
    _resolve(tx, first, f"the source gave it anew as capture {by}", kind)


def _resolve(tx: Tx, capture_id: int, reason: str, kind: str | None = None) -> None:
    check_transition(CaptureState.QUARANTINED, CaptureState.RESOLVED)
    tx.execute("UPDATE capture SET state = ? WHERE id = ?", (CaptureState.RESOLVED, capture_id))
    tx.leaf(
        "capture.resolved",
        capture_id,
        capture=capture_id,
        resolved_as=kind or "non-sale",
        reason=reason,
        invoice=None,
    )


def _remember_file(tx: Tx, name: str, file: str, seen: FileRead) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO imported (source, name, size, modified, sha256) VALUES (?, ?, ?, ?, ?)",
        (name, file, seen.size, seen.modified, seen.sha256),
    )


def _invoice_of(connection: sqlite3.Connection, capture_id: int) -> str | None:
    """SYMBOL-NUMBER of the invoice that a capture's sale has."""
    row = connection.execute(
        "SELECT symbol || '-' || number FROM invoice JOIN capture USING (sale_id) WHERE capture.id = ?",
        (capture_id,),
    ).fetchone()
    return None if row is None else str(row[0])
