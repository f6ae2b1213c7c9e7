"""The chapters about papers that are no sales, and about corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.dossier import Fate
from audit.figures import count, dong, moment
from audit.report.kinds import FATES
from audit.report.section import LONGEST, Cell, Section, Table, at, link, table
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.analysis import Analysis
    from audit.dossier import Dossier, Paper
    from audit.report.exhibits import Wanted


def papers(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Section:
    """Bills, copies, drawers, training; what persons decided about quarantined papers."""
    bills, others = analysis.provisional, analysis.papers
    rows: list[tuple[Cell, ...]] = [
        (Words("Phiếu tạm tính", "Provisional bills"), count(bills.shown)),
        (Words("… có bán hàng theo sau", "… followed by a sale"), count(bills.settled)),
        (Words("… không có bán hàng theo sau", "… not followed by a sale"), count(len(bills.unpaid))),
        (Words("… bán thấp hơn", "… sold for less"), count(len(bills.lowered))),
        (Words("… dùng lại", "… used again"), count(len(bills.again))),
        (Words("Bản sao", "Copies"), count(len(others.copies))),
        (Words("Mở két", "Drawer openings"), count(others.drawers)),
        (Words("… không kèm bán hàng", "… without a sale"), count(len(others.drawers_alone))),
        (Words("In thử, tập huấn", "Training prints"), count(len(others.training))),
        (Words("Trả hàng", "Refunds"), count(len(others.refunds))),
    ]
    decided = [paper for paper in dossier.papers if paper.fate in {Fate.RESOLVED_SALE, Fate.RESOLVED_NOTHING}]
    tables = [table((Words("Loại", "Kind"), Words("Số lượng", "Number")), rows, (1,))]
    if decided:
        decisions: list[tuple[Cell, ...]] = [
            (
                at(wanted, paper.number, moment(paper.at)),
                FATES[paper.fate],
                paper.reason or "",
                _decided(paper),
                dong(paper.total) if paper.total is not None else "",
            )
            for paper in decided[:LONGEST]
        ]
        heads = (
            Words("Phiếu khó đọc lúc", "Paper hard to read, at"),
            Words("Quyết định của người bán", "The person's decision"),
            Words("Lý do đã ghi", "Reason given"),
            Words("Ai, lúc nào", "By whom, when"),
            Words("Đọc được", "Could be read"),
        )
        tables.append(Table(heads, tuple(decisions), frozenset({4}), max(0, len(decided) - LONGEST)))
    return Section(
        "papers",
        Words("Các phiếu không phải bán hàng", "Papers that are no sales"),
        tables=tuple(tables),
    )


def _decided(paper: Paper) -> str:
    """Who decided about a paper, and when."""
    when = moment(paper.decided_at) if paper.decided_at else ""
    return " · ".join(filter(None, (paper.decided_by, when)))


def corrections(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Iterator[Section]:
    """Invoices that correct others; no chapter where there are none."""
    changes = analysis.corrections.changes
    if not changes:
        return
    names = {invoice.number: invoice.name for invoice in dossier.invoices}
    rows: list[tuple[Cell, ...]] = [
        (
            link(wanted, "invoice", one.number, Words(one.name, one.name)),
            RELATIONS.get(one.relation or 0, Words("", "")),
            names.get(one.corrects or 0, f"#{one.corrects}"),
            moment(one.issued_at),
            dong(one.total),
            dong(change) if change is not None else "",
        )
        for one, change in changes[:LONGEST]
    ]
    heads = (
        Words("Hóa đơn", "Invoice"),
        Words("Việc", "What"),
        Words("Của hóa đơn", "Of invoice"),
        Words("Lúc", "At"),
        Words("Số tiền", "Amount"),
        Words("Thay đổi", "Change"),
    )
    lowered = analysis.corrections.lowered
    says = Words(
        f"{count(len(changes)).vi} hóa đơn điều chỉnh hoặc thay thế; tổng số giảm {dong(lowered).vi}.",
        f"Invoices that adjust or replace others: {count(len(changes)).en}; what is lowered adds up to"
        f" {dong(lowered).en}.",
    )
    yield Section(
        "corrections",
        Words("Điều chỉnh và thay thế", "Corrections"),
        (says,),
        tables=(Table(heads, tuple(rows), frozenset({4, 5}), max(0, len(changes) - LONGEST)),),
    )


RELATIONS = {
    1: Words("thay thế", "replaces"),
    2: Words("điều chỉnh", "adjusts"),
    3: Words("thay thế nhiều hóa đơn", "replaces many"),
    4: Words("điều chỉnh nhiều hóa đơn", "adjusts many"),
}
