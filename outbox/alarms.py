"""Alarms: what needs a person, kept until it is over. Raising and clearing are ledger entries.

An alarm is named by the code of the error behind it (``E-OUT-005``), or by a word of its own; while it
stands, saying it again changes nothing but its message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from outbox.store import Job, Tx

DATABASE_PUT_BACK = "database-put-back"


def put_alarm(tx: Tx, code: str, message: str) -> None:
    """Raise an alarm inside a running job."""
    row = tx.execute("SELECT message FROM alarm WHERE code = ?", (code,)).fetchone()
    if row is None:
        tx.execute(
            "INSERT INTO alarm (code, since, message) VALUES (?, ?, ?)", (code, stamp(tx.now), message)
        )
        tx.leaf("alarm.raised", None, code=code, message=message)
    elif row[0] != message:
        tx.execute("UPDATE alarm SET message = ? WHERE code = ?", (message, code))


def take_away_alarm(tx: Tx, code: str) -> None:
    """Clear an alarm inside a running job, if it stands."""
    if tx.execute("DELETE FROM alarm WHERE code = ?", (code,)).rowcount:
        tx.leaf("alarm.cleared", None, code=code)


def raise_alarm(code: str, message: str) -> Job[None]:
    """The job that raises an alarm."""
    return lambda tx: put_alarm(tx, code, message)


def clear_alarm(code: str) -> Job[None]:
    """The job that clears an alarm."""
    return lambda tx: take_away_alarm(tx, code)


def standing_alarms(connection: sqlite3.Connection, prefixes: Sequence[str]) -> set[str]:
    """The codes of standing alarms that begin with one of ``prefixes``."""
    codes = [str(row[0]) for row in connection.execute("SELECT code FROM alarm")]
    return {code for code in codes if code.startswith(tuple(prefixes))}
