"""Named values of the store that are neither a document nor a record: cursors, last days, pauses, counters.

Within a group of jobs each is read once and written once, however many sales change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

    from outbox.store import Tx


class GroupValues:
    """The rows (name, value) of one table as a running group of jobs sees and changes them."""

    def __init__(self, connection: sqlite3.Connection, table: str) -> None:
        self._connection = connection
        self._table = table
        self._seen: dict[str, Any] = {}
        self._changed: set[str] = set()
        self.written: dict[str, Any] = {}  # what this group has brought into the database

    def get(self, name: str) -> Any:
        """The value, or None where it was never set or was dropped."""
        if name not in self._seen:
            row = self._connection.execute(
                f"SELECT value FROM {self._table} WHERE name = ?",  # noqa: S608
                (name,),
            ).fetchone()
            self._seen[name] = row[0] if row else None
        return self._seen[name]

    def put(self, name: str, value: Any) -> None:
        """Change the value; None drops it."""
        self._seen[name] = value
        self._changed.add(name)

    def write(self) -> None:
        """Bring the changes into the database, before the group's commit."""
        for name in sorted(self._changed):
            value = self._seen[name]
            if value is None:
                self._connection.execute(f"DELETE FROM {self._table} WHERE name = ?", (name,))  # noqa: S608
            else:
                self._connection.execute(
                    f"INSERT INTO {self._table} (name, value) VALUES (?, ?)"  # noqa: S608
                    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    (name, value),
                )
            self.written[name] = value
        self._changed.clear()


def read_setting(tx: Tx, name: str) -> str | None:
    """The value, or None where it was never set."""
    value = tx.settings.get(name)
    return None if value is None else str(value)


def drop_setting(tx: Tx, name: str) -> None:
    """Forget the value."""
    tx.settings.put(name, None)


def write_setting(tx: Tx, name: str, value: str) -> None:
    """Set the value."""
    tx.settings.put(name, value)
