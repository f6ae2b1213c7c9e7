"""What many invoices should have been: from a file, or by one change to the goods of all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from invoice.errors import CorrectionRefused, SaleUnreadable
from invoice.rate_table import fold
from invoice.sale_json import sale_from_object
from outbox import reports

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from invoice.sale import Sale


@dataclass(frozen=True, slots=True)
class Change:
    """What is wrong with some goods on every invoice; None: that is right. ``goods`` "" are all goods."""

    goods: str = ""
    name: str | None = None
    unit_price: int | None = None  # dong, as printed
    vat_rate: str | None = None  # 8%, KCT, …


def read_right_sales(connection: sqlite3.Connection, content: bytes, name: str) -> dict[int, Sale]:
    """``{"C26MAA-7": {sale}, …}`` by the invoices' ids; a sale as ``thungan issue`` takes it.

    Raises:
        SaleUnreadable, SaleInvalid: not of that form; ``name`` is what the content is called.
        NotFound: an invoice that is not there.
    """
    try:
        said = json.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise SaleUnreadable(f"{name} is not JSON: {error}") from error
    if not isinstance(said, dict):
        raise SaleUnreadable(f'{name} must be an object such as {{"C26MAA-7": {{sale}}, …}}')
    return {
        int(reports.find_invoice(connection, invoice)[0]["id"]): sale_from_object(sale)
        for invoice, sale in said.items()
    }


def changed_sales(connection: sqlite3.Connection, invoices: Iterable[int], change: Change) -> dict[int, Sale]:
    """The sale of each invoice with the change, by the invoice's id.

    Raises:
        CorrectionRefused: an invoice has no such goods, so there is nothing to be corrected in it.
        NotFound: an invoice that is not there.
        SaleInvalid: a value that cannot be.
    """
    return {one: sale_from_object(_changed(connection, one, change)) for one in invoices}


def _changed(connection: sqlite3.Connection, invoice_id: int, change: Change) -> dict[str, Any]:
    sale: dict[str, Any] = json.loads(reports.sale_of(connection, invoice_id), parse_float=Decimal)
    wanted = fold(change.goods)
    lines = [line for line in sale["lines"] if not wanted or fold(line["name"]) == wanted]
    if not lines:
        row, _ = reports.find_invoice(connection, str(invoice_id))
        raise CorrectionRefused(f"{row['symbol']}-{row['number']} has no goods {change.goods!r}")
    for line in lines:
        if change.name is not None:
            line["name"] = change.name
        if change.vat_rate is not None:
            line["vat_rate"] = change.vat_rate
        if change.unit_price is not None:
            _reprice(sale, line, change.unit_price)
    return {**sale, "receipt_no": None, "problems": []}


def _reprice(sale: dict[str, Any], line: dict[str, Any], unit_price: int) -> None:
    """Another price: the amount, the total and what was paid follow it."""
    amount = (Decimal(str(line["quantity"])) * unit_price).quantize(Decimal(1)) - (line.get("discount") or 0)
    difference = int(amount) - int(line["amount"])
    line |= {"unit_price": unit_price, "amount": int(amount)}
    sale["total"] += difference
    sale["payments"] = []
