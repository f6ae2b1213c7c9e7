"""The register's own reports (X and Z) against what was captured: it counts sales that we do not see."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

from audit.dossier import VIETNAM, Fate
from audit.figures import count, dong, moment
from audit.findings import Cite, Finding, Weight
from audit.paper_text import plain
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

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


NIGHT = 6  # o'clock: a report before that ends the day before


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
        reports: list[tuple[Paper, datetime]] = []
        now = _BEGINNING
        for paper in dossier.papers:
            if paper.source != source:
                continue
            now = max(now, paper.at)  # the order of the papers is true, also where the clock was set back
            amount = paper.total
            if paper.invoice in invoices:
                amount = invoices[paper.invoice].total
            if paper.kind == "report" and paper.totals:
                reports.append((paper, now))
            elif paper.kind == "refund":
                times.append(now)
                amounts.append(0)
                refunds.append(paper.total or 0)
            elif paper.fate in _SALES and amount is not None and paper.invoice not in seen:
                times.append(now)
                amounts.append(amount)
                refunds.append(0)
                seen |= {paper.invoice} if paper.invoice is not None else set()
        found.extend(_compared(reports, times, amounts, refunds))
    found.sort(key=lambda report: report.paper.number)
    return tuple(found), list(_findings(found))


_BEGINNING = datetime.min.replace(tzinfo=VIETNAM)
_SALES = frozenset({Fate.INVOICED, Fate.RESOLVED_SALE, Fate.OPEN, Fate.WAITING, Fate.RAW})


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums of everything captured from one source, in order of time."""

    times: list[datetime]
    sold: list[int]
    back: list[int]
    counted: list[int]

    def between(self, start: int, end: int) -> tuple[int, int, int]:
        """Turnover, refunds and receipts."""
        return (
            self.sold[end] - self.sold[start],
            self.back[end] - self.back[start],
            self.counted[end] - self.counted[start],
        )


def _compared(
    reports: list[tuple[Paper, datetime]], times: list[datetime], amounts: list[int], refunds: list[int]
) -> Iterator[DayReport]:
    """Each report against what was captured in its span.

    The register's software decides what a report counts: the day or the shift, with refunds taken off or not.
    Where one of these fits exactly, it is that; else the one that fits most of the register's other reports.
    """
    sums = _Sums(
        times,
        [0, *accumulate(amounts)],
        [0, *accumulate(refunds)],
        [0, *accumulate(1 if amount else 0 for amount in amounts)],
    )
    read = [
        (paper, turnover, at)
        for paper, at in reports
        if (turnover := _labelled(paper.totals, _TURNOVER)) is not None
    ]
    printed = [at for _, _, at in read]
    spans = [_spans(at, printed[:place], sums) for place, at in enumerate(printed)]
    fits = Counter(
        rule
        for (_, turnover, _), by_rule in zip(read, spans, strict=True)
        for rule, (captured, _) in by_rule.items()
        if captured == turnover
    )
    for (paper, turnover, at), by_rule in zip(read, spans, strict=True):
        if turnover and len(by_rule) == 2 and at.astimezone(VIETNAM).hour < NIGHT:
            continue  # the first report, in the small hours: it counts a day that is not in the evidence
        exact = [span for span in by_rule.values() if span[0] == turnover]
        usual = max(by_rule, key=lambda rule: (fits[rule], -abs(by_rule[rule][0] - turnover)))
        captured, counted = exact[0] if exact else by_rule[usual]
        yield DayReport(paper, turnover, _labelled(paper.totals, (_COUNT,)), captured, counted)


def _spans(at: datetime, earlier: list[datetime], sums: _Sums) -> dict[tuple[str, bool], tuple[int, int]]:
    """What was captured (dong, receipts), by rule: since midnight, the last report, the last day's last."""
    midnight = at.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
    end = bisect_right(sums.times, at)
    starts = {"day": bisect_left(sums.times, midnight)}
    if earlier:
        starts["shift"] = bisect_right(sums.times, earlier[-1])
    before = [one for one in earlier[-8:] if one < midnight]
    if before:
        starts["night"] = bisect_right(sums.times, before[-1])
    found = {}
    for rule, start in starts.items():
        sold, back, counted = sums.between(min(start, end), end)
        found[rule, False] = (sold, counted)
        found[rule, True] = (sold - back, counted)
    return found


def _labelled(totals: tuple[tuple[str, int], ...], labels: tuple[str, ...]) -> int | None:
    for label in labels:
        for name, amount in totals:
            if re.match(rf"(?:{label})\b", plain(name)):
                return amount
    return None


def _findings(reports: list[DayReport]) -> Iterator[Finding]:
    for name, weight, wrong in (
        ("report-higher", Weight.SERIOUS, [one for one in reports if one.difference > 0]),
        ("report-lower", Weight.LOOK, [one for one in reports if one.difference < 0]),
    ):
        if not wrong:
            continue
        total = _once_a_day(wrong)
        higher = name == "report-higher"
        yield Finding(
            name,
            weight,
            Words(
                f"{count(len(wrong)).vi} báo cáo của máy tính tiền ghi doanh thu"
                f" {'cao' if higher else 'thấp'} hơn các phiếu đã nhận, tổng chênh lệch {dong(total).vi}.",
                f"Reports of the register with {'more' if higher else 'less'} turnover than the receipts that"
                f" were captured: {count(len(wrong)).en}; together {dong(total).en}.",
            ),
            tuple(Cite("paper", one.paper.number, _compare(one)) for one in wrong),
            total,
        )


def _once_a_day(wrong: list[DayReport]) -> int:
    """The largest difference of each day: the day's report holds that of the shift."""
    largest: dict[date, int] = {}
    for one in wrong:
        largest[one.paper.day] = max(largest.get(one.paper.day, 0), abs(one.difference))
    return sum(largest.values())


def _compare(report: DayReport) -> Words:
    at = moment(report.paper.at)
    return Words(
        f"{at}: báo cáo {dong(report.turnover).vi}, đã nhận {dong(report.captured).vi}",
        f"{at}: report {dong(report.turnover).en}, captured {dong(report.captured).en}",
    )
