"""What a provider in the sandbox has issued: one SQLite table with the two constraints that matter.

A customer's key is issued once, and so is a number of a series; the next number of a series and the last
moment in it are read from the rows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from authority.sandbox.kept_file import KeptFile

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS issued (
    tax_code TEXT NOT NULL, key TEXT NOT NULL, form INTEGER NOT NULL, symbol TEXT NOT NULL,
    number INTEGER NOT NULL, moment INTEGER NOT NULL, at REAL NOT NULL, code TEXT NOT NULL,
    look_up_code TEXT NOT NULL, net TEXT NOT NULL, tax TEXT NOT NULL, total TEXT NOT NULL,
    corrects TEXT, kind TEXT NOT NULL, content BLOB NOT NULL, times INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (tax_code, form, symbol, number), UNIQUE (tax_code, key)
) STRICT;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Issued:
    """One issued invoice. ``moment``: its own date and time (ms since 1970), ``at`` when it was issued (s).

    Amounts are as the provider reckoned them; ``kind`` is original, replacement or adjustment, ``corrects``
    the ``form;symbol;number`` that it names; ``times`` counts how often the key came.
    """

    tax_code: str
    key: str
    form: int
    symbol: str
    number: int
    moment: int
    at: float
    code: str
    look_up_code: str
    net: str
    tax: str
    total: str
    corrects: str | None
    kind: str
    content: bytes
    times: int = 1

    @property
    def reference(self) -> str:
        """``form;symbol;number``, by which a correction names it."""
        return f"{self.form};{self.symbol};{self.number}"


class IssuedBook(KeptFile):
    """The book; every method that writes runs inside ``transaction``."""

    def __init__(self, path: Path | None) -> None:
        """``path``: the database file, made if missing; None for one in memory."""
        super().__init__(path, _SCHEMA)

    def by_key(self, tax_code: str, key: str) -> Issued | None:
        """What was issued under a customer's key."""
        return self._one("SELECT * FROM issued WHERE tax_code = ? AND key = ?", tax_code, key)

    def by_number(self, tax_code: str, form: int, symbol: str, number: int) -> Issued | None:
        """What has that number."""
        query = "SELECT * FROM issued WHERE tax_code = ? AND form = ? AND symbol = ? AND number = ?"
        return self._one(query, tax_code, form, symbol, number)

    def last(self, tax_code: str, form: int, symbol: str) -> Issued | None:
        """The newest of a series."""
        query = (
            "SELECT * FROM issued WHERE tax_code = ? AND form = ? AND symbol = ? ORDER BY number DESC LIMIT 1"
        )
        return self._one(query, tax_code, form, symbol)

    def corrections_of(self, tax_code: str, reference: str) -> frozenset[str]:
        """In which ways an invoice, ``form;symbol;number``, has been corrected, issued here or not."""
        with self._lock:
            rows = self._db.execute(
                "SELECT DISTINCT kind FROM issued WHERE tax_code = ? AND corrects = ?",
                (tax_code, reference),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def add(self, one: Issued) -> None:
        """Enter a new one."""
        values = [getattr(one, column.name) for column in fields(Issued)]
        self._db.execute("INSERT INTO issued VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def came_again(self, one: Issued) -> None:
        """Count another arrival of its key."""
        self._db.execute(
            "UPDATE issued SET times = times + 1 WHERE tax_code = ? AND key = ?", (one.tax_code, one.key)
        )

    def count(self, name: str) -> None:
        """Add one to a counter."""
        self._db.execute(
            "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1", (name,)
        )

    def counters(self) -> dict[str, int]:
        """All counters."""
        with self._lock:
            return dict(self._db.execute("SELECT name, value FROM counters ORDER BY name").fetchall())

    def all(self) -> list[Issued]:
        """Everything issued, series by series in order of number."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM issued ORDER BY tax_code, form, symbol, number").fetchall()
        return [Issued(*row) for row in rows]

    def _one(self, query: str, *values: object) -> Issued | None:
        with self._lock:
            row = self._db.execute(query, values).fetchone()
        return None if row is None else Issued(*row)
