"""The field tables of a cash-register invoice, as the sandbox reads them: lengths, types, mandatory.

Source: ``mtt-fields.md`` (Decision 1510/QĐ-TCT) with the fields of real 2.1.0 files. Order inside a
group is read leniently (real files differ); a field that a table does not know is let through.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from authority.elements import child, children, local_name, own_text, text
from authority.sandbox.settings import Finding, bad_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element


class Type(Enum):
    """Kinds of values: text, whole number, decimal number (21 digits, 6 decimals), percentage, date."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    PERCENT = "percent"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field of a table. ``required`` lists the forms where it must stand with a value."""

    longest: int
    type: Type = Type.TEXT
    required: tuple[int, ...] = ()


_BOTH = (1, 2)
_AMOUNT = Leaf(21, Type.NUMBER)
_NEEDED_AMOUNT = Leaf(21, Type.NUMBER, _BOTH)

_GENERAL = {
    "PBan": Leaf(6, required=_BOTH),
    "THDon": Leaf(100, required=_BOTH),
    "KHMSHDon": Leaf(1, Type.WHOLE, _BOTH),
    "KHHDon": Leaf(6, required=_BOTH),
    "SHDon": Leaf(8, Type.WHOLE, _BOTH),
    "NLap": Leaf(10, Type.DAY, _BOTH),
    "HDDCKPTQuan": Leaf(1, Type.WHOLE),
    "DVTTe": Leaf(3),
    "TGia": Leaf(9, Type.NUMBER),
    "HTTToan": Leaf(50),
    "MSTTCGP": Leaf(14),
}
_RELATED = {
    "TCHDon": Leaf(1, Type.WHOLE, _BOTH),
    "LHDCLQuan": Leaf(1, Type.WHOLE, _BOTH),
    "KHMSHDCLQuan": Leaf(11),
    "KHHDCLQuan": Leaf(8),
    "SHDCLQuan": Leaf(8),
    "NLHDCLQuan": Leaf(10, Type.DAY, _BOTH),
    "GChu": Leaf(255),
}
_SELLER = {
    "Ten": Leaf(400, required=_BOTH),
    "MST": Leaf(14, required=_BOTH),
    "DChi": Leaf(400, required=_BOTH),
    "SDThoai": Leaf(20),
    "DCTDTu": Leaf(50),
    "STKNHang": Leaf(30),
    "TNHang": Leaf(400),
    "Fax": Leaf(20),
    "Website": Leaf(100),
}
_BUYER = {
    "Ten": Leaf(400),
    "MST": Leaf(14),
    "MDVQHNSach": Leaf(7),
    "DChi": Leaf(400),
    "MKHang": Leaf(50),
    "SDThoai": Leaf(20),
    "CCCDan": Leaf(12),
    "DCTDTu": Leaf(50),
    "HVTNMHang": Leaf(100),
    "STKNHang": Leaf(30),
    "TNHang": Leaf(400),
}
_LINE = {
    "TChat": Leaf(1, Type.WHOLE, _BOTH),
    "STT": Leaf(4, Type.WHOLE),
    "MHHDVu": Leaf(50),
    "THHDVu": Leaf(500, required=_BOTH),
    "DVTinh": Leaf(50),
    "SLuong": _AMOUNT,
    "DGia": _AMOUNT,
    "TLCKhau": Leaf(6, Type.PERCENT),
    "STCKhau": _AMOUNT,
    "ThTien": _AMOUNT,
    "TSuat": Leaf(11),
}
_RATE_TOTAL = {"TSuat": Leaf(11, required=(1,)), "ThTien": _NEEDED_AMOUNT, "TThue": _AMOUNT}
_PAYABLE = {
    "TgTCThue": Leaf(21, Type.NUMBER, (1,)),
    "TgTThue": Leaf(21, Type.NUMBER, (1,)),
    "TTCKTMai": _AMOUNT,
    "TgTTTBSo": _NEEDED_AMOUNT,
    "TgTTTBChu": Leaf(255),
}
_FEE = {"TLPhi": Leaf(100, required=_BOTH), "TPhi": _NEEDED_AMOUNT}
_EXTRA = {"TTruong": Leaf(50, required=_BOTH), "KDLieu": Leaf(10, required=_BOTH), "DLieu": Leaf(500)}
_OWN = {"MCCQT": Leaf(34, required=_BOTH), "DLQRCode": Leaf(512)}

