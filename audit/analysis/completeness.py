"""Completeness: every captured paper is invoiced or explained, and for the amount that stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from audit.dossier import Fate
from audit.figures import count, dong
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.dossier import Dossier, Invoiced, Paper

DECIDE_WITHIN = timedelta(days=1)  # a receipt in quarantine is a person's work for the same day


@dataclass(frozen=True, slots=True)
class Completeness:
    """How the captured papers are accounted for. The counts of ``parts`` add up to ``captured``."""

    captured: int
    parts: tuple[tuple[str, int], ...]  # what a paper was → how many; keys as in ``PARTS``
    papers_total: int  # dong on the papers of invoiced sales, read by the auditor
    papers_unread: int  # of those, papers whose amount the auditor's own reading did not find
    invoices_total: int  # dong on the same papers' invoices
    invoices: int  # invoices in the period, corrections among them
    without_paper: int  # given in by the shop's software or by hand
    without_paper_total: int
    contradicted: int  # papers without invoice that read as sales: among the explained, but see the findings


PARTS = {
    "invoiced": Words("Phiếu bán hàng đã có hóa đơn", "Receipts with an invoice"),
    "again": Words("In lần hai của phiếu đã có hóa đơn", "Second prints of a receipt that has an invoice"),
    "resolved-sale": Words(
        "Phiếu khó đọc, người bán xác nhận là bán hàng, đã có hóa đơn",
        "Hard to read; a person said it was a sale, and it has an invoice",
    ),
    "resolved-nothing": Words(
        "Phiếu khó đọc, người bán xác nhận không phải bán hàng",
        "Hard to read; a person said it was no sale",
    ),
    "waiting": Words("Đang chờ thông tin người mua", "Waiting for the buyer's data"),
    "ordered": Words("Đang chờ tổ chức cung cấp cấp số", "Waiting for the provider's number"),
    "open": Words("Phiếu khó đọc, chưa ai xử lý", "Hard to read, nobody has decided yet"),
    "raw": Words("Chưa được xử lý", "Not looked at yet"),
    "reprint": Words("Bản sao (có in chữ bản sao)", "Copies (printed as such)"),
    "provisional": Words("Phiếu tạm tính", "Provisional bills"),
    "refund": Words("Phiếu trả hàng", "Refunds"),
    "kitchen": Words("Phiếu bếp", "Kitchen tickets"),
    "report": Words("Báo cáo ca, cuối ngày (X/Z)", "Shift and day reports (X/Z)"),
    "drawer": Words("Mở két tiền", "Drawer openings"),
    "training": Words("In thử, tập huấn", "Training, test prints"),
}


def complete(dossier: Dossier) -> tuple[Completeness, list[Finding]]:
    """The account of all papers, and what does not add up."""
    invoices = {invoice.number: invoice for invoice in dossier.invoices}
    parts = dict.fromkeys(PARTS, 0)
    seen: set[int] = set()
    papers_total = papers_unread = invoices_total = 0
    for paper in dossier.papers:
        part = _part(paper, seen)
        parts[part] = parts.get(part, 0) + 1
        if paper.invoice in invoices and part in {"invoiced", "resolved-sale"}:
            invoices_total += invoices[paper.invoice].total
            papers_unread += paper.total is None
            papers_total += invoices[paper.invoice].total if paper.total is None else paper.total
    without = [one for one in dossier.sales if one.capture is None]
    account = Completeness(
        captured=len(dossier.papers),
        parts=tuple(parts.items()),
        papers_total=papers_total,
        papers_unread=papers_unread,
        invoices_total=invoices_total,
        invoices=len(dossier.invoices),
        without_paper=len(without),
        without_paper_total=sum(one.total for one in without),
        contradicted=sum(map(_hidden, dossier.papers)),
    )
    return account, list(_findings(dossier, invoices, without))


def _part(paper: Paper, seen: set[int]) -> str:
    if paper.fate is Fate.INVOICED and paper.invoice is not None:
        if paper.invoice in seen:
            return "again"
        seen.add(paper.invoice)
        return "invoiced"
    return paper.kind if paper.fate is Fate.NON_SALE else str(paper.fate)


def _hidden(paper: Paper) -> bool:
    return paper.fate is Fate.NON_SALE and paper.says == "sale" and bool(paper.total)


def _findings(dossier: Dossier, invoices: dict[int, Invoiced], without: list[Invoiced]) -> Iterator[Finding]:
    hidden = [paper for paper in dossier.papers if _hidden(paper)]
    yield from _listed("sale-without-invoice", Weight.SERIOUS, hidden, _HIDDEN)
    lost = [
        paper
        for paper in dossier.papers
        if paper.fate in {Fate.INVOICED, Fate.RESOLVED_SALE} and paper.invoice not in invoices
    ]
    yield from _listed("invoice-missing", Weight.SERIOUS, lost, _LOST)
    yield from _differing(dossier, invoices)
    late = [
        paper
        for paper in dossier.papers
        if paper.fate in {Fate.OPEN, Fate.RAW} and dossier.exported_at - paper.at > DECIDE_WITHIN
    ]
    yield from _listed("left-undecided", Weight.LOOK, late, _UNDECIDED)
    dismissed = [paper for paper in dossier.papers if paper.fate is Fate.RESOLVED_NOTHING]
    invoiced = {
        (paper.source, paper.receipt_no)
        for paper in dossier.papers
        if paper.receipt_no and paper.fate in {Fate.INVOICED, Fate.RESOLVED_SALE, Fate.WAITING}
    }
    sales = [
        paper
        for paper in dismissed
        if paper.total and paper.says == "sale" and (paper.source, paper.receipt_no) not in invoiced
    ]
    yield from _listed("dismissed-with-amount", Weight.SERIOUS, sales, _DISMISSED)
    others = [paper for paper in dismissed if paper not in sales]
    yield from _listed("dismissed", Weight.NOTE, others, _DISMISSED)
    if without:
        total = sum(invoice.total for invoice in without)
        yield Finding(
            "invoice-without-paper",
            Weight.NOTE,
            Words(
                f"{count(len(without)).vi} hóa đơn ({dong(total).vi}) không lập từ phiếu in mà từ phần mềm"
                " hoặc do người nhập.",
                f"Invoices that were not made from a printed receipt but given in by software or by hand:"
                f" {count(len(without)).en} ({dong(total).en}).",
            ),
            tuple(Cite("invoice", invoice.number) for invoice in without),
            total,
        )


_HIDDEN = (
    "phiếu có nội dung bán hàng nhưng phần mềm không lập hóa đơn",
    "Papers that read as sales and have no invoice",
)
_LOST = (
    "phiếu đã được ghi là có hóa đơn, nhưng hóa đơn không còn trong hồ sơ",
    "Papers recorded as invoiced whose invoice is not in the evidence",
)
_UNDECIDED = (
    "phiếu khó đọc hơn một ngày chưa được xử lý",
    "Papers that could not be read and have waited for more than a day",
)
_DISMISSED = (
    "phiếu khó đọc được người bán xác nhận không phải bán hàng",
    "Papers that could not be read and were declared to be no sale by a person",
)


def _listed(name: str, weight: Weight, papers: list[Paper], words: tuple[str, str]) -> Iterator[Finding]:
    if not papers:
        return
    total = sum(paper.total or 0 for paper in papers)
    vi, en = words
    yield Finding(
        name,
        weight,
        Words(
            f"{count(len(papers)).vi} {vi}. Số tiền đọc được: {dong(total).vi}.",
            f"{en}: {count(len(papers)).en}. Amount that could be read: {dong(total).en}.",
        ),
        tuple(
            Cite("paper", paper.number, Words(paper.reason, paper.reason) if paper.reason else None)
            for paper in papers
        ),
        total,
    )


def _differing(dossier: Dossier, invoices: dict[int, Invoiced]) -> Iterator[Finding]:
    wrong = []
    lost = 0
    for paper in dossier.papers:
        invoice = invoices.get(paper.invoice or 0)
        if invoice is None or paper.total is None or paper.fate is not Fate.INVOICED:
            continue
        if paper.total != invoice.total:
            wrong.append((paper, invoice))
            lost += paper.total - invoice.total
    if wrong:
        yield Finding(
            "total-differs",
            Weight.SERIOUS,
            Words(
                f"{count(len(wrong)).vi} hóa đơn có số tiền khác với phiếu in; chênh lệch tổng cộng"
                f" {dong(lost).vi}.",
                f"Invoices with another total than the printed receipt: {count(len(wrong)).en}; together"
                f" {dong(lost).en}.",
            ),
            tuple(
                cite
                for paper, invoice in wrong
                for cite in (Cite("paper", paper.number), Cite("invoice", invoice.number))
            ),
            lost,
        )
