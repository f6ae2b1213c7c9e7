"""Totals of months and days. What another invoice has replaced counts no more; refunds count as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_COUNTED = (
    "invoice.id NOT IN (SELECT corrects FROM invoice WHERE relation = 1 AND state <> 'refused'"
    " AND corrects IS NOT NULL)"
    " AND invoice.id NOT IN (SELECT original_id FROM corrected JOIN invoice AS other"
    " ON other.id = corrected.invoice_id WHERE other.relation = 3 AND other.state <> 'refused')"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A month (``2026-11``) or a day: its invoices and dong, and how many the authority has accepted."""

    name: str
    invoices: int
    total: int
    accepted: int


def by_month(connection: sqlite3.Connection, year: int) -> list[Span]:
    """The months of a year that have invoices, in order."""
    return _spans(connection, 7, f"{year}-")


def by_day(connection: sqlite3.Connection, month: str) -> list[Span]:
    """The days of a month (``2026-11``) that have invoices, in order."""
    return _spans(connection, 10, f"{month}-")


def years(connection: sqlite3.Connection) -> list[int]:
    """The years from the first invoice to the last."""
    first, last = connection.execute("SELECT MIN(day), MAX(day) FROM invoice").fetchone()
    return list(range(int(first[:4]), int(last[:4]) + 1)) if first else []


def invoices_of(connection: sqlite3.Connection, month: str) -> Iterator[dict[str, Any]]:
    """Every invoice of a month, in order, with what became of it."""
    rows = connection.execute(
        "SELECT invoice.form, invoice.symbol, invoice.number, invoice.code, invoice.day, invoice.total,"  # noqa: S608
        " invoice.state, invoice.relation, sale.receipt_no, json_extract(sale.content, '$.buyer.name') AS"
        " buyer, json_extract(sale.content, '$.buyer.tax_code') AS buyer_tax_code,"
        f" ({_COUNTED}) AS counted FROM invoice JOIN sale ON sale.id = invoice.sale_id"
        " WHERE invoice.day BETWEEN ? AND ? ORDER BY invoice.id",
        (f"{month}-00", f"{month}-99"),
    )
    for row in rows:
        yield dict(row)


def _spans(connection: sqlite3.Connection, length: int, prefix: str) -> list[Span]:
    rows = connection.execute(
        "SELECT substr(day, 1, ?) AS name, COUNT(*), SUM(total), SUM(state = 'accepted') FROM invoice"  # noqa: S608
        f" WHERE day BETWEEN ? AND ? AND {_COUNTED} GROUP BY name ORDER BY name",
        (length, prefix + "00", prefix + "99"),
    )
    return [Span(*row) for row in rows]
