"""Named values of the store that are neither a document nor a record: cursors, last days, pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outbox.store import Tx


def read_setting(tx: Tx, name: str) -> str | None:
    """The value, or None where it was never set."""
    row: Any = tx.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else None


def drop_setting(tx: Tx, name: str) -> None:
    """Forget the value."""
    tx.execute("DELETE FROM setting WHERE name = ?", (name,))


def write_setting(tx: Tx, name: str, value: str) -> None:
    """Set the value."""
    tx.execute(
        "INSERT INTO setting (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )
