"""Closed months move out of the database: their documents into an archive file, what is asked of them stays.

Numbers, states, sums, sales and the whole ledger stay in the database; the bytes of documents and papers,
most of its size, go. First the file is written, read back and durable; then it is entered with a ledger
leaf; then rows give up their bytes a few at a time, each in the transaction that says where they are. Cut off
at any point, a document is in the database or in a file that is entered, and the move goes on where it was.
"""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from invoice.sale_json import VIETNAM
from outbox.archive_file import Entry, read_document, read_manifest, write_archive
from outbox.archived import ARCHIVED_COLUMNS, ARCHIVES
from outbox.crash_points import crash_point

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from outbox.archive_file import Manifest
    from outbox.store import Job, Store, Tx

AT_ONCE = 100  # rows in one transaction: no receipt waits for more
log = logging.getLogger("thungan.retention")

# What may go: settled, and of the month. An invoice's day is legal time, the others' times are UTC: which of
# the two months a paper of the night belongs to makes no difference.
_CLOSED = {
    "invoice": (
        "SELECT id, document FROM main.invoice WHERE day >= ? AND day < ?"
        " AND state IN ('accepted', 'refused', 'corrected', 'provided') AND length(document) > 0 ORDER BY id"
    ),
    "package": (
        "SELECT id, document FROM main.package WHERE built_at >= ? AND built_at < ?"
        " AND state = 'decided' AND length(document) > 0 ORDER BY id"
    ),
    "answer": (
        "SELECT id, document FROM main.answer WHERE received_at >= ? AND received_at < ?"
        " AND kind IN ('Notice', 'TechnicalAnswer') AND length(document) > 0 ORDER BY id"
    ),
    "capture": (
        "SELECT id, data FROM main.capture WHERE captured_at >= ? AND captured_at < ?"
        " AND state IN ('sale', 'non-sale', 'resolved') AND length(data) > 0 ORDER BY id"
    ),
    "invoice_order": (
        "SELECT id, document FROM main.invoice_order WHERE day >= ? AND day < ?"
        " AND state IN ('invoiced', 'corrected', 'dropped') AND length(document) > 0 ORDER BY id"
    ),
    "provider_answer": (
        "SELECT id, document FROM main.provider_answer WHERE received_at >= ? AND received_at < ?"
        " AND length(document) > 0 ORDER BY id"
    ),
    "provider_paper": (
        "SELECT id, document FROM main.provider_paper WHERE fetched_at >= ? AND fetched_at < ?"
        " AND length(document) > 0 ORDER BY id"
    ),
}


def months_to_close(connection: sqlite3.Connection, now: datetime, live_months: int) -> list[str]:
    """Months (``2026-09``) with documents that may go: older than ``live_months`` whole ones."""
    first = now.astimezone(VIETNAM).date().replace(day=1)
    for _ in range(live_months):
        first = (first - timedelta(days=1)).replace(day=1)
    found: set[str] = set()
    for query in _CLOSED.values():
        _, _, rest = query.partition(" FROM ")
        time = rest.split(" ")[2]
        listed = f"SELECT DISTINCT substr({time}, 1, 7) FROM {rest}".partition(" ORDER BY ")[0]  # noqa: S608
        found.update(row[0] for row in connection.execute(listed, ("", first.isoformat())))
    return sorted(found)


def close_month(store: Store, month: str, origin: str, key: Ed25519PrivateKey) -> tuple[str, int] | None:
    """Move one closed month's documents; the file's name and how many went. None where nothing may go.

    Raises:
        OSError, ArchiveDamaged: nothing has gone; it is tried again another time.
    """
    folder = store.path.parent / ARCHIVES
    folder.mkdir(mode=0o700, exist_ok=True)
    with closing(store.reader()) as connection:
        name = _free_name(connection, month)
        entries = _entries(connection, month)
        first = next(entries, None)
        if first is None:
            return None
        digest = write_archive(folder / name, month, _chained(first, entries), origin, key)
    crash_point("archive.written")
    store.run(_enter(name, digest, month))
    return name, _give_up_rows(store, name)


def go_on_closing(store: Store) -> int:
    """End a move that was cut off after its file was entered; how many documents went."""
    with closing(store.reader()) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM archive WHERE moved_at IS NULL")]
    return sum(_give_up_rows(store, name) for name in names)


def _entries(connection: sqlite3.Connection, month: str) -> Iterator[Entry]:
    for kind, query in _CLOSED.items():
        for row_id, content in connection.execute(query, (f"{month}-01", f"{month}-99")):
            yield Entry(kind, row_id, bytes(content))


def _chained(first: Entry, rest: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from rest


def _free_name(connection: sqlite3.Connection, month: str) -> str:
    """A month whose stragglers were settled later has a second file."""
    taken = {row[0] for row in connection.execute("SELECT name FROM archive WHERE month = ?", (month,))}
    names = (f"{month}.zip", *(f"{month}-{number}.zip" for number in range(2, 1000)))
    return next(name for name in names if name not in taken)


def _enter(name: str, digest: str, month: str) -> Job[None]:
    def job(tx: Tx) -> None:
        tx.execute(
            "INSERT INTO archive (name, month, sha256, made_at) VALUES (?, ?, ?, ?)",
            (name, month, digest, tx.stamp),
        )
        tx.leaf("archive.closed", None, name=name, month=month, sha256=digest)

    return job


def _give_up_rows(store: Store, name: str) -> int:
    path = store.path.parent / ARCHIVES / name
    manifest = read_manifest(path)
    places = sorted(manifest.blocks, key=lambda place: (manifest.blocks[place], place))
    gone = 0
    for start in range(0, len(places), AT_ONCE):
        gone += store.run(_give_up(path, manifest, places[start : start + AT_ONCE]))
        crash_point("archive.moved")
    store.run(_moved(name))
    return gone


def _give_up(path: Path, manifest: Manifest, places: list[tuple[str, int]]) -> Job[int]:
    """Rows whose bytes are in the file, byte for byte, give them up."""
    kept = {
        (kind, row_id): sha256(read_document(path, manifest.blocks[kind, row_id], kind, row_id)).digest()
        for kind, row_id in places
    }

    def job(tx: Tx) -> int:
        archive_id = tx.execute("SELECT id FROM archive WHERE name = ?", (path.name,)).fetchone()[0]
        gone = 0
        for (kind, row_id), digest in kept.items():
            column = ARCHIVED_COLUMNS[kind]
            row = tx.execute(f"SELECT {column} FROM {kind} WHERE id = ?", (row_id,)).fetchone()  # noqa: S608
            if row is None or not row[0] or sha256(bytes(row[0])).digest() != digest:
                continue
            tx.execute(f"UPDATE {kind} SET {column} = x'' WHERE id = ?", (row_id,))  # noqa: S608
            tx.execute(
                "INSERT INTO archived (kind, row_id, archive_id, block) VALUES (?, ?, ?, ?)",
                (kind, row_id, archive_id, manifest.blocks[kind, row_id]),
            )
            gone += 1
        crash_point("archive.before-commit")
        return gone

    return job


def _moved(name: str) -> Job[None]:
    def job(tx: Tx) -> None:
        tx.execute("UPDATE archive SET moved_at = ? WHERE name = ?", (tx.stamp, name))

    return job
