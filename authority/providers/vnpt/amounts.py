"""The figures of an order line by line, as the provider adds them up (``docs/vnpt.md``).

Our VAT is reckoned for all lines of a rate together (``invoice.compose``); the provider has it on each line
and adds the lines. So the rate's VAT is shared out over its lines, each within a dong of its own exact VAT.
Everything is reckoned in the currency's smallest unit, as whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from authority.providers.errors import AmountsRefused
from invoice.invoice import Nature
from invoice.numbers import Form
from invoice.rates import Rate
from invoice.sale import WHOLE_CURRENCIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoice.invoice import Amount, InvoiceContent, InvoiceLine, RateTotal

_WHOLE = 10_000  # basis points of all
_UNCOUNTED = {Nature.NOTE, Nature.PROMOTION}


@dataclass(frozen=True, slots=True)
class Figures:
    """One line: its amount, its VAT and both together; None where a line has none (notes, sales invoices)."""

    net: Amount | None
    vat: Amount | None
    gross: Amount | None


def figures_of(content: InvoiceContent) -> tuple[Figures, ...]:
    """The figures of every line of an order, in their order; they add up to its totals.

    Raises:
        AmountsRefused: no sharing out agrees with the order's own totals.
    """
    unit = 1 if content.currency in WHOLE_CURRENCIES else 100
    counted = [_units(line.counted, unit) for line in content.lines]
    vats = [0] * len(content.lines)
    if content.form is Form.VAT:
        for total in content.rate_totals:
            members = [
                i
                for i, line in enumerate(content.lines)
                if line.rate == total.rate and line.nature not in _UNCOUNTED
            ]
            if sum(counted[i] for i in members) != _units(total.net, unit):
                raise AmountsRefused(f"the lines at {total.rate} do not add up to {total.net}")
            shares = _shared(total, members, counted, content.lines, unit)
            for i, share in zip(members, shares, strict=True):
                vats[i] = share
    _check(content, sum(counted), sum(vats), unit)
    taxed = content.form is Form.VAT
    return tuple(
        _figures(line, vat, unit, taxed=taxed) for line, vat in zip(content.lines, vats, strict=True)
    )


def _shared(
    total: RateTotal, members: list[int], counted: list[int], lines: Sequence[InvoiceLine], unit: int
) -> list[int]:
    """A rate's VAT over its lines: each share rounded down, what is left to those that lost most."""
    points = Rate.parse(total.rate).basis_points
    exact = [counted[i] * points for i in members]
    shares = [value // _WHOLE for value in exact]
    left = _units(total.tax, unit) - sum(shares)
    ranked = sorted(
        range(len(members)), key=lambda at: (-(exact[at] % _WHOLE), -abs(exact[at]), lines[members[at]].name)
    )
    step = 1 if left > 0 else -1
    for at in (ranked if step > 0 else ranked[::-1])[: abs(left)]:
        shares[at] += step
    fits = all(abs(share * _WHOLE - value) <= _WHOLE for share, value in zip(shares, exact, strict=True))
    if sum(shares) != _units(total.tax, unit) or not fits or (not points and any(shares)):
        raise AmountsRefused(f"the VAT {total.tax} at {total.rate} cannot be shared out over its lines")
    return shares


def _check(content: InvoiceContent, net: int, vat: int, unit: int) -> None:
    """The totals as the provider will add them up."""
    fees = sum(_units(fee.amount, unit) for fee in content.fees)
    due = net + vat + fees - _units(content.trade_discount or 0, unit)
    taxed = content.form is Form.VAT
    if due != _units(content.total, unit) or (
        taxed and (net, vat) != (_units(content.net, unit), _units(content.tax, unit))
    ):
        raise AmountsRefused(f"the lines make {Decimal(due) / unit}, the invoice says {content.total}")


def _figures(line: InvoiceLine, vat: int, unit: int, *, taxed: bool) -> Figures:
    if line.nature is Nature.NOTE:
        return Figures(None, None, None)
    net = _units(line.amount or 0, unit)
    # A discount line stands with positive figures and is taken off.
    share = -vat if line.nature is Nature.TRADE_DISCOUNT else vat
    return Figures(_shown(net, unit), _shown(share, unit) if taxed else None, _shown(net + share, unit))


def _units(amount: Amount, unit: int) -> int:
    whole = Decimal(amount) * unit
    if whole != int(whole):
        raise AmountsRefused(f"{amount} has more decimals than its currency")
    return int(whole)


def _shown(amount: int, unit: int) -> Amount:
    return amount if unit == 1 else Decimal(amount) / unit
