"""What is wrong with a receipt, in a shopkeeper's words.

Reading and checking speak English, for the log; what is not known here is shown as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_N = r"(-?[0-9]+)"
_KNOWN = (
    (
        rf"lines {_N}, discount {_N}: {_N} is not the total {_N}",
        "Cộng các dòng được {2}, nhưng phiếu ghi tổng {3}",
    ),
    (rf"lines {_N}(.*) is not the total {_N}", "Cộng các dòng được {0}{1}, không bằng tổng {2}"),
    (rf"line ([0-9]+) \((.*)\): (.+) = {_N}, printed {_N}", "Dòng {0} ({1}): {2} = {3}, phiếu ghi {4}"),
    (r"no lines", "Không thấy dòng hàng nào"),
    (r"no text", "Phiếu không có chữ"),
    (r"no total(.*)", "Không thấy tổng cộng"),
    (r"unreadable bytes in the text", "Có chữ không đọc được"),
    (r"unknown kind of paper: (.*)", "Chưa rõ đây là loại giấy gì: {0}"),
    (r"more than one receipt in one capture", "Có hơn một phiếu trong một lần in"),
    (r"more than one receipt number: (.*)", "Có hơn một số phiếu: {0}"),
    (r"there is no such day: (.*)", "Ngày không có thật: {0}"),
    (r"there is no such time: (.*)", "Giờ không có thật: {0}"),
    (rf"the total {_N} is too small.*", "Tổng {0} quá nhỏ: phiếu in theo nghìn đồng?"),
    (r"a kitchen ticket with the sums of a sale", "Phiếu bếp nhưng có tổng tiền như phiếu bán"),
    (
        r"the receipt may have begun before thungan was listening.*",
        "Phiếu có thể đã in một phần trước khi thungan chạy: hãy in lại phiếu này",
    ),
    (r"the line broke in the middle of the receipt.*", "Đường dây đứt giữa chừng: hãy in lại phiếu này"),
    (r"the paper is longer than a receipt can be", "Giấy dài hơn một phiếu có thể có"),
    (rf"payments {_N} are not the total {_N}", "Tiền đã trả {0} không bằng tổng {1}"),
    (rf"total {_N} is negative", "Tổng {0} là số âm"),
    (
        r"(.*) has changed in (.*) after it was invoiced as (.*)",
        "{0} đã bị sửa trong {1} sau khi lập hóa đơn {2}",
    ),
    (r"(.*) is no longer in (.*); it was invoiced as (.*)", "{0} không còn trong {1}; đã lập hóa đơn {2}"),
    (r"(.*) was edited after it had been imported.*", "Tệp {0} bị sửa sau khi đã nhập"),
    (r"it was sold days ago.*", "Bán từ mấy ngày trước: có thể đã có hóa đơn"),
    (r"its day is yet to come.*", "Ngày bán chưa tới: xem lại đồng hồ máy tính tiền"),
    (r"(.*) is empty", "{0} để trống"),
    (r"it has ([0-9]+) cells, the heading has ([0-9]+)", "Dòng có {0} ô, tiêu đề có {1} ô"),
    (r"(.*): (.*) is no number as the mapping writes them", "{0}: {1} không phải là số"),
    (r"there is no column (.*)", "Không có cột {0}"),
)
# The same in English, where the problem's own words are not plain enough.
_PLAINER = (
    (
        rf"lines {_N}, discount {_N}: {_N} is not the total {_N}",
        "The lines come to {2}, but the receipt's total is {3}",
    ),
    (rf"lines {_N}(.*) is not the total {_N}", "The lines come to {0}{1}, but the total is {2}"),
)
_COMPILED = {
    language: tuple((re.compile(pattern), words) for pattern, words in known)
    for language, known in (("vi", _KNOWN), ("en", _PLAINER))
}
_FIGURE = re.compile(r"(?<![\w.,-])[0-9]{4,15}(?!\w|[.,][0-9])")


def in_words(problems: Iterable[str], language: str) -> list[str]:
    """Each problem once, in the person's language, with its figures grouped."""
    found = dict.fromkeys(_said(problem, language) for problem in problems)
    return [_FIGURE.sub(lambda match: _grouped(match[0], language), words) for words in found]


# "sales.csv row 12: …" keeps the place of a record before what is wrong with it.
_PLACE = re.compile(r"(.*? (?:rows?|records?) [0-9-]+): (.*)")


def _said(problem: str, language: str) -> str:
    if place := _PLACE.fullmatch(problem):
        return f"{place[1]}: {_known(place[2], language)}"
    return _known(problem, language)


def _known(problem: str, language: str) -> str:
    for pattern, words in _COMPILED[language]:
        if match := pattern.fullmatch(problem):
            return words.format(*match.groups())
    return problem


def _grouped(figures: str, language: str) -> str:
    text = f"{int(figures):,}"
    return text.replace(",", ".") if language == "vi" else text
