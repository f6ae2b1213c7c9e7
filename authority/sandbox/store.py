"""The sandbox's memory: one SQLite file with messages, registered invoices and answers.

Two constraints are the whole of its authority: (tax code, form, symbol, number) is registered once, and
so is an authority code. Answers get their place in the inbox (cursor) when they fall due, not when they
are written, so a late one is never behind a cursor that has already been given out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.gateway import NumbersKnown
from authority.sandbox.kept_file import KeptFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from authority.sandbox.rules import Candidate

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    message_id TEXT PRIMARY KEY, sender TEXT NOT NULL, content BLOB NOT NULL, received REAL NOT NULL,
    times INTEGER NOT NULL, invoices INTEGER NOT NULL, outcome TEXT NOT NULL, technical BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS registered (
    tax_code TEXT NOT NULL, form INTEGER NOT NULL, symbol TEXT NOT NULL, number INTEGER NOT NULL,
    code TEXT NOT NULL, total TEXT NOT NULL, message_id TEXT NOT NULL REFERENCES messages,
    PRIMARY KEY (tax_code, form, symbol, number), UNIQUE (tax_code, code)
) STRICT;
CREATE TABLE IF NOT EXISTS taxpayers (tax_code TEXT PRIMARY KEY, characters TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS registrations (
    message_id TEXT PRIMARY KEY REFERENCES messages, tax_code TEXT NOT NULL, characters TEXT NOT NULL,
    serials TEXT NOT NULL, due REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS registrations_taxpayer ON registrations (tax_code, due);
CREATE TABLE IF NOT EXISTS reviews (
    tax_code TEXT NOT NULL, number TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (tax_code, number)
) STRICT;
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY, receiver TEXT NOT NULL, submission_id TEXT NOT NULL, due REAL NOT NULL,
    cursor INTEGER UNIQUE, in_inbox INTEGER NOT NULL, in_look_up INTEGER NOT NULL, content BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS answers_waiting ON answers (due) WHERE cursor IS NULL AND in_inbox;
CREATE INDEX IF NOT EXISTS answers_inbox ON answers (receiver, cursor) WHERE cursor IS NOT NULL;
CREATE INDEX IF NOT EXISTS answers_submission ON answers (submission_id);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message that came: its exact bytes and the technical answer (999) it was given."""

    message_id: str
    content: bytes
    technical: bytes
    times: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Registered:
    """One registered invoice; ``total`` as written on it."""

    tax_code: str
    form: int
    symbol: str
    number: int
    code: str
    total: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What the store holds. ``doubly_registered`` is counted afresh from the rows, not assumed."""

    messages: int
    arrivals: int
    invoices: int
    doubly_registered: int
    outcomes: dict[str, int]
    counters: dict[str, int]


class Store(KeptFile):
    """All of the sandbox's SQL. Every method that writes must run inside ``transaction``."""

    def __init__(self, path: Path | None) -> None:
        """``path``: the database file, made if missing; None for one in memory."""
        super().__init__(path, _SCHEMA)

    def message(self, message_id: str) -> StoredMessage | None:
        """The message of that id, if it ever came."""
        with self._lock:
            row = self._db.execute(
                "SELECT message_id, content, technical, times, outcome FROM messages WHERE message_id = ?",
                (message_id,),
            ).fetchone()
        return StoredMessage(*row) if row else None

    def came_again(self, message_id: str) -> None:
        """Count one more arrival of a known message."""
        self._db.execute("UPDATE messages SET times = times + 1 WHERE message_id = ?", (message_id,))

    def add_message(
        self, message_id: str, sender: str, content: bytes, received: float, technical: bytes
    ) -> None:
        """Keep a new message with its 999; its outcome is "refused" until ``decide``."""
        self._db.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, 1, 0, 'refused', ?)",
            (message_id, sender, content, received, technical),
        )

    def decide(self, message_id: str, outcome: str, invoices: int) -> None:
        """Record what was decided: "valid", "partly" or "invalid"."""
        self._db.execute(
            "UPDATE messages SET outcome = ?, invoices = ? WHERE message_id = ?",
            (outcome, invoices, message_id),
        )

    def characters_of(self, tax_code: str) -> str | None:
        """The five characters a taxpayer was given, None for an unknown one."""
        return self._text("SELECT characters FROM taxpayers WHERE tax_code = ?", (tax_code,))

    def give_characters(self, tax_code: str, characters: str) -> None:
        """Remember a taxpayer's five characters."""
        self._db.execute("INSERT OR REPLACE INTO taxpayers VALUES (?, ?)", (tax_code, characters))

    def characters_taken(self, characters: str, tax_code: str) -> bool:
        """Whether another taxpayer has these five characters."""
        return self._exists(
            "SELECT 1 FROM taxpayers WHERE characters = ? AND tax_code <> ?"
            " UNION ALL SELECT 1 FROM registrations WHERE characters = ? AND tax_code <> ?",
            (characters, tax_code, characters, tax_code),
        )

    def add_registration(
        self, message_id: str, tax_code: str, characters: str, serials: frozenset[int], due: float
    ) -> None:
        """Remember an accepted form 100, in force from ``due`` on; ``characters`` "": not for registers."""
        held = " ".join(f"{serial:x}" for serial in sorted(serials))
        self._db.execute(
            "INSERT INTO registrations VALUES (?, ?, ?, ?, ?)", (message_id, tax_code, characters, held, due)
        )

    def registered_characters(self, tax_code: str, now: float) -> str | None:
        """The five characters of the form in force, None where it gives none."""
        found = self._in_force(tax_code, now)
        return found[0] or None if found else None

    def registered_serials(self, tax_code: str, now: float) -> frozenset[int] | None:
        """The certificates of the form in force, None where no form is."""
        found = self._in_force(tax_code, now)
        return frozenset(int(serial, 16) for serial in found[1].split()) if found else None

    def add_review(self, tax_code: str, number: str, day: str) -> None:
        """Remember number and date of a 302."""
        self._db.execute("INSERT INTO reviews VALUES (?, ?, ?)", (tax_code, number, day))

    def review_day(self, tax_code: str, number: str) -> str | None:
        """The date of the 302 of that number, None where the taxpayer was sent none."""
        return self._text("SELECT day FROM reviews WHERE tax_code = ? AND number = ?", (tax_code, number))

    def code_of(self, tax_code: str, form: int, symbol: str, number: int) -> str | None:
        """The authority code of a registered invoice, None where it is not registered."""
        return self._text(
            "SELECT code FROM registered WHERE tax_code = ? AND form = ? AND symbol = ? AND number = ?",
            (tax_code, form, symbol, number),
        )

    def number_taken(self, candidate: Candidate) -> bool:
        """Whether form, symbol and number of that seller are registered."""
        return self.is_registered(candidate.tax_code, candidate.form, candidate.symbol, candidate.number)

    def is_registered(self, tax_code: str, form: int, symbol: str, number: int) -> bool:
        """Whether an invoice of that seller is registered."""
        return self._exists(
            "SELECT 1 FROM registered WHERE tax_code = ? AND form = ? AND symbol = ? AND number = ?",
            (tax_code, form, symbol, number),
        )

    def code_taken(self, candidate: Candidate) -> bool:
        """Whether the authority code is registered."""
        return self._exists(
            "SELECT 1 FROM registered WHERE tax_code = ? AND code = ?", (candidate.tax_code, candidate.code)
        )

    def register(self, candidate: Candidate, message_id: str) -> bool:
        """Register an invoice; False where its number or its code is registered already."""
        done = self._db.execute(
            "INSERT INTO registered VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                candidate.tax_code,
                candidate.form,
                candidate.symbol,
                candidate.number,
                candidate.code,
                candidate.total,
                message_id,
            ),
        )
        return done.rowcount == 1

    def add_answer(
        self,
        receiver: str,
        submission_id: str,
        due: float,
        content: bytes,
        *,
        in_inbox: bool = True,
        in_look_up: bool = True,
    ) -> None:
        """Schedule an answer."""
        self._db.execute(
            "INSERT INTO answers (receiver, submission_id, due, in_inbox, in_look_up, content)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (receiver, submission_id, due, in_inbox, in_look_up, content),
        )

    def inbox(self, receiver: str, after: int, now: float, limit: int) -> list[tuple[int, bytes]]:
        """(cursor, message) of what is due for a receiver after a cursor, oldest first."""
        with self.transaction():
            self._db.execute(
                "UPDATE answers SET cursor = given.cursor FROM ("
                "  SELECT id, (SELECT coalesce(max(cursor), 0) FROM answers)"
                "    + row_number() OVER (ORDER BY due, id) AS cursor"
                "  FROM answers WHERE cursor IS NULL AND in_inbox AND due <= ?"
                ") AS given WHERE answers.id = given.id",
                (now,),
            )
            return self._db.execute(
                "SELECT cursor, content FROM answers WHERE receiver = ? AND cursor > ?"
                " ORDER BY cursor LIMIT ?",
                (receiver, after, limit),
            ).fetchall()

    def answers_to(self, submission_id: str, now: float) -> list[bytes]:
        """The notices about a message that are due, each once."""
        with self._lock:
            rows = self._db.execute(
                "SELECT content FROM answers WHERE submission_id = ? AND in_look_up AND due <= ? ORDER BY id",
                (submission_id, now),
            ).fetchall()
        return [row[0] for row in rows]

    def count(self, name: str, by: int = 1) -> int:
        """Add to a named counter (e.g. warnings) and return its new value."""
        row = self._db.execute(
            "INSERT INTO counters VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value RETURNING value",
            (name, by),
        ).fetchone()
        return int(row[0])

    def counts(self) -> Counts:
        """The figures of ``GET /v1/statistics``."""
        with self._lock:
            messages, arrivals = self._db.execute(
                "SELECT count(*), coalesce(sum(times), 0) FROM messages"
            ).fetchone()
            (invoices,) = self._db.execute("SELECT count(*) FROM registered").fetchone()
            (doubly,) = self._db.execute(
                "SELECT (SELECT count(*) FROM (SELECT 1 FROM registered"
                "  GROUP BY tax_code, form, symbol, number HAVING count(*) > 1))"
                " + (SELECT count(*) FROM (SELECT 1 FROM registered"
                "  GROUP BY tax_code, code HAVING count(*) > 1))"
            ).fetchone()
            outcomes = dict(
                self._db.execute("SELECT outcome, count(*) FROM messages GROUP BY outcome").fetchall()
            )
            counters = dict(self._db.execute("SELECT name, value FROM counters").fetchall())
        return Counts(messages, arrivals, invoices, doubly, outcomes, counters)

    def numbers_known(self, tax_code: str, form: int, symbol: str, after: int) -> NumbersKnown:
        """The numbers of a series above ``after``, its last number and that one's code."""
        with self._lock:
            rows = self._db.execute(
                "SELECT number, code FROM registered WHERE tax_code = ? AND form = ? AND symbol = ?"
                " AND number > ? ORDER BY number",
                (tax_code, form, symbol, after),
            ).fetchall()
            last = self._db.execute(
                "SELECT number, code FROM registered WHERE tax_code = ? AND form = ? AND symbol = ?"
                " ORDER BY number DESC LIMIT 1",
                (tax_code, form, symbol),
            ).fetchone()
        return NumbersKnown(
            last[0] if last else 0, last[1] if last else None, frozenset(row[0] for row in rows)
        )

    def registered(self, page: int = 1_000) -> Iterator[Registered]:
        """All registered invoices in the order they came, read page by page."""
        last = 0
        while True:
            with self._lock:
                rows = self._db.execute(
                    "SELECT rowid, tax_code, form, symbol, number, code, total, message_id FROM registered"
                    " WHERE rowid > ? ORDER BY rowid LIMIT ?",
                    (last, page),
                ).fetchall()
            for row in rows:
                yield Registered(*row[1:])
            if len(rows) < page:
                return
            last = rows[-1][0]

    def _in_force(self, tax_code: str, now: float) -> tuple[str, str] | None:
        with self._lock:
            row = self._db.execute(
                "SELECT characters, serials FROM registrations WHERE tax_code = ? AND due <= ?"
                " ORDER BY due DESC, rowid DESC LIMIT 1",
                (tax_code, now),
            ).fetchone()
        return (str(row[0]), str(row[1])) if row else None

    def _text(self, query: str, values: tuple[object, ...]) -> str | None:
        with self._lock:
            row = self._db.execute(query, values).fetchone()
        return str(row[0]) if row else None

    def _exists(self, query: str, values: tuple[object, ...]) -> bool:
        with self._lock:
            return self._db.execute(query, values).fetchone() is not None
