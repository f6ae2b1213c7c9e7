"""What a witness is asked about, and what of its answer is kept: a signature line on the checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.checkpoint import parse_checkpoint
from outbox.merkle import collect_nodes, consistency_path, wanted_nodes
from outbox.note import signatures_by
from outbox.settings import write_setting

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from outbox.note import NoteKey
    from outbox.store import Job, Tx

_WITNESSED = "witnessed"  # setting: size of the last checkpoint that the witness has signed


@dataclass(frozen=True, slots=True)
class Unwitnessed:
    """A checkpoint that the witness has not signed, and the proof that it grew from what it signed last."""

    old: int
    proof: tuple[bytes, ...]
    size: int
    note: str


def next_to_witness(connection: sqlite3.Connection, old: int | None = None) -> Unwitnessed | None:
    """The newest checkpoint with its proof, where it is newer than what was witnessed.

    ``old``: the size that the witness says it knows; else what the store remembers. Reads every leaf's hash.
    """
    row = connection.execute("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    if row is None:
        return None
    if old is None:
        known = connection.execute("SELECT value FROM setting WHERE name = ?", (_WITNESSED,)).fetchone()
        old = int(known[0]) if known else 0
    size, note = int(row[0]), str(row[1])
    if size <= old:
        return None
    nodes = collect_nodes(
        _hashes(connection, size), wanted_nodes(lambda node: consistency_path(old, size, node))
    )
    path = consistency_path(old, size, lambda begin, end: nodes[begin, end])
    return Unwitnessed(old, tuple(path), size, note)


def keep_cosignature(size: int, lines: str, key: NoteKey) -> Job[bool]:
    """The job that adds a witness's signature lines to the checkpoint of that size, if they verify."""

    def job(tx: Tx) -> bool:
        row = tx.execute("SELECT note FROM checkpoint WHERE size = ?", (size,)).fetchone()
        if row is None:
            return False
        note = f"{row[0]}{lines}"
        try:
            parse_checkpoint(note)
        except ValueError:
            return False
        if not signatures_by(note, [key]):
            return False
        tx.execute("UPDATE checkpoint SET note = ? WHERE size = ?", (note, size))
        write_setting(tx, _WITNESSED, str(size))
        return True

    return job


def _hashes(connection: sqlite3.Connection, size: int) -> Iterator[bytes]:
    for (digest,) in connection.execute("SELECT hash FROM leaf WHERE seq < ? ORDER BY seq", (size,)):
        yield bytes(digest)
