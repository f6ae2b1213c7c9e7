"""The sections behind the findings: tables, charts and a sentence each, for one register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from audit.analysis.completeness import PARTS
from audit.analysis.digits import EXPECTED
from audit.dossier import Fate
from audit.figures import count, day, decimal, dong, moment, percent, span
from audit.report.charts import days_chart, digits_chart, hours_chart
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.analysis import Analysis
    from audit.dossier import Dossier, Paper
    from audit.report.exhibits import Wanted

LONGEST = 60  # rows of one table
MOST_DAYS = 400


class Link(NamedTuple):
    """A cell that leads to an exhibit."""

    what: str
    number: int
    words: Words


Cell = Words | Link | str


@dataclass(frozen=True, slots=True)
class Table:
    """``figures``: which columns hold figures, set right. ``more``: rows that are not shown."""

    heads: tuple[Words, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figures: frozenset[int] = frozenset()
    more: int = 0
    strong_last: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the report. ``chart`` is SVG; ``folded`` tables are closed until they are asked for."""

    anchor: str
    title: Words
    says: tuple[Words, ...] = ()
    chart: str = ""
    legend: tuple[tuple[str, Words], ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[tuple[Words, Table], ...] = ()


KINDS = {
    "sale": Words("bán hàng", "sale"),
    "reprint": Words("bản sao", "copy"),
    "provisional": Words("tạm tính", "provisional bill"),
    "refund": Words("trả hàng", "refund"),
    "kitchen": Words("phiếu bếp", "kitchen ticket"),
    "report": Words("báo cáo", "report"),
    "drawer": Words("mở két", "drawer opening"),
    "training": Words("in thử, tập huấn", "training"),
    "quarantined": Words("khó đọc", "hard to read"),
    "non-sale": Words("không phải bán hàng", "no sale"),
    "": Words("chưa rõ", "not known"),
}


def kind_of(name: str | None) -> Words:
    """A kind of paper in words."""
    return KINDS.get(name or "", Words(name or "", name or ""))


FATES = {
    Fate.INVOICED: Words("đã có hóa đơn", "invoiced"),
    Fate.WAITING: Words("chờ người mua", "waits for its buyer"),
    Fate.NON_SALE: Words("không phải bán hàng", "no sale"),
    Fate.OPEN: Words("chưa ai xử lý", "nobody has decided"),
    Fate.RESOLVED_SALE: Words("người bán xác nhận: bán hàng", "a person said: a sale"),
    Fate.RESOLVED_NOTHING: Words("người bán xác nhận: không phải bán hàng", "a person said: no sale"),
    Fate.RAW: Words("chưa xử lý", "not looked at yet"),
}


def register_sections(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Iterator[Section]:
    """All chapters in their order."""
    yield _completeness(analysis)
    if analysis.verification:
        yield _verification(analysis)
    yield _days(dossier, analysis)
    yield _reports(analysis, wanted)
    yield _numbers(analysis)
    yield _papers(dossier, analysis, wanted)
    yield from _corrections(dossier, analysis, wanted)
    yield _cashiers(analysis)
    yield _settings(dossier, analysis, wanted)
    yield _rhythm(analysis)
    yield _digits(analysis)


def table(
    heads: Sequence[Words],
    rows: Sequence[tuple[Cell, ...]],
    figures: Sequence[int] = (),
    most: int = LONGEST,
    *,
    strong_last: bool = False,
) -> Table:
    """A table of at most ``most`` rows."""
    shown = rows[:most]
    return Table(tuple(heads), tuple(shown), frozenset(figures), len(rows) - len(shown), strong_last)


def _link(wanted: Wanted, what: str, number: int, words: Words) -> Cell:
    return Link(what, number, words) if wanted.cite(what, number) else words


def _at(wanted: Wanted, number: int, at: str) -> Cell:
    return _link(wanted, "paper", number, Words(at, at))


def _completeness(analysis: Analysis) -> Section:
    found = analysis.completeness
    rows: list[tuple[Cell, ...]] = [
        (PARTS.get(name, kind_of(name)), count(number), percent(number, found.captured))
        for name, number in found.parts
        if number
    ]
    rows.append((Words("Tổng số phiếu đã nhận", "All captured papers"), count(found.captured), Words("", "")))
    invoiced = sum(number for name, number in found.parts if name in {"invoiced", "again", "resolved-sale"})
    difference = found.papers_total - found.invoices_total
    says = [
        Words(
            f"{count(found.captured).vi} phiếu đã nhận = {count(invoiced).vi} phiếu có hóa đơn +"
            f" {count(found.captured - invoiced).vi} phiếu được giải thích dưới đây.",
            f"{count(found.captured).en} captured papers = {count(invoiced).en} with an invoice +"
            f" {count(found.captured - invoiced).en} explained below.",
        ),
        Words(
            f"Trên các phiếu bán hàng: {dong(found.papers_total).vi}. Trên hóa đơn của chúng:"
            f" {dong(found.invoices_total).vi}. Chênh lệch: {dong(difference).vi}.",
            f"On the receipts: {dong(found.papers_total).en}. On their invoices:"
            f" {dong(found.invoices_total).en}. Difference: {dong(difference).en}.",
        ),
    ]
    if found.contradicted:
        says.append(
            Words(
                f"Trong số được giải thích có {count(found.contradicted).vi} phiếu mà bài đọc độc lập hiểu là"
                " bán hàng: xem các điểm tìm thấy.",
                f"Among those explained are {count(found.contradicted).en} papers that the independent"
                " reading"
                " takes for sales: see the findings.",
            )
        )
    if found.papers_unread:
        says.append(
            Words(
                f"{count(found.papers_unread).vi} phiếu không đọc được số tiền một cách độc lập (hoặc bị ẩn"
                " vì"
                " có thông tin người mua); ở đây tính theo hóa đơn.",
                f"Of {count(found.papers_unread).en} receipts no amount could be read independently (or they"
                " are withheld because they name a buyer); they count as invoiced.",
            )
        )
    heads = (
        Words("Phiếu", "Papers"),
        Words("Số lượng", "Number"),
        Words("Tỷ lệ", "Share"),
    )
    return Section(
        "completeness",
        Words(
            "Đầy đủ: đã nhận = đã lập hóa đơn + có giải thích",
            "Completeness: captured = invoiced + explained",
        ),
        tuple(says),
        tables=(table(heads, rows, (1, 2), strong_last=True),),
    )


def _verification(analysis: Analysis) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (
            _VERDICTS[check.good, check.attention],
            check.title,
            _joined(check.problems[:2], more=len(check.problems) > 2),
        )
        for check in analysis.verification
    ]
    good = sum(check.good for check in analysis.verification)
    whole = len(analysis.verification)
    says = Words(
        f"{good} trên {whole} phép kiểm đạt. Có thể chạy lại ngoại tuyến bằng thungan-verify.",
        f"{good} of {whole} checks hold. They can be run again, offline, with thungan-verify.",
    )
    heads = (Words("Kết quả", "Verdict"), Words("Phép kiểm", "Check"), Words("Chi tiết", "Particulars"))
    return Section(
        "verification",
        Words("Kiểm tra hồ sơ", "Verification of the evidence"),
        (says,),
        tables=(table(heads, rows),),
    )


_VERDICTS = {
    (True, False): Words("✓ đạt", "✓ holds"),
    (True, True): Words("! đạt, cần xem", "! holds, look"),
    (False, False): Words("✗ KHÔNG ĐẠT", "✗ DOES NOT HOLD"),
    (False, True): Words("✗ KHÔNG ĐẠT", "✗ DOES NOT HOLD"),
}


def _joined(words: Sequence[Words], *, more: bool) -> Words:
    end = " …" if more else ""
    return Words("; ".join(one.vi for one in words) + end, "; ".join(one.en for one in words) + end)


def _days(dossier: Dossier, analysis: Analysis) -> Section:
    days, outages = analysis.delivery.days, analysis.delivery.outages
    late = sum(one.late for one in days)
    never = sum(one.never for one in days)
    whole = sum(one.invoices for one in days)
    says = Words(
        f"{percent(whole - late - never, whole).vi} hóa đơn đến cơ quan thuế ngay trong ngày;"
        f" {count(late).vi} trễ, {count(never).vi} chưa đến; {len(outages)} lần mất liên lạc quá ba giờ.",
        f"{percent(whole - late - never, whole).en} of the invoices reached the authority on their day;"
        f" {count(late).en} late, {count(never).en} not yet; {len(outages)} outages of more than three"
        " hours.",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            day(one.day),
            count(one.invoices),
            dong(one.total),
            count(one.same_day),
            count(one.late) if one.late else "",
            count(one.never) if one.never else "",
        )
        for one in days
    ]
    heads = (
        Words("Ngày", "Day"),
        Words("Hóa đơn", "Invoices"),
        Words("Doanh thu", "Turnover"),
        Words("Trong ngày", "Same day"),
        Words("Trễ", "Late"),
        Words("Chưa đến", "Not yet"),
    )
    tables = []
    if outages:
        tables.append(
            table(
                (
                    Words("Từ", "From"),
                    Words("Đến", "To"),
                    Words("Dài", "Length"),
                    Words("Hóa đơn", "Invoices"),
                ),
                [
                    (
                        moment(one.since),
                        moment(one.until) if one.until else Words("vẫn còn", "still"),
                        span(((one.until or dossier.exported_at) - one.since).total_seconds() / 3600),
                        count(one.invoices),
                    )
                    for one in outages
                ],
                (3,),
            )
        )
    return Section(
        "days",
        Words("Từng ngày, mất mạng và gửi trễ", "Days, outages and late submissions"),
        (says,),
        chart=days_chart(days, outages, dossier.exported_at),
        legend=(
            ("good", Words("tất cả trong ngày", "all on their day")),
            ("late", Words("có hóa đơn trễ", "some late")),
            ("never", Words("có hóa đơn chưa đến", "some not delivered")),
        ),
        tables=tuple(tables),
        folded=(
            (Words("Bảng từng ngày", "All days as a table"), table(heads, rows, range(1, 6), MOST_DAYS)),
        ),
    )


