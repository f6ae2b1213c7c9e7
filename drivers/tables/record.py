"""One sale as a source holds it: cells that speak of the whole, rows of goods, what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from drivers.captured import Captured, Identity
from drivers.tables.cells import Cells, CellWrong, words_of
from drivers.tables.mapping import plain

if TYPE_CHECKING:
    from collections.abc import Mapping as Table
    from datetime import date, datetime
    from decimal import Decimal

    from drivers.captured import Form
    from drivers.tables.mapping import Mapping

Cell: TypeAlias = "str | int | Decimal | bool | datetime | date | None"
MAX_ROWS = 2000  # rows of one sale
AHEAD = 86_400  # seconds a register's clock may be ahead before its day is not believed


@dataclass(frozen=True, slots=True)
class Record:
    """``head``: the cells of the sale by plain column name; ``lines``: those of its goods."""

    head: Table[str, Cell]
    lines: tuple[Table[str, Cell], ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A record where it was found: the bytes to keep, and the record they are read as."""

    data: bytes
    form: Form
    record: Record
    origin: str


def record_of_rows(rows: list[Table[str, Cell]], mapping: Mapping, problems: tuple[str, ...] = ()) -> Record:
    """The record of flat rows: what speaks of the sale must be the same in each of them."""
    found = list(problems)
    if not rows:
        return Record({}, (), tuple(found) or ("no rows",))
    head = rows[0]
    for column in mapping.columns_of_sale:
        name = plain(column)
        for number, row in enumerate(rows[1:], start=2):
            if row.get(name) != head.get(name):
                found.append(
                    f"{column}: row {number} of the sale says {row.get(name)!r}, not {head.get(name)!r}"
                )
                break
    return Record(head, tuple(rows), tuple(found))


def key_of(record: Record, mapping: Mapping) -> str | None:
    """The source's own name of a sale; None where a cell of it is empty."""
    parts = [words_of(record.head.get(plain(column))) for column in mapping.key]
    return " / ".join(parts) if all(parts) else None


def captured(
    found: Found, mapping: Mapping, now: datetime, part: str = "", mark: int | None = None
) -> Captured:
    """What a source gives of a record. ``mark``: its place, None for the time of the sale in seconds.

    A sale of days ago is no sale of this moment: it may have its invoice already, so a person decides.
    """
    try:
        sold = Cells(mapping).sold_at(found.record.head)
    except CellWrong:
        sold = None
    ended_by = "record"
    if sold is not None and (now - sold).total_seconds() > mapping.days * 86_400:
        ended_by = "old"
    elif sold is not None and (sold - now).total_seconds() > AHEAD:
        ended_by = "ahead"
    key = key_of(found.record, mapping) or f"? {sha256(found.data).hexdigest()[:16]}"
    place = mark if mark is not None else int(sold.timestamp()) if sold else 0
    return Captured(found.data, ended_by, found.form, found.origin, Identity(key, part, place))
