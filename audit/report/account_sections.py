"""The chapters that reckon up: completeness, verification, days, X/Z reports, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.analysis.completeness import PARTS
from audit.figures import count, day, dong, moment, percent, span
from audit.report.charts import days_chart
from audit.report.kinds import kind_of
from audit.report.section import LONGEST, MOST_DAYS, Cell, Section, at, table
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.analysis import Analysis
    from audit.dossier import Dossier
    from audit.report.exhibits import Wanted


def completeness(analysis: Analysis) -> Section:
    """Captured = invoiced + explained, in papers and in dong."""
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


def verification(analysis: Analysis) -> Section:
    """The verifier's checks, line by line."""
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


def days(dossier: Dossier, analysis: Analysis) -> Section:
    """Every day, how it reached the authority, and the outages."""
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


def reports(analysis: Analysis, wanted: Wanted) -> Section:
    """X and Z reports that do not agree with what was captured."""
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
            at(wanted, one.paper.number, moment(one.paper.at)),
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


def numbers(analysis: Analysis) -> Section:
    """Series of invoices, and the register's own receipt numbers."""
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
