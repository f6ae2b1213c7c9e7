"""The invoice's fields, once: tag, Vietnamese name, type, length and order, as the regulation's tables.

``FIELDS`` is the whole of DLHDon for the cash-register forms 1 and 2 (``mtt-fields.md``: Decision
1510/QĐ-TCT, with the fields of real 2.1.0 files). ``invoice.document`` makes the writer from it; nothing
else knows a tag's place.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """How a value is written: text, whole or decimal number, or date (YYYY-MM-DD)."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf element. ``source`` is the attribute of the enclosing value; None there leaves the tag out.

    ``longest`` counts characters of a text, or all digits of a number of which ``decimals`` may follow the
    dot. ``forms`` are the forms that have the field.
    """

    tag: str
    source: str
    name: str
    longest: int
    type: Type = Type.TEXT
    decimals: int = 0
    required: bool = True
    forms: tuple[int, ...] = (1, 2)


@dataclass(frozen=True, slots=True)
class Group:
    """An element with children. ``source``: the attribute that holds its value, "" for the same value.

    ``each``: the attribute is a tuple and the element stands once for every item. ``unless_empty`` names a
    tuple: where it is empty the element is left out. ``constant``: equal values are rendered once and
    remembered (the seller never changes, the buyer seldom is named).
    """

    tag: str
    source: str
    children: tuple[Field | Group, ...]
    each: bool = False
    forms: tuple[int, ...] = (1, 2)
    unless_empty: str = ""
    constant: bool = False


def _amount(
    tag: str, source: str, name: str, *, required: bool = True, forms: tuple[int, ...] = (1, 2)
) -> Field:
    return Field(tag, source, name, 21, Type.NUMBER, 6, required, forms)


_EXTRA = Group(
    "TTKhac",
    "",
    (
        Group(
            "TTin",
            "extras",
            (
                Field("TTruong", "name", "Tên trường", 50),
                Field("KDLieu", "kind", "Kiểu dữ liệu", 10),
                Field("DLieu", "value", "Dữ liệu", 255),
            ),
            each=True,
        ),
    ),
    unless_empty="extras",
)

_GENERAL = Group(
    "TTChung",
    "",
    (
        Field("PBan", "version", "Phiên bản XML", 6),
        Field("THDon", "title", "Tên hóa đơn", 100),
        Field("KHMSHDon", "form", "Ký hiệu mẫu số hóa đơn", 1, Type.NUMBER),
        Field("KHHDon", "symbol", "Ký hiệu hóa đơn", 6),
        Field("SHDon", "number", "Số hóa đơn", 8, Type.NUMBER),
        Field("NLap", "day", "Ngày lập", 10, Type.DAY),
        Field(
            "HDDCKPTQuan",
            "outside_tariff_zone",
            "Hóa đơn dành cho khu phi thuế quan",
            1,
            Type.NUMBER,
            forms=(2,),
        ),
        Field("DVTTe", "currency", "Đơn vị tiền tệ", 3),
        Field("HTTToan", "payment", "Hình thức thanh toán", 50, required=False),
    ),
)

_SELLER = Group(
    "NBan",
    "seller",
    (
        Field("Ten", "name", "Tên", 400),
        Field("MST", "tax_code", "Mã số thuế", 14),
        Field("DChi", "address", "Địa chỉ", 400),
        Field("SDThoai", "phone", "Số điện thoại", 20, required=False),
        Field("DCTDTu", "email", "Địa chỉ thư điện tử", 50, required=False),
        Field("STKNHang", "bank_account", "Số tài khoản ngân hàng", 30, required=False),
        Field("TNHang", "bank_name", "Tên ngân hàng", 400, required=False),
    ),
    constant=True,
)

_BUYER = Group(
    "NMua",
    "buyer",
    (
        Field("Ten", "name", "Tên", 400),
        Field("MST", "tax_code", "Mã số thuế", 14, required=False),
        Field("DChi", "address", "Địa chỉ", 400, required=False),
        Field("SDThoai", "phone", "Số điện thoại", 20, required=False),
        Field("CCCDan", "citizen_id", "Căn cước công dân", 12, required=False),
        Field("DCTDTu", "email", "Địa chỉ thư điện tử", 50, required=False),
    ),
    constant=True,
)

_LINES = Group(
    "DSHHDVu",
    "",
    (
        Group(
            "HHDVu",
            "lines",
            (
                Field("TChat", "nature", "Tính chất", 1, Type.NUMBER),
                Field("STT", "position", "Số thứ tự", 4, Type.NUMBER),
                Field("MHHDVu", "code", "Mã hàng hóa, dịch vụ", 50, required=False),
                Field("THHDVu", "name", "Tên hàng hóa, dịch vụ", 500),
                Field("DVTinh", "unit", "Đơn vị tính", 50, required=False),
                Field("SLuong", "quantity", "Số lượng", 21, Type.NUMBER, 6),
                Field("DGia", "unit_price", "Đơn giá", 21, Type.NUMBER, 6),
                _amount("STCKhau", "discount", "Số tiền chiết khấu", required=False),
                _amount("ThTien", "amount", "Thành tiền"),
                Field("TSuat", "rate", "Thuế suất", 11, forms=(1,)),
            ),
            each=True,
        ),
    ),
)

_PAYABLE = Group(
    "TToan",
    "",
    (
        Group(
            "THTTLTSuat",
            "",
            (
                Group(
                    "LTSuat",
                    "rate_totals",
                    (
                        Field("TSuat", "rate", "Thuế suất", 11),
                        _amount("ThTien", "net", "Thành tiền"),
                        _amount("TThue", "tax", "Tiền thuế"),
                    ),
                    each=True,
                ),
            ),
            forms=(1,),
        ),
        _amount("TgTCThue", "net", "Tổng tiền chưa thuế", forms=(1,)),
        _amount("TgTThue", "tax", "Tổng tiền thuế", forms=(1,)),
        _amount("TgTTTBSo", "total", "Tổng tiền thanh toán bằng số"),
        Field("TgTTTBChu", "words", "Tổng tiền thanh toán bằng chữ", 255),
    ),
)

FIELDS = Group(
    "DLHDon",
    "",
    (
        _GENERAL,
        Group("NDHDon", "", (_SELLER, _BUYER, _LINES, _PAYABLE)),
        _EXTRA,
    ),
)
