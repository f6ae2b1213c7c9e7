"""Bytes to text and back, in the encodings of Vietnamese receipts."""

from __future__ import annotations

import codecs
from unicodedata import combining, normalize

from drivers.encoding.charsets import TCVN3, TCVN3_CAPITALS, TONES, VISCII, VNI, decode_vni

_TABLES = {"tcvn3": TCVN3, "tcvn3-capitals": TCVN3_CAPITALS, "viscii": VISCII}
_CODES = {
    "tcvn3": {letter: bytes((code,)) for code, letter in enumerate(TCVN3) if letter != "\ufffd"},
    "viscii": {letter: bytes((code,)) for code, letter in enumerate(VISCII)},
    "vni": {letter: code.encode("latin-1") for code, letter in VNI.items()},
}
_CODES["tcvn3-capitals"] = _CODES["tcvn3"]


def decode(data: bytes, encoding: str) -> str:
    """Text of the bytes, NFC; bytes that the encoding does not know become U+FFFD, NBSP a space."""
    if encoding in _TABLES:
        text, _ = codecs.charmap_decode(data, "replace", _TABLES[encoding])
    elif encoding == "vni":
        text = decode_vni(data)
    else:
        text = data.decode({"ascii": "utf-8"}.get(encoding, encoding), "replace")
    return normalize("NFC", text).replace("\xa0", " ")


def encode(text: str, encoding: str) -> bytes:
    """Bytes that a printer with this encoding shows as the text; unaccented where it has no letter."""
    text = normalize("NFC", text)
    if encoding == "utf-8":
        return text.encode()
    if encoding == "cp1258":
        return b"".join(_cp1258(letter) for letter in text)
    codes = _CODES.get(encoding)
    if codes is None:
        return unmarked(text).encode("ascii", "replace")
    return b"".join(codes.get(letter) or _by_font(letter, encoding, codes) for letter in text)


def unmarked(text: str) -> str:
    """The text without Vietnamese marks: ``Đá viên`` → ``Da vien``."""
    plain = normalize("NFD", text.replace("đ", "d").replace("Đ", "D").replace("ð", "d"))
    return "".join(letter for letter in plain if not combining(letter))


def _by_font(letter: str, encoding: str, codes: dict[str, bytes]) -> bytes:
    """TCVN3 shows capitals by its font: they have the small letters' codes."""
    small = codes.get(letter.lower()) if encoding.startswith("tcvn3") else None
    return small or unmarked(letter).encode("ascii", "replace")


def _cp1258(letter: str) -> bytes:
    for form in (letter, _split_tone(letter)):
        try:
            return form.encode("cp1258")
        except UnicodeEncodeError:
            continue
    return unmarked(letter).encode("ascii", "replace")


def _split_tone(letter: str) -> str:
    parts = normalize("NFD", letter)
    tones = "".join(part for part in parts if part in TONES)
    return normalize("NFC", "".join(part for part in parts if part not in tones)) + tones