def _reports(analysis: Analysis, wanted: Wanted) -> Section:
    reports = sorted(analysis.day_reports, key=lambda one: (one.difference == 0, one.paper.number))
    agree = sum(one.difference == 0 for one in reports)
    says = Words(
        f"Máy tính tiền in {count(len(reports)).vi} báo cáo có doanh thu; {count(agree).vi} khớp đúng với các"
        " phiếu đã nhận. Mỗi báo cáo được so theo cách có lợi nhất cho người bán.",
        f"The register printed {count(len(reports)).en} reports with a turnover; {count(agree).en} agree"
        " exactly"
        " with what was captured. Each is compared in the way that is kindest to the seller.",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            _at(wanted, one.paper.number, moment(one.paper.at)),
            dong(one.turnover),
            dong(one.captured),
            dong(one.difference),
            count(one.receipts) if one.receipts is not None else "",
            count(one.captured_receipts),
        )
        for one in reports[:LONGEST]
        if one.difference
    ]
    heads = (
        Words("Báo cáo lúc", "Report at"),
        Words("Doanh thu báo cáo", "Turnover reported"),
        Words("Đã nhận", "Captured"),
        Words("Chênh lệch", "Difference"),
        Words("Số phiếu báo cáo", "Receipts reported"),
        Words("Số phiếu đã nhận", "Receipts captured"),
    )
    return Section(
        "reports",
        Words("Báo cáo X, Z so với hóa đơn", "X and Z reports against invoices"),
        (says,),
        tables=(table(heads, rows, range(1, 6)),) if rows else (),
    )


