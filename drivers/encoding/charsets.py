"""The Vietnamese character sets that Python does not have: TCVN3 (ABC), VISCII and VNI.

Sources: TCVN 5712:1993 (third set), RFC 1456 for VISCII, the VNI-Windows fonts.
"""

from __future__ import annotations

import re
from itertools import product
from unicodedata import normalize

TONES = "\u0301\u0300\u0309\u0303\u0323"  # sắc, huyền, hỏi, ngã, nặng
_ASCII = "".join(map(chr, range(0x80)))
_NONE = "\ufffd"

# TCVN 5712-3: small letters with marks from 0xA8; capitals only for the seven base letters, and the
# capital letters with marks are printed by the font with the small letters' codes.
TCVN3 = (
    _ASCII
    + _NONE * 0x20
    + (
        "\xa0ĂÂÊÔƠƯĐăâêôơưđ······àảãáạ·ằẳẵắ·······ặầẩẫấậè·ẻẽéẹềểễếệìỉ···ĩíịò·ỏõóọồổỗốộờởỡớợù·ủũúụừửữứựỳỷỹýỵ·"
    ).replace("·", _NONE)
)
"""256 letters by their codes; U+FFFD where the set has none."""

TCVN3_CAPITALS = _ASCII + TCVN3[0x80:].upper()
"""Epson's table 31: the capitals at the small letters' codes."""

VISCII = _ASCII + (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡưàáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
"""Without the six capitals at control codes (Ẳ Ẵ Ẫ Ỷ Ỹ Ỵ): a printer takes those as commands."""

# VNI writes a base letter and then a byte for its marks, both shown here as Latin-1 letters; ơ, ư, đ and
# i and ỵ with their tones have bytes of their own.
_VNI_SINGLE = dict(zip("ôöñíìæóòî", "ơưđíìỉĩịỵ", strict=True))
_VNI_TONES = dict(zip("ùøûõï", TONES, strict=True))
_VNI_ROOF = dict(zip("âáàåãä", ("", *TONES), strict=True))
_VNI_BREVE = dict(zip("êéèúüë", ("", *TONES), strict=True))


def _vni() -> dict[str, str]:
    small = dict(_VNI_SINGLE)
    for base, (mark, tone) in product("aeoyuôö", _VNI_TONES.items()):
        small[base + mark] = normalize("NFC", _VNI_SINGLE.get(base, base) + tone)
    for base, (mark, tone) in product("aeo", _VNI_ROOF.items()):
        small[base + mark] = normalize("NFC", base + "\u0302" + tone)
    for mark, tone in _VNI_BREVE.items():
        small["a" + mark] = normalize("NFC", "a\u0306" + tone)
    capitals = {code.upper(): letter.upper() for code, letter in small.items()}
    mixed = {code[0].upper() + code[1:]: letter.upper() for code, letter in small.items()}
    return {**mixed, **capitals, **small}


VNI = _vni()
"""Letters by their one or two bytes, the bytes as Latin-1."""

_VNI_CODE = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))


def decode_vni(data: bytes) -> str:
    """Text of VNI bytes; what is no letter of VNI's stays as Latin-1."""
    return _VNI_CODE.sub(lambda found: VNI[found.group()], data.decode("latin-1"))
