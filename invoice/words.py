"""Amounts in Vietnamese words, as invoices must show them (TgTTTBChu).

>>> from invoice.words import dong_in_words
>>> dong_in_words(1_359_600)
'Một triệu ba trăm năm mươi chín nghìn sáu trăm đồng'
>>> dong_in_words(-15_005)
'Âm mười lăm nghìn không trăm lẻ năm đồng'
"""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", " nghìn", " triệu")


def dong_in_words(amount: int) -> str:
    """The amount of dong in words, first letter capital; any size (tỷ repeats: một nghìn tỷ)."""
    words = _number(abs(amount)) + " đồng"
    if amount < 0:
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
            parts.append({1: "mốt", 5: "lăm"}.get(ones, _DIGITS[ones]))
    elif tens == 1:
        parts.append("mười")
        if ones:
            parts.append("lăm" if ones == 5 else _DIGITS[ones])
    elif ones:
        if parts:
            parts.append("lẻ")
        parts.append(_DIGITS[ones])
    return " ".join(parts)