def _numbers(analysis: Analysis) -> Section:
    found = analysis.numbers
    rows: list[tuple[Cell, ...]] = [
        (symbol, count(first), count(last), count(number), count(last - first + 1 - number))
        for symbol, first, last, number in found.series
    ]
    heads = (
        Words("Ký hiệu", "Symbol"),
        Words("Số đầu", "First"),
        Words("Số cuối", "Last"),
        Words("Hóa đơn", "Invoices"),
        Words("Thiếu", "Missing"),
    )
    counted = ", ".join(found.counted)
    says = (
        Words(
            f"Máy tính tiền đánh số phiếu liên tục ({counted}); thiếu"
            f" {count(sum(hole.size for hole in found.receipts)).vi} số.",
            f"The register counts its receipts ({counted});"
            f" {count(sum(hole.size for hole in found.receipts)).en} numbers are missing.",
        )
        if found.counted
        else Words(
            "Máy tính tiền không đánh số phiếu liên tục, nên không thể tìm số phiếu bị thiếu.",
            "The register does not count its receipts, so missing receipt numbers cannot be looked for.",
        ),
    )
    tables = [table(heads, rows, range(1, 5))]
    if found.receipts:
        holes: list[tuple[Cell, ...]] = [
            (
                f"{hole.series} {hole.first}" + (f"–{hole.last}" if hole.size > 1 else ""),
                count(hole.size),
                moment(hole.since),
                moment(hole.until),
            )
            for hole in sorted(found.receipts, key=lambda hole: -hole.size)
        ]
        hole_heads = (
            Words("Số phiếu thiếu", "Missing receipts"),
            Words("Bao nhiêu", "How many"),
            Words("Sau phiếu lúc", "After the paper of"),
            Words("Trước phiếu lúc", "Before the paper of"),
        )
        tables.append(table(hole_heads, holes, (1,), 15))
    return Section(
        "numbers",
        Words("Số hóa đơn và số phiếu", "Numbers of invoices and receipts"),
        says,
        tables=tuple(tables),
    )


