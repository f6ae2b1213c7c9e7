"""What seller and buyer sign when invoices are corrected: the list (BKe) and the record (BBan).

The list, form 01/BK-ĐCTT, goes with one invoice that replaces or adjusts many; the record of agreement is
made with a buyer before one invoice is corrected. Source: the 2.1.0 tables. Both are documents of their own,
signed in ``DSCKS/NBan`` by the seller; the buyer's signature in ``DSCKS/NMua`` is added by the buyer.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import TYPE_CHECKING

from authority.envelope import DECLARATION
from authority.errors import FormInvalid
from authority.forms.fields import Field, Group, Type, write_form
from authority.forms.registration import TAX_CODE, VERSION

if TYPE_CHECKING:
    from datetime import date, datetime

    from signing.xmldsig import XmlSigner

LIST_FORM = "01/BK-ĐCTT"
LIST_TITLE = "Bảng kê hóa đơn điều chỉnh/thay thế"
RECORD_TITLE = "Biên bản điều chỉnh/thay thế hóa đơn"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class Correction(IntEnum):
    """TCHDon of both."""

    REPLACES = 1
    ADJUSTS = 2


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer; a buyer may have no tax code."""

    name: str
    tax_code: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectedInvoice:
    """The invoice that was wrong."""

    form: int
    symbol: str
    number: int


@dataclass(frozen=True, slots=True)
class Amounts:
    """A line of goods before or after: amounts in dong; ``net`` without VAT, ``other`` the discounts."""

    net: Decimal
    total: Decimal
    name: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    rate: str | None = None
    tax: Decimal | None = None
    other: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """After less before."""

    net: Decimal
    tax: Decimal
    total: Decimal
    other: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CorrectedLine:
    """One line of the list; made by ``CorrectedLine.of``, which reckons the difference."""

    invoice: CorrectedInvoice
    before: Amounts
    after: Amounts
    difference: Difference

    @staticmethod
    def of(invoice: CorrectedInvoice, before: Amounts, after: Amounts) -> CorrectedLine:
        """The line with its difference."""
        difference = Difference(
            net=after.net - before.net,
            tax=_less(after.tax, before.tax) or Decimal(0),
            total=after.total - before.total,
            other=_less(after.other, before.other),
        )
        return CorrectedLine(invoice, before, after, difference)


@dataclass(frozen=True, slots=True)
class CorrectionList:
    """The list BKe: why, and line by line what was and what is."""

    number: str
    day: date
    correction: Correction
    seller: Party
    buyer: Party
    reasons: tuple[str, ...]
    lines: tuple[CorrectedLine, ...]
    title: str = LIST_TITLE


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    """The record of agreement BBan about one invoice."""

    number: str
    day: date
    correction: Correction
    seller: Party
    buyer: Party
    invoice: CorrectedInvoice
    reasons: tuple[str, ...]
    title: str = RECORD_TITLE


def build_correction_list(
    corrections: CorrectionList, signer: XmlSigner, name: str, signing_time: datetime
) -> bytes:
    """The exact bytes of a BKe, signed by the seller at ``signing_time`` (aware).

    ``name`` makes its Ids and must be unique among the documents it is kept with: letters, digits, ``._-``.

    Raises:
        FormInvalid: a value that breaks the table, with the path of its field.
        SigningError: the key cannot be used.
    """
    content = list_content(corrections, name)
    return _signed("BKe", content, f"BKe-{name}", signer, signing_time)


def list_content(corrections: CorrectionList, name: str) -> bytes:
    """The canonical bytes of NDBKe, of which the seller signs the SHA-256 under the Id ``BKe-{name}``.

    Raises:
        FormInvalid: as ``build_correction_list``.
    """
    return write_form(CORRECTION_LIST, corrections, f"BKe-{_checked(name)}")


def list_element(content: bytes, signature: bytes) -> bytes:
    """The BKe of such content, canonical and without XML declaration, as message 208 carries it."""
    return _element("BKe", content, signature)


def build_correction_record(
    record: CorrectionRecord, signer: XmlSigner, name: str, signing_time: datetime
) -> bytes:
    """The exact bytes of a BBan; everything else as ``build_correction_list``.

    Raises:
        FormInvalid, SigningError: as there.
    """
    content = write_form(CORRECTION_RECORD, record, f"BBan-{_checked(name)}")
    return _signed("BBan", content, f"BBan-{name}", signer, signing_time)


