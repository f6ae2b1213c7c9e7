"""A single item printed as a form, a label on each row, as fuel pumps, scales and ticket machines do.

::

    Mặt hàng: Xăng RON 95-III
    Số lượng: 3,456 lít
    Đơn giá:  20.830
    Thành tiền: 71.988

The rows become one row of columns, read and proven as any other; the amount is the receipt's total too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.reading.amounts import AMOUNT, CURRENCY, QUANTITY
from drivers.reading.foot import labelled
from drivers.reading.rows import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.profile import Profile
    from drivers.reading.rows import Row

_ROW = re.compile(r"\s*(?P<label>[a-z][a-z. ]{0,24}?)\s*(?::|\s{2,})\s*(?P<value>\S.*?)\s*")
_QUANTITY = re.compile(rf"(?P<figure>{QUANTITY})\s?(?P<unit>[a-z]{{0,6}})")
_PRICE = re.compile(rf"(?P<figure>{AMOUNT}){CURRENCY}(?:\s?/\s?[a-z]{{1,6}})?")


def without_form(rows: Sequence[Row], profile: Profile) -> list[Row]:
    """The rows with the form's name, quantity and price as one row, and its amount also left below."""
    found: dict[str, tuple[int, str]] = {}
    for place, row in enumerate(rows):
        match = _ROW.fullmatch(row.folded)
        meaning = _meaning(match["label"].strip(), profile) if match else None
        if match and meaning and meaning not in found:
            found[meaning] = place, row.text[match.start("value") : match.end("value")]
    if not {"name", "quantity", "price", "amount"} <= found.keys():
        return list(rows)
    places = sorted(place for place, _ in found.values())
    first, last = places[0], places[-1]
    quantity = _QUANTITY.fullmatch(fold(found["quantity"][1]))
    price = _PRICE.fullmatch(fold(found["price"][1]))
    amount = labelled(rows[found["amount"][0]])
    between = [row for place, row in enumerate(rows[first:last], first) if place not in places and row.folded]
    if not (quantity and price and amount) or between or last != found["amount"][0]:
        return list(rows)
    figures = f"{quantity['figure']} {quantity['unit']} {price['figure']}  {amount[1]}"
    text = f"{found['name'][1]}  {figures}"
    item = replace(rows[first], text=text, folded=fold(text), end=rows[last].end)
    rule = replace(rows[first], text="-" * 8, folded="-" * 8, separator=True)
    return [*rows[:first], rule, item, rule, *rows[last:]]


def _meaning(label: str, profile: Profile) -> str | None:
    for meaning in ("name", "quantity", "price"):
        if label in profile.head[f"{meaning}_label"]:
            return meaning
    found = profile.words.find(label)
    if found and not found[1].strip() and "total" in profile.words.roles(found[0]):
        return "amount"
    return None
