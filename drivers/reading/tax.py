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
class Taxed:
    """Lines with VAT and, where the paper says it, their rate."""

    lines: tuple[Line, ...]
    discount: int
    checks: tuple[str, ...]


def included_vat(
    lines: tuple[Line, ...], entries: Sequence[Entry], total: int, discount: int, running: frozenset[int]
) -> Taxed | str:
    """Lines as they are, given the rate that the VAT printed inside the total proves; or what is wrong."""
    named = _distinct(entries)
    if not named:
        return Taxed(lines, discount, ())
    slack = 1 + len(lines)
    if len(named) == 1:
        entry = named[0]
        rates = (
            [int(entry.percent)] if entry.percent in RATES else list(RATES) if entry.percent is None else []
        )
        fitting = [rate for rate in rates if _inside(total, rate, entry, running, slack)]
        if len(fitting) != 1:
            return f"the VAT {entry.amount} is not that of {total}"
        rate = f"{fitting[0]}%"
        if any(line.vat_rate not in {None, rate} for line in lines):
            return "the lines' VAT rates are not that of the foot"
        return Taxed(_rated(lines, rate), discount, (f"VAT {rate} inside {total} = {entry.amount}",))
    return _by_rate(lines, named, discount, slack)


def added_vat(
    lines: tuple[Line, ...], entries: Sequence[Entry], base: int, discount: int, total: int
) -> Taxed | str:
    """Lines raised by the VAT that the foot adds to ``base``; or what is wrong."""
    slack = 1 + len(lines)
    if len(entries) == 1:
        entry = entries[0]
        rates = (
            [int(entry.percent)] if entry.percent in RATES else list(RATES) if entry.percent is None else []
        )
        bases = {base, *([entry.extra] if entry.extra == base else [])}
        if entry.extra is not None and entry.extra not in bases:
            return f"the VAT's base {entry.extra} is not {base}"
        fitting = [rate for rate in rates if abs(base * rate - entry.amount * 100) <= slack * 100]
        if len(fitting) != 1:
            return f"the VAT {entry.amount} is not that of {base}"
        lines = _rated(lines, f"{fitting[0]}%")
    elif any(line.vat_rate is None for line in lines) or discount:
        return "VAT of several rates, and the lines do not say which is theirs"
    else:
        for entry in entries:
            net = sum(line.amount for line in lines if line.vat_rate == f"{entry.percent}%")
            if entry.percent is None or abs(net * entry.percent - entry.amount * 100) > slack * 100:
                return f"the VAT {entry.amount} is not that of its lines"
    return _raised(lines, discount, total, sum(entry.amount for entry in entries))


def _distinct(entries: Sequence[Entry]) -> list[Entry]:
    """Each rate once: a foot may say its VAT again."""
    seen = {(entry.percent, entry.amount): entry for entry in entries}
    return list(seen.values())


def _inside(total: int, rate: int, entry: Entry, running: frozenset[int], slack: int) -> bool:
    bases = {total} if entry.percent is None else {total, *running}
    vat = entry.amount
    return any(abs(base * rate - vat * (100 + rate)) <= slack * (100 + rate) for base in bases)


def _by_rate(lines: tuple[Line, ...], entries: Sequence[Entry], discount: int, slack: int) -> Taxed | str:
    if discount or any(line.vat_rate is None for line in lines):
        return "VAT of several rates, and the lines do not say which is theirs"
    for entry in entries:
        gross = sum(line.amount for line in lines if line.vat_rate == f"{entry.percent}%")
        if entry.percent is None or abs(
            gross * entry.percent - entry.amount * (100 + entry.percent)
        ) > slack * (100 + entry.percent):
            return f"the VAT {entry.amount} is not that of its lines"
    return Taxed(lines, discount, tuple(f"VAT {entry.percent}% = {entry.amount}" for entry in entries))


def _rated(lines: tuple[Line, ...], rate: str) -> tuple[Line, ...]:
    return tuple(replace(line, vat_rate=rate) for line in lines)


def _raised(lines: tuple[Line, ...], discount: int, total: int, vat: int) -> Taxed | str:
    factors = [Decimal(100 + int((line.vat_rate or "0%").rstrip("%"))) / 100 for line in lines]
    amounts = [_whole(line.amount * factor) for line, factor in zip(lines, factors, strict=True)]
    if discount:
        gross_discount = sum(amounts) - total
        if abs(gross_discount - _whole(discount * factors[0])) > 1 + len(lines):
            return "the discount does not fit the VAT"
    else:
        gross_discount = 0
        off = total - sum(amounts)
        if abs(off) > 1 + len(lines):
            return f"lines with VAT {sum(amounts)} are not the total {total}"
        largest = sorted(range(len(amounts)), key=lambda place: -amounts[place])
        for turn in range(abs(off)):
            amounts[largest[turn % len(largest)]] += 1 if off > 0 else -1
    raised = tuple(
        _with_vat(line, factor, amount) for line, factor, amount in zip(lines, factors, amounts, strict=True)
    )
    return Taxed(raised, gross_discount, (f"net + VAT {vat} = total {total}",))


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
