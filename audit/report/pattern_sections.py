"""The chapters about patterns: cashiers, set-up and clock, the shop's rhythm, first digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.analysis.digits import EXPECTED
from audit.figures import count, day, decimal, dong, moment, percent
from audit.report.charts import digits_chart, hours_chart
from audit.report.section import LONGEST, Cell, Section, Table, link, table
from audit.words import Words

if TYPE_CHECKING:
    from audit.analysis import Analysis
    from audit.dossier import Dossier
    from audit.report.exhibits import Wanted


def cashiers(analysis: Analysis) -> Section:
    """Each cashier's refunds, voids and copies."""
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


def settings(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Section:
    """What was set, which program ran, how articles were taxed, what the clock did."""
    found, clock = analysis.settings, analysis.clock
    rows: list[tuple[Cell, ...]] = [
        (
            link(wanted, "leaf", change.leaf, Words(change.at, change.at)),
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
                link(wanted, "invoice", one.after.invoice, Words(day(one.after.first), day(one.after.first))),
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


def rhythm(analysis: Analysis) -> Section:
    """Sales by weekday and hour, and silences."""
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


def digits(analysis: Analysis) -> Section:
    """First digits against Benford's law, where that may be asked."""
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
