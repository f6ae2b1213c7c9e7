"""The register's own reports (X and Z) against what was captured: it counts sales that we do not see."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from audit.dossier import VIETNAM, Fate
from audit.figures import count, dong, moment
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from audit.dossier import Dossier, Paper

# The label of the amount that a report counts as turnover, best first; without accents, lower case.
_TURNOVER = (
    r"tong doanh thu|tong doanh so|total sales|net sales",
    r"doanh thu(?: thuan| thuc)?|doanh so|sales",
    r"tong cong|tong tien|thuc thu|total",
)
_COUNT = (
    r"so (?:luong )?(?:hoa don|hd|phieu|giao dich|don hang|don)|(?:tong )?so bill|bills|receipts|transactions"
)


@dataclass(frozen=True, slots=True)
class DayReport:
    """One report: its turnover and count (if it says one), and what was captured in the best fitting span."""

    paper: Paper
    turnover: int
    receipts: int | None
    captured: int
    captured_receipts: int

    @property
    def difference(self) -> int:
        """Dong that the register counted and that were not captured; below zero: the other way round."""
        return self.turnover - self.captured


def day_reports(dossier: Dossier) -> tuple[tuple[DayReport, ...], list[Finding]]:
    """Hold every report against the receipts before it."""
    invoices = {invoice.number: invoice for invoice in dossier.invoices}
    found: list[DayReport] = []
    for source in sorted({paper.source for paper in dossier.papers}):
        times: list[datetime] = []
        amounts: list[int] = []
        refunds: list[int] = []
        seen: set[int] = set()
        reports = []
        for paper in dossier.papers:
            if paper.source != source:
                continue
            amount = paper.total
            if paper.invoice in invoices:
                amount = invoices[paper.invoice].total
            if paper.kind == "report" and paper.totals:
                reports.append(paper)
            elif paper.kind == "refund":
                times.append(paper.at)
                amounts.append(0)
                refunds.append(paper.total or 0)
            elif paper.fate in _SALES and amount is not None and paper.invoice not in seen:
                times.append(paper.at)
                amounts.append(amount)
                refunds.append(0)
                seen |= {paper.invoice} if paper.invoice is not None else set()
        found.extend(_compared(reports, times, amounts, refunds))
    found.sort(key=lambda report: report.paper.number)
    return tuple(found), list(_findings(found))


_SALES = frozenset({Fate.INVOICED, Fate.RESOLVED_SALE, Fate.OPEN, Fate.WAITING, Fate.RAW})


def _compared(
    reports: list[Paper], times: list[datetime], amounts: list[int], refunds: list[int]
) -> Iterator[DayReport]:
    """Each report against the span it fits best: the day so far, or since an earlier report.

    A report may be of the day or of the shift, and with refunds taken off or not: the register's software
    decides, so the reading that is kindest to the shop counts.
    """
    sums, back = [0, *accumulate(amounts)], [0, *accumulate(refunds)]
    sold = [0, *accumulate(1 if amount else 0 for amount in amounts)]
    for place, paper in enumerate(reports):
        turnover = _labelled(paper.totals, _TURNOVER)
        if turnover is None:
            continue
        receipts = _labelled(paper.totals, (_COUNT,))
        end = bisect_right(times, paper.at)
        midnight = paper.at.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
        starts = {bisect_left(times, midnight)}
        starts |= {bisect_right(times, earlier.at) for earlier in reports[max(0, place - 3) : place]}
        spans = [
            (sums[end] - sums[start] - (back[end] - back[start]) * net, sold[end] - sold[start])
            for start in starts
            for net in (0, 1)
        ]
        captured, counted = min(spans, key=lambda span: (abs(turnover - span[0]), span))
        yield DayReport(paper, turnover, receipts, captured, counted)


def _labelled(totals: tuple[tuple[str, int], ...], labels: tuple[str, ...]) -> int | None:
    for label in labels:
        for name, amount in totals:
            if re.match(rf"(?:{label})\b", plain(name)):
                return amount
    return None


def plain(text: str) -> str:
    """Lower case, without accents: ``Tổng doanh thu`` is ``tong doanh thu``."""
    apart = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


def _findings(reports: list[DayReport]) -> Iterator[Finding]:
    for name, weight, wrong in (
        ("report-higher", Weight.SERIOUS, [one for one in reports if one.difference > 0]),
        ("report-lower", Weight.LOOK, [one for one in reports if one.difference < 0]),
    ):
        if not wrong:
            continue
        total = sum(abs(one.difference) for one in wrong)
        higher = name == "report-higher"
        yield Finding(
            name,
            weight,
            Words(
                f"{count(len(wrong)).vi} báo cáo của máy tính tiền ghi doanh thu"
                f" {'cao' if higher else 'thấp'} hơn các phiếu đã nhận, tổng chênh lệch {dong(total).vi}.",
                f"{count(len(wrong)).en} reports of the register show {'more' if higher else 'less'} turnover"
                f" than the receipts that were captured; together {dong(total).en}.",
            ),
            tuple(Cite("paper", one.paper.number, _compare(one)) for one in wrong),
            total,
        )


def _compare(report: DayReport) -> Words:
    at = moment(report.paper.at)
    return Words(
        f"{at}: báo cáo {dong(report.turnover).vi}, đã nhận {dong(report.captured).vi}",
        f"{at}: report {dong(report.turnover).en}, captured {dong(report.captured).en}",
    )
