"""Quantity times price: whether an item's figures are a product, and what follows where one is missing."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from invoice.sale import LINE_TOLERANCE

if TYPE_CHECKING:
    from drivers.reading.goods import Item

ODD = 100  # dong: prices that nobody reckoned are whole hundreds
_GROUP_SIGN = re.compile(r"[.,](?=[0-9]{3})")


def multiplies(item: Item, percent: Decimal | None) -> bool:
    """Whether quantity x price, less the discount (or ``percent``, which gives it), is the amount."""
    gross = item.quantity * item.price
    if percent is not None:
        expected = gross * (100 - percent) / 100
        item.discount = int(gross.quantize(Decimal(1), ROUND_HALF_UP)) - item.amount
        return abs(expected - item.amount) <= LINE_TOLERANCE and item.discount >= 0
    off = abs(gross - item.discount - item.amount)
    if item.quantity == item.quantity.to_integral_value():
        return off == 0
    # A round price is weighed with any rounding; an odd one (a digit misread?) only with the usual one.
    return off <= (LINE_TOLERANCE if item.price % 100 == 0 else Decimal("0.5"))


def stated(item: Item, quantity: str | None) -> Item | None:
    """An item whose price is not printed: amount / quantity, where that is whole dong."""
    if item.amount % ODD:
        return None  # an odd amount was weighed or reckoned, and the row that says how is lost
    if quantity is None:
        return item
    # "129.000" is a price that lost its other factor, not a quantity
    if quantity.isdecimal() and 0 < int(quantity) < 1000 and item.amount % int(quantity) == 0:
        item.quantity, item.price = Decimal(quantity), item.amount // int(quantity)
        return item
    return None


def rate_word(text: str | None) -> str | None:
    """The regulation's word for a printed VAT rate: ``VAT 8 %`` → ``8%``."""
    if text is None:
        return None
    match = _RATE.search(text)
    return match[1] + "%" if match else text.upper()


_RATE = re.compile(r"([0-9]{1,2})\s?%")


def group_signs(amount: str) -> set[str]:
    """The sign that groups thousands: one software uses one for all its amounts."""
    return set(_GROUP_SIGN.findall(amount))
