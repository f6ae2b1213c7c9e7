"""Numbers as Vietnamese receipts print them: 25.000, 25,000đ, 25.000,00, 25k, 0,35.

A dot or comma before three digits may group thousands or begin decimals; ``readings`` gives every value
that a text can stand for, and the receipt's arithmetic decides. All patterns are for folded text.
"""

from __future__ import annotations

import re
from decimal import Decimal

# No number begins with a useless zero: "000" is the tail of "25 000", never an amount of its own.
AMOUNT = (
    r"-?(?:[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+(?:,00?)?|(?:,[0-9]{3})+(?:\.00?)?)"
    r"|[1-9][0-9]{3,14}[.,]00?|[1-9][0-9]{0,14}|[1-9][0-9]{0,3}k|0(?:[.,]00?)?)(?![0-9])"
)
QUANTITY = r"-?[0-9]{1,9}(?:[.,][0-9]{1,3}){0,3}(?![0-9])"
CURRENCY = r"(?:\s?(?:vnd|dong|d)\b)?"
PERCENT = re.compile(r"([0-9]{1,2}(?:[.,][0-9]{1,2})?)\s?%")
_DECIMAL_ZEROS = re.compile(r"(?<=[0-9])(?:,00?|\.00?)\Z")
_GROUPED = re.compile(r"-?[1-9][0-9]{0,2}([.,])[0-9]{3}(?:\1[0-9]{3})*")


def dong(text: str) -> int | None:
    """Whole dong of a printed amount; None where it is not one (mixed separators, decimals)."""
    if text[-1:] == "k":
        return int(text[:-1]) * 1000 if text[:-1].lstrip("-").isdecimal() else None
    text = _DECIMAL_ZEROS.sub("", text)
    if text.lstrip("-").isdecimal():
        return int(text)
    if _GROUPED.fullmatch(text):
        return int(text.replace(".", "").replace(",", ""))
    return None


def readings(text: str) -> list[Decimal]:
    """Every number a quantity may stand for: whole with groups, and with a decimal separator."""
    values = []
    whole = dong(text)
    if whole is not None:
        values.append(Decimal(whole))
    separators = [letter for letter in text if letter in ".,"]
    if separators and (len(separators) == 1 or separators[-1] not in separators[:-1]):
        head, _, tail = text.rpartition(separators[-1])
        value = Decimal(f"{head.replace('.', '').replace(',', '')}.{tail}")
        value = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
        if value not in values:
            values.append(value)
    return values
