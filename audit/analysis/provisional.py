"""Provisional bills (phiếu tạm tính): what became of each, by the register's own number or its table.

The oldest trick of restaurants: a provisional bill is shown, paid in cash, and then voided, lowered, or
shown to the next guests again. A bill counts as settled where an invoiced sale of the same number follows,
or (without a number) one of the same table or amount.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from audit.dossier import Fate
from audit.figures import count, dong, percent
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.dossier import Dossier, Paper

STAY = timedelta(hours=6)  # guests sit no longer over a bill
MEAL = timedelta(minutes=60)  # the same bill printed again after that is shown to somebody else, perhaps
AGAIN_SHARE = 0.02  # guests who stay long ask for their bill again now and then
MANY, MANY_SHARE = 8, 0.05  # from so many bills, and this share of all, it is no longer a slip


@dataclass(frozen=True, slots=True)
class Bills:
    """Provisional bills by what became of them; a bill printed twice counts once."""

    shown: int
    settled: int
    unpaid: tuple[Paper, ...]  # no sale followed
    lowered: tuple[tuple[Paper, Paper], ...]  # (bill, sale) where the sale is lower
    again: tuple[tuple[Paper, Paper], ...]  # (first print, print long after it or after its sale)


def provisional(dossier: Dossier) -> tuple[Bills, list[Finding]]:
    """Follow every provisional bill to its sale."""
    by_number: dict[tuple[str, str], list[Paper]] = defaultdict(list)
    unnumbered: list[Paper] = []
    sales_by_number: dict[tuple[str, str], list[Paper]] = defaultdict(list)
    sales: list[Paper] = []
    for paper in dossier.papers:
        if paper.kind == "provisional" and paper.fate is Fate.NON_SALE:
            if paper.receipt_no:
                by_number[paper.source, paper.receipt_no].append(paper)
            else:
                unnumbered.append(paper)
        elif paper.fate in {Fate.INVOICED, Fate.RESOLVED_SALE, Fate.WAITING, Fate.OPEN}:
            sales.append(paper)
            if paper.receipt_no:
                sales_by_number[paper.source, paper.receipt_no].append(paper)
    unpaid: list[Paper] = []
    lowered: list[tuple[Paper, Paper]] = []
    again: list[tuple[Paper, Paper]] = []
    shown = settled = 0
    for key, prints in by_number.items():
        for visit in _visits(prints):
            shown += 1
            last = visit[-1]
            sale = next((one for one in sales_by_number[key] if _settles(visit[0], one)), None)
            if sale is None:
                if last.at + STAY < dossier.exported_at:
                    unpaid.append(last)
                continue
            settled += 1
            if sale.total is not None and last.total is not None and sale.total < last.total:
                lowered.append((last, sale))
        again.extend(_again(prints, sales_by_number[key]))
    free = _without_number(sales)
    for bill in _last_of_table(unnumbered):
        shown += 1
        if _take(bill, free):
            settled += 1
        elif bill.at + STAY < dossier.exported_at:
            unpaid.append(bill)
    bills = Bills(shown, settled, tuple(unpaid), tuple(lowered), tuple(again))
    return bills, list(_findings(bills))


def _visits(prints: list[Paper]) -> Iterator[list[Paper]]:
    """The prints of one number that may be one visit: numbers may begin anew each day."""
    visit: list[Paper] = []
    for paper in prints:
        if visit and paper.at - visit[-1].at > STAY:
            yield visit
            visit = []
        visit.append(paper)
    if visit:
        yield visit


def _settles(bill: Paper, sale: Paper) -> bool:
    return timedelta(0) <= sale.at - bill.at <= STAY


def _again(prints: list[Paper], sales: list[Paper]) -> Iterator[tuple[Paper, Paper]]:
    """Prints of the same bill long after the first, or after it was paid."""
    for visit in _visits(prints):
        first = visit[0]
        paid = next((sale.at for sale in sales if _settles(first, sale)), None)
        shown = first.at
        for later in visit[1:]:
            if later.total == first.total and (later.at - shown > MEAL or (paid and later.at > paid)):
                yield first, later
            shown = later.at


def _last_of_table(bills: list[Paper]) -> list[Paper]:
    """Of bills without number: a table's later bill takes the place of its earlier one."""
    kept: dict[object, Paper] = {}
    out = []
    for bill in bills:
        key: object = (bill.source, bill.table) if bill.table else bill.number
        before = kept.get(key)
        if before is not None and bill.at - before.at > MEAL:
            out.append(before)
        kept[key] = bill
    return sorted([*out, *kept.values()], key=lambda bill: bill.number)


def _without_number(sales: list[Paper]) -> dict[str, list[Paper]]:
    """Sales that may settle a bill without number, by source; each settles one."""
    free: dict[str, list[Paper]] = defaultdict(list)
    for sale in sales:
        free[sale.source].append(sale)
    return free


def _take(bill: Paper, free: dict[str, list[Paper]]) -> bool:
    for sale in free[bill.source]:
        if _settles(bill, sale) and (
            sale.table == bill.table if bill.table and sale.table else sale.total == bill.total
        ):
            free[bill.source].remove(sale)
            return True
    return False


def _findings(bills: Bills) -> Iterator[Finding]:
    if bills.unpaid:
        total = sum(bill.total or 0 for bill in bills.unpaid)
        share = percent(len(bills.unpaid), bills.shown)
        yield Finding(
            "void-after-bill",
            _weight(len(bills.unpaid), bills.shown),
            Words(
                f"{count(len(bills.unpaid)).vi} phiếu tạm tính ({share.vi}) không có phiếu bán hàng theo sau;"
                f" số tiền trên phiếu: {dong(total).vi}.",
                f"Provisional bills that were not followed by a sale: {count(len(bills.unpaid)).en}"
                f" ({share.en}); amount on them: {dong(total).en}.",
            ),
            tuple(Cite("paper", bill.number) for bill in bills.unpaid),
            total,
        )
    if bills.lowered:
        total = sum((bill.total or 0) - (sale.total or 0) for bill, sale in bills.lowered)
        yield Finding(
            "lowered-after-bill",
            _weight(len(bills.lowered), bills.shown),
            Words(
                f"{count(len(bills.lowered)).vi} lần bán thấp hơn phiếu tạm tính đã in;"
                f" giảm tổng cộng {dong(total).vi}.",
                f"Sales lower than the provisional bill shown before: {count(len(bills.lowered)).en};"
                f" together {dong(total).en}.",
            ),
            tuple(
                cite
                for bill, sale in bills.lowered
                for cite in (Cite("paper", bill.number), Cite("paper", sale.number))
            ),
            total,
        )
    if bills.again:
        total = sum(later.total or 0 for _, later in bills.again)
        yield Finding(
            "bill-used-again",
            _weight(len(bills.again), bills.shown, AGAIN_SHARE),
            Words(
                f"{count(len(bills.again)).vi} lần một phiếu tạm tính được in lại sau khi đã thanh toán hoặc"
                f" hơn một giờ sau; số tiền trên phiếu: {dong(total).vi}.",
                "Prints of a provisional bill after it had been paid, or more than an hour later:"
                f" {count(len(bills.again)).en}; amount on them: {dong(total).en}.",
            ),
            tuple(
                cite
                for first, later in bills.again
                for cite in (Cite("paper", first.number), Cite("paper", later.number))
            ),
            total,
        )


def _weight(found: int, of: int, share: float = MANY_SHARE) -> Weight:
    return Weight.SERIOUS if found >= MANY and found >= share * of else Weight.LOOK
