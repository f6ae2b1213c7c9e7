"""The invoice's fields, once: tag, Vietnamese name, type, length and order, as the regulation's tables.

``FIELDS`` is the whole of DLHDon for forms 1 and 2: the tables of Decision 1450/QĐ-TCT (part II, section II,
2.1 and 2.2), with what Decision 1510/QĐ-TCT adds for cash registers and the fields of real 2.1.0 files. From
it come the writer (``invoice.document``), the lenient reader (``invoice.reader``), the strict validator
(``invoice.validation``), the XSD and the page of the docs (``invoice.describe``); nothing else knows where a
tag stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Type(Enum):
    """How a value is written: text, whole or decimal number, or date (YYYY-MM-DD)."""

    TEXT = "text"
    NUMBER = "number"
    DAY = "day"


BOTH = (1, 2)
NUMBER_TAG = "SHDon"  # the one field of DLHDon that an order, which waits for its number, does not have


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf element. ``source`` is the attribute of the enclosing value; None there leaves the tag out.

    ``longest`` counts characters of a text, or all digits of a number of which ``decimals`` may follow the
    dot. ``forms`` are the forms that have the field; ``since`` is the first version (PBan) that has it.
    ``varies``: it is another on nearly every invoice, so what was written of it is not remembered.
    """

    tag: str
    source: str
    name: str
    longest: int
    type: Type = Type.TEXT
    decimals: int = 0
    required: bool = True
    forms: tuple[int, ...] = BOTH
    since: str = "2.0.0"
    varies: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """An element with children. ``source``: the attribute that holds its value, "" for the same value.

    ``each``: the attribute is a tuple and the element stands once for every item. ``unless_empty`` names an
    attribute of the enclosing value: where it is empty or None the element is left out. ``constant``: equal
    values are rendered once and remembered (the seller never changes, the buyer seldom is named).
    """

    tag: str
    source: str
    children: tuple[Field | Group, ...]
    each: bool = False
    forms: tuple[int, ...] = BOTH
    unless_empty: str = ""
    constant: bool = False


def _amount(
    tag: str, source: str, name: str, *, required: bool = True, forms: tuple[int, ...] = BOTH
) -> Field:
    return Field(tag, source, name, 21, Type.NUMBER, 6, required, forms)


def _sum(tag: str, source: str, name: str, forms: tuple[int, ...] = BOTH) -> Field:
    return Field(tag, source, name, 21, Type.NUMBER, 6, forms=forms, varies=True)


def _may(tag: str, source: str, name: str, longest: int, since: str = "2.0.0") -> Field:
    return Field(tag, source, name, longest, required=False, since=since)


def _extras(source: str) -> Group:
    """TTKhac: fields of the seller's own."""
    return Group(
        "TTKhac",
        "",
        (
            Group(
                "TTin",
                source,
                (
                    Field("TTruong", "name", "Tên trường", 50),
                    Field("KDLieu", "kind", "Kiểu dữ liệu", 10),
                    Field("DLieu", "value", "Dữ liệu", 500, varies=True),
                ),
                each=True,
            ),
        ),
        unless_empty=source,
    )


_RELATED = Group(
    "TTHDLQuan",
    "related",
    (
        Field("TCHDon", "kind", "Tính chất hóa đơn", 1, Type.NUMBER),
        Field("LHDCLQuan", "regime", "Loại hóa đơn có liên quan", 1, Type.NUMBER),
        Field("KHMSHDCLQuan", "form", "Ký hiệu mẫu số hóa đơn có liên quan", 11),
        Field("KHHDCLQuan", "symbol", "Ký hiệu hóa đơn có liên quan", 8),
        Field("SHDCLQuan", "number", "Số hóa đơn có liên quan", 8),
        Field("NLHDCLQuan", "day", "Ngày lập hóa đơn có liên quan", 10, Type.DAY),
        _may("GChu", "note", "Ghi chú", 255),
    ),
    unless_empty="related",
)

_GENERAL = Group(
    "TTChung",
    "",
    (
        Field("PBan", "version", "Phiên bản XML", 6),
        Field("THDon", "title", "Tên hóa đơn", 100),
        Field("KHMSHDon", "form", "Ký hiệu mẫu số hóa đơn", 1, Type.NUMBER),
        Field("KHHDon", "symbol", "Ký hiệu hóa đơn", 6),
        Field(NUMBER_TAG, "number", "Số hóa đơn", 8, Type.NUMBER, varies=True),
        Field("NLap", "day", "Ngày lập", 10, Type.DAY),
        Field(
            "HDDCKPTQuan",
            "outside_tariff_zone",
            "Hóa đơn dành cho khu phi thuế quan",
            1,
            Type.NUMBER,
            forms=(2,),
        ),
        _may("SBKe", "statement_no", "Số bảng kê", 50),
        Field("NBKe", "statement_day", "Ngày bảng kê", 10, Type.DAY, required=False),
        Field("DVTTe", "currency", "Đơn vị tiền tệ", 3),
        Field("TGia", "exchange_rate", "Tỷ giá", 7, Type.NUMBER, 2, required=False),
        _may("HTTToan", "payment", "Hình thức thanh toán", 50),
        _may("MSTTCGP", "solution_provider", "Mã số thuế tổ chức cung cấp giải pháp", 14),
        _may("MSTDVNUNLHDon", "entrusted_tax_code", "Mã số thuế đơn vị nhận ủy nhiệm lập hóa đơn", 14),
        _may("TDVNUNLHDon", "entrusted_name", "Tên đơn vị nhận ủy nhiệm lập hóa đơn", 400),
        _may("DCDVNUNLHDon", "entrusted_address", "Địa chỉ đơn vị nhận ủy nhiệm lập hóa đơn", 400),
        _RELATED,
    ),
)

