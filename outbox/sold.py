"""What a sale has become in the store: an invoice, or an order that waits for a provider's number.

Both are as durable as the sale itself. Of an order the customer has the reference until the number is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What a sale is in the store, ``Issued`` or ``Ordered``. ``again``: it had been before."""

    sale_id: int
    form: int
    symbol: str  # of an order: the series it is asked for
    day: str
    total: int
    state: str
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued(Sold):
    """An invoice as it now stands durably in the store."""

    invoice_id: int
    number: int
    code: str
    qr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered(Sold):
    """An order as it now stands durably in the store.

    ``reference`` is its provisional look-up code (``invoice.references``), ``key`` the UUID under which the
    provider is asked.
    """

    order_id: int
    reference: str
    key: str


@dataclass(frozen=True, slots=True)
class MadeOf:
    """The stored sale an invoice is made of, its paper (if any), the words for no buyer in particular."""

    said: dict[str, Any]  # the sale's JSON
    sale_id: int
    unnamed_buyer: str
    capture_id: int | None = None


def sold_by_sale(connection: sqlite3.Connection, sale_id: int) -> Sold | None:
    """The invoice of a sale, or the order of one that has no number yet; None where it has neither."""
    return issued_by_sale(connection, sale_id) or _ordered_by_sale(connection, sale_id)


def issued_by_sale(connection: sqlite3.Connection, sale_id: int) -> Issued | None:
    """The invoice of a sale, if it has one."""
    row = connection.execute(
        "SELECT id, form, symbol, number, code, day, total, qr, state FROM invoice WHERE sale_id = ?",
        (sale_id,),
    ).fetchone()
    if row is None:
        return None
    invoice_id, form, symbol, number, code, day, total, qr, state = row
    return Issued(
        sale_id=sale_id,
        form=form,
        symbol=symbol,
        day=day,
        total=total,
        state=state,
        again=True,
        invoice_id=invoice_id,
        number=number,
        code=code,
        qr=qr,
    )


def _ordered_by_sale(connection: sqlite3.Connection, sale_id: int) -> Ordered | None:
    row = connection.execute(
        "SELECT id, reference, key, form, symbol, day, total, state FROM invoice_order WHERE sale_id = ?",
        (sale_id,),
    ).fetchone()
    if row is None:
        return None
    order_id, reference, key, form, symbol, day, total, state = row
    return Ordered(
        sale_id=sale_id,
        form=form,
        symbol=symbol,
        day=day,
        total=total,
        state=state,
        again=True,
        order_id=order_id,
        reference=reference,
        key=key,
    )
