"""What the store holds about a period, for an officer: chosen once, then read row by row. Read only.

A record belongs to the period when it was made in it (UTC) or its legal day lies in it; with an invoice come
its sale, paper, packages and their answers, whenever they were made. One read transaction: a running daemon
goes on, and what is read is one moment's state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from invoice.sale_json import VIETNAM
from outbox.merkle import Frontier, collect_nodes
from outbox.store import open_reader, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

_AT = re.compile(r'"at":"([^"]*)"')
_SHA256 = re.compile(r'"sha256":"([^"]*)"')
# Leaves that belong to every bundle, whenever they were written: how the register was set up.
_ALWAYS = frozenset({"configuration", "numbers.taken-over", "numbers.jumped", "database.restored"})
_TABLES = {
    "captures": "SELECT * FROM capture WHERE id IN chosen_capture ORDER BY id",
    "sales": "SELECT * FROM sale WHERE id IN chosen_sale ORDER BY id",
    "invoices": "SELECT invoice.*, beyond FROM invoice JOIN chosen_invoice USING (id) ORDER BY id",
    "packages": "SELECT * FROM package WHERE id IN chosen_package ORDER BY id",
    "answers": "SELECT * FROM answer WHERE id IN chosen_answer ORDER BY id",
    "acknowledgements": "SELECT * FROM acknowledgement WHERE answer_id IN chosen_answer ORDER BY answer_id",
    "forms": "SELECT * FROM form_message WHERE id IN chosen_form ORDER BY id",
    "lists": "SELECT * FROM correction_list WHERE invoice_id IN (SELECT id FROM chosen_invoice) ORDER BY id",
    "orders": "SELECT * FROM invoice_order WHERE id IN chosen_order ORDER BY id",
    "provider_answers": "SELECT a.*, MAX(o.sale_id) AS sale_id FROM provider_answer a"
    " LEFT JOIN invoice_order o ON o.answer_id = a.id WHERE a.id IN chosen_provider_answer"
    " GROUP BY a.id ORDER BY a.id",
    "provider_papers": "SELECT p.*, o.sale_id FROM provider_paper p JOIN invoice_order o ON o.id = p.order_id"
    " WHERE p.order_id IN chosen_order ORDER BY p.id",
    "alarms": "SELECT * FROM alarm ORDER BY code",
}
_CHOSEN = """
CREATE TEMP TABLE chosen_invoice (id INTEGER PRIMARY KEY, beyond INTEGER NOT NULL);
CREATE TEMP TABLE chosen_package (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE chosen_sale (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE chosen_capture (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE chosen_form (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE chosen_answer (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE chosen_order (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE chosen_provider_answer (id INTEGER PRIMARY KEY);
INSERT INTO chosen_invoice SELECT id, 0 FROM invoice
    WHERE (issued_at >= :since AND issued_at < :until) OR (day >= :first AND day <= :last);
INSERT INTO chosen_package SELECT id FROM package WHERE (built_at >= :since AND built_at < :until)
    OR id IN (SELECT package_id FROM invoice JOIN chosen_invoice USING (id));
INSERT OR IGNORE INTO chosen_invoice SELECT id, 1 FROM invoice WHERE package_id IN chosen_package;
INSERT INTO chosen_order SELECT id FROM invoice_order
    WHERE (ordered_at >= :since AND ordered_at < :until) OR (day >= :first AND day <= :last)
    OR invoice_id IN (SELECT id FROM chosen_invoice);
INSERT OR IGNORE INTO chosen_invoice SELECT invoice_id, 1 FROM invoice_order
    WHERE id IN chosen_order AND invoice_id IS NOT NULL;
INSERT INTO chosen_provider_answer SELECT id FROM provider_answer
    WHERE (received_at >= :since AND received_at < :until)
    OR id IN (SELECT answer_id FROM invoice_order WHERE id IN chosen_order);
INSERT INTO chosen_sale SELECT id FROM sale WHERE (recorded_at >= :since AND recorded_at < :until)
    OR id IN (SELECT sale_id FROM invoice JOIN chosen_invoice USING (id))
    OR id IN (SELECT sale_id FROM invoice_order WHERE id IN chosen_order);
INSERT INTO chosen_capture SELECT id FROM capture WHERE (captured_at >= :since AND captured_at < :until)
    OR sale_id IN chosen_sale;
INSERT INTO chosen_form SELECT id FROM form_message
    WHERE (built_at >= :since AND built_at < :until) OR (state_at >= :since AND state_at < :until);
INSERT INTO chosen_answer SELECT id FROM answer WHERE (received_at >= :since AND received_at < :until)
    OR reply_to IN (SELECT message_id FROM package WHERE id IN chosen_package
                    UNION SELECT message_id FROM form_message WHERE id IN chosen_form);
"""


@dataclass(frozen=True, slots=True)
class Period:
    """Legal days from ``first`` to ``last``, both included, in Vietnam time."""

    first: date
    last: date

    @property
    def since(self) -> str:
        """The first moment, as the store writes times."""
        return stamp(datetime.combine(self.first, datetime.min.time(), VIETNAM))

    @property
    def until(self) -> str:
        """The first moment after it."""
        return stamp(datetime.combine(self.last + timedelta(days=1), datetime.min.time(), VIETNAM))


@dataclass(frozen=True, slots=True)
class LedgerSlice:
    """The leaves of a period, ``first`` ≤ seq < ``end``, in the ledger as it is now.

    ``before`` is the tree's right edge at ``first``, ``head`` at its end: with the leaves between, every
    root inside the slice can be reckoned.
    """

    first: int
    end: int
    before: Frontier
    head: Frontier


class Evidence:
    """One period of one store, opened for reading; close it when done.

    Raises on opening:
        DatabaseUnusable: no such file, or not a database.
    """

    def __init__(self, database: Path, period: Period) -> None:
        self.period = period
        self._connection = open_reader(database)
        # Text that is none was put there by somebody: it is exported as it can be, and found by the verifier.
        self._connection.text_factory = lambda content: content.decode("utf-8", "replace")
        values = {
            "since": period.since,
            "until": period.until,
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
        }
        self._connection.execute("BEGIN")
        for statement in _CHOSEN.split(";\n"):
            if statement.strip():
                named = {name: value for name, value in values.items() if f":{name}" in statement}
                self._connection.execute(statement, named)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def count(self, table: str) -> int:
        """How many rows of a table belong to the period."""
        query = _TABLES[table].partition(" ORDER BY ")[0]
        return int(self._connection.execute(f"SELECT COUNT(*) FROM ({query})").fetchone()[0])  # noqa: S608

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of ``captures``, ``sales``, ``invoices``, … by id."""
        for row in self._connection.execute(_TABLES[table]):
            yield dict(row)

    def sales_with_buyers(self) -> frozenset[int]:
        """Which of the chosen sales name a buyer."""
        rows = self._connection.execute(
            "SELECT id FROM sale WHERE id IN chosen_sale AND json_valid(content)"
            " AND json_type(content, '$.buyer') = 'object'"
        )
        return frozenset(row[0] for row in rows)

    def invoice_of_code(self, code: str) -> tuple[int, str] | None:
        """Id and SHA-256 of the invoice with an authority code, which is chosen with it from now on."""
        row = self._connection.execute("SELECT id, sha256 FROM invoice WHERE code = ?", (code,)).fetchone()
        if row is None:
            return None
        added = self._connection.execute("INSERT OR IGNORE INTO chosen_invoice VALUES (?, 1)", (row[0],))
        if added.rowcount:
            self._connection.execute(
                "INSERT OR IGNORE INTO chosen_sale SELECT sale_id FROM invoice WHERE id = ?", (row[0],)
            )
            self._connection.execute(
                "INSERT OR IGNORE INTO chosen_capture SELECT capture.id FROM capture JOIN invoice"
                " USING (sale_id) WHERE invoice.id = ?",
                (row[0],),
            )
        return int(row[0]), str(row[1])

    def ledger_slice(self) -> LedgerSlice:
        """The period's leaves: from the first to the last written in it, and all between."""
        first, end, edge, before = None, 0, Frontier(), Frontier()
        for body, digest in self._connection.execute("SELECT body, hash FROM leaf ORDER BY seq"):
            found = _AT.search(str(body))
            at = found[1] if found else ""
            if self.period.since <= at < self.period.until:
                if first is None:
                    first, before = edge.size, edge
                end = edge.size + 1
            edge = edge.append(bytes(digest))
        if first is None:
            return LedgerSlice(edge.size, edge.size, edge, edge)
        return LedgerSlice(first, end, before, edge)

    def leaves(self, first: int, end: int) -> Iterator[tuple[int, str]]:
        """Leaves as (seq, body)."""
        yield from self._connection.execute(
            "SELECT seq, body FROM leaf WHERE seq >= ? AND seq < ? ORDER BY seq", (first, end)
        )

    def leaves_outside(self, first: int, end: int) -> Iterator[tuple[int, str]]:
        """Leaves outside of a slice that speak of chosen records, or of how the register was set up."""
        chosen = {
            kind: {row[0] for row in self._connection.execute(f"SELECT id FROM chosen_{kind}")}  # noqa: S608
            for kind in ("invoice", "package", "capture", "form", "sale", "order", "provider_answer")
        }
        chosen["correction"] = chosen["invoice"]
        chosen["provider.answer"] = chosen["provider_answer"]
        papers = self._connection.execute("SELECT id FROM provider_paper WHERE order_id IN chosen_order")
        chosen["provider.paper"] = {row[0] for row in papers}
        answers = {
            row[0] for row in self._connection.execute("SELECT sha256 FROM answer WHERE id IN chosen_answer")
        }
        rows = self._connection.execute(
            "SELECT seq, kind, subject, body FROM leaf WHERE seq < ? OR seq >= ? ORDER BY seq", (first, end)
        )
        for seq, kind, subject, body in rows:
            about = str(kind) if kind in chosen else str(kind).partition(".")[0]
            digest = _SHA256.search(str(body)) if about == "answer" else None
            if kind in _ALWAYS or subject in chosen.get(about, ()) or (digest and digest[1] in answers):
                yield seq, body

    def nodes(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Hashes of subtrees over the whole ledger, in one pass."""
        rows = self._connection.execute("SELECT hash FROM leaf ORDER BY seq")
        return collect_nodes((bytes(row[0]) for row in rows), wanted)

    def checkpoints(self, first: int, end: int) -> Iterator[dict[str, Any]]:
        """The checkpoints inside a slice, the last before it and the last of all."""
        rows = self._connection.execute(
            "SELECT * FROM checkpoint WHERE (size >= ? AND size <= ?)"
            " OR size = (SELECT MAX(size) FROM checkpoint WHERE size < ?)"
            " OR size = (SELECT MAX(size) FROM checkpoint) ORDER BY size",
            (first, end, first),
        )
        for row in rows:
            yield dict(row)
