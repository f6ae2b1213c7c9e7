"""Finding invoices as people ask for them: a number, a receipt, a buyer, an amount, days, a state.

A customer may have only the provisional code on the receipt; its check digit tells it from other figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from invoice.references import read_reference

if TYPE_CHECKING:
    import sqlite3

_SYMBOL_NUMBER = re.compile(r"([0-9A-Z]{6,7})-?([0-9]{0,8})", re.IGNORECASE)
_FIGURES = re.compile(r"[0-9][0-9., ]*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty is all. Days are ISO dates, both included; ``before`` pages by id."""

    text: str = ""
    state: str = ""
    since: str = ""
    until: str = ""
    before: int = 0


def search(connection: sqlite3.Connection, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
    """At most ``limit`` invoices, newest first."""
    conditions, values = _conditions(wanted)
    rows = connection.execute(
        "SELECT invoice.id, invoice.symbol, invoice.number, invoice.code, invoice.day, invoice.total,"  # noqa: S608
        " invoice.issued_at, invoice.state, invoice.reason, sale.receipt_no, invoice.relation,"
        " json_extract(sale.content, '$.buyer.name') AS buyer"
        " FROM invoice JOIN sale ON sale.id = invoice.sale_id"
        f" WHERE {' AND '.join(conditions) or '1'} ORDER BY invoice.id DESC LIMIT ?",
        (*values, limit),
    )
    return [dict(row) for row in rows]


def _conditions(wanted: Wanted) -> tuple[list[str], list[str | int]]:
    """Fixed texts with places, and the values for the places."""
    conditions: list[str] = []
    values: list[str | int] = []

    def add(condition: str, *given: str | int) -> None:
        conditions.append(condition)
        values.extend(given)

    if wanted.state:
        add("invoice.state = ?", wanted.state)
    if wanted.since:
        add("invoice.day >= ?", wanted.since)
    if wanted.until:
        add("invoice.day <= ?", wanted.until)
    if wanted.before:
        add("invoice.id < ?", wanted.before)
    text = wanted.text.strip()
    if not text:
        return conditions, values
    reference = read_reference(text)
    if reference is not None:
        found = "SELECT invoice_id FROM invoice_order WHERE reference = ?"
        add(f"invoice.id IN ({found})", reference)
        return conditions, values
    either = ["invoice.code = ?", "sale.receipt_no LIKE ? ESCAPE '\\'", "sale.content LIKE ? ESCAPE '\\'"]
    like = f"%{_escaped(text)}%"
    given: list[str | int] = [text.upper(), like, like]
    if _FIGURES.fullmatch(text) and len(digits := re.sub("[^0-9]", "", text)) <= 15:
        either += ["invoice.number = ?", "invoice.total = ?"]
        given += [int(digits), int(digits)]
    if match := _SYMBOL_NUMBER.fullmatch(text):
        either.append("(invoice.symbol = ? AND (? = '' OR invoice.number = CAST(? AS INTEGER)))")
        given += [match[1].upper(), match[2], match[2]]
    add(f"({' OR '.join(either)})", *given)
    return conditions, values


def _escaped(text: str) -> str:
    """For LIKE: what a person types is text, not a pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)
