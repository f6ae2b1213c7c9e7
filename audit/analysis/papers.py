"""Papers that are no sales: copies, drawer openings, training prints, refunds; each has an honest use."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from audit.dossier import Fate
from audit.figures import count, dong
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from audit.dossier import Dossier, Paper

AT_A_SALE = timedelta(minutes=2)  # a drawer opened so near to a receipt belongs to it
PRINTED_OFTEN = 3  # copies of one receipt
DRAWERS_A_DAY = 5.0  # openings without a sale, on average
DRAWERS_MORE = 6  # on one day, and more than three times the usual
TRAINING = 5  # prints in a period that are still somebody learning
SET_UP = timedelta(days=2)  # after the first paper: tests of the installation


@dataclass(frozen=True, slots=True)
class OtherPapers:
    """What was found of each kind."""

    copies: tuple[Paper, ...]
    copies_of_unknown: tuple[Paper, ...]
    copied_often: tuple[tuple[Paper, ...], ...]
    drawers: int
    drawers_alone: tuple[Paper, ...]
    training: tuple[Paper, ...]
    refunds: tuple[Paper, ...]


def other_papers(dossier: Dossier) -> tuple[OtherPapers, list[Finding]]:
    """Look at everything that the agent did not take for a sale."""
    known = {
        (paper.source, paper.receipt_no)
        for paper in dossier.papers
        if paper.receipt_no and paper.fate in {Fate.INVOICED, Fate.RESOLVED_SALE, Fate.WAITING, Fate.OPEN}
    }
    by_kind: dict[str, list[Paper]] = defaultdict(list)
    for paper in dossier.papers:
        if paper.fate is Fate.NON_SALE:
            by_kind[paper.kind].append(paper)
    copies = by_kind["reprint"]
    same: dict[tuple[str, str], list[Paper]] = defaultdict(list)
    for paper in copies:
        if paper.receipt_no:
            same[paper.source, paper.receipt_no].append(paper)
    unknown = [
        paper
        for paper in copies
        if paper.receipt_no
        and (paper.source, paper.receipt_no) not in known
        and paper.sold_at is not None
        and dossier.since <= paper.sold_at.date() <= dossier.until
    ]
    sales = [paper.at for paper in dossier.papers if paper.fate in {Fate.INVOICED, Fate.RESOLVED_SALE}]
    drawers = by_kind["drawer"]
    papers = OtherPapers(
        copies=tuple(copies),
        copies_of_unknown=tuple(unknown),
        copied_often=tuple(tuple(group) for group in same.values() if len(group) >= PRINTED_OFTEN),
        drawers=len(drawers),
        drawers_alone=tuple(paper for paper in drawers if not _near(paper.at, sorted(sales))),
        training=tuple(by_kind["training"]),
        refunds=tuple(by_kind["refund"]),
    )
    return papers, list(_findings(papers, dossier))


def _near(at: datetime, sales: list[datetime]) -> bool:
    place = bisect_left(sales, at - AT_A_SALE)
    return place < len(sales) and sales[place] <= at + AT_A_SALE


def _findings(papers: OtherPapers, dossier: Dossier) -> Iterator[Finding]:
    days = max(1, len({paper.day for paper in dossier.papers}))
    if papers.copies_of_unknown:
        yield _finding(
            "copy-of-unknown",
            Weight.SERIOUS,
            papers.copies_of_unknown,
            "bản sao của phiếu trong kỳ mà phiếu gốc không có hóa đơn",
            "Copies of receipts of this period whose first print has no invoice",
        )
    if papers.copied_often:
        group = [paper for papers_of_one in papers.copied_often for paper in papers_of_one]
        yield _finding(
            "copied-often",
            Weight.LOOK,
            group,
            f"bản sao của {count(len(papers.copied_often)).vi} phiếu được in từ {PRINTED_OFTEN} lần trở lên",
            f"Copies of {count(len(papers.copied_often)).en} receipts that were printed {PRINTED_OFTEN}"
            " times or more",
        )
    if papers.drawers_alone:
        by_day = Counter(paper.day for paper in papers.drawers_alone)
        usual = median([by_day[day] for day in {paper.day for paper in dossier.papers}])
        often = len(papers.drawers_alone) / days > DRAWERS_A_DAY or any(
            many > 3 * usual + DRAWERS_MORE for many in by_day.values()
        )
        yield _finding(
            "drawer-without-sale",
            Weight.LOOK if often else Weight.NOTE,
            papers.drawers_alone,
            "lần mở két tiền không kèm bán hàng",
            "Drawer openings without a sale",
            money=False,
        )
    if papers.training:
        yield _finding(
            "training",
            Weight.SERIOUS if _beyond_set_up(papers.training, dossier) > TRAINING else Weight.LOOK,
            papers.training,
            "phiếu in thử hoặc tập huấn",
            "Training or test prints",
        )
    if papers.refunds:
        yield _finding(
            "refunds", Weight.NOTE, papers.refunds, "phiếu trả hàng đã nhận", "Refund papers captured"
        )


def _beyond_set_up(training: tuple[Paper, ...], dossier: Dossier) -> int:
    """Training prints after the first days on which the register was heard: an installer prints tests."""
    first = min(paper.day for paper in dossier.papers)
    return sum(paper.day - first >= SET_UP for paper in training)


def _finding(
    name: str,
    weight: Weight,
    papers: tuple[Paper, ...] | list[Paper],
    vi: str,
    en: str,
    *,
    money: bool = True,
) -> Finding:
    total = sum(paper.total or 0 for paper in papers)
    sums = Words(f" Số tiền trên phiếu: {dong(total).vi}.", f" Amount on them: {dong(total).en}.")
    return Finding(
        name,
        weight,
        Words(
            f"{count(len(papers)).vi} {vi}.{sums.vi if money else ''}",
            f"{en}: {count(len(papers)).en}.{sums.en if money else ''}",
        ),
        tuple(Cite("paper", paper.number) for paper in papers),
        total if money else None,
    )
