"""What the ledger says of one invoice, from its receipt to the authority's word, with proofs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.ledger import load_frontier
from outbox.merkle import collect_nodes, inclusion_path, wanted_nodes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_STEPS = """
SELECT seq, kind, body, hash FROM leaf WHERE
    (kind LIKE 'invoice.%' AND subject = :invoice)
    OR (kind LIKE 'package.%' AND subject = :package)
    OR (kind LIKE 'capture%' AND subject IN (SELECT id FROM capture WHERE sale_id = :sale))
    OR (kind = 'answer' AND json_extract(body, '$.reply_to') = :message)
    OR (kind = 'correction.list' AND subject = :invoice)
    OR (kind LIKE 'order.%' AND subject = :order)
    OR (kind = 'provider.paper' AND json_extract(body, '$.order') = :order)
ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the ledger. ``body`` is its exact text, ``seq`` its place from 0."""

    seq: int
    kind: str
    at: str
    body: str
    hash: str

    @property
    def fields(self) -> dict[str, Any]:
        """The entry's content."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def history_of(connection: sqlite3.Connection, invoice_id: int) -> list[Step]:
    """The steps of an invoice, oldest first; none where there is no such invoice."""
    row = connection.execute(
        "SELECT invoice.sale_id, package_id, message_id, invoice_order.id FROM invoice"
        " LEFT JOIN package ON package.id = package_id"
        " LEFT JOIN invoice_order ON invoice_order.invoice_id = invoice.id WHERE invoice.id = ?",
        (invoice_id,),
    ).fetchone()
    if row is None:
        return []
    places = {"invoice": invoice_id, "sale": row[0], "package": row[1], "message": row[2], "order": row[3]}
    return [step_of(*row) for row in connection.execute(_STEPS, places)]


def step_of(seq: int, kind: str, body: str, digest: bytes) -> Step:
    """One entry from its row."""
    return Step(seq, kind, json.loads(body)["at"], body, bytes(digest).hex())


def last_place(connection: sqlite3.Connection) -> int:
    """The place of the ledger's newest entry; -1 where it is empty."""
    return int(connection.execute("SELECT COALESCE(MAX(seq), -1) FROM leaf").fetchone()[0])


def steps_since(connection: sqlite3.Connection, place: int, most: int) -> list[Step]:
    """At most ``most`` entries after ``place``, oldest first."""
    rows = connection.execute(
        "SELECT seq, kind, body, hash FROM leaf WHERE seq > ? ORDER BY seq LIMIT ?", (place, most)
    )
    return [step_of(*row) for row in rows]


def proof_of(connection: sqlite3.Connection, invoice_id: int) -> dict[str, Any]:
    """The steps with the RFC 6962 inclusion proof of each, the tree they are in, and its last checkpoint.

    Anybody can check it: the SHA-256 of 0x00 and ``body`` is the leaf, and its path leads to ``root``.
    One pass over all leaf hashes of the ledger.
    """
    connection.execute("BEGIN")  # one state of the ledger for all that follows
    try:
        steps = history_of(connection, invoice_id)
        edge = load_frontier(connection)
        wanted: set[tuple[int, int]] = set()
        for step in steps:
            wanted |= wanted_nodes(lambda node, seq=step.seq: inclusion_path(seq, edge.size, node))  # type: ignore[misc]
        nodes = collect_nodes(_hashes(connection), wanted)
        note = connection.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    finally:
        connection.execute("ROLLBACK")
    return {
        "invoice": invoice_id,
        "size": edge.size,
        "root": edge.root().hex(),
        "steps": [
            {
                "seq": step.seq,
                "body": step.body,
                "path": [
                    part.hex()
                    for part in inclusion_path(step.seq, edge.size, lambda begin, end: nodes[begin, end])
                ],
            }
            for step in steps
        ],
        "checkpoint": note[0] if note else None,
    }


def _hashes(connection: sqlite3.Connection) -> Iterator[bytes]:
    for (digest,) in connection.execute("SELECT hash FROM leaf ORDER BY seq"):
        yield bytes(digest)
