"""A second, independent reading of a receipt: is the invoice's total printed on it as the total?

It shares no code with the reader that made the sale (``drivers``) and knows much less: among the paper's
letters (``audit.paper_text``) it looks for amounts and for the words a total stands beside, and adds up what
multiplies out as quantity x price = amount. It can say that an amount stands on the paper as a total, and
that the goods add up to it. It cannot tell the sum before a discount from the sum after it, it does not read
pictures, and it knows nothing of what was never printed.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

from audit.paper_text import fold, text_of

MOST = 200_000  # bytes of a paper that are looked at
LEAST = 100  # dong: smaller numbers are dates, quantities and times
_AMOUNT = re.compile(r"(?<![\w.,])\d{1,3}(?:[.,  ]\d{3})+(?![\d])|(?<![\w.,])\d+(?![\d])")
_QUANTITY = re.compile(r"(?<![\w.,])\d{1,4}(?:[.,]\d{1,3})?(?![\d.,])")
_NUMBERS = re.compile(r"[\d.,:/-]+")
_NO_DIGIT = re.compile(r"\D")
# Words of a total, without marks; where a font's letters are not known, any few may stand there.
_TOTAL = re.compile(
    r"t.{0,3}ng\s{0,3}(?:c.{0,3}ng|ti.{0,3}n|thanh|s.{0,3}|h.{0,3}a)|thanh\s{0,3}to.{0,3}n"
    r"|ph.{0,3}i\s{0,3}(?:tr|thu)|c.{0,3}n\s{0,3}tr|th.{0,3}nh\s{0,3}ti.{0,3}n|kh.{0,3}ch\s{0,3}tr"
    r"|total|amount|t\W{0,2}c\W|\bt.{0,3}ng\b",
    re.IGNORECASE,
)


class Reading(StrEnum):
    """What the second reading says of one paper."""

    TOTAL = "total"  # the amount stands beside a word for a total
    PRESENT = "present"  # it stands on the paper, which has no such word
    OTHER = "other"  # totals stand on the paper, and none is this one
    UNREADABLE = "unreadable"  # no amounts to be found


def read_total(data: bytes, total: int) -> tuple[Reading, bool]:
    """How ``total`` (dong) stands on the paper, and whether the goods that multiply out add up to it."""
    lines = fold(text_of(data[:MOST])).split("\n")
    totals: set[int] = set()
    everything: set[int] = set()
    goods = 0
    beside = 0
    for line in lines:
        amounts = [int(_NO_DIGIT.sub("", found)) for found in _AMOUNT.findall(line)]
        if _names_total(_NUMBERS.sub("", line)):
            beside = 2  # the amount may stand on the next line
        if amounts and beside:
            totals.update(amounts)
        if not totals:
            goods += _multiplied(line, amounts)
        everything.update(amounts)
        beside = max(0, beside - 1) if line.strip() else beside
    adds_up = goods == total and goods > 0
    if total in totals:
        return Reading.TOTAL, adds_up
    if any(amount >= LEAST for amount in totals):
        return Reading.OTHER, adds_up
    return (Reading.PRESENT if total in everything else Reading.UNREADABLE), adds_up


@lru_cache(maxsize=8192)
def _names_total(label: str) -> bool:
    """Whether a line without its numbers speaks of a total; a shop prints the same labels all day."""
    return _TOTAL.search(label) is not None


def _multiplied(line: str, amounts: list[int]) -> int:
    """The amount of a line where it is one of its numbers times another."""
    if len(amounts) < 2 or amounts[-1] < LEAST:
        return 0
    amount = amounts[-1]
    for text in _QUANTITY.findall(line):
        quantity = float(text.replace(",", "."))
        if any(price >= LEAST and abs(quantity * price - amount) <= 1 for price in amounts[:-1]):
            return amount
    return 0
