"""What a paper is, by its titles: a sale says nothing, or ``hóa đơn bán hàng``.

A title begins a row and stands above the goods; the words for a copy may also stand alone below them.
Words inside a sentence ("miễn đổi trả hàng", "vui lòng kiểm tra hàng") are never titles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.reading.foot import ends_goods
from invoice.sale import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.profile import Profile
    from drivers.reading.rows import Row

# The first that is found decides: a reprinted report is a report, a reprinted return a return.
_ORDER = (Kind.TRAINING, Kind.KITCHEN, Kind.REPORT, Kind.REFUND, Kind.PROVISIONAL, Kind.REPRINT)
_ANYWHERE = frozenset({Kind.TRAINING, Kind.REPRINT, Kind.PROVISIONAL})
_PRINTED = re.compile(
    r"(?:(?:so )?lan in|in lan|(?:so )?ban in)\s*(?:thu|so)?\s*[:.#]?\s*([0-9]{1,2})(?![0-9/])"
    r"|in lai\s*(?:lan)?\s*(?:thu)?\s*[:.#]?\s*([0-9]{1,2})"
)
_BRACKETED = re.compile(r"[(*\[]+\s*([a-z][a-z0-9 .:-]*?)\s*[)*\]]+")
_EDGE = " *-=_#()[]<>!.:+~\"'"
_SALE_FIRST = re.compile(
    r"(?:hoa don|phieu|bien lai)(?: ban(?: le)?(?: hang)?| thanh toan| tinh tien| ban)?\s*[-–(:]*\s*"
)
_PAPER = re.compile(r"(?:phieu|hoa don|bien ban|bien lai|giay|lenh|danh sach|bang)\b")
# Words behind a sale's title that leave it one, and words that make it something else.
_OF_SALES = frozenset(
    {"lien", "khach", "le", "si", "so", "quay", "tai", "cho", "mang", "ve", "gop", "tach", "ban", "online"}
    | {"giao", "hang", "ship", "cod", "vat", "gtgt", "dien", "tu", "khoi", "tao", "may", "tinh", "tien"}
)
_NO_SALE = frozenset(
    {"tam", "huy", "tra", "hoan", "nhap", "thu", "sao", "lai", "mau", "doi", "coc", "no", "dieu", "chinh"}
    | {"thay", "the", "xem", "truoc", "test", "demo", "draft", "void", "copy", "kiem"}
)
_ENGLISH_TOO = re.compile(
    r"\s*[/(|]\s*(?:receipt|invoice|bill|sales? receipt|tax invoice|cash bill)\s*\)?\s*$"
)
_BARE = frozenset({"hoa don", "bien lai"})  # a sale's title by themselves, not with other words
# What may stand behind a title: a number, a date, a place; other words make it a sentence.
_COUNTED = re.compile(r"[^a-z0-9]*(?:lan|thu|so|no)?[^a-z0-9]*(?:[0-9]{1,2}[^a-z0-9.,]*)?")
_MAX_REST = 4  # words
_SENTENCE = re.compile(
    r"trong|neu|khi|vui|long|mien|khong|duoc|cho|nhan|quy|xin|voi|tai|sau|truoc|within|"
    r"only"
)


def paper_kind(rows: Sequence[Row], goods_from: int, profile: Profile) -> Kind:
    """The kind that the titles above row ``goods_from`` say; SALE where they say nothing else."""
    found = set()
    for place, row in enumerate(rows):
        if row.blank or row.separator:
            continue
        found.update(_kinds(row, profile, above=place < goods_from))
    return next((kind for kind in _ORDER if kind in found), Kind.SALE)


def is_title(row: Row, profile: Profile) -> bool:
    """Whether a row is a title of any kind but a sale's."""
    return bool(_kinds(row, profile, above=True))


def is_sale_title(row: Row, profile: Profile) -> bool:
    """Whether a row is the title of a sale and no more."""
    text = _ENGLISH_TOO.sub("", row.folded).strip(_EDGE)
    found = profile.titles.find(text)
    return found is not None and not found[1].strip(_EDGE) and "sale" in profile.titles.roles(found[0])


def unknown_title(rows: Sequence[Row], profile: Profile) -> str | None:
    """A title above the goods that names no kind we know (``PHIẾU NHẬP KHO``): no sale for sure."""
    for row in rows:
        text = _ENGLISH_TOO.sub("", row.folded).strip(_EDGE)
        if not _PAPER.match(text) or any(letter.isdigit() or letter == ":" for letter in text):
            continue
        found = profile.titles.find(text)
        rest = set(re.findall(r"[a-z]+", found[1])) if found else set[str]()
        if found is None or rest & _NO_SALE or (found[0] in _BARE and rest - _OF_SALES):
            return row.text.strip()
    return None


def says_drawer(rows: Sequence[Row], profile: Profile) -> bool:
    """Whether the paper only says that the drawer was opened."""
    says = any(
        "drawer" in _title(row.folded.strip(_EDGE), profile, whole=False) for row in rows if not row.blank
    )
    return says and not any(ends_goods(row, profile) for row in rows)


def _kinds(row: Row, profile: Profile, *, above: bool) -> set[Kind]:
    text = row.folded.strip(_EDGE)
    if match := _PRINTED.search(text):
        return {Kind.REPRINT} if int(match[1] or match[2]) > 1 or match[2] else set()
    names = set(_title(text, profile, whole=not above))
    if above:
        if (match := _SALE_FIRST.match(text)) and match.end() < len(text):
            names.update(_title(text[match.end() :].strip(_EDGE), profile, whole=False))
        for bracket in _BRACKETED.finditer(row.folded):
            names.update(_title(bracket[1], profile, whole=False))
    kinds = {Kind(name) for name in names} - {Kind.DRAWER, Kind.SALE}
    return kinds if above else kinds & _ANYWHERE


def _title(text: str, profile: Profile, *, whole: bool) -> tuple[str, ...]:
    if not text or not text[0].isalpha():
        return ()
    found = profile.titles.find(text)
    if found is None:
        return ()
    phrase, rest = found
    words = [word for word in rest.split() if word.isalpha()]
    # Below the goods a title stands by itself, or with how many there were ("BẢN SAO LẦN 2").
    if whole and not _COUNTED.fullmatch(rest):
        return ()
    # One word may be part of a shop's name ("Bếp Huế"): it is a title only by itself.
    if len(words) > (0 if " " not in phrase else _MAX_REST) or any(map(_SENTENCE.fullmatch, words)):
        return ()
    roles = profile.titles.roles(phrase)
    # A driving school sells too ("ĐÀO TẠO LÁI XE"): training says nothing else.
    return () if words and Kind.TRAINING in roles else roles