def _less(after: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The difference; None where neither is said."""
    return None if after is before is None else (after or Decimal(0)) - (before or Decimal(0))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise FormInvalid("Id", f"{name[:70]!r} is not a name of letters, digits and ._-")
    return name


def _signed(root: str, content: bytes, name: str, signer: XmlSigner, signing_time: datetime) -> bytes:
    signature = signer.sign(hashlib.sha256(content).digest(), name, f"NBan-{name}", signing_time)
    return DECLARATION + _element(root, content, signature)


def _element(root: str, content: bytes, signature: bytes) -> bytes:
    opening, closing = f"<{root}>".encode(), f"</NBan></DSCKS></{root}>".encode()
    return b"".join((opening, content, b"<DSCKS><NBan>", signature, closing))


# The tables


def _amount(tag: str, source: str, name: str, *, required: bool = True) -> Field:
    return Field(tag, source, name, type=Type.AMOUNT, required=required)


def _party(source: str, who: str, tags: tuple[str, str, str], *, code_needed: bool) -> Group[Party]:
    name, code, address = tags
    return Group(
        "",
        (
            Field(name, "name", f"Tên {who}", 400),
            Field(code, "tax_code", f"Mã số thuế {who}", 14, required=code_needed, pattern=TAX_CODE),
            Field(address, "address", f"Địa chỉ {who}", 400, required=False),
        ),
        source,
        Party,
    )


_INVOICE: Group[CorrectedInvoice] = Group(
    "",
    (
        Field("KHMSHDon", "form", "Ký hiệu mẫu số hóa đơn", 1, Type.WHOLE),
        Field("KHHDon", "symbol", "Ký hiệu hóa đơn", 6),
        Field("SHDon", "number", "Số hóa đơn", 8, Type.WHOLE),
    ),
    "invoice",
    CorrectedInvoice,
)
_REASONS: Group[tuple[str, ...]] = Group(
    "DSLDTDoi", (Field("LDo", "reasons", "Lý do thay thế/điều chỉnh", 500, each=True),)
)
_CORRECTION = Field(
    "TCHDon", "correction", "Tính chất (1: thay thế, 2: điều chỉnh)", 1, Type.WHOLE, of=Correction
)


def _amounts(tag: str, source: str, tags: tuple[str, ...], when: str) -> Group[Amounts]:
    name, quantity, price, net, rate, tax, other, total = tags
    return Group(
        tag,
        (
            Field(name, "name", f"Tên hàng hóa, dịch vụ {when}", 500, required=False),
            _amount(quantity, "quantity", f"Số lượng {when}", required=False),
            _amount(price, "price", f"Đơn giá {when}", required=False),
            _amount(net, "net", f"Thành tiền {when}"),
            Field(rate, "rate", f"Thuế suất {when}", 11, required=False),
            _amount(tax, "tax", f"Tiền thuế {when}", required=False),
            _amount(other, "other", f"Tổng tiền khác {when}", required=False),
            _amount(total, "total", f"Tổng tiền sau thuế {when}"),
        ),
        source,
        Amounts,
    )


_BEFORE = _amounts(
    "",
    "before",
    ("THHDVGoc", "SLGoc", "DGGoc", "ThTGoc", "TSGoc", "TTGoc", "TgTKGoc", "TgTSTGoc"),
    "trước điều chỉnh",
)
_AFTER = _amounts(
    "TTSDChinh",
    "after",
    ("THHDVTDoi", "SLTDoi", "DGTDoi", "ThTTDoi", "TSTDoi", "TTTDoi", "TgTTDoi", "TgTSTTDoi"),
    "sau điều chỉnh",
)
_DIFFERENCE: Group[Difference] = Group(
    "CLech",
    (
        _amount("TgTCTCLech", "net", "Tổng tiền chưa thuế chênh lệch"),
        _amount("TgTTCLech", "tax", "Tổng tiền thuế chênh lệch"),
        _amount("TgTKCLech", "other", "Tổng tiền khác chênh lệch", required=False),
        _amount("TgTTTCLech", "total", "Tổng tiền thanh toán chênh lệch"),
    ),
    "difference",
    Difference,
)
_LINE: Group[CorrectedLine] = Group(
    "HHDVu",
    (
        Group("TTTDChinh", (Field("STT", "", "Số thứ tự", 4, Type.POSITION), _INVOICE, _BEFORE)),
        _AFTER,
        _DIFFERENCE,
    ),
    "lines",
    CorrectedLine,
    each=True,
)

CORRECTION_LIST: Group[CorrectionList] = Group(
    "NDBKe",
    (
        Group(
            "TTChung",
            (
                Field("PBan", "", "Phiên bản", 6, constant=VERSION),
                Field("TBKe", "title", "Tên bảng kê", 100),
                Field("KHMBKe", "", "Ký hiệu mẫu số bảng kê", 10, constant=LIST_FORM),
                Field("SBKe", "number", "Số bảng kê", 50),
                Field("NBKe", "day", "Ngày bảng kê", 10, Type.DAY),
                _CORRECTION,
                _party("seller", "người bán", ("NBan", "MSTNBan", "DCNBan"), code_needed=True),
                _party("buyer", "người mua", ("NMua", "MSTNMua", "DCNMua"), code_needed=False),
                _REASONS,
            ),
        ),
        Group("DSHHDVu", (_LINE,)),
    ),
    make=CorrectionList,
)

CORRECTION_RECORD: Group[CorrectionRecord] = Group(
    "NDBBan",
    (
        Group(
            "TTChung",
            (
                Field("PBan", "", "Phiên bản", 6, constant=VERSION),
                Field("TBBan", "title", "Tên biên bản", 100),
                Field("SBBan", "number", "Số biên bản", 50),
                Field("NBBan", "day", "Ngày biên bản", 10, Type.DAY),
                _CORRECTION,
                _party("seller", "người bán", ("NBan", "MSTNBan", "DCNban"), code_needed=True),
                _party("buyer", "người mua", ("NMua", "MSTNMua", "DCNmua"), code_needed=False),
                _INVOICE,
                _REASONS,
            ),
        ),
    ),
    make=CorrectionRecord,
)