def _papers(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Section:
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
                _at(wanted, paper.number, moment(paper.at)),
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


def _corrections(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Iterator[Section]:
    changes = analysis.corrections.changes
    if not changes:
        return
    names = {invoice.number: invoice.name for invoice in dossier.invoices}
    rows: list[tuple[Cell, ...]] = [
        (
            _link(wanted, "invoice", one.number, Words(one.name, one.name)),
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


def _cashiers(analysis: Analysis) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (
            one.name or Words("(không ghi)", "(not named)"),
            count(one.sales),
            dong(one.total),
            count(one.refunds),
            percent(one.refunds, one.sales),
            count(one.voids),
            percent(one.voids, one.sales),
            count(one.copies),
        )
        for one in analysis.cashiers
    ]
    heads = (
        Words("Thu ngân", "Cashier"),
        Words("Lần bán", "Sales"),
        Words("Doanh thu", "Turnover"),
        Words("Trả hàng", "Refunds"),
        Words("tỷ lệ", "ratio"),
        Words("Tạm tính bị bỏ", "Bills voided"),
        Words("tỷ lệ", "ratio"),
        Words("Bản sao", "Copies"),
    )
    return Section(
        "cashiers",
        Words("Thu ngân", "Cashiers"),
        tables=(table(heads, rows, range(1, 8), 40),) if rows else (),
    )


def _settings(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Section:
    found, clock = analysis.settings, analysis.clock
    rows: list[tuple[Cell, ...]] = [
        (
            _link(wanted, "leaf", change.leaf, Words(change.at, change.at)),
            change.key,
            change.before[:80] or "–",
            change.after[:80] or "–",
            Words("có thể giảm thuế hoặc ẩn phiếu", "can lower tax or hide papers") if change.lowers else "",
        )
        for change in sorted(found.changes, key=lambda change: not change.lowers)[:LONGEST]
    ]
    tables = []
    if rows:
        heads = (
            Words("Lúc", "At"),
            Words("Mục", "Setting"),
            Words("Trước", "Before"),
            Words("Sau", "After"),
            Words("", ""),
        )
        tables.append(Table(heads, tuple(rows), more=max(0, len(found.changes) - LONGEST)))
    if found.lowered:
        lowered: list[tuple[Cell, ...]] = [
            (
                one.before.article,
                one.before.rate,
                one.after.rate,
                _link(
                    wanted, "invoice", one.after.invoice, Words(day(one.after.first), day(one.after.first))
                ),
                count(one.after.lines),
                dong(one.lost),
            )
            for one in found.lowered[:25]
        ]
        article_heads = (
            Words("Mặt hàng", "Article"),
            Words("Thuế suất trước", "Rate before"),
            Words("Thuế suất sau", "Rate after"),
            Words("Từ ngày", "From"),
            Words("Dòng", "Lines"),
            Words("Thuế ít đi khoảng", "Less tax, about"),
        )
        tables.append(
            Table(article_heads, tuple(lowered), frozenset({4, 5}), max(0, len(found.lowered) - 25))
        )
    says = [
        Words(
            f"Phần mềm: {dossier.software}. {len(found.changes)} mục cấu hình thay đổi trong kỳ.",
            f"Program: {dossier.software}. Settings changed in the period: {len(found.changes)}.",
        ),
        Words(
            f"Đồng hồ: {len(clock.back)} lần lùi lại trong sổ cái, {len(clock.jumps)} lần bị chỉnh khi đang"
            " chạy,"
            f" {len(clock.alarms)} cảnh báo.",
            f"Clock: went back in the ledger: {len(clock.back)}; was set while running: {len(clock.jumps)};"
            f" alarms: {len(clock.alarms)}.",
        ),
    ]
    return Section(
        "settings",
        Words("Cấu hình, phần mềm, đồng hồ", "Configuration, program, clock"),
        tuple(says),
        tables=tuple(tables),
    )


def _rhythm(analysis: Analysis) -> Section:
    found = analysis.rhythm
    rows: list[tuple[Cell, ...]] = [
        (moment(one.since), moment(one.until), decimal(one.expected, 0)) for one in found.silences
    ]
    tables = []
    if rows:
        heads = (
            Words("Lặng từ", "Silent from"),
            Words("đến", "to"),
            Words("Số lần bán thường có", "Sales that are usual"),
        )
        tables.append(table(heads, rows, (2,), 20))
    says = Words(
        "Mỗi ô là số lần bán trong giờ đó, cộng mọi tuần trong kỳ.",
        "Each cell is the number of sales in that hour, all weeks of the period together.",
    )
    return Section(
        "rhythm",
        Words("Nhịp bán hàng", "The shop's rhythm"),
        (says,),
        chart=hours_chart(found),
        tables=tuple(tables),
    )


def _digits(analysis: Analysis) -> Section:
    found = analysis.digits
    if found.unfit is not None:
        says = Words(
            f"Luật Benford không dùng được ở đây: {found.unfit.vi}.",
            f"Benford's law cannot be asked here: {found.unfit.en}.",
        )
    else:
        says = Words(
            f"Độ lệch trung bình {decimal(found.deviation, 3).vi} (trên 0,015 là không phù hợp). Cửa hàng có"
            " ít giá"
            " thường lệch; đừng kết luận gì từ riêng biểu đồ này.",
            f"Mean deviation {decimal(found.deviation, 3).en} (above 0.015 is no conformity). Shops with few"
            " prices"
            " often deviate; conclude nothing from this chart alone.",
        )
    return Section(
        "digits",
        Words("Chữ số đầu (luật Benford)", "First digits (Benford's law)"),
        (says,),
        chart=digits_chart(found) if sum(found.counts) else "",
        legend=(
            ("bar", Words("cửa hàng này", "this shop")),
            ("law", Words(f"luật Benford (1: {EXPECTED[0]:.0%})", f"Benford's law (1: {EXPECTED[0]:.0%})")),
        ),
    )
