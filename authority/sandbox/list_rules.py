"""Invoices that correct others, and the list (BKe) of one that corrects many: the sandbox's own reading.

Source: the 2.1.0 tables of BKe and of TTHDLQuan. A list must name at least two registered invoices, its
differences must be what is after less what was before, and all of it must add up to the invoice.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from authority.elements import child, children, text
from authority.envelope import CORRECTION_OF_MANY
from authority.sandbox.settings import LIST, RELATION, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.etree import _Element

    from authority.envelope import Envelope

_LIST_FORM = "01/BK-ĐCTT"
_OF_MANY = {"3": "1", "4": "2"}  # TCHDon of the invoice -> TCHDon of the list
_AMOUNTS = (
    ("ThTGoc", "ThTTDoi", "TgTCTCLech"),
    ("TTGoc", "TTTDoi", "TgTTCLech"),
    ("TgTSTGoc", "TgTSTTDoi", "TgTTTCLech"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """An invoice that the list names."""

    form: int
    symbol: str
    number: int


def judge_relation(invoice: _Element, envelope: Envelope) -> Iterator[Finding]:
    """Whether an invoice's TTHDLQuan fits the message it came in, and its list the invoice."""
    related = child(invoice, "DLHDon", "TTChung", "TTHDLQuan")
    kind = text(related, "TCHDon") if related is not None else ""
    of_many = envelope.header.kind == CORRECTION_OF_MANY
    if of_many != (kind in _OF_MANY):
        yield Finding(RELATION, f"TCHDon {kind or 'trống'} không đi với thông điệp {envelope.header.kind}")
    elif of_many:
        listed = child(envelope.content, "BKe", "NDBKe") if envelope.content is not None else None
        if listed is None:
            yield Finding(LIST, "Thiếu bảng kê (BKe)")
        else:
            yield from _judge_list(listed, invoice, _OF_MANY[kind])


def listed_invoices(envelope: Envelope) -> tuple[Listed, ...]:
    """The invoices that a message's list names; none where it has no list."""
    found = child(envelope.content, "BKe", "NDBKe", "DSHHDVu") if envelope.content is not None else None
    named = []
    for line in children(found, "HHDVu") if found is not None else ():
        form, symbol, number = (text(line, "TTTDChinh", tag) for tag in ("KHMSHDon", "KHHDon", "SHDon"))
        if form.isdecimal() and number.isdecimal():
            named.append(Listed(int(form), symbol, int(number)))
    return tuple(dict.fromkeys(named))


def _judge_list(listed: _Element, invoice: _Element, kind: str) -> Iterator[Finding]:
    general = child(listed, "TTChung")
    own = child(invoice, "DLHDon", "TTChung")
    seller = text(invoice, "DLHDon", "NDHDon", "NBan", "MST")
    wanted = (
        ("KHMBKe", _LIST_FORM),
        ("TCHDon", kind),
        ("MSTNBan", seller),
        ("SBKe", text(own, "SBKe")),
        ("NBKe", text(own, "NBKe")),
        ("MSTNMua", text(invoice, "DLHDon", "NDHDon", "NMua", "MST")),
    )
    for tag, value in wanted:
        if text(general, tag) != value:
            said = text(general, tag)[:50]
            yield Finding(LIST, f"BKe/NDBKe/TTChung/{tag} ghi {said or 'trống'}, hóa đơn ghi {value[:50]}")
    found = child(listed, "DSHHDVu")
    lines = [] if found is None else list(children(found, "HHDVu"))
    names = [tuple(text(line, "TTTDChinh", tag) for tag in ("KHMSHDon", "KHHDon", "SHDon")) for line in lines]
    first = tuple(text(own, "TTHDLQuan", tag) for tag in ("KHMSHDCLQuan", "KHHDCLQuan", "SHDCLQuan"))
    if len(set(names)) < 2:
        yield Finding(LIST, "Bảng kê phải có ít nhất hai hóa đơn khác nhau")
    if first not in names:
        yield Finding(LIST, "TTHDLQuan không nêu hóa đơn nào trong bảng kê")
    try:
        yield from _sums(lines, invoice, kind)
    except InvalidOperation:
        yield Finding(LIST, "Bảng kê có giá trị không phải số")


def _sums(lines: Sequence[_Element], invoice: _Element, kind: str) -> Iterator[Finding]:
    totals = [Decimal(0)] * len(_AMOUNTS)
    for place, line in enumerate(lines, start=1):
        for index, (before, after, difference) in enumerate(_AMOUNTS):
            was, is_ = _amount(line, "TTTDChinh", before), _amount(line, "TTSDChinh", after)
            differs = _amount(line, "CLech", difference)
            if differs != is_ - was:
                words = f"BKe dòng {place}: {difference} ghi {differs}, tính lại {is_ - was}"
                yield Finding(LIST, words)
            totals[index] += is_ if kind == "1" else differs
    payable = ("DLHDon", "NDHDon", "TToan")
    on_form_1 = text(invoice, "DLHDon", "TTChung", "KHMSHDon") == "1"
    for total, tag in zip(totals, ("TgTCThue", "TgTThue", "TgTTTBSo"), strict=True):
        if (on_form_1 or tag == "TgTTTBSo") and total != _amount(invoice, *payable, tag):
            yield Finding(LIST, f"Bảng kê cộng {total}, hóa đơn ghi {tag} {text(invoice, *payable, tag)}")


def _amount(element: _Element, *path: str) -> Decimal:
    return Decimal(text(element, *path) or "0")
