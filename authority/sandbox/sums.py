"""Whether an invoice's amounts agree (profile, section 4), reckoned the sandbox's own way.

Form 1: lines per rate = LTSuat/ThTien, their sum = TgTCThue, the taxes' sum = TgTThue, tax within one
dong of net x rate, and TgTCThue + TgTThue + fees - discount = TgTTTBSo. Form 2: lines + fees - discount =
TgTTTBSo. Every line: quantity x price - discount within one dong of its amount, plus what the rounding
of the price to six decimals can make out.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from authority.sandbox.settings import LINE, RATE, RATE_TOTAL, TOTAL, WORDS, Finding, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authority.sandbox.part import Part

_DONG = Decimal(1)
_PRICE_ROUNDING = Decimal("0.0000005")
_UNTAXED = {"KCT", "KKKNT"}
_ZERO = Decimal(0)


def check_sums(content: Part, form: int, settings: Settings) -> Iterator[Finding]:
    """Every sum of NDHDon that does not agree; its fields must have passed ``check_fields``."""
    payable = content.at("TToan")
    listed = content.at("DSHHDVu")
    if payable is None or listed is None:
        return
    lines = listed.all("HHDVu")
    for line in lines:
        yield from _check_line(line)
    if form == 1:
        yield from _check_rates(lines, payable, settings)
    else:
        yield from _agree(
            "TgTTTBSo", _amount(payable, "TgTTTBSo"), _lines_sum(lines) + _beside(payable), TOTAL
        )
    yield from _check_words(payable)


def total_of(content: Part) -> str:
    """TgTTTBSo as written."""
    return content.text_at("TToan", "TgTTTBSo")


def _check_line(line: Part) -> Iterator[Finding]:
    if line.text_at("TChat") != "1" or not line.text_at("SLuong") or not line.text_at("DGia"):
        return
    quantity, price, amount = (_amount(line, name) for name in ("SLuong", "DGia", "ThTien"))
    gross = quantity * price
    # Where both are given the amount is what is taken off, the percentage only explains it.
    discount = _amount(line, "STCKhau") if line.text_at("STCKhau") else gross * _amount(line, "TLCKhau") / 100
    allowed = _DONG + abs(quantity) * _PRICE_ROUNDING
    if abs(gross - discount - amount) > allowed:
        place = line.text_at("STT") or "?"
        words = f"Dòng {place}: {quantity} x {price} - {discount} không bằng thành tiền {amount}"
        yield Finding(LINE, words)


def _check_rates(lines: list[Part], payable: Part, settings: Settings) -> Iterator[Finding]:
    by_lines: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        rate = line.text_at("TSuat")
        if rate and _percentage(rate, settings) is None:
            yield Finding(RATE, f"Thuế suất {rate[:20]} không được phép")
        if rate:
            by_lines[rate] += _signed_amount(line)
    by_totals: dict[str, Decimal] = defaultdict(Decimal)
    net = tax = _ZERO
    listed = payable.at("THTTLTSuat")
    for total in listed.all("LTSuat") if listed is not None else ():
        rate, line_net, line_tax = total.text_at("TSuat"), _amount(total, "ThTien"), _amount(total, "TThue")
        by_totals[rate] += line_net
        net, tax = net + line_net, tax + line_tax
        percentage = _percentage(rate, settings)
        if percentage is None:
            yield Finding(RATE, f"Thuế suất {rate[:20]} không được phép")
        elif abs(line_net * percentage / 100 - line_tax) > (_ZERO if rate in _UNTAXED else _DONG):
            yield Finding(RATE_TOTAL, f"Tiền thuế {line_tax} không phải {rate} của {line_net}")
    for rate in sorted(by_lines.keys() | by_totals.keys()):
        if by_lines[rate] != by_totals[rate]:
            yield Finding(
                RATE_TOTAL,
                f"Tổng {rate[:20]}: các dòng cộng {by_lines[rate]}, bảng thuế suất ghi {by_totals[rate]}",
            )
    yield from _agree("TgTCThue", _amount(payable, "TgTCThue"), net, TOTAL)
    yield from _agree("TgTThue", _amount(payable, "TgTThue"), tax, TOTAL)
    yield from _agree("TgTTTBSo", _amount(payable, "TgTTTBSo"), net + tax + _beside(payable), TOTAL)


def _check_words(payable: Part) -> Iterator[Finding]:
    words = payable.text_at("TgTTTBChu")
    if not words:
        yield Finding(WORDS, "Thiếu tổng tiền thanh toán bằng chữ")
    elif (_amount(payable, "TgTTTBSo") < 0) != words.casefold().startswith("âm "):
        yield Finding(WORDS, "Tổng tiền bằng chữ không cùng dấu với bằng số")


def _agree(tag: str, written: Decimal, reckoned: Decimal, code: str) -> Iterator[Finding]:
    if written != reckoned:
        yield Finding(code, f"{tag} ghi {written}, tính lại {reckoned}")
    elif written != written.to_integral_value():
        yield Finding(code, f"{tag} {written} có số lẻ, đồng Việt Nam không có")


def _lines_sum(lines: list[Part]) -> Decimal:
    return sum((_signed_amount(line) for line in lines), _ZERO)


def _signed_amount(line: Part) -> Decimal:
    """A line's part in the sum: a trade discount (TChat 3) is taken off, a note (4) counts nothing."""
    amount = _amount(line, "ThTien")
    nature = line.text_at("TChat")
    if nature == "4":
        return _ZERO
    return -abs(amount) if nature == "3" else amount


def _beside(payable: Part) -> Decimal:
    """Fees less the discount on the whole invoice."""
    fees = payable.at("DSLPhi")
    added = sum((_amount(fee, "TPhi") for fee in fees.all("LPhi")), _ZERO) if fees is not None else _ZERO
    return added - _amount(payable, "TTCKTMai")


def _percentage(rate: str, settings: Settings) -> Decimal | None:
    """The height of an allowed rate in percent, None where it is not allowed."""
    if rate in settings.rates:
        return _ZERO if rate in _UNTAXED else Decimal(rate.rstrip("%"))
    if settings.other_rates and rate.startswith("KHAC:") and rate.endswith("%"):
        digits = rate[5:-1]
        if digits.replace(".", "", 1).isdigit() and digits.isascii() and len(digits) <= 5:
            return Decimal(digits)
    return None


def _amount(element: Part, tag: str) -> Decimal:
    return Decimal(element.text_at(tag) or "0")
