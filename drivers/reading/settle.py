"""The sums: goods and foot entries make one sale, or it is said why not.

The total is the row from which everything else follows: what stands above it must add up to it, what
stands below must be paid by it. All meanings that labels leave open (VAT inside or on top, a rounding's
sign, a discount named twice) are tried; if two of them hold and differ, the receipt is not understood.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING

from drivers.reading.amounts import readings
from drivers.reading.paid import Unpaid, settle_payments
from drivers.reading.tax import Part, added_vat, included_vat
from invoice.sale import Kind, Line, Payment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.foot import Entry
    from drivers.reading.goods import Goods

_LOWERS = frozenset({"discount", "voucher", "points"})
_RAISES = frozenset({"fee", "service", "tip"})
_SUMS = frozenset({"subtotal", "total", "returned", "net", "remaining"})
_ABOVE = _LOWERS | _RAISES | _SUMS | {"rounding", "vat", "count", "note"}


@dataclass(frozen=True, slots=True)
class Settlement:
    """A receipt whose sums all agree; ``checks`` says which were made, ``used`` which rows gave what.

    total = lines - discount + service charge + rounding (signed), all in dong.
    """

    lines: tuple[Line, ...]
    discount: int
    service_charge: int
    rounding: int
    total: int
    payments: tuple[Payment, ...]
    returned: bool
    turned: bool
    checks: tuple[str, ...]
    used: tuple[tuple[str, Entry], ...] = field(compare=False, default=())


class Unsettled(Exception):
    """Why the sums do not agree; never leaves this package."""


def settle(goods: Goods, entries: Sequence[Entry], *, method: str | None, kind: Kind) -> Settlement:
    """Find the one settlement of a receipt.

    Raises:
        Unsettled: with what does not agree.
    """
    turned = _turned(goods, entries)
    if turned is not None:
        goods, entries = turned
    tries: list[str] = []
    for place in _totals(entries):
        try:
            found = _settled(goods, entries, place, method, kind)
        except Unsettled as error:
            tries.append(str(error))
            continue
        if len(set(found)) > 1:
            raise Unsettled("the sums can be read in more than one way")
        return replace(found[0], returned=True, turned=True) if turned else found[0]
    raise Unsettled(tries[0] if tries else "no total found")


def _turned(goods: Goods, entries: Sequence[Entry]) -> tuple[Goods, Sequence[Entry]] | None:
    """A return that prints all its figures with a minus, as the positive figures a return carries here."""
    signs = {item.amount < 0 for item in goods.items if item.amount}
    if True not in signs:
        return None
    if False in signs:
        raise Unsettled("goods sold and goods taken back on one receipt")
    items = [
        replace(item, amount=-item.amount, price=abs(item.price), quantity=abs(item.quantity))
        for item in goods.items
    ]
    return replace(goods, items=items), [replace(entry, amount=abs(entry.amount)) for entry in entries]


def _totals(entries: Sequence[Entry]) -> list[int]:
    """The places of entries that may be the total, the likeliest first."""
    ranks: tuple[set[str], ...] = ({"total", "returned"}, {"remaining"}, {"subtotal"})
    found = [
        place for roles in ranks for place in range(len(entries) - 1, -1, -1) if entries[place].roles & roles
    ]
    tip = next((place for place, entry in enumerate(entries) if "tip" in entry.roles), len(entries))
    return sorted(dict.fromkeys(found), key=lambda place: place > tip)  # a tip is no part of the total


def _settled(
    goods: Goods, entries: Sequence[Entry], place: int, method: str | None, kind: Kind
) -> list[Settlement]:
    total = entries[place]
    above, below = entries[:place], entries[place + 1 :]
    # A mere first sum is believed where it was paid as it stands; else the receipt is torn or a row lost.
    left = any("remaining" in entry.roles for entry in below)
    unproven = _LOWERS if left else _LOWERS | {"deposit"}
    paid = (below or method) and not any(entry.roles & unproven for entry in below)
    if not total.roles & {"total", "returned", "remaining"} and not paid:
        raise Unsettled("no total found")
    for entry in above:
        if not entry.roles & _ABOVE or (entry.extra is not None and entry.roles & _RAISES):
            raise Unsettled(f"unknown amount in {entry.label!r}: {entry.amount}")
    if any("tip" in entry.roles for entry in above) and any("total" in entry.roles for entry in above):
        raise Unsettled("a total without the tip, and one with it")
    found = []
    problem: Unsettled | None = None
    for choice in _choices(goods, above):
        try:
            found.append(_Sum(goods, above, total, below, choice).settlement(method, kind))
        except Unsettled as error:
            problem = problem or error
    if not found:
        raise problem or Unsettled("no total found")
    return found


@dataclass(frozen=True, slots=True)
class _Choice:
    """One way to read what labels leave open."""

    vat_added: bool
    rounding: int  # +1 or -1: the sign of an unsigned rounding
    repeated: bool  # the foot's discount says the lines' discounts again


def _choices(goods: Goods, above: Sequence[Entry]) -> list[_Choice]:
    vat = any("vat" in entry.roles and entry.amount for entry in above)
    rounding = any("rounding" in entry.roles and entry.amount > 0 for entry in above)
    repeated = any(item.discount for item in goods.items) and any(entry.roles & _LOWERS for entry in above)
    return [
        _Choice(*choice)
        for choice in product(
            (False, True) if vat else (False,),
            (1, -1) if rounding else (1,),
            (False, True) if repeated else (False,),
        )
    ]


class _Sum:
    def __init__(
        self, goods: Goods, above: Sequence[Entry], total: Entry, below: Sequence[Entry], choice: _Choice
    ) -> None:
        self._goods = goods
        self._above = above
        self._total = total
        self._below = below
        self._choice = choice
        self._lines = [
            Line(
                item.name,
                item.quantity,
                Decimal(item.price),
                item.amount,
                unit=item.unit,
                vat_rate=item.vat_rate,
                discount=item.discount,
                code=item.code,
            )
            for item in goods.items
        ]
        self._goods_sum = sum(line.amount for line in self._lines)
        self._line_discounts = sum(line.discount for line in self._lines)
        self._discount = self._service = self._rounding = 0
        self._vat: list[Entry] = []
        self._taxed_part: Part | None = None  # what the VAT was put on; what comes later is as it stands
        self._running = {self._goods_sum, self._goods_sum + self._line_discounts}
        self._checks: list[str] = []
        self._used: list[tuple[str, Entry]] = []

    def settlement(self, method: str | None, kind: Kind) -> Settlement:
        reached = self._add_up()
        total = self._total.amount
        if reached != total:
            raise Unsettled(
                f"lines {self._goods_sum}, discount {self._discount}: {reached} is not the total {total}"
            )
        self._checks.append(f"goods and adjustments = total {total}")
        self._used.append(("total", self._total))
        if self._total.extra is not None:
            self._count(str(self._total.extra))
        part, checks = self._with_vat()
        self._explain_sums(total)
        try:
            paid = settle_payments(
                self._below, total, method, frozenset(self._running), self._line_discounts + self._discount
            )
        except Unpaid as error:
            raise Unsettled(str(error)) from error
        for entry in paid.counts:
            self._count(entry.counted or str(entry.amount))
        self._checks += [*checks, *paid.checks]
        self._used += paid.used
        return Settlement(
            lines=part.lines,
            discount=part.discount,
            service_charge=part.service_charge,
            rounding=self._rounding,
            total=total,
            payments=paid.payments if kind in {Kind.SALE, Kind.REPRINT} else (),
            returned="returned" in self._total.roles,
            turned=False,
            checks=tuple(self._checks),
            used=tuple(self._used),
        )

    def _add_up(self) -> int:
        reached = self._goods_sum
        left = self._line_discounts  # of the lines' discounts, what the foot may still say again
        for entry in self._above:
            amount = abs(entry.amount)
            if entry.roles & _LOWERS:
                if self._choice.repeated and 0 < amount <= left:
                    left -= amount
                    continue
                self._discount += amount
                reached -= amount
                self._used.append(("discount", entry))
            elif entry.roles & _RAISES:
                if entry.amount < 0:
                    raise Unsettled(f"{entry.label!r} is negative")
                reached += amount
                self._raise(entry, amount)
            elif "rounding" in entry.roles:
                signed = entry.amount if entry.amount < 0 else amount * self._choice.rounding
                reached += signed
                self._rounding += signed
                self._used.append(("rounding", entry))
            elif "vat" in entry.roles:
                if not amount:
                    continue
                if entry.amount < 0:
                    raise Unsettled(f"{entry.label!r} is negative")
                if not self._vat:
                    self._taxed_part = self._part(reached)
                self._vat.append(entry)
                if self._choice.vat_added:
                    reached += amount
            elif "count" in entry.roles:
                self._count(entry.counted or str(entry.amount))
            elif entry.roles & _SUMS and entry.extra is not None:
                self._count(str(entry.extra))
            self._running.add(reached)
        if self._choice.repeated and left:
            raise Unsettled("the lines' discounts are not those of the foot")
        if self._discount > self._goods_sum:
            raise Unsettled(f"the discount {self._discount} is more than the goods {self._goods_sum}")
        return reached

    def _raise(self, entry: Entry, amount: int) -> None:
        if "service" in entry.roles:
            self._service += amount
            self._used.append(("service_charge", entry))
        elif amount:
            self._lines.append(Line(entry.label.strip(" :"), Decimal(1), Decimal(amount), amount))
            self._used.append((f"lines[{len(self._lines) - 1}]", entry))

    def _part(self, reached: int) -> Part:
        return Part(tuple(self._lines), self._discount, self._service, reached - self._rounding)

    def _count(self, printed: str) -> None:
        items = self._goods.items
        whole = sum(item.quantity for item in items)
        pieces = sum(item.quantity if item.quantity == int(item.quantity) else 1 for item in items)
        if not {len(items), whole, pieces} & set(readings(printed)):
            raise Unsettled(f"{printed} items are named, {len(items)} were read")
        self._checks.append(f"{printed} items")

    def _with_vat(self) -> tuple[Part, tuple[str, ...]]:
        """All of the receipt with VAT in its amounts, and the sums that showed it."""
        whole = self._part(self._total.amount)
        tax_below = [entry for entry in self._below if "vat" in entry.roles and entry.amount]
        self._used += [("vat", entry) for entry in (*self._vat, *tax_below)]
        if self._vat and self._choice.vat_added and self._taxed_part:
            if tax_below:
                raise Unsettled("VAT above and below the total")
            first = self._taxed_part
            taxed = added_vat(first, self._vat)
            if isinstance(taxed, str):
                raise Unsettled(taxed)
            later = Part(
                (*taxed.part.lines, *whole.lines[len(first.lines) :]),
                taxed.part.discount + whole.discount - first.discount,
                taxed.part.service_charge + whole.service_charge - first.service_charge,
                whole.sum,
            )
            return later, taxed.checks
        taxed = included_vat(whole, [*self._vat, *tax_below], frozenset(self._running))
        if isinstance(taxed, str):
            raise Unsettled(taxed)
        return taxed.part, taxed.checks

    def _explain_sums(self, total: int) -> None:
        taxes = sum({(entry.percent, entry.extra): entry.amount for entry in self._vat}.values()) + sum(
            entry.amount for entry in self._below if "vat" in entry.roles
        )
        known = self._running | {total} | {value - taxes for value in (*self._running, total)}
        for entry in self._above:
            if entry.roles & _SUMS and not entry.roles & {"vat"}:
                if entry.amount not in known:
                    raise Unsettled(f"lines {self._goods_sum} do not make {entry.label!r} {entry.amount}")
                self._checks.append(f"{entry.label} {entry.amount}")
