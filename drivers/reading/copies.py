"""The same receipt printed more than once in one capture; captured again: ``outbox.issuing.fingerprint``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.reading.foot import ends_goods

if TYPE_CHECKING:
    from drivers.reading.profile import Profile
    from drivers.reading.rows import Row


def split_copies(rows: list[Row], profile: Profile) -> list[list[Row]]:
    """The papers in a capture: it is cut where its first row stands again and a total stands in each part."""
    first = next((row.folded for row in rows if row.folded and not row.separator), None)
    places = [place for place, row in enumerate(rows) if row.folded == first]
    if len(places) < 2:
        return [rows]
    parts = [rows[begin:end] for begin, end in zip(places, [*places[1:], len(rows)], strict=True)]
    return parts if all(any(ends_goods(row, profile) for row in part) for part in parts) else [rows]
