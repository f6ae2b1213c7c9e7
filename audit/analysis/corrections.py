"""Corrections that lower turnover: adjusting invoices below zero, and replacements below what they"
" replace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.figures import count, dong, percent
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from audit.dossier import Dossier, Invoiced

REPLACES, ADJUSTS, REPLACES_MANY, ADJUSTS_MANY = 1, 2, 3, 4  # TCHDon
MUCH = 0.02  # of the period's turnover
SOME = 5


@dataclass(frozen=True, slots=True)
class Corrections:
    """Invoices that correct others, and by how much each changes the turnover where that is known (dong)."""

    changes: tuple[tuple[Invoiced, int | None], ...]

    @property
    def lowered(self) -> int:
        """What was taken off in all, as a positive amount."""
        return -sum(change for _, change in self.changes if change is not None and change < 0)


def corrections(dossier: Dossier) -> tuple[Corrections, list[Finding]]:
    """Add up what corrections take off."""
    totals = {invoice.number: invoice.total for invoice in dossier.invoices}
    found = Corrections(
        tuple((one, _change(one, totals)) for one in dossier.invoices if one.corrects is not None)
    )
    down = [one for one, change in found.changes if change is not None and change < 0]
    if not down:
        return found, []
    turnover = sum(invoice.total for invoice in dossier.sales)
    share = percent(found.lowered, turnover)
    much = len(down) >= SOME and found.lowered > MUCH * turnover
    finding = Finding(
        "corrected-down",
        Weight.LOOK if much else Weight.NOTE,
        Words(
            f"Hóa đơn điều chỉnh giảm hoặc thay thế thấp hơn: {count(len(down)).vi}, giảm"
            f" {dong(found.lowered).vi}"
            f" ({share.vi} doanh thu).",
            f"Invoices that lower others: {count(len(down)).en}, by {dong(found.lowered).en}"
            f" ({share.en} of the turnover).",
        ),
        tuple(Cite("invoice", one.number) for one in down),
        found.lowered,
    )
    return found, [finding]


def _change(one: Invoiced, totals: dict[int, int]) -> int | None:
    if one.relation in {ADJUSTS, ADJUSTS_MANY}:
        return one.total
    before = totals.get(one.corrects or 0)
    return one.total - before if one.relation == REPLACES and before is not None else None
