"""VAT lines: inside the total, or put on top of it; the rate must fit the amount, or nothing is believed.

A ``Sale`` carries amounts with VAT. Where the paper adds VAT at the end, each line is raised by its rate
and the rounding left over is carried by the largest lines, so that the sum is the printed total.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.foot import Entry
    from invoice.sale import Line

RATES = (5, 8, 10)  # per cent; 0 needs no sum
_SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Part:
    """Lines, discount and service charge that make ``sum`` (dong) together."""

    lines: tuple[Line, ...]
    discount: int
    service_charge: int
    sum: int


@dataclass(frozen=True, slots=True)
class Taxed:
    """A part with VAT in its amounts, its lines with their rate where the paper says it."""

    part: Part
    checks: tuple[str, ...]


def included_vat(whole: Part, entries: Sequence[Entry], running: frozenset[int]) -> Taxed | str:
    """Lines as they are, given the rate that the VAT printed inside the total proves; or what is wrong."""
    named = _distinct(entries)
    if not named:
        return Taxed(whole, ())
    slack = 1 + len(whole.lines)
    if len(named) > 1:
        return _by_rate(whole, named, slack)
    entry = named[0]
    fitting = [rate for rate in _rates(entry) if _inside(whole.sum, rate, entry, running, slack)]
    if len(fitting) != 1:
        return f"the VAT {entry.amount} is not that of {whole.sum}"
    rate = f"{fitting[0]}%"
    if any(line.vat_rate not in {None, rate} for line in whole.lines):
        return "the lines' VAT rates are not that of the foot"
    rated = replace(whole, lines=_rated(whole.lines, rate))
    return Taxed(rated, (f"VAT {rate} inside {whole.sum} = {entry.amount}",))


def added_vat(part: Part, entries: Sequence[Entry]) -> Taxed | str:
    """The part raised by the VAT that the foot adds to its sum; or what is wrong."""
    lines, base = part.lines, part.sum
    slack = 1 + len(lines)
    if len(entries) == 1:
        entry = entries[0]
        if entry.extra not in {None, base}:
            return f"the VAT's base {entry.extra} is not {base}"
        fitting = [rate for rate in _rates(entry) if abs(base * rate - entry.amount * 100) <= slack * 100]
        if len(fitting) != 1:
            return f"the VAT {entry.amount} is not that of {base}"
        lines = _rated(lines, f"{fitting[0]}%")
    elif any(line.vat_rate is None for line in lines) or part.discount or part.service_charge:
        return "VAT of several rates, and the lines do not say which is theirs"
    else:
        for entry in entries:
            net = sum(line.amount for line in lines if line.vat_rate == f"{entry.percent}%")
            if entry.percent is None or abs(net * entry.percent - entry.amount * 100) > slack * 100:
                return f"the VAT {entry.amount} is not that of its lines"
    return _raised(replace(part, lines=lines), sum(entry.amount for entry in entries))


def _rates(entry: Entry) -> list[int]:
    """The rates that a VAT row may be of."""
    if entry.percent is None:
        return list(RATES)
    return [int(entry.percent)] if entry.percent in RATES else []


def _distinct(entries: Sequence[Entry]) -> list[Entry]:
    """Each rate once: a foot may say its VAT again."""
    seen = {(entry.percent, entry.amount): entry for entry in entries}
    return list(seen.values())


def _inside(total: int, rate: int, entry: Entry, running: frozenset[int], slack: int) -> bool:
    bases = {total} if entry.percent is None else {total, *running}
    vat = entry.amount
    return any(abs(base * rate - vat * (100 + rate)) <= slack * (100 + rate) for base in bases)


def _by_rate(whole: Part, entries: Sequence[Entry], slack: int) -> Taxed | str:
    lines = whole.lines
    if whole.discount or whole.service_charge or any(line.vat_rate is None for line in lines):
        return "VAT of several rates, and the lines do not say which is theirs"
    for entry in entries:
        gross = sum(line.amount for line in lines if line.vat_rate == f"{entry.percent}%")
        if entry.percent is None or abs(
            gross * entry.percent - entry.amount * (100 + entry.percent)
        ) > slack * (100 + entry.percent):
            return f"the VAT {entry.amount} is not that of its lines"
    return Taxed(whole, tuple(f"VAT {entry.percent}% = {entry.amount}" for entry in entries))


def _rated(lines: tuple[Line, ...], rate: str) -> tuple[Line, ...]:
    return tuple(replace(line, vat_rate=rate) for line in lines)


def _raised(part: Part, vat: int) -> Taxed | str:
    lines, total = part.lines, part.sum + vat
    factors = [Decimal(100 + int((line.vat_rate or "0%").rstrip("%"))) / 100 for line in lines]
    amounts = [_whole(line.amount * factor) for line, factor in zip(lines, factors, strict=True)]
    service = _whole(part.service_charge * factors[0])
    off = total - sum(amounts) - service
    discount = 0
    if part.discount:
        discount = -off
        if abs(discount - _whole(part.discount * factors[0])) > 1 + len(lines):
            return "the discount does not fit the VAT"
    elif abs(off) > 1 + len(lines):
        return f"lines with VAT {sum(amounts)} are not the total {total}"
    else:
        largest = sorted(range(len(amounts)), key=lambda place: -amounts[place])
        for turn in range(abs(off)):
            amounts[largest[turn % len(largest)]] += 1 if off > 0 else -1
    raised = tuple(
        _with_vat(line, factor, amount) for line, factor, amount in zip(lines, factors, amounts, strict=True)
    )
    return Taxed(Part(raised, discount, service, total), (f"net + VAT {vat} = {total}",))


def _with_vat(line: Line, factor: Decimal, amount: int) -> Line:
    discount = _whole(line.discount * factor)
    price = line.unit_price * factor
    if abs(line.quantity * price - discount - amount) > Decimal("0.5"):
        price = (Decimal(amount + discount) / line.quantity).quantize(_SIX_PLACES) if line.quantity else price
    return replace(
        line,
        unit_price=price.normalize() if price % 1 else price.quantize(Decimal(1)),
        amount=amount,
        discount=discount,
    )


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
