"""The goods of a receipt, read by one layout: every row explained, every product proven, or nothing.

A row that no template explains is a discount or a note on the item above, a part of a name, or the end of
this layout's hope; ``drivers.reading.receipt`` tries the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from drivers.reading.amounts import AMOUNT, CURRENCY, dong, readings
from drivers.reading.foot import RATE_ALONE
from drivers.reading.naming import (
    NOTE,
    give_codes,
    heads_group,
    is_note,
    is_particular,
    leads,
    tidy,
    without_codes,
)
from drivers.reading.products import ODD, group_signs, multiplies, rate_word, stated
from drivers.reading.syllables import two_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.profile import Layout, Profile
    from drivers.reading.rows import Row

_PRODUCT = re.compile(
    r"(?<![0-9a-z.,])[0-9][0-9.,]{0,20}(?:\s?d|\s?vnd)?\s{0,9}[x*]\s{0,9}[0-9][0-9.,]{0,20}(?:d|vnd)?(?![0-9a-z])"
    r"|[@=]\s?[0-9]"
)
_MONEY = re.compile(
    rf"[0-9][.,][0-9]{{3}}(?![0-9])|(?<![0-9a-z])[0-9]{{4,}}(?:d|vnd)?(?![0-9a-z])|{_PRODUCT.pattern}"
    rf"|\s{{2,}}(?:{AMOUNT}){CURRENCY}$"
)
_TRAILING = re.compile(rf"(?:^|\s{{2,}})(?:{AMOUNT}){CURRENCY}$")
_NAMED = re.compile(r"[a-z]|[^\W\d_]")
_SIGN_FIRST = re.compile(r"(?:[x*@=]|vnd|d|kg)(?:\s|$)")  # the rest of figures, no name
_GAP = re.compile(r"\s{2,}")


@dataclass(slots=True)
class Item:
    """One item: ``amount`` in dong after its own ``discount``; ``first:last`` are its rows."""

    name: str
    quantity: Decimal
    price: int
    amount: int
    first: int
    last: int
    figures: int = 0  # the row where its figures begin
    discount: int = 0
    unit: str | None = None
    vat_rate: str | None = None
    code: str | None = None
    number: int | None = None


@dataclass(slots=True)
class Goods:
    """All items of a receipt by one layout, or the ``failure`` and how far it came."""

    layout: Layout
    items: list[Item] = field(default_factory=list)
    failure: str | None = None
    reached: int = 0

    @property
    def figures(self) -> tuple[tuple[Decimal, int, int, int], ...]:
        """What must be the same for two layouts to agree."""
        return tuple((item.quantity, item.price, item.amount, item.discount) for item in self.items)

    @property
    def doubt(self) -> tuple[int, int, int]:
        """Of two layouts that agree in the figures, the one with less doubt has the better names.

        Gaps inside names are columns that a layout took for words; what it told apart is none of the name.
        """
        gaps = sum(len(_GAP.findall(item.name)) for item in self.items)
        counted = sum(item.name.endswith(f" {item.quantity}") for item in self.items)
        told = sum((item.unit is not None) + (item.vat_rate is not None) for item in self.items)
        return gaps, counted, -told


def has_product(rows: Sequence[Row]) -> bool:
    """Whether any row multiplies two figures, so that a layout without prices cannot be the right one."""
    return any(_PRODUCT.search(row.folded) for row in rows)


def money(folded: str) -> bool:
    """Whether a row holds figures that a name would not."""
    return _MONEY.search(folded) is not None


def read_goods(rows: Sequence[Row], layout: Layout, profile: Profile, *, opened: bool = True) -> Goods:
    """Read all rows by one layout; ``opened``: below a rule or a heading, so the first row may be a name."""
    kept, places, codes = without_codes(rows)
    walk = _Walk(kept, layout, profile, opened=opened)
    goods = walk.goods
    place = 0
    while place < len(kept) and goods.failure is None:
        place += walk.step(place)
    goods.reached = place
    if goods.failure is None:
        walk.finish(place)
    if goods.failure is None:
        tidy(goods, profile.units)
        for item in goods.items:
            item.first, item.last = places[item.first], places[item.last - 1] + 1
        give_codes(goods.items, codes, places[0])
    return goods


class _Walk:
    def __init__(self, rows: Sequence[Row], layout: Layout, profile: Profile, *, opened: bool) -> None:
        self._rows = rows
        self._opened = opened
        self._layout = layout
        self._profile = profile
        self._names: list[int] = []  # rows of a name whose figures have not come yet
        self._short = len(layout.rows) == 1
        self._above = self._below = False  # in a short layout: names went on above, or below, their figures
        self._part_of = Decimal(1)  # the quantity of the item that toppings belong to
        self.goods = Goods(layout)

    def step(self, place: int) -> int:
        """Explain the row at ``place``; how many rows that took."""
        row = self._rows[place]
        if row.blank or row.separator:
            if self._names and not self._short:
                self._fail(self._names[0], "has no price")
            return 1
        item = self._item(place)
        if item is not None:
            self.goods.items.append(item)
            self._part_of = item.quantity
            return item.last - place
        if not self._names and (topping := self._topping(row, place)) is not None:
            self.goods.items.append(topping)
            return 1
        if self.goods.items and not self._names and self._about_last(row):
            self.goods.items[-1].last = place + 1
            return 1
        unopened = not self._opened and not self.goods.items
        if money(row.folded) or _GAP.search(row.folded.strip()) or unopened:
            self._fail(place, "is not understood")
        elif self._names and self._rows[self._names[-1]].text == row.text:
            self._fail(place, "is printed twice")
        elif self._short and self._heads_group(row, place):
            return 1
        elif self._short and self.goods.items and not self._names and self._continues(row, place):
            self.goods.items[-1].last = place + 1
            self._below = True
        else:
            self._names.append(place)
        return 1

    def finish(self, place: int) -> None:
        """The rows have ended: no name may be left without its figures."""
        if self._names and not (self._short and self.goods.items and self._append_rest()):
            self._fail(self._names[0], "has no price")
        if not self.goods.items:
            self._fail(max(0, place - 1), "holds no goods")
        if self._above and self._below:
            self.goods.failure = "names that go on above and below their figures"

    def _fail(self, place: int, why: str) -> None:
        text = self._rows[place].text.strip() if self._rows else ""
        self.goods.failure = f"{text!r} {why}"

    def _item(self, place: int) -> Item | None:
        templates = self._layout.rows
        last = place + len(templates)
        if last > len(self._rows):
            return None
        found: dict[str, str] = {}
        where: dict[str, str] = {}
        for offset in range(len(templates) - 1, -1, -1):  # the last row tells the most
            row = self._rows[place + offset]
            match = templates[offset].match(row.folded)
            if match is None or (offset and row.blank):
                return None
            for name, value in match.groupdict().items():
                if value is not None:
                    found[name] = value
                    where[name] = row.text[match.start(name) : match.end(name)].strip()
        if not self._good_name(found["name"]):
            return None
        item = self._reckon(found, where, place, last)
        if item is not None and self._names:
            item.first = self._names[0]
            item.name = self._joined([*self._names, place], item.name)
            self._names = []
        return item

    def _good_name(self, folded: str) -> bool:
        if not _NAMED.search(folded) or _SIGN_FIRST.match(folded) or _TRAILING.search(folded):
            return False
        if not self._layout.proven and (_MONEY.search(folded) or _GAP.search(folded)):
            return False
        return len(self._layout.rows) == 1 or not _FIGURES_ONLY.fullmatch(folded)

    def _reckon(self, found: dict[str, str], where: dict[str, str], place: int, last: int) -> Item | None:
        unit = self._profile.unit
        amount = dong(found["amount"])
        if amount is None:
            return None
        amount *= unit
        less = dong(found.get("discount", "0"))
        if less is None:
            return None
        item = Item(
            name=where["name"],
            quantity=Decimal(1),
            price=amount,
            amount=amount,
            first=place,
            last=last,
            figures=place,
            discount=abs(less) * unit,
            unit=where.get("unit"),
            vat_rate=rate_word(found.get("vat")),
            code=where.get("code"),
            number=int(found["number"]) if "number" in found else None,
        )
        if not self._layout.proven:
            return stated(item, found.get("quantity"))
        price = dong(found["price"])
        if price is None or len(group_signs(found["price"]) | group_signs(found["amount"])) > 1:
            return None
        item.price = price * unit
        percent = Decimal(found["percent"].lstrip("-").replace(",", ".")) if "percent" in found else None
        for quantity in readings(found["quantity"]):
            item.quantity = quantity
            if multiplies(item, percent) or self._discounted_below(item):
                return item
        return None

    def _discounted_below(self, item: Item) -> bool:
        """The amount is already less the discount that the row below names."""
        if item.last >= len(self._rows) or item.discount:
            return False
        below = self._discount(self._rows[item.last])
        if below is None or not below:
            return False
        gross = item.quantity * item.price
        if gross != gross.to_integral_value() or gross - below != item.amount:
            return False
        item.discount = below
        item.last += 1
        return True

    def _discount(self, row: Row) -> int | None:
        """Dong of a row such as ``Giảm giá 10%:  -5.000``."""
        match = _DISCOUNT_ROW.fullmatch(row.folded)
        if match is None:
            return None
        label = match["label"]
        if label.strip(" -:"):
            found = self._profile.words.find(label)
            if found is None or "discount" not in self._profile.words.roles(found[0]):
                return None
        elif not match["amount"].startswith("-"):
            return None
        less = dong(match["amount"])
        return None if less is None else abs(less) * self._profile.unit

    def _about_last(self, row: Row) -> bool:
        """A discount, a VAT rate or a note that belongs to the item above."""
        item = self.goods.items[-1]
        if match := RATE_ALONE.fullmatch(row.folded):
            item.vat_rate = f"{match[1]}%"
            return True
        less = self._discount(row)
        if less is not None and not item.discount and 0 <= less <= item.amount:
            item.discount = less
            item.amount -= less
            return True
        if is_particular(row):
            return True
        if money(row.folded):
            return False
        # A name cut at the edge of its column may go on with a hanging indent.
        hangs = self._short and _NAMED.match(row.folded.strip()) and not NOTE.match(row.folded)
        if hangs and len(item.name) + 1 + len(row.folded.split()[0]) > self._room:
            return False
        return is_note(row, self._rows[item.figures])

    def _topping(self, row: Row, place: int) -> Item | None:
        """``+ Trân châu   5.000`` below a drink: one more item. How many there are only one drink tells."""
        match = _TOPPING.fullmatch(row.folded)
        if match is None or not self.goods.items or self._part_of != 1 or _MONEY.search(match["name"]):
            return None
        amount = dong(match["amount"])
        if amount is None or amount % ODD:
            return None
        amount *= self._profile.unit
        name = row.text[match.start("name") : match.end("name")].strip()
        return Item(name, Decimal(1), amount, amount, place, place + 1, place)

    def _heads_group(self, row: Row, place: int) -> bool:
        below = self._rows[place + 1 : place + 2]
        return bool(below) and self._item(place + 1) is not None and heads_group(row, below[0])

    def _continues(self, row: Row, place: int) -> bool:
        """Append the rest of a name that was cut at the edge of its column, in mid word or at a blank."""
        item = self.goods.items[-1]
        count = len(self.goods.items)
        if leads(row.folded) == count + 1 and leads(item.name) == count:
            return False
        cell = self._cell
        text = row.text.strip()
        full = len(item.name) >= cell
        wraps = len(item.name) + 1 + len(text.split()[0]) > cell
        if not (full or wraps) and place + 1 < len(self._rows) and self._item(place + 1) is not None:
            return False
        cut_before_blank = row.text[:1] == " " and row.text[1:2] != " "
        blank = not full or cut_before_blank or two_words(item.name, text)
        item.name += (" " if blank else "") + text
        return True

    @cached_property
    def _cell(self) -> int:
        """How wide the column of names is: the longest name beside figures."""
        longest = 0
        for row in self._rows:
            match = self._layout.rows[0].match(row.folded)
            if match:
                longest = max(longest, match.end("name") - match.start("name"))
        return longest

    @cached_property
    def _room(self) -> int:
        """How wide a name may be at most: up to where the first figures beside names begin."""
        ends = []
        for row in self._rows:
            if match := self._layout.rows[0].match(row.folded):
                after = row.folded[match.end("name") :]
                ends.append(match.end("name") + len(after) - len(after.lstrip()) - 1 - match.start("name"))
        return min(ends, default=0)

    def _append_rest(self) -> bool:
        if len(self._names) > 1:
            return False
        self.goods.items[-1].name += " " + self._rows[self._names[0]].text.strip()
        self._names = []
        return True

    def _joined(self, places: list[int], last: str) -> str:
        if heads_group(self._rows[places[0]], self._rows[places[1]]):
            places = places[1:]
        self._above = self._above or (self._short and len(places) > 1)
        name = ""
        width = max(len(row.text) for row in self._rows)
        for place in places[:-1]:
            text = self._rows[place].text
            name += text.strip() + ("" if len(text) >= width else " ")
        return name + last


_TOPPING = re.compile(rf"\s*(?P<name>\+\s?[a-z].*?)\s+(?P<amount>{AMOUNT}){CURRENCY}\s*")
_FIGURES_ONLY = re.compile(r"[\s0-9.,x*@=%-]*(?:d|vnd|kg|g)?\s*")
_DISCOUNT_ROW = re.compile(
    rf"\s*(?P<label>[^0-9]*?(?:[0-9.,]+\s?%)?[^0-9]*?)[\s:(]*(?P<amount>{AMOUNT}){CURRENCY}\)?\s*"
)
