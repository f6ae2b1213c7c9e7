"""When a message is taken in at all: what the sandbox answers with a 999 that says error.

Source: the profile, section 2. Own codes begin with S; ``0001`` is the one seen in a sample.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.answers import TechnicalError
from authority.codes import AUTHORITY, is_message_id
from authority.elements import child, children, local_name, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from authority.envelope import Envelope
    from authority.sandbox.settings import Settings


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a kind of message consists of: its parts, what DLieu holds, ."""

    parts: tuple[str, ...]
    item: str
    signed_whole: bool  # the message's own signature covers DLieu, which needs an Id then
    beside: str = ""  # what stands once after the items
    most: int | None = None


_FORM_PARTS = ("TTChung", "DLieu")
_SHAPES = {
    "206": _Shape(("TTChung", "DLieu", "CKSNNT"), "HDon", signed_whole=True),
    "208": _Shape(("TTChung", "DLieu", "CKSNNT"), "HDon", signed_whole=True, beside="BKe", most=1),
    "100": _Shape(_FORM_PARTS, "TKhai", signed_whole=False),
    "300": _Shape(_FORM_PARTS, "TBao", signed_whole=False),
    "303": _Shape(_FORM_PARTS, "TBao", signed_whole=False),
}

UNREADABLE = "0001"
TOO_LARGE = "S001"
ORDER = "S002"
FIELD = "S003"
KIND = "S004"
SENDER = "S005"
COUNT = "S006"
REPEATED = "S007"

_FIELDS = ("PBan", "MNGui", "MNNhan", "MLTDiep", "MTDiep", "MTDTChieu", "MST", "SLuong")
_LONGEST = {"PBan": 6, "MNGui": 14, "MNNhan": 14, "MLTDiep": 3, "MTDiep": 46, "MTDTChieu": 46, "MST": 14}
_TAX_CODE = re.compile(r"[0-9]{10}(-[0-9]{3})?|[0-9]{12}")
_COUNT = re.compile(r"[0-9]{1,7}")
_PROVIDER = re.compile(r"V[0-9]{10,13}")


def check_envelope(envelope: Envelope, settings: Settings) -> Iterator[TechnicalError]:
    """Every rule of a message's envelope that is broken."""
    header = envelope.header
    shape = _SHAPES.get(header.kind)
    if shape is None:
        yield TechnicalError(KIND, f"Loại thông điệp {header.kind[:10]} không được hỗ trợ")
        return
    yield from _check_order(envelope.root, shape)
    general = child(envelope.root, "TTChung")
    for tag, longest in _LONGEST.items():
        if len(text(general, tag)) > longest:
            yield TechnicalError(FIELD, f"{tag} dài quá {longest} ký tự")
    if header.version not in settings.versions:
        yield TechnicalError(FIELD, f"PBan {header.version[:20]} không được hỗ trợ")
    receiver = settings.tvan_code or AUTHORITY
    if header.receiver != receiver:
        yield TechnicalError(FIELD, f"MNNhan phải là {receiver}")
    if header.reply_to:
        yield TechnicalError(FIELD, "MTDTChieu phải để trống")
    yield from _check_sender(envelope, settings)
    yield from _check_content(envelope.content, text(general, "SLuong"), shape)


def _check_order(root: _Element, shape: _Shape) -> Iterator[TechnicalError]:
    if tuple(local_name(part) for part in root) != shape.parts:
        yield TechnicalError(ORDER, f"TDiep phải gồm {', '.join(shape.parts)} theo thứ tự")
    general = child(root, "TTChung")
    found = tuple(local_name(part) for part in general) if general is not None else ()
    if found != _FIELDS:
        yield TechnicalError(ORDER, f"TTChung phải gồm {', '.join(_FIELDS)} theo thứ tự")


def _check_sender(envelope: Envelope, settings: Settings) -> Iterator[TechnicalError]:
    header = envelope.header
    tax_code = header.tax_code or ""
    if not _TAX_CODE.fullmatch(tax_code):
        yield TechnicalError(FIELD, "MST không đúng định dạng")
    elif settings.tvan_code:
        if header.sender != tax_code.replace("-", ""):
            yield TechnicalError(SENDER, "MNGui phải là MST của người bán, không có chữ và dấu gạch")
    elif header.sender != "K" + tax_code.replace("-", "") and not _PROVIDER.fullmatch(header.sender):
        yield TechnicalError(SENDER, "MNGui không phải của MST này, cũng không phải của tổ chức truyền nhận")
    if not is_message_id(header.message_id) or header.message_id[:-32] != header.sender:
        yield TechnicalError(FIELD, "MTDiep phải gồm MNGui và 32 ký tự hex viết hoa")


def _check_content(content: _Element | None, count: str, shape: _Shape) -> Iterator[TechnicalError]:
    if content is None:
        return
    items = len(list(children(content, shape.item)))
    names = [local_name(part) for part in content]
    if names != [shape.item] * items + [shape.beside] * bool(shape.beside):
        beside = f" rồi một {shape.beside}" if shape.beside else ""
        yield TechnicalError(ORDER, f"DLieu chỉ được chứa {shape.item}{beside}")
    if shape.signed_whole and not content.get("Id"):
        yield TechnicalError(FIELD, "DLieu thiếu Id")
    named = "hóa đơn" if shape.signed_whole else shape.item
    if not _COUNT.fullmatch(count) or int(count) != items or not items:
        yield TechnicalError(COUNT, f"SLuong {count[:20]} không bằng số {named} {items}")
    elif items > 1 and (shape.most == 1 or not shape.signed_whole):
        yield TechnicalError(COUNT, f"Thông điệp chỉ được chứa một {shape.item}")
