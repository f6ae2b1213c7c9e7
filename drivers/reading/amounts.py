"""Numbers as Vietnamese receipts print them: 25.000, 25,000đ, 0,35.

A dot or comma before three digits may group thousands or begin decimals; ``readings`` gives every value
that a text can stand for, and the receipt's arithmetic decides.
"""

import re
from decimal import Decimal

AMOUNT = r"-?[0-9]{1,3}(?:[.,][0-9]{3})+|-?[0-9]+"
QUANTITY = r"[0-9]+(?:[.,][0-9]+)*"
CURRENCY = r"(?:\s?(?:[đðdĐ₫]|vn[dđ]))?"
_GROUPED = re.compile(r"-?[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")


def dong(text: str) -> int | None:
    """Whole dong of a printed amount; None where it is not one (mixed separators, decimals)."""
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    if _GROUPED.fullmatch(text):
        return int(re.sub("[.,]", "", text))
    return None


def readings(text: str) -> list[Decimal]:
    """Every number a quantity may stand for: as whole with groups, and with one decimal separator."""
    values = []
    whole = dong(text)
    if whole is not None:
        values.append(Decimal(whole))
    if len(re.findall("[.,]", text)) == 1:
        values.append(Decimal(text.replace(",", ".")))
    return values