_SELLER = Group(
    "NBan",
    "seller",
    (
        Field("Ten", "name", "Tên", 400),
        Field("MST", "tax_code", "Mã số thuế", 14),
        Field("DChi", "address", "Địa chỉ", 400),
        _may("SDThoai", "phone", "Số điện thoại", 20),
        _may("DCTDTu", "email", "Địa chỉ thư điện tử", 50),
        _may("STKNHang", "bank_account", "Số tài khoản ngân hàng", 30),
        _may("TNHang", "bank_name", "Tên ngân hàng", 400),
        _may("Fax", "fax", "Fax", 20),
        _may("Website", "website", "Website", 100),
    ),
    constant=True,
)

_BUYER = Group(
    "NMua",
    "buyer",
    (
        Field("Ten", "name", "Tên", 400),
        _may("MST", "tax_code", "Mã số thuế", 14),
        _may("MDVQHNSach", "budget_code", "Mã đơn vị quan hệ ngân sách", 7, since="2.1.0"),
        _may("DChi", "address", "Địa chỉ", 400),
        _may("MKHang", "customer_code", "Mã khách hàng", 50),
        _may("SDThoai", "phone", "Số điện thoại", 20),
        _may("CCCDan", "citizen_id", "Căn cước công dân", 12, since="2.0.1"),
        _may("DCTDTu", "email", "Địa chỉ thư điện tử", 50),
        _may("HVTNMHang", "contact", "Họ và tên người mua hàng", 100),
        _may("STKNHang", "bank_account", "Số tài khoản ngân hàng", 30),
        _may("TNHang", "bank_name", "Tên ngân hàng", 400),
    ),
    constant=True,
)

# What a line must have hangs on its nature (TChat): a note has a name only. ``invoice.validation`` knows.
_LINES = Group(
    "DSHHDVu",
    "",
    (
        Group(
            "HHDVu",
            "lines",
            (
                Field("TChat", "nature", "Tính chất", 1, Type.NUMBER),
                Field("STT", "position", "Số thứ tự", 4, Type.NUMBER, required=False, varies=True),
                _may("MHHDVu", "code", "Mã hàng hóa, dịch vụ", 50),
                Field("THHDVu", "name", "Tên hàng hóa, dịch vụ", 500),
                _may("DVTinh", "unit", "Đơn vị tính", 50),
                Field("SLuong", "quantity", "Số lượng", 21, Type.NUMBER, 6, required=False),
                Field("DGia", "unit_price", "Đơn giá", 21, Type.NUMBER, 6, required=False),
                Field("TLCKhau", "discount_percent", "Tỷ lệ % chiết khấu", 6, Type.NUMBER, 4, required=False),
                _amount("STCKhau", "discount", "Số tiền chiết khấu", required=False),
                _amount("ThTien", "amount", "Thành tiền", required=False),
                Field("TSuat", "rate", "Thuế suất", 11, required=False, forms=(1,)),
                _extras("details"),
            ),
            each=True,
        ),
    ),
    unless_empty="lines",
)

_FEES = Group(
    "DSLPhi",
    "",
    (
        Group(
            "LPhi",
            "fees",
            (Field("TLPhi", "name", "Tên loại phí", 100), _amount("TPhi", "amount", "Tiền phí")),
            each=True,
        ),
    ),
    unless_empty="fees",
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
                        _sum("ThTien", "net", "Thành tiền"),
                        _sum("TThue", "tax", "Tiền thuế"),
                    ),
                    each=True,
                ),
            ),
            forms=(1,),
        ),
        _sum("TgTCThue", "net", "Tổng tiền chưa thuế", (1,)),
        _sum("TgTThue", "tax", "Tổng tiền thuế", (1,)),
        _FEES,
        _amount("TTCKTMai", "trade_discount", "Tổng tiền chiết khấu thương mại", required=False),
        _sum("TgTTTBSo", "total", "Tổng tiền thanh toán bằng số"),
        Field("TgTTTBChu", "words", "Tổng tiền thanh toán bằng chữ", 255, varies=True),
    ),
)

FIELDS = Group(
    "DLHDon",
    "",
    (
        _GENERAL,
        Group("NDHDon", "", (_SELLER, _BUYER, _LINES, _PAYABLE)),
        _extras("extras"),
    ),
)
