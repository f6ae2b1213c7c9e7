"""A sale as fields of a form, and back: what a person sets right on the page.

What the form does not show (article codes, particulars, fees) stays as it was: the form changes a sale that
is there, as ``agent.field_setting`` does for the command line.
"""

from __future__ import annotations

import copy
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from agent.web.errors import FormInvalid
from agent.web.showing import grouped
from invoice.sale_json import sale_from_object

if TYPE_CHECKING:
    from agent.web.person import Form
    from invoice.sale import Sale

SPARE_LINES = 3  # empty ones at the end, to be filled in
MOST_LINES = 60  # that a form shows; longer receipts are corrected with a file
COLUMNS = ("of", "name", "unit", "quantity", "unit_price", "amount", "vat_rate")  # of: which line it was
BUYER = ("name", "tax_code", "citizen_id", "address", "phone", "email")
SUMS = ("discount", "service_charge", "rounding")
_GROUPED = re.compile(r"-?[0-9]{1,3}([., ][0-9]{3})+")
_MIXED = re.compile(r"(-?[0-9]{1,3}(?:([.,])[0-9]{3})(?:\2[0-9]{3})*)(?!\2)[.,]([0-9]{1,6})")
_PLAIN = re.compile(r"-?[0-9]{1,15}([.,][0-9]{1,6})?")
_WORDS = {"quantity": "số lượng", "unit_price": "đơn giá", "amount": "thành tiền", "total": "tổng cộng"}


def form_of(sale: dict[str, Any], language: str = "vi") -> dict[str, Any]:
    """What the template fills in, as text."""
    lines = [
        {
            "of": str(place),
            "name": line["name"],
            "unit": line.get("unit") or "",
            "quantity": plain(line["quantity"], language),
            "unit_price": plain(line["unit_price"], language),
            "amount": plain(line["amount"], language),
            "vat_rate": line.get("vat_rate") or "",
        }
        for place, line in enumerate(sale.get("lines", [])[:MOST_LINES])
    ]
    buyer = sale.get("buyer") or {}
    return {
        "receipt_no": sale.get("receipt_no") or "",
        "lines": lines + [dict.fromkeys(COLUMNS, "")] * SPARE_LINES,
        "sums": {name: plain(sale.get(name) or 0, language) for name in SUMS},
        "total": plain(sale["total"], language) if sale.get("total") is not None else "",
        "buyer": {name: buyer.get(name) or "" for name in BUYER},
    }


def typed(form: Form) -> dict[str, Any]:
    """What was typed, as ``form_of`` gives it: a form that is refused comes back as it was."""
    columns = {name: form.texts(name) for name in COLUMNS}
    lines = [
        {name: (values[place] if place < len(values) else "") for name, values in columns.items()}
        for place in range(len(columns["name"]))
    ]
    lines = [line for line in lines if any(line[name] for name in COLUMNS[1:])]
    return {
        "receipt_no": form.text("receipt_no"),
        "lines": lines + [dict.fromkeys(COLUMNS, "")] * SPARE_LINES,
        "sums": {name: form.text(name) for name in SUMS},
        "total": form.text("total"),
        "buyer": {name: form.text(f"buyer_{name}") for name in BUYER},
    }


def plain(value: float | Decimal, language: str = "vi") -> str:
    """A figure as people write it: 25.000 and 0,35; in English 25,000 and 0.35."""
    number = Decimal(str(value))
    number = number.to_integral_value() if number == number.to_integral_value() else number.normalize()
    return grouped(number, language)


def sale_of(form: Form, base: dict[str, Any]) -> Sale:
    """The sale of ``base`` (its JSON object) with what the form says.

    Raises:
        FormInvalid: a field that is no figure.
        SaleUnreadable: a sale that cannot be; whether its sums agree is for who issues it.
    """
    made = copy.deepcopy({**base, "kind": "sale", "problems": []})
    made["receipt_no"] = form.text("receipt_no") or None
    before, lines = made.get("lines") or [], []
    known = {str(place) for place in range(len(before))}
    for place in range(len(form.texts("name"))):
        of = form.texts("of")[place] if place < len(form.texts("of")) else ""
        line = copy.deepcopy(before[int(of)]) if of in known else {}
        if row := _line(form, place, line):
            lines.append(row)
    made["lines"] = lines + before[MOST_LINES:]
    for name in SUMS:
        if text := form.text(name):
            made[name] = int(number_of(text, name))
    total = int(number_of(form.text("total"), "total"))
    if total != base.get("total"):
        payments = made.get("payments") or []
        made["payments"] = [{"method": payments[0]["method"], "amount": total}] if payments else []
    made["total"] = total
    buyer = {**(made.get("buyer") or {}), **{name: form.text(f"buyer_{name}") or None for name in BUYER}}
    made["buyer"] = {name: value for name, value in buyer.items() if value} or None
    return sale_from_object(_as_decimals(made))


def _line(form: Form, place: int, line: dict[str, Any]) -> dict[str, Any] | None:
    def text(name: str) -> str:
        values = form.texts(name)
        return values[place].strip() if place < len(values) else ""

    if not text("name"):
        return None

    def figure(name: str, *, decimal: bool = False) -> Decimal | None:
        if not (typed := text(name)):
            return None
        # What was left as it was shown is what it was: 46,296 may be a price with decimals.
        if name in line and typed in {plain(line[name], "vi"), plain(line[name], "en")}:
            return Decimal(str(line[name]))
        return number_of(typed, name, decimal=decimal)

    quantity = figure("quantity", decimal=True) or Decimal(1)
    price, amount = figure("unit_price"), figure("amount")
    if amount is None and price is not None:
        amount = (quantity * price).quantize(Decimal(1)) - (line.get("discount") or 0)
    if amount is None:
        raise FormInvalid(f"{text('name')}: {_WORDS['amount']} (amount)?")
    if price is None:
        price = (amount / quantity).quantize(Decimal("0.000001")).normalize() if quantity else amount
    return {
        **line,
        "name": text("name"),
        "unit": text("unit") or None,
        "quantity": quantity,
        "unit_price": price,
        "amount": int(amount),
        "vat_rate": text("vat_rate") or None,
    }


def number_of(text: str, name: str, *, decimal: bool = False) -> Decimal:
    """``25.000``, ``25,000`` and ``25000`` are one amount; a quantity's separator is its decimal point.

    Raises:
        FormInvalid: it is no figure; ``name`` is the field's.
    """
    text = text.replace("\N{NO-BREAK SPACE}", " ").removesuffix("₫").removesuffix("đ").strip()
    if not decimal and _GROUPED.fullmatch(text):
        return Decimal(re.sub("[., ]", "", text))
    if mixed := _MIXED.fullmatch(text):  # 1.234,5 or 1,234.5: the last sign is the decimal point
        text = f"{re.sub('[.,]', '', mixed[1])}.{mixed[3]}"
    if not _PLAIN.fullmatch(text):
        raise FormInvalid(f"{_WORDS.get(name, name)} ({name}): {text[:40]!r}?")
    return Decimal(text.replace(",", "."))


def _as_decimals(value: Any) -> Any:
    """Floats of stored JSON as the reader of sales wants them."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if isinstance(value, dict):
        return {key: _as_decimals(part) for key, part in value.items()}
    return [_as_decimals(part) for part in value] if isinstance(value, list) else value
