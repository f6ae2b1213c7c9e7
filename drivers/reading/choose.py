"""Which layout explains a receipt: all are tried, and all that hold must say the same.

Two layouts that differ only in which factor is the price and which the quantity are told apart by the
figures of the whole receipt, or by its heading; if neither decides, a person does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.reading.foot import read_foot
from drivers.reading.goods import Goods, has_product, read_goods
from drivers.reading.settle import Settlement, Unsettled, settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from drivers.reading.heading import Heading
    from drivers.reading.profile import Layout, Profile
    from drivers.reading.rows import Row
    from invoice.sale import Kind

FEW = 30  # a factor up to this is no price in dong
DEAR = 10_000  # dong: beyond it, and fifty times the other factor, is no quantity


class Unread(Exception):
    """No layout explains the receipt; never leaves this package."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Chosen:
    """The goods, their sums, and the rows ``start:end`` that they came from."""

    goods: Goods
    settlement: Settlement
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Zones:
    """Rows where the goods may begin and end, the likeliest first; ``method`` and ``kind`` of the paper."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    heading: Heading | None
    kind: Kind
    method: str | None = None


def choose(rows: Sequence[Row], zones: Zones, profile: Profile) -> Chosen:
    """The one reading of the goods whose sums all agree.

    Raises:
        Unread: with what stands against the reading that came farthest.
    """
    problems: list[str] = []
    for proven, own in ((True, True), (False, True), (True, False), (False, False)):
        layouts = [layout for layout in profile.layouts if layout.proven is proven and layout.own is own]
        for end in zones.ends if layouts else ():
            for start in zones.starts:
                if start >= end:
                    continue
                tried = _Try(rows, start, end, zones, profile)
                found = tried.chosen(layouts, proven=proven)
                if found is not None:
                    return found
                problems = problems or tried.problems
    raise Unread(problems or ["no lines of goods found"])


class _Try:
    """The goods between two rows, by every layout."""

    def __init__(self, rows: Sequence[Row], start: int, end: int, zones: Zones, profile: Profile) -> None:
        self._rows = rows[start:end]
        self._start = start
        self._end = end
        self._zones = zones
        self._profile = profile
        above = rows[start - 1] if start else None
        headed = zones.heading is not None and zones.heading.last + 1 == start
        self._opened = headed or above is None or above.blank or above.separator
        self._opened = self._opened or (start < end and rows[start].after_blank)
        self._entries = read_foot(rows, end, profile)
        self.problems: list[str] = []

    def chosen(self, layouts: Sequence[Layout], *, proven: bool) -> Chosen | None:
        if not proven and has_product(self._rows):
            return None
        heading = self._zones.heading
        if heading and heading.numbered(self._profile):
            layouts = [layout for layout in layouts if not layout.begins_with_quantity]
        readings = [read_goods(self._rows, layout, self._profile, opened=self._opened) for layout in layouts]
        holding: dict[tuple[object, ...], Goods] = {}
        for goods in readings:
            if goods.failure is None:
                best = holding.get(goods.figures)
                if best is None or goods.doubt < best.doubt:
                    holding[goods.figures] = goods
        settled: list[tuple[Goods, Settlement]] = []
        against: list[str] = []
        for goods in holding.values():
            try:
                settlement = settle(goods, self._entries, method=self._zones.method, kind=self._zones.kind)
            except Unsettled as error:
                against.append(str(error))
            else:
                settled.append((goods, settlement))
        if not settled:
            farthest = max(readings, key=lambda goods: goods.reached, default=None)
            self.problems = against or ([farthest.failure] if farthest and farthest.failure else [])
            return None
        kept = self._plausible(settled, proven=proven)
        if len(kept) != 1:
            raise Unread(["quantities and prices can be read in more than one way"])
        return Chosen(*kept[0], self._start, self._end)

    def _plausible(
        self, settled: list[tuple[Goods, Settlement]], *, proven: bool
    ) -> list[tuple[Goods, Settlement]]:
        heading = self._zones.heading
        order = heading.order(self._profile) if heading else None
        if proven:
            return [pair for pair in settled if _priced(pair[0], order, alone=len(settled) == 1)]
        if len(settled) == 1:
            return settled
        times = [pair for pair in settled if pair[0].layout.times]
        if len(times) == 1:
            return times  # no goods are all called "… x2"
        if heading and heading.counted(self._profile):
            return [pair for pair in settled if pair[0].layout.counts]
        if heading and heading.numbered(self._profile):
            return [pair for pair in settled if not pair[0].layout.counts]
        names = [item.name for goods, _ in settled if not goods.layout.counts for item in goods.items]
        counting = [goods for goods, _ in settled if goods.layout.counts]
        if len(names) > 1 and all(name[:1].isdigit() for name in names) and len(counting) == 1:
            return [pair for pair in settled if pair[0].layout.counts]
        return settled


def _priced(goods: Goods, order: str | None, *, alone: bool) -> bool:
    """Whether what a layout calls prices look like prices, over the whole receipt."""
    if alone:
        return True
    for_it = sum(_surely(item.price, abs(item.quantity)) for item in goods.items)
    against = sum(_surely(abs(item.quantity), item.price) for item in goods.items)
    if order is not None and order == goods.layout.order:
        return for_it > 0 or not against
    return for_it > 0 and not against


def _surely(price: Decimal | int, quantity: Decimal | int) -> bool:
    """Whether of two factors the first is the price for sure: nothing costs a few dong."""
    return (price >= 100 and quantity <= FEW and price >= 10 * quantity) or (
        price >= DEAR and price >= 50 * quantity
    )
