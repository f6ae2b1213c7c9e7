"""The encodings of Vietnamese receipts: UTF-8, CP1258, TCVN3 (TCVN 5712:1993, ABC) and unaccented ASCII.

``decide`` chooses one for a whole receipt from what the bytes look like; the printer's table (ESC t) is
only asked where the content leaves it open, because tables lie.
"""

from __future__ import annotations

import re
import unicodedata

# TCVN 5712-3: small letters with marks from 0xA8; capitals only for the seven base letters, and the
# capital letters with marks are printed by the font with the small letters' codes.
_TCVN3 = {
    0xA1: "Ă", 0xA2: "Â", 0xA3: "Ê", 0xA4: "Ô", 0xA5: "Ơ", 0xA6: "Ư", 0xA7: "Đ",
    0xA8: "ă", 0xA9: "â", 0xAA: "ê", 0xAB: "ô", 0xAC: "ơ", 0xAD: "ư", 0xAE: "đ",
    0xB5: "à", 0xB6: "ả", 0xB7: "ã", 0xB8: "á", 0xB9: "ạ",
    0xBB: "ằ", 0xBC: "ẳ", 0xBD: "ẵ", 0xBE: "ắ", 0xC6: "ặ",
    0xC7: "ầ", 0xC8: "ẩ", 0xC9: "ẫ", 0xCA: "ấ", 0xCB: "ậ",
    0xCC: "è", 0xCE: "ẻ", 0xCF: "ẽ", 0xD0: "é", 0xD1: "ẹ",
    0xD2: "ề", 0xD3: "ể", 0xD4: "ễ", 0xD5: "ế", 0xD6: "ệ",
    0xD7: "ì", 0xD8: "ỉ", 0xDC: "ĩ", 0xDD: "í", 0xDE: "ị",
    0xDF: "ò", 0xE1: "ỏ", 0xE2: "õ", 0xE3: "ó", 0xE4: "ọ",
    0xE5: "ồ", 0xE6: "ổ", 0xE7: "ỗ", 0xE8: "ố", 0xE9: "ộ",
    0xEA: "ờ", 0xEB: "ở", 0xEC: "ỡ", 0xED: "ớ", 0xEE: "ợ",
    0xEF: "ù", 0xF1: "ủ", 0xF2: "ũ", 0xF3: "ú", 0xF4: "ụ",
    0xF5: "ừ", 0xF6: "ử", 0xF7: "ữ", 0xF8: "ứ", 0xF9: "ự",
    0xFA: "ỳ", 0xFB: "ỷ", 0xFC: "ỹ", 0xFD: "ý", 0xFE: "ỵ",
}  # fmt: skip
_TO_TCVN3 = {letter: code for code, letter in _TCVN3.items()}
_TABLE_HINTS = {30: "tcvn3", 94: "cp1258"}
_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = re.compile("[aăâeêioôơuưy]+")


def decode(data: bytes, encoding: str) -> str:
    """Text of the bytes, NFC; bytes that the encoding does not know become U+FFFD."""
    if encoding == "tcvn3":
        return "".join(chr(byte) if byte < 0x80 else _TCVN3.get(byte, "\ufffd") for byte in data)
    text = data.decode({"ascii": "utf-8"}.get(encoding, encoding), "replace")
    return unicodedata.normalize("NFC", text)


def encode(text: str, encoding: str) -> bytes:
    """Bytes that a printer with this encoding shows as the text; unaccented where it has no letter."""
    text = unicodedata.normalize("NFC", text)
    if encoding == "utf-8":
        return text.encode()
    if encoding == "tcvn3":
        return b"".join(_tcvn3(letter) for letter in text)
    if encoding == "cp1258":
        return b"".join(_cp1258(letter) for letter in text)
    return unmarked(text).encode("ascii", "replace")


def unmarked(text: str) -> str:
    """The text without Vietnamese marks: ``Đá viên`` → ``Da vien``."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D").replace("ð", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def decide(data: bytes, table: int | None) -> str:
    """The encoding of a receipt's text bytes: ``utf-8``, ``cp1258``, ``tcvn3`` or ``ascii``."""
    if data.isascii():
        return "ascii"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    scores = {name: _looks_vietnamese(decode(data, name)) for name in ("cp1258", "tcvn3")}
    if scores["cp1258"] == scores["tcvn3"]:
        return _TABLE_HINTS.get(table or 0, "cp1258")
    return max(scores, key=lambda name: scores[name])


def _looks_vietnamese(text: str) -> float:
    """Share of words that could be Vietnamese syllables, of those with letters beyond ASCII."""
    good = bad = 0
    for word in _WORD.findall(text):
        if word.isascii():
            continue
        if _syllable(word.lower()):
            good += 1
        else:
            bad += 1
    return (good - 2 * bad - 2 * text.count("\ufffd")) / max(1, good + bad)


def _syllable(word: str) -> bool:
    """At most one tone, one run of vowels, only letters of the Vietnamese alphabet."""
    tones = 0
    base = []
    for letter in word:
        parts = unicodedata.normalize("NFD", letter)
        tones += sum(part in "\u0300\u0301\u0303\u0309\u0323" for part in parts)
        kept = "".join(p for p in parts if p not in "\u0300\u0301\u0303\u0309\u0323")
        base.append(unicodedata.normalize("NFC", kept))
    plain = "".join(base)
    allowed = set("abcdeghiklmnopqrstuvxyăâđêôơư")
    return tones <= 1 and set(plain) <= allowed and len(_VOWELS.findall(plain)) <= 2


def _tcvn3(letter: str) -> bytes:
    code = _TO_TCVN3.get(letter) or _TO_TCVN3.get(letter.lower())
    return bytes((code,)) if code else unmarked(letter).encode("ascii", "replace")


def _cp1258(letter: str) -> bytes:
    for form in (letter, _split_tone(letter)):
        try:
            return form.encode("cp1258")
        except UnicodeEncodeError:
            continue
    return unmarked(letter).encode("ascii", "replace")


def _split_tone(letter: str) -> str:
    parts = unicodedata.normalize("NFD", letter)
    tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
    base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
    return base + tones
