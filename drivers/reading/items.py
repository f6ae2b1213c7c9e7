"""The lines of goods: the common shapes, recognised by structure and proven by arithmetic.

Columns (name, quantity, price, amount), two lines (name; price x quantity amount), numbered (1. name;
quantity x price = amount) and quantity first (quantity name amount; @price). A shape whose figures do not
multiply is a problem, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from drivers.reading.amounts import AMOUNT, CURRENCY, QUANTITY, dong, readings
from invoice.sale import LINE_TOLERANCE, Line

if TYPE_CHECKING:
    from collections.abc import Sequence

_PRODUCT = re.compile(
    rf"\s*(?P<first>{QUANTITY}){CURRENCY}\s*[xX*]\s*(?P<second>{QUANTITY}){CURRENCY}"
    rf"(?:\s+(?P<unit>[^\W\d]+))?\s*(?P<equals>=)?\s+(?P<amount>{AMOUNT}){CURRENCY}\s*"
)
_COLUMNS = re.compile(
    rf"(?P<name>.*?\S)\s+(?P<quantity>{QUANTITY})\s+(?P<price>{AMOUNT}){CURRENCY}\s+"
    rf"(?P<amount>{AMOUNT}){CURRENCY}\s*"
)
_QUANTITY_FIRST = re.compile(
    rf"\s*(?P<quantity>{QUANTITY})\s+(?P<name>.*?\S)\s{{2,}}(?P<amount>{AMOUNT}){CURRENCY}\s*"
    rf"|\s*(?P<quantity1>{QUANTITY})\s+(?P<name1>.*?\S)\s(?P<amount1>{AMOUNT}){CURRENCY}\s*"
)
_AT_PRICE = re.compile(rf"\s*@\s*(?P<price>{AMOUNT}){CURRENCY}\s*")
_NUMBERED = re.compile(
    r"\s*(?P<place>[0-9]{1,3})[.)]\s+(?P<name>\S.*?)(?:\s*\((?P<unit>[^()\d]{1,20})\))?\s*"
)


@dataclass(slots=True)
class Items:
    """Lines found, and what could not be read."""

    lines: list[Line] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def item_begins(text: str, following: Sequence[str]) -> bool:
    """Whether a line and the one after it hold an item whose figures multiply."""
    found = read_items([text, *following])
    return bool(found.lines)


def read_items(texts: Sequence[str]) -> Items:
    """Read the lines between the headings and the totals."""
    items = Items()
    longest = max((len(match["name"]) for text in texts if (match := _COLUMNS.fullmatch(text))), default=0)
    name: str | None = None
    unit: str | None = None
    place = 0
    while place < len(texts):
        text = texts[place]
        following = texts[place + 1] if place + 1 < len(texts) else ""
        place += 1
        if not text.strip():
            continue
        if match := _PRODUCT.fullmatch(text):
            if name is None:
                items.problems.append(f"no name before {text.strip()!r}")
                continue
            _product(items, name, unit or match["unit"], match)
            name = unit = None
        elif _AT_PRICE.fullmatch(following) and (match := _QUANTITY_FIRST.fullmatch(text)) and name is None:
            price = _AT_PRICE.fullmatch(following)
            place += 1
            _add(
                items,
                (match["name"] or match["name1"]).strip(),
                None,
                readings(match["quantity"] or match["quantity1"]),
                dong(price["price"]) if price else None,
                dong(match["amount"] or match["amount1"]),
                text,
            )
        elif name is None and (match := _COLUMNS.fullmatch(text)) and not _NUMBERED.fullmatch(text):
            _add(
                items,
                match["name"].strip(),
                None,
                readings(match["quantity"]),
                dong(match["price"]),
                dong(match["amount"]),
                text,
            )
        elif (match := _NUMBERED.fullmatch(text)) and _PRODUCT.fullmatch(following):
            if name is not None:
                items.problems.append(f"{name!r} has no price")
            name, unit = match["name"], match["unit"]
        elif _PRODUCT.fullmatch(following) and name is None:
            name = text.strip()
        elif items.lines and name is None and not re.search(rf"\s(?:{AMOUNT}){CURRENCY}\s*$", text):
            _continue(items, text.strip(), longest)
        elif name is None:
            name = text.strip()  # a name on two lines before its figures
        else:
            name = f"{name} {text.strip()}"
    if name is not None:
        items.problems.append(f"{name!r} has no price")
    return items


def _product(items: Items, name: str, unit: str | None, match: re.Match[str]) -> None:
    first, second, amount = match["first"], match["second"], dong(match["amount"])
    if match["equals"]:
        orders = [(first, second)]
    else:
        orders = [(second, first)] if (dong(first) or 0) >= (dong(second) or 0) else [(first, second)]
    quantity, price = orders[0]
    _add(items, name, unit, readings(quantity), dong(price), amount, match.group())


def _add(
    items: Items,
    name: str,
    unit: str | None,
    quantities: list[Decimal],
    price: int | None,
    amount: int | None,
    text: str,
) -> None:
    if price is None or amount is None:
        items.problems.append(f"unreadable figures in {text.strip()!r}")
        return
    for quantity in quantities:
        exact = quantity * price
        weighed = quantity != int(quantity)
        if exact == amount or (weighed and abs(exact - amount) <= LINE_TOLERANCE):
            items.lines.append(Line(name, quantity, Decimal(price), amount, unit=unit))
            return
    items.problems.append(f"quantity x price is not the amount in {text.strip()!r}")


def _continue(items: Items, more: str, longest: int) -> None:
    """A name that went on on the next line: cut in mid word, or at a blank where names may be longer."""
    last = items.lines[-1]
    blank = " " if len(last.name) < longest else ""
    items.lines[-1] = Line(
        last.name + blank + more, last.quantity, last.unit_price, last.amount, unit=last.unit
    )
