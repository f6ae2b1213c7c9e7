"""Which alarm was told by which way: so that a restart tells nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3

    from outbox.store import Job, Tx


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of an alarm that has not been told to be over."""

    at: str
    urgent: bool


def told_alarms(connection: sqlite3.Connection) -> dict[str, dict[str, Told]]:
    """By way and code."""
    found: dict[str, dict[str, Told]] = {}
    for way, code, at, urgent in connection.execute("SELECT way, code, at, urgent FROM notice"):
        found.setdefault(way, {})[code] = Told(at, bool(urgent))
    return found


def mark_told(way: str, code: str, *, urgent: bool, over: bool) -> Job[None]:
    """The job that writes down what was told; ``over`` forgets it, so that it is told when it comes again."""

    def job(tx: Tx) -> None:
        if over:
            tx.execute("DELETE FROM notice WHERE way = ? AND code = ?", (way, code))
            return
        tx.execute(
            "INSERT INTO notice (way, code, at, urgent) VALUES (?,?,?,?)"
            " ON CONFLICT (way, code) DO UPDATE SET at = excluded.at, urgent = excluded.urgent",
            (way, code, stamp(tx.now), urgent),
        )

    return job