_CONTENT = "DLHDon/NDHDon"
_ONCE = (
    ("DLHDon/TTChung", _GENERAL),
    (f"{_CONTENT}/NBan", _SELLER),
    (f"{_CONTENT}/NMua", _BUYER),
    (f"{_CONTENT}/TToan", _PAYABLE),
)
_MANY = (
    (f"{_CONTENT}/DSHHDVu", "HHDVu", _LINE),
    (f"{_CONTENT}/TToan/THTTLTSuat", "LTSuat", _RATE_TOTAL),
    (f"{_CONTENT}/TToan/DSLPhi", "LPhi", _FEE),
    ("DLHDon/TTKhac", "TTin", _EXTRA),
)

_MOST_LINES = 9_999  # STT has four digits
_SIGNED = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CITIZEN = re.compile(r"[0-9]{12}")


def check_fields(invoice: _Element, form: int) -> Iterator[Finding]:
    """Every field of an HDon that breaks its table, as error 20001 with the field's path."""
    yield from _check_group(invoice, "HDon", _OWN, form)
    for path, table in _ONCE:
        group = child(invoice, *path.split("/"))
        if group is None:
            yield bad_format(f"HDon/{path}", "thiếu thẻ bắt buộc")
        else:
            yield from _check_group(group, f"HDon/{path}", table, form)
    related = child(invoice, "DLHDon", "TTChung", "TTHDLQuan")
    if related is not None:
        yield from _check_group(related, "HDon/DLHDon/TTChung/TTHDLQuan", _RELATED, form)
    for path, name, table in _MANY:
        listed = child(invoice, *path.split("/"))
        for item in children(listed, name) if listed is not None else ():
            yield from _check_group(item, f"HDon/{path}/{name}", table, form)
    yield from _check_lines(child(invoice, "DLHDon", "NDHDon", "DSHHDVu"), form)
    yield from _check_citizen(invoice)


def _check_group(group: _Element, path: str, table: dict[str, Leaf], form: int) -> Iterator[Finding]:
    values: dict[str, str] = {}
    count: Counter[str] = Counter()
    for part in group:
        name = local_name(part)
        if name in table:
            count[name] += 1
            values[name] = own_text(part)
    for name, leaf in table.items():
        if count[name] > 1:
            yield bad_format(f"{path}/{name}", "thẻ lặp lại")
        value = values.get(name, "")
        if value:
            if problem := _problem(value, leaf):
                yield bad_format(f"{path}/{name}", problem)
        elif form in leaf.required:
            yield bad_format(f"{path}/{name}", "thiếu giá trị bắt buộc")


def _problem(value: str, leaf: Leaf) -> str | None:
    match leaf.type:
        case Type.TEXT:
            if len(value) > leaf.longest:
                return f"dài {len(value)} ký tự, tối đa {leaf.longest}"
        case Type.WHOLE:
            if not (value.isascii() and value.isdigit() and len(value) <= leaf.longest):
                return f"không phải số nguyên tối đa {leaf.longest} chữ số"
        case Type.NUMBER | Type.PERCENT:
            decimals = 6 if leaf.type is Type.NUMBER else 4
            whole, _, fraction = value.lstrip("-").partition(".")
            if not _SIGNED.fullmatch(value) or not value.isascii():
                return "không phải số"
            if len(whole) + len(fraction) > leaf.longest or len(fraction) > decimals:
                return f"quá {leaf.longest} chữ số hoặc {decimals} số thập phân"
        case Type.DAY:
            try:
                read = date.fromisoformat(value)
            except ValueError:
                return "không phải ngày YYYY-MM-DD"
            if read.isoformat() != value:
                return "không phải ngày YYYY-MM-DD"
    return None


def _check_lines(listed: _Element | None, form: int) -> Iterator[Finding]:
    path = "HDon/DLHDon/NDHDon/DSHHDVu"
    lines = list(children(listed, "HHDVu")) if listed is not None else []
    if not lines:
        yield bad_format(path, "không có hàng hóa, dịch vụ")
    if len(lines) > _MOST_LINES:
        yield bad_format(path, f"quá {_MOST_LINES} dòng")
    for line in lines:
        nature = text(line, "TChat")
        if nature not in {"1", "2", "3", "4", "5"}:
            yield bad_format(f"{path}/HHDVu/TChat", "tính chất không hợp lệ")
        needed = {"1": ["SLuong", "DGia", "ThTien"], "3": ["ThTien"], "5": ["ThTien"]}.get(nature, [])
        if form == 1 and needed:
            needed.append("TSuat")
        for name in needed:
            if not text(line, name):
                yield bad_format(f"{path}/HHDVu/{name}", "thiếu giá trị bắt buộc")


def _check_citizen(invoice: _Element) -> Iterator[Finding]:
    found = child(invoice, "DLHDon", "NDHDon", "NMua", "CCCDan")
    if found is not None and not _CITIZEN.fullmatch(own_text(found)):
        yield bad_format("HDon/DLHDon/NDHDon/NMua/CCCDan", "định dạng CCCD không hợp lệ")
