"""The letters on a paper, read from the bytes of the register: the auditor's own way, apart from the agent's.

Commands (ESC/POS) are walked over by their lengths; the encoding is the one in which most words that stand
on every receipt are found. It is meant to find labels and amounts, not to set the paper: columns and sizes
are lost.

>>> text_of(b"\\x1b@\\x1ba\\x01T\\xe6ng c\\xe9ng: 50.000\\n")
'Tổng cộng: 50.000\\n'
"""

from __future__ import annotations

import re
import unicodedata

ESC, FS, GS, DLE = 0x1B, 0x1C, 0x1D, 0x10
# How many bytes follow a command that has always as many. ESC, GS, FS by their second byte.
_FIXED = {
    ESC: {**dict.fromkeys(b"@2<LSim\x0c4567uv", 0), **dict.fromkeys(b"$\\c", 2), b"p"[0]: 3, b"W"[0]: 8},
    GS: {**dict.fromkeys(b":", 0), **dict.fromkeys(b"LWP\\$|", 2), b"^"[0]: 3},
    FS: {**dict.fromkeys(b"&.", 0), **dict.fromkeys(b"Sp", 2)},
}
_CONTROL = re.compile(rb"[\x00-\x1f]")
_CUT_WITH_FEED = frozenset(b"ABabgh")
_WORDS = re.compile(
    r"tong|cong|tien|hoa don|thanh toan|ngay|thu ngan|ban hang|khach|tam tinh|giam gia|cam on|dia chi|gia|so|"
    r"dien thoai|thue|phieu|mat|hang|quy|mon|ten|duong|quan"
)

_TCVN3 = dict(
    zip(
        bytes.fromhex(
            "a1a2a3a4a5a6a7a8a9aaabacadaeb5b6b7b8b9bbbcbdbec6c7c8c9cacbcccecfd0d1d2d3d4d5d6d7d8dcdddedfe1e2e3e4"
            "e5e6e7e8e9eaebecedeeeff1f2f3f4f5f6f7f8f9fafbfcfdfe"
        ),
        "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
_VISCII = dict(
    zip(
        range(0x80, 0x100),
        "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
        "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ",
        strict=True,
    )
)
# VNI puts a byte behind the vowel for its marks; some letters have a byte of their own.
_VNI_MARKS = {
    0xF9: "\u0301", 0xF8: "\u0300", 0xFB: "\u0309", 0xF5: "\u0303", 0xEF: "\u0323",
    0xE2: "\u0302", 0xE1: "\u0302\u0301", 0xE0: "\u0302\u0300", 0xE5: "\u0302\u0309", 0xE3: "\u0302\u0303",
    0xE4: "\u0302\u0323", 0xEA: "\u0306", 0xE9: "\u0306\u0301", 0xE8: "\u0306\u0300", 0xFA: "\u0306\u0309",
    0xFC: "\u0306\u0303", 0xEB: "\u0306\u0323",
}  # fmt: skip
_VNI_LETTERS = {
    0xF4: "ơ", 0xF6: "ư", 0xF1: "đ", 0xED: "í", 0xEC: "ì", 0xE6: "ỉ", 0xF3: "ĩ", 0xF2: "ị", 0xEE: "ỵ",
}  # fmt: skip


def text_of(data: bytes) -> str:
    """The lines on a paper; blanks of a row are kept, commands and pictures are not."""
    letters = letters_of(data)
    if letters.isascii():
        return letters.decode("ascii")
    try:
        return letters.decode("utf-8")  # no other encoding's letters come out as UTF-8 by chance
    except UnicodeDecodeError:
        tables = (_by_table(letters, table) for table in (_TCVN3, _VISCII))
        return max((_cp1258(letters), *tables, _vni(letters)), key=_familiar)


def letters_of(data: bytes) -> bytes:
    """What is printed as letters: commands left out, tabs as two blanks, line ends as LF."""
    out = bytearray()
    place = 0
    while (found := _CONTROL.search(data, place)) is not None:
        out += data[place : found.start()]
        place, sign = found.start(), data[found.start()]
        if sign in _FIXED or sign == DLE:
            place += _length(data, place)
        else:
            if sign == 0x09:
                out += b"  "
            elif sign in {0x0A, 0x0C}:
                out += b"\n"
            place += 1
    return bytes(out + data[place:])


def plain(text: str) -> str:
    """Lower case, without accents, blanks made one: ``Tổng doanh thu`` is ``tong doanh thu``."""
    return " ".join(fold(text).split())


def fold(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return _MARKS.sub("", apart)


_MARKS = re.compile("[\u0300-\u036f]+")


def _length(data: bytes, place: int) -> int:
    """How long the command at ``place`` is; what is cut off ends with the data."""
    lead = data[place]
    rest = data[place + 1 : place + 12]
    if not rest:
        return 1
    if lead == DLE:
        return {0x04: 3, 0x05: 3, 0x14: 5}.get(rest[0], 1)
    fixed = _FIXED[lead].get(rest[0])
    return 2 + fixed if fixed is not None else _counted(data, place, lead, rest)


def _counted(data: bytes, place: int, lead: int, rest: bytes) -> int:
    """Commands that say how long they are."""
    name = bytes((lead, rest[0]))
    if name[1:] == b"(" and len(rest) >= 4:
        return 5 + _little(rest[2:4])
    if name == b"\x1b*" and len(rest) >= 4:
        return 5 + _little(rest[2:4]) * (3 if rest[1] >= 32 else 1)
    if name == b"\x1bD":
        return _until_nul(data, place + 2) - place
    if name == b"\x1dV":
        return 4 if rest[1:2] and rest[1] in _CUT_WITH_FEED else 3
    if name == b"\x1dk" and len(rest) >= 3:
        return 4 + rest[2] if rest[1] > 6 else _until_nul(data, place + 3) - place
    if name == b"\x1dv" and len(rest) >= 7:
        return 8 + _little(rest[3:5]) * _little(rest[5:7])
    if name == b"\x1d*" and len(rest) >= 3:
        return 4 + rest[1] * rest[2] * 8
    if name == b"\x1d8" and len(rest) >= 6:
        return 7 + _little(rest[2:6])
    if name == b"\x1c2":
        return 4 + 72
    return 3


def _little(two: bytes) -> int:
    return int.from_bytes(two, "little")


def _until_nul(data: bytes, begin: int) -> int:
    found = data.find(b"\0", begin)
    return len(data) if found < 0 else found + 1


def _familiar(text: str) -> int:
    """How many letters belong to words that stand on every receipt; less for signs that stand on none."""
    known = sum(len(match[0]) for match in _WORDS.finditer(fold(text)))
    strange = sum(sign >= "\x80" and not sign.isalpha() and not unicodedata.combining(sign) for sign in text)
    return known - 3 * strange - 3 * text.count("\ufffd")


def _cp1258(letters: bytes) -> str:
    return unicodedata.normalize("NFC", letters.decode("cp1258", "replace"))


def _by_table(letters: bytes, table: dict[int, str]) -> str:
    return "".join(chr(sign) if sign < 0x80 else table.get(sign, "\ufffd") for sign in letters)


def _vni(letters: bytes) -> str:
    out = []
    for sign in letters:
        small = sign | 0x20
        if sign < 0x80:
            out.append(chr(sign))
        elif small in _VNI_LETTERS and not (small in _VNI_MARKS and out and out[-1].isalpha()):
            letter = _VNI_LETTERS[small]
            out.append(letter if sign == small else letter.upper())
        else:
            out.append(_VNI_MARKS.get(small, "\ufffd"))
    return unicodedata.normalize("NFC", "".join(out))
