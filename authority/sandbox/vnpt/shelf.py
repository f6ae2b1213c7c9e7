"""Invoices that are stored and wait to be issued (``ImportInvByPatternMTT``): by key, as they were sent."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS stored (
    fkey TEXT PRIMARY KEY, pattern TEXT NOT NULL, serial TEXT NOT NULL, source BLOB NOT NULL
) STRICT;
"""


class Shelf:
    """A table of its own beside the book: what lies here has neither number nor code."""

    def __init__(self, path: Path | None) -> None:
        """``path``: the database file, made if missing; None for one in memory."""
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def put(self, fkey: str, pattern: str, serial: str, source: bytes) -> None:
        """Store one."""
        with self._lock:
            self._db.execute("INSERT INTO stored VALUES (?, ?, ?, ?)", (fkey, pattern, serial, source))

    def find(self, fkey: str, pattern: str, serial: str) -> bytes | None:
        """One that waits in that series."""
        with self._lock:
            row = self._db.execute(
                "SELECT source FROM stored WHERE fkey = ? AND pattern = ? AND serial = ?",
                (fkey, pattern, serial),
            ).fetchone()
        return None if row is None else bytes(row[0])

    def holds(self, fkey: str) -> bool:
        """Whether a key was ever stored, in whatever series."""
        with self._lock:
            found = self._db.execute("SELECT 1 FROM stored WHERE fkey = ?", (fkey,)).fetchone()
        return found is not None
