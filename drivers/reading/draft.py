"""A first draft of a sale from paper that could not be understood: for a person to set right, never to issue.

>>> from drivers.reading.draft import draft_sale
>>> draft = draft_sale("Cà phê sữa   2 x 25.000   50.000\\nTổng cộng   60.000")
>>> draft["lines"][0]["name"], draft["lines"][0]["quantity"], draft["total"]
('Cà phê sữa', 2, 60000)

It guesses row by row and asks for no sum to agree: who fills in the form sees the paper beside it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from drivers.reading.rows import fold

_AMOUNT = r"-?[0-9]{1,3}(?:[.,][0-9]{3})+|-?[0-9]{1,9}"
_QUANTITY = r"[0-9]{1,5}(?:[.,][0-9]{1,3})?"
# All on folded text: small letters without marks.
_ROWS = (
    re.compile(rf"(.*?) *({_QUANTITY}) *[x*@] *({_AMOUNT}) +=? *({_AMOUNT}) *d?"),
    re.compile(rf"([^0-9].*?) {{2,}}({_QUANTITY}) +({_AMOUNT}) +({_AMOUNT}) *d?"),
)
_ENDS = re.compile(rf"([^0-9]*?)[ :.]*({_AMOUNT}) *(?:d|vnd)?")
_TOTAL = re.compile(r"tong|thanh tien|thanh toan|phai tra|total|amount due")
_GIVEN = re.compile(r"khach|tien thua|tra lai|change|cash|tien mat")
_NUMBER = re.compile(
    r"(?:so *(?:hd|hoa don|phieu|bill)|bill(?: *no)?|receipt(?: *no)?)[ .:#]*([a-z0-9][a-z0-9/_-]{0,30})"
)
_MOST_ROWS, _WIDEST = 300, 160


def draft_sale(text: str) -> dict[str, Any]:
    """The JSON object of a sale as far as it can be guessed from the letters on the paper."""
    lines: list[dict[str, Any]] = []
    total, above, receipt_no = None, "", None
    for row in text.splitlines()[:_MOST_ROWS]:
        printed = row.strip()[:_WIDEST]
        folded = fold(printed)
        if receipt_no is None and (number := _NUMBER.search(folded)):
            receipt_no = printed[number.start(1) : number.end(1)]
        elif found := _ROWS[0].fullmatch(folded) or _ROWS[1].fullmatch(folded):
            name = printed[: found.end(1)].strip(" -.") or above or "?"
            lines.append(_line(name, *found.group(2, 3, 4)))
        elif (end := _ENDS.fullmatch(folded)) and _TOTAL.search(end[1]) and not _GIVEN.search(end[1]):
            total = _whole(end[2])
        above = printed
    reckoned = sum(line["amount"] for line in lines)
    return {"receipt_no": receipt_no, "lines": lines, "total": reckoned if total is None else total}


def _line(name: str, quantity: str, price: str, amount: str) -> dict[str, Any]:
    count = Decimal(quantity.replace(",", "."))
    return {
        "name": name,
        "quantity": int(count) if count == count.to_integral_value() else float(count),
        "unit_price": _whole(price),
        "amount": _whole(amount),
    }


def _whole(amount: str) -> int:
    return int(re.sub("[.,]", "", amount))
