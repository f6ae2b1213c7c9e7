"""First digits of totals against Benford's law, where that may be asked at all.

Receipts of one shop often do not follow Benford: prices are few and narrow. So the law is applied only to
many totals that span orders of magnitude, and what it says is a reason to look, never more. Limits of the
mean absolute deviation are Nigrini's (Benford's Law, 2012, table 7.1): above 0.015 is no conformity.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import TYPE_CHECKING

from audit.analysis.chance import chi_squared_above
from audit.figures import count, decimal
from audit.findings import Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from audit.dossier import Dossier

FEWEST = 1000
SPAN = 100.0  # the 99th percentile against the 1st: two orders of magnitude
NO_CONFORMITY = 0.015
EXPECTED = tuple(log10(1 + 1 / digit) for digit in range(1, 10))


@dataclass(frozen=True, slots=True)
class Digits:
    """Counts of the first digits 1 to 9. ``unfit``: why Benford cannot be asked, else None."""

    counts: tuple[int, ...]
    deviation: float
    chance: float
    unfit: Words | None


def digits(dossier: Dossier) -> tuple[Digits, list[Finding]]:
    """Count, and judge if there is enough."""
    totals = sorted(invoice.total for invoice in dossier.sales if invoice.total > 0)
    counts = [0] * 9
    for total in totals:
        counts[int(str(total)[0]) - 1] += 1
    size = len(totals)
    if size < FEWEST:
        unfit = Words(
            f"chỉ có {count(size).vi} hóa đơn, cần ít nhất {count(FEWEST).vi}",
            f"there are only {count(size).en} invoices, {count(FEWEST).en} are needed",
        )
        return Digits(tuple(counts), 0.0, 1.0, unfit), []
    span = totals[int(size * 0.99)] / totals[int(size * 0.01)]
    deviation = sum(abs(one / size - share) for one, share in zip(counts, EXPECTED, strict=True)) / 9
    chi = sum((one - share * size) ** 2 / (share * size) for one, share in zip(counts, EXPECTED, strict=True))
    found = Digits(tuple(counts), deviation, chi_squared_above(chi, 8), None)
    if span < SPAN:
        unfit = Words(
            f"giá trị hóa đơn chỉ trải rộng {decimal(span, 0).vi} lần, cần {decimal(SPAN, 0).vi} lần",
            f"the totals span only a factor of {decimal(span, 0).en}, {decimal(SPAN, 0).en} is needed",
        )
        return Digits(found.counts, deviation, found.chance, unfit), []
    if deviation <= NO_CONFORMITY:
        return found, []
    return found, [
        Finding(
            "benford",
            Weight.NOTE,
            Words(
                f"Chữ số đầu của {count(size).vi} hóa đơn không theo luật Benford (độ lệch trung bình"
                f" {decimal(deviation, 3).vi}; trên 0,015 là không phù hợp).",
                f"The first digits of {count(size).en} invoices do not follow Benford's law (mean deviation"
                f" {decimal(deviation, 3).en}; above 0.015 is no conformity).",
            ),
        )
    ]
