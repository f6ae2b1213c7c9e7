"""Writing the ledger: every step of a sale's way is a leaf (design, step 6).

A leaf's body is canonical JSON (sorted keys, no blanks, UTF-8); its hash is the RFC 6962 leaf hash of those
bytes. Documents stand in it by their SHA-256, so any later change to a stored row is found (promise P5).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from outbox.merkle import Frontier, leaf_hash

if TYPE_CHECKING:
    import sqlite3


def leaf_body(kind: str, at: str, fields: dict[str, Any]) -> str:
    """The canonical JSON of a leaf."""
    return _canonical({"at": at, "kind": kind, **fields})


_canonical = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


class LedgerWriter:
    """Appends leaves inside the caller's transaction and keeps the tree's right edge in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.frontier = load_frontier(connection)
        self.last: bytes | None = None  # the hash of the last leaf, where it was appended here

    def append(self, kind: str, at: str, subject: int | None, **fields: Any) -> None:
        """Append one leaf. A rolled-back transaction must be followed by ``rewind``."""
        body = leaf_body(kind, at, fields)
        digest = leaf_hash(body.encode())
        self._connection.execute(
            "INSERT INTO leaf (seq, kind, subject, body, hash) VALUES (?, ?, ?, ?, ?)",
            (self.frontier.size, kind, subject, body, digest),
        )
        self.frontier = self.frontier.append(digest)
        self.last = digest

    def write_edge(self) -> None:
        """Store the right edge beside the leaves, before the commit, so that nobody has to read them all."""
        self._connection.execute(
            "INSERT INTO ledger_edge (only_row, size, peaks) VALUES (0, ?, ?)"
            " ON CONFLICT (only_row) DO UPDATE SET size = excluded.size, peaks = excluded.peaks",
            (self.frontier.size, b"".join(self.frontier.peaks)),
        )

    def rewind(self, frontier: Frontier) -> None:
        """Go back to the edge as it was when the transaction began."""
        self.frontier, self.last = frontier, None


def load_frontier(connection: sqlite3.Connection) -> Frontier:
    """The stored right edge, and what was appended since it was stored (after an upgrade: everything).

    The audit does not believe it: it reads every leaf.
    """
    row = connection.execute("SELECT size, peaks FROM ledger_edge").fetchone()
    frontier = Frontier.of(int(row[0]), bytes(row[1])) if row else Frontier()
    for (digest,) in connection.execute(
        "SELECT hash FROM leaf WHERE seq >= ? ORDER BY seq", (frontier.size,)
    ):
        frontier = frontier.append(digest)
    return frontier
