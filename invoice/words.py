"""Amounts in Vietnamese words, as invoices must show them (TgTTTBChu; Decree 123 article 10.13).

>>> from decimal import Decimal
>>> from invoice.words import amount_in_words, dong_in_words
>>> dong_in_words(1_359_600)
'Một triệu ba trăm năm mươi chín nghìn sáu trăm đồng'
>>> dong_in_words(-15_005)
'Âm mười lăm nghìn không trăm lẻ năm đồng'
>>> amount_in_words(Decimal("13800.25"), "USD")
'Mười ba nghìn tám trăm đô la Mỹ và hai mươi lăm xu'
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from invoice.errors import FieldInvalid


@dataclass(frozen=True, slots=True)
class _Currency:
    """A currency's name, its part's name and how many parts make one (as a power of ten)."""

    name: str
    part: str = ""
    decimals: int = 0


_CURRENCIES = {
    "VND": _Currency("đồng"),
    "USD": _Currency("đô la Mỹ", "xu", 2),
    "EUR": _Currency("euro", "xu", 2),
    "GBP": _Currency("bảng Anh", "xu", 2),
    "JPY": _Currency("yên Nhật"),
    "CNY": _Currency("nhân dân tệ", "phân", 2),
    "KRW": _Currency("won Hàn Quốc"),
    "TWD": _Currency("đô la Đài Loan", "xu", 2),
    "HKD": _Currency("đô la Hồng Kông", "xu", 2),
    "SGD": _Currency("đô la Singapore", "xu", 2),
    "AUD": _Currency("đô la Úc", "xu", 2),
    "NZD": _Currency("đô la New Zealand", "xu", 2),
    "CAD": _Currency("đô la Canada", "xu", 2),
    "CHF": _Currency("franc Thụy Sĩ", "xu", 2),
    "THB": _Currency("bạt Thái", "xatang", 2),
    "LAK": _Currency("kíp Lào"),
    "KHR": _Currency("riên Campuchia"),
    "MYR": _Currency("ringgit Malaysia", "xen", 2),
    "INR": _Currency("rupi Ấn Độ", "paisa", 2),
    "RUB": _Currency("rúp Nga", "kô-pếch", 2),
}

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_AFTER_TENS = {1: "mốt", 4: "tư", 5: "lăm"}  # hai mươi mốt, hai mươi tư, hai mươi lăm
_SCALES = ("", " nghìn", " triệu")


def dong_in_words(amount: int) -> str:
    """The amount of dong in words, first letter capital; any size (tỷ repeats: một nghìn tỷ)."""
    return _sentence(_number(abs(amount)) + " đồng", negative=amount < 0)


def amount_in_words(amount: Decimal | int, currency: str) -> str:
    """The amount of a currency (ISO 4217) in words, its hundredths as its part: ``… đô la Mỹ và … xu``.

    Raises:
        FieldInvalid: a currency without a Vietnamese name here, or more decimals than it has.
    """
    unit = _CURRENCIES.get(currency)
    if unit is None:
        raise FieldInvalid(
            f"no Vietnamese words for the currency {currency!r}; known: {', '.join(_CURRENCIES)}"
        )
    exact = Decimal(amount)
    if not exact.is_finite() or (exact and not -19 < exact.adjusted() < 19):
        raise FieldInvalid(f"{amount} is not an amount of {currency}")
    # Not by Decimal's arithmetic, which rounds to its context's digits and would say a wrong amount.
    numerator, denominator = exact.as_integer_ratio()
    scaled, rest = divmod(abs(numerator) * 10**unit.decimals, denominator)
    if rest:
        raise FieldInvalid(f"{amount} {currency} has more than {unit.decimals} decimals")
    whole, parts = divmod(scaled, 10**unit.decimals)
    words = f"{_number(whole)} {unit.name}"
    if parts:
        words += f" và {_number(parts)} {unit.part}"
    return _sentence(words, negative=exact < 0)


def _sentence(words: str, *, negative: bool) -> str:
    if negative:
        words = "âm " + words
    return words[0].upper() + words[1:]


def _number(value: int) -> str:
    if value == 0:
        return _DIGITS[0]
    billions, rest = divmod(value, 1_000_000_000)
    parts = []
    if billions:
        parts.append(_number(billions) + " tỷ")
    for scale in (2, 1, 0):
        group = rest // 1000**scale % 1000
        if group:
            parts.append(_group(group, leading=not parts) + _SCALES[scale])
    return " ".join(parts)


@lru_cache(maxsize=2000)  # all there are
def _group(value: int, *, leading: bool) -> str:
    """Three digits; a group that is not the first says its zero hundreds (không trăm lẻ năm)."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    parts = []
    if hundreds or not leading:
        parts.append(_DIGITS[hundreds] + " trăm")
    if tens > 1:
        parts.append(_DIGITS[tens] + " mươi")
        if ones:
            parts.append(_AFTER_TENS.get(ones, _DIGITS[ones]))
    elif tens == 1:
        parts.append("mười")
        if ones:
            parts.append("lăm" if ones == 5 else _DIGITS[ones])
    elif ones:
        if parts:
            parts.append("lẻ")
        parts.append(_DIGITS[ones])
    return " ".join(parts)
