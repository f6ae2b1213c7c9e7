"""The field tables of a cash-register invoice, as the sandbox reads them: lengths, types, mandatory.

Source: ``mtt-fields.md`` (Decision 1510/QĐ-TCT) with the fields of real 2.1.0 files. Order inside a
group is read leniently (real files differ); a field that a table does not know is let through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from authority.sandbox.settings import Finding, bad_format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authority.sandbox.part import Part


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


class Table:
    """The fields of one group. ``required``: by form, those that must stand with a value."""

    def __init__(self, leaves: dict[str, Leaf]) -> None:
        self.leaves = leaves
        self.required = {
            form: tuple(name for name, leaf in leaves.items() if form in leaf.required) for form in _BOTH
        }


_TEXT, _DAY = Type.TEXT, Type.DAY
_BOTH = (1, 2)
_AMOUNT = Leaf(21, Type.NUMBER)
_NEEDED_AMOUNT = Leaf(21, Type.NUMBER, _BOTH)

_GENERAL = Table(
    {
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
)
_RELATED = Table(
    {
        "TCHDon": Leaf(1, Type.WHOLE, _BOTH),
        "LHDCLQuan": Leaf(1, Type.WHOLE, _BOTH),
        "KHMSHDCLQuan": Leaf(11),
        "KHHDCLQuan": Leaf(8),
        "SHDCLQuan": Leaf(8),
        "NLHDCLQuan": Leaf(10, Type.DAY, _BOTH),
        "GChu": Leaf(255),
    }
)
_SELLER = Table(
    {
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
)
_BUYER = Table(
    {
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
)
_LINE = Table(
    {
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
)
_RATE_TOTAL = Table({"TSuat": Leaf(11, required=(1,)), "ThTien": _NEEDED_AMOUNT, "TThue": _AMOUNT})
_PAYABLE = Table(
    {
        "TgTCThue": Leaf(21, Type.NUMBER, (1,)),
        "TgTThue": Leaf(21, Type.NUMBER, (1,)),
        "TTCKTMai": _AMOUNT,
        "TgTTTBSo": _NEEDED_AMOUNT,
        "TgTTTBChu": Leaf(255),
    }
)
_FEE = Table({"TLPhi": Leaf(100, required=_BOTH), "TPhi": _NEEDED_AMOUNT})
_EXTRA = Table({"TTruong": Leaf(50, required=_BOTH), "KDLieu": Leaf(10, required=_BOTH), "DLieu": Leaf(500)})
_OWN = Table({"MCCQT": Leaf(34, required=_BOTH), "DLQRCode": Leaf(512)})

_ONCE = tuple(
    (path, tuple(path.split("/")), table)
    for path, table in (
        ("DLHDon/TTChung", _GENERAL),
        ("DLHDon/NDHDon/NBan", _SELLER),
        ("DLHDon/NDHDon/NMua", _BUYER),
        ("DLHDon/NDHDon/TToan", _PAYABLE),
    )
)
_MANY = tuple(
    (f"{path}/{name}", tuple(path.split("/")), name, table)
    for path, name, table in (
        ("DLHDon/NDHDon/DSHHDVu", "HHDVu", _LINE),
        ("DLHDon/NDHDon/TToan/THTTLTSuat", "LTSuat", _RATE_TOTAL),
        ("DLHDon/NDHDon/TToan/DSLPhi", "LPhi", _FEE),
        ("DLHDon/TTKhac", "TTin", _EXTRA),
    )
)
_NEEDED_ON_LINES = {"1": ("SLuong", "DGia", "ThTien"), "3": ("ThTien",), "5": ("ThTien",)}

_MOST_LINES = 9_999  # STT has four digits
_SIGNED = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CITIZEN = re.compile(r"[0-9]{12}")


def check_fields(invoice: Part, form: int) -> Iterator[Finding]:
    """Every field of an HDon that breaks its table, as error 20001 with the field's path."""
    yield from _check_group(invoice, "", _OWN, form)
    for path, steps, table in _ONCE:
        group = invoice.at(*steps)
        if group is None:
            yield bad_format(f"HDon/{path}", "thiếu thẻ bắt buộc")
        else:
            yield from _check_group(group, f"/{path}", table, form)
    related = invoice.at("DLHDon", "TTChung", "TTHDLQuan")
    if related is not None:
        yield from _check_group(related, "/DLHDon/TTChung/TTHDLQuan", _RELATED, form)
    for path, steps, name, table in _MANY:
        listed = invoice.at(*steps)
        for item in listed.all(name) if listed is not None else ():
            yield from _check_group(item, f"/{path}", table, form)
    yield from _check_lines(invoice.at("DLHDon", "NDHDon", "DSHHDVu"), form)
    yield from _check_citizen(invoice)


def _check_group(group: Part, path: str, table: Table, form: int) -> Iterator[Finding]:
    values: dict[str, str] = {}
    twice: set[str] = set()
    problems: dict[str, str] = {}
    for part in group.parts:
        name = part.name
        leaf = table.leaves.get(name)
        if leaf is None:
            continue
        if name in values:
            twice.add(name)
            problems.pop(name, None)
        value = values[name] = part.text
        if value and not _plainly_fits(value, leaf) and (problem := _problem(value, leaf)):
            problems[name] = problem
    missing = {name for name in table.required.get(form, ()) if not values.get(name)}
    if not (twice or problems or missing):
        return
    for name in table.leaves:  # in the table's order, whatever the document's
        if name in twice:
            yield bad_format(f"HDon{path}/{name}", "thẻ lặp lại")
        if name in problems:
            yield bad_format(f"HDon{path}/{name}", problems[name])
        elif name in missing:
            yield bad_format(f"HDon{path}/{name}", "thiếu giá trị bắt buộc")


def _plainly_fits(value: str, leaf: Leaf) -> bool:
    """Whether a value needs no second look: a short enough text, or digits where a number stands."""
    if len(value) > leaf.longest:
        return False
    return leaf.type is _TEXT or (leaf.type is not _DAY and value.isdigit() and value.isascii())


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


def _check_lines(listed: Part | None, form: int) -> Iterator[Finding]:
    path = "HDon/DLHDon/NDHDon/DSHHDVu"
    lines = listed.all("HHDVu") if listed is not None else []
    if not lines:
        yield bad_format(path, "không có hàng hóa, dịch vụ")
    if len(lines) > _MOST_LINES:
        yield bad_format(path, f"quá {_MOST_LINES} dòng")
    for line in lines:
        nature = line.text_at("TChat")
        if nature not in {"1", "2", "3", "4", "5"}:
            yield bad_format(f"{path}/HHDVu/TChat", "tính chất không hợp lệ")
        needed = _NEEDED_ON_LINES.get(nature, ())
        for name in (*needed, "TSuat") if form == 1 and needed else needed:
            if not line.text_at(name):
                yield bad_format(f"{path}/HHDVu/{name}", "thiếu giá trị bắt buộc")


def _check_citizen(invoice: Part) -> Iterator[Finding]:
    found = invoice.at("DLHDon", "NDHDon", "NMua", "CCCDan")
    if found is not None and not _CITIZEN.fullmatch(found.text):
        yield bad_format("HDon/DLHDon/NDHDon/NMua/CCCDan", "định dạng CCCD không hợp lệ")
