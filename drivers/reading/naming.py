"""Names of goods: which rows belong to a name, and what before or behind it is a number, a code or a unit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.reading.rows import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.goods import Goods, Item
    from drivers.reading.rows import Row

LEADING_NUMBER = re.compile(r"\s*([0-9]{1,3})(?:[.)]\s*|\s+)(?=\S)")
NOTE = re.compile(
    r"\s*(?:[-+*>~]|\(.*\)$|\[.*\]$|(?:ghi chu|note|topping|gc|yeu cau)\b"
    r"|\s{2,}(?:it|nhieu|khong|them|bo|tach|mang|uong|[0-9]{1,3}%)\b)"
)
_BRACKETED = re.compile(r"(.*\S)\s*\(([^()0-9]{1,20})\)")
_SIZES = {"s", "m", "l"}
_CODE = re.compile(r"(?:([0-9]{8,14})[\s:-]+|\[([A-Za-z0-9._-]{2,24})\]\s*)(?=\S)")
_DECORATED = re.compile(r"(?:[-*=~#]+|[\[<])\s*[a-z][^0-9]*?\s*(?:[-*=~#]+|[\]>])")
_DIGIT = re.compile(r"[0-9]")
_PARTICULAR = re.compile(
    r"\s*(?:serial|seri|so seri|imei|s/n|sn|hsd|han dung|han su dung|so lo|lo|lot|exp|nsx|bao hanh|bh"
    r"|size|mau|mau sac)"
    r"(?: (?:no|so))?\s*[:.]\s*(?![0-9]{1,3}(?:[.,][0-9]{3})+\s*$)[a-z0-9][a-z0-9/ .,-]*"
)
_CODE_ROW = re.compile(
    r"\s*(?:(?:sku|ma hang|ma sp|ma san pham|ma vach|barcode|ma|code|msp)\s*[:.#]\s*"
    r"(?P<named>[a-z0-9._/-]{2,30})"
    r"|(?P<bare>[0-9]{12,14}))\s*"
)


def leads(name: str) -> int:
    """The number before a name (``2. Trà đá`` → 2); 0 where there is none."""
    match = LEADING_NUMBER.match(name)
    return int(match[1]) if match else 0


def is_note(row: Row, item: Row) -> bool:
    """Whether a row without figures says something about the ``item`` above: a wish, a topping, a part.

    A name that goes on below does so at the left edge or under its own first letter, not further right; what
    is counted further right (``  1 Pepsi``) is a part of a set.
    """
    if NOTE.match(row.folded) or is_particular(row):
        return True
    number = LEADING_NUMBER.match(item.folded)
    begins = number.end() if number else _indent(item)
    counted = LEADING_NUMBER.match(row.folded) is not None
    return _indent(row) > (_indent(item) + 1 if counted else max(begins, 1))


def is_particular(row: Row) -> bool:
    """Whether a row names a number or a date of the very piece sold, whatever figures that has."""
    return _PARTICULAR.fullmatch(row.folded) is not None


def heads_group(row: Row, below: Row) -> bool:
    """Whether a row is a heading among the goods: ``-- ĐỒ UỐNG --``, or capitals above a name without."""
    text = row.text.strip()
    if not below.text.strip()[:1].isupper():
        return False  # it goes on with the name
    if _DECORATED.fullmatch(row.folded.strip()):
        return True
    return _in_capitals(text) and not _in_capitals(below.text) and not _DIGIT.search(text)


def _in_capitals(text: str) -> bool:
    """By the letters without marks: TCVN3 prints the others with the small letters' codes."""
    plain = [letter for letter in text if letter.isascii() and letter.isalpha()]
    return len(plain) > 2 and all(map(str.isupper, plain))


def _indent(row: Row) -> int:
    return len(row.folded) - len(row.folded.lstrip())


def without_codes(rows: Sequence[Row]) -> tuple[list[Row], list[int], dict[int, str]]:
    """The rows but for those that hold an article number alone; where each stood; the numbers by place."""
    kept, places, codes = [], [], {}
    for place, row in enumerate(rows):
        match = _CODE_ROW.fullmatch(row.folded)
        if match is None:
            kept.append(row)
            places.append(place)
        else:
            group = "named" if match["named"] else "bare"
            codes[place] = row.text[match.start(group) : match.end(group)].strip()
    return kept, places, codes


def give_codes(items: Sequence[Item], codes: dict[int, str], first: int) -> None:
    """Give the article numbers of rows of their own to their items.

    Such a row stands inside an item's rows; or above each (from row ``first`` on); or below each.
    """
    above = min(codes, default=0) <= first
    for place, code in codes.items():
        inside = [item for item in items if item.first <= place < item.last]
        near = [item for item in items if (item.first > place if above else item.last <= place)]
        owner = inside or (near[:1] if above else near[-1:])
        if not owner or owner[0].code is not None:
            continue
        owner[0].code = code
        owner[0].first = min(owner[0].first, place)
        owner[0].last = max(owner[0].last, place + 1)


def tidy(goods: Goods, units: frozenset[str]) -> None:
    """Take numbers, codes and units off the names."""
    _number(goods)
    _take_codes(goods)
    _take_units(goods, units)


def _number(goods: Goods) -> None:
    """Take off the numbers 1, 2, 3 … before the names; where a layout reads them, they must count."""
    numbers = [item.number for item in goods.items]
    if any(number is not None for number in numbers):
        if numbers != list(range(1, len(numbers) + 1)):
            goods.failure = "the numbers of the items do not count up from 1"
        return
    matches = [LEADING_NUMBER.match(item.name) for item in goods.items]
    if all(match and int(match[1]) == place for place, match in enumerate(matches, start=1)):
        for item, match in zip(goods.items, matches, strict=True):
            item.number = int(match[1]) if match else None
            item.name = item.name[match.end() :] if match else item.name
    elif matches and all(match and match.group().strip()[-1] in ".)" for match in matches):
        goods.failure = "the numbers of the items do not count up from 1"


def _take_codes(goods: Goods) -> None:
    for item in goods.items:
        if item.code is None and (match := _CODE.match(item.name)):
            item.code = match[1] or match[2]
            item.name = item.name[match.end() :]


def _take_units(goods: Goods, units: frozenset[str]) -> None:
    """``Bia Tiger (Lon)``: a unit where the word is one, and no size."""
    for item in goods.items:
        match = _BRACKETED.fullmatch(item.name)
        if match and item.unit is None and fold(match[2]).strip(" .") in units - _SIZES:
            item.name, item.unit = match[1], match[2]
