"""What a printer's code table number (ESC t n, Star's ESC GS t n) stands for.

Makers number their tables otherwise, and registers choose tables that the printer does not have: this is
asked only where the text's own bytes leave its encoding open (``deciding``).
"""

from __future__ import annotations

from drivers.escpos.events import STAR_PAGES

VIETNAMESE = {
    27: "cp1258",  # Xprinter, Zjiang and Rongta, 58 and 80 mm ("Vietnam")
    30: "tcvn3",  # Epson TM
    31: "tcvn3-capitals",  # Epson TM
    35: "cp1258",  # Rongta RP326, Youku
    52: "cp1258",  # Epson TM
    94: "cp1258",  # Zjiang POS-5890, Netum
}
"""Tables with Vietnamese letters, by what most printers in Viet Nam have at the number."""

_EPSON = {
    0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737", 15: "iso8859-7",
    16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 21: "cp874", 32: "cp720", 33: "cp775", 34: "cp855",
    36: "cp862", 37: "cp864", 38: "cp869", 39: "iso8859-2", 40: "iso8859-15", 44: "cp1125", 45: "cp1250",
    46: "cp1251", 47: "cp1253", 48: "cp1254", 49: "cp1255", 50: "cp1256", 51: "cp1257", 53: "kz1048",
}  # fmt: skip
_OTHERS = {6: "cp1251", 7: "cp866", 9: "cp775", 17: "cp1253", 23: "cp1251", 24: "cp737", 25: "cp1257"}
_STAR = {
    0: "cp437", 1: "cp437", 4: "cp858", 5: "cp852", 6: "cp860", 7: "cp861", 8: "cp863", 9: "cp865",
    10: "cp866", 11: "cp855", 12: "cp857", 13: "cp862", 14: "cp864", 15: "cp737", 17: "cp869",
    32: "cp1252", 33: "cp1250", 34: "cp1251",
}  # fmt: skip
_TABLES = {**_OTHERS, **_EPSON, **VIETNAMESE, **{STAR_PAGES + number: name for number, name in _STAR.items()}}


def page_encoding(page: int, data: bytes = b"") -> str | None:
    """The encoding of a table by its number as in ``Text.code_page``; None: not known.

    Where makers disagree about the number, ``data`` printed with it speaks: in the wrong table letters
    become box-drawing signs.
    """
    first, other = _TABLES.get(page), _OTHERS.get(page)
    if first is None or other is None or _all_letters(data, first) or not _all_letters(data, other):
        return first
    return other


def _all_letters(data: bytes, encoding: str) -> bool:
    text = data.decode(encoding, "replace")
    return all(letter.isalpha() for letter in text if not letter.isascii())
