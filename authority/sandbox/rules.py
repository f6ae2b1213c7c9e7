"""Whether one invoice of a package may be registered, but for what only the store knows (uniqueness).

An ordered list of checks over HDon: fields, identity, parties, sums. The sandbox's own reading of the
profile, sections 4, 5, 6, 9 and 10.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.elements import VIETNAM
from authority.sandbox.part import Part
from authority.sandbox.schema import check_fields
from authority.sandbox.settings import (
    CODE_FOREIGN,
    DAY,
    FORM,
    NUMBER,
    SELLER,
    SYMBOL,
    TAX_CODE,
    Finding,
    Settings,
    bad_format,
)
from authority.sandbox.sums import check_sums, total_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from lxml.etree import _Element

_GENERAL, _CONTENT = ("DLHDon", "TTChung"), ("DLHDon", "NDHDon")
_SYMBOL = re.compile(r"[CK]([0-9]{2})([A-Z])[A-Z]{2}")
_CODE = re.compile(r"M([1-6])-([0-9]{2})-([A-Z0-9]{5})-([0-9]{11})")
_TAX_CODE = re.compile(r"[0-9]{10}(-[0-9]{3})?|[0-9]{12}")
_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice as it would be registered. ``characters`` are the five of its authority code."""

    tax_code: str
    form: int
    symbol: str
    number: int
    code: str
    characters: str
    total: str
    seller: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the rules say about one invoice. ``candidate`` is None where it cannot even be named.

    ``warnings`` are wrong but never refused, such as the copied QR check sum of many real files.
    """

    candidate: Candidate | None
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()


def judge_invoice(element: _Element, tax_code: str, settings: Settings, now: datetime) -> Opinion:
    """Apply the rules to one HDon of the seller ``tax_code``."""
    invoice = Part("HDon", element)
    form_text = invoice.text_at(*_GENERAL, "KHMSHDon")
    if form_text not in {str(form) for form in settings.forms}:
        return Opinion(_candidate(invoice), (Finding(FORM, f"Mẫu số {form_text[:10]} không được phép"),))
    form = int(form_text)
    fields = tuple(check_fields(invoice, form))
    if fields:
        return Opinion(_candidate(invoice), fields)
    content = invoice.at(*_CONTENT)
    findings = [
        *_check_identity(invoice, form, now),
        *_check_parties(invoice, tax_code, settings),
        *(check_sums(content, form, settings) if content is not None else ()),
    ]
    return Opinion(_candidate(invoice), tuple(findings), tuple(_warnings(invoice)))


def _candidate(invoice: Part) -> Candidate | None:
    content = invoice.at(*_CONTENT)
    form, number = invoice.text_at(*_GENERAL, "KHMSHDon"), invoice.text_at(*_GENERAL, "SHDon")
    symbol, code = invoice.text_at(*_GENERAL, "KHHDon"), invoice.text_at("MCCQT")
    if content is None or not re.fullmatch("[1-9]", form) or not re.fullmatch("[0-9]{1,8}", number):
        return None
    if not re.fullmatch("[0-9A-Z]{6}", symbol):
        return None
    match = _CODE.fullmatch(code)
    return Candidate(
        tax_code=content.text_at("NBan", "MST"),
        form=int(form),
        symbol=symbol,
        number=int(number),
        code=code,
        characters=match[3] if match else "",
        total=total_of(content),
        seller=content.text_at("NBan", "Ten"),
    )


def _check_identity(invoice: Part, form: int, now: datetime) -> Iterator[Finding]:
    day, symbol = invoice.text_at(*_GENERAL, "NLap"), invoice.text_at(*_GENERAL, "KHHDon")
    year = day[2:4]
    if day > now.astimezone(VIETNAM).date().isoformat():
        yield Finding(DAY, f"Ngày lập {day} sau ngày hiện tại")
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        yield Finding(SYMBOL, f"Ký hiệu {symbol} không đúng cấu trúc")
    elif match[2] != "M":
        yield Finding(SYMBOL, f"Ký hiệu {symbol} không phải của máy tính tiền (chữ M)")
    elif match[1] != year:
        yield Finding(SYMBOL, f"Ký hiệu {symbol} không cùng năm với ngày lập {day}")
    if not 1 <= int(invoice.text_at(*_GENERAL, "SHDon")) <= 99_999_999:
        yield Finding(NUMBER, "Số hóa đơn phải từ 1 đến 99999999")
    code = invoice.text_at("MCCQT")
    parts = _CODE.fullmatch(code)
    if parts is None:
        yield bad_format("HDon/MCCQT", "mã của cơ quan thuế không đúng cấu trúc M1-YY-XXXXX-99999999999")
    elif int(parts[1]) != form:
        yield Finding(CODE_FOREIGN, f"Mã {code} không cùng loại hóa đơn {form}")
    elif parts[2] != year:
        yield Finding(CODE_FOREIGN, f"Mã {code} không cùng năm với ngày lập {day}")


def _check_parties(invoice: Part, tax_code: str, settings: Settings) -> Iterator[Finding]:
    seller, buyer = invoice.text_at(*_CONTENT, "NBan", "MST"), invoice.text_at(*_CONTENT, "NMua", "MST")
    if seller != tax_code:
        yield Finding(SELLER, f"MST người bán {seller} không phải MST của thông điệp {tax_code}")
    for whose, code in (("người bán", seller), ("người mua", buyer)):
        if code and not _is_tax_code(code, check_digits=settings.check_digits):
            yield Finding(TAX_CODE, f"MST {whose} {code} không tồn tại")


def _is_tax_code(code: str, *, check_digits: bool) -> bool:
    if not _TAX_CODE.fullmatch(code):
        return False
    if len(code) == 12 or not check_digits:
        return True
    rest = sum(int(digit) * weight for digit, weight in zip(code[:9], _WEIGHTS, strict=True)) % 11
    return 10 - rest == int(code[9])


def _warnings(invoice: Part) -> Iterator[str]:
    qr = invoice.text_at("DLQRCode")
    if qr and not (qr[-8:-4] == "6304" and qr[-4:].upper() == f"{_crc(qr[:-4]):04X}"):
        yield f"DLQRCode: CRC {qr[-4:]} sai"


def _crc(words: str) -> int:
    """CRC-16/CCITT-FALSE (poly 0x1021, init 0xFFFF), byte by byte."""
    crc = 0xFFFF
    for byte in words.encode():
        crc = (crc << 8 & 0xFFFF) ^ _CRC_OF_BYTE[crc >> 8 ^ byte]
    return crc


def _crc_of_byte(byte: int) -> int:
    """What one byte does to the sum, bit by bit as its definition reads."""
    crc = byte << 8
    for _ in range(8):
        crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


_CRC_OF_BYTE = [_crc_of_byte(byte) for byte in range(256)]
