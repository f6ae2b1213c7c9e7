"""The sandbox's own reading of the form tables (2.1.0): what must stand where, and of which kind.

A table is a text that reads like the regulation's: indentation is nesting; after the tag ``?`` means that
it may be missing, ``+`` one or more, ``*`` any number; then the kind of its value:

======== =================================================  ============= ==========================
text N   1 to N characters                                  flag          0 or 1
whole N  1 to N digits                                      day, moment   YYYY-MM-DD(Thh:mm:ss)
hex N    1 to N hexadecimal digits                          tax, citizen  a tax code, twelve digits
is WORDS exactly these                                      one A B…      one of these words
======== =================================================  ============= ==========================

Other than invoices, which real software writes in different orders, forms are held to theirs strictly.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from authority.elements import local_name
from authority.sandbox.settings import Finding, bad_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

_SERVICE = """
      STT?      whole 3
      {name}    text 400
      {code}    tax
      TNgay     day
      DNgay?    day
      GChu?     text 255
"""


def _service(name: str, code: str) -> str:
    return _SERVICE.format(name=name, code=code).strip("\n")


_REGISTRATION = f"""
TTChung
  PBan          is 2.1.0
  MSo           is 01/ĐKTĐ-HĐĐT
  Ten           text 100
  HThuc         one 1 2
  TNNT          text 400
  MST           tax
  CQTQLy        text 100
  MCQTQLy       text 5
  TNDDPLuat     text 50
  DTDDPLuat     text 20
  CCCDan?       citizen
  SHChieu?      text 20
  QTich?        text 50
  NSDDPLuat     day
  GTinh         flag
  DCLHe         text 400
  DCTDTu        text 50
  NLHe?         text 50
  DTLHe?        text 20
  DDanh         text 50
  NLap          day
NDTKhai
  HTHDon
    CMa         flag
    CMTMTTien   flag
    KCMa        flag
  HTGDLHDDT
    NNTDBKKhan  flag
    NNTKTDNUBND flag
    CQXLTSCong  flag
    CDLTTDCQT   flag
    CDLQTCTN    flag
  PThuc
    CDDu        flag
    CBTHop      flag
  LHDSDung
    HDGTGT      flag
    HDGTGTTHBLai flag
    HDBHang     flag
    HDBHTHBLai  flag
    HDTMai      flag
    HDBTSCong   flag
    HDBHDTQGia  flag
    HDKhac      flag
    CTu         flag
  DSCTSSDung
    CTS+
      STT?      whole 3
      TTChuc    text 400
      Seri      hex 40
      TNgay     moment
      DNgay     moment
      HThuc     one 1 2 3
  TTTCGP?
    TCGP*
{_service("TTCGP", "MSTTCGP")}
  TTTCTN?
    TCTN*
{_service("TTCTN", "MSTTCTN")}
  TTDVHTPT?
    DVHTPT*
{_service("TDVHTPT", "MSTDVHTPT")}
  TTTNSDung?
    TNSDung*
      STT?      whole 3
      TNgay     day
      DNgay     day
      TTCGP     text 400
      MSTTCGP   tax
      Seri?     hex 40
      GChu?     text 255
  TTDKTH?
    DKTH*
      STT?      whole 3
      TLHDon    text 100
      KHMSHDon  whole 1
      KHHDon    text 50
      Ten       text 400
      MST       tax
      MDich     text 255
      TNgay     day
      DNgay     day
      GChu?     text 255
"""

_ERROR_NOTICE = """
PBan            is 2.1.0
MSo             is 04/SS-HĐĐT
Ten             text 255
Loai            one 1 2
MCQT            text 5
TCQT            text 100
So?             text 30
NTBCCQT?        day
MST             tax
TNNT            text 400
DDanh           text 50
NTBao           day
DSHDon
  HDon+
    STT?        whole 4
    MCCQT       text 34
    KHMSHDon    text 11
    KHHDon      text 8
    SHDon       whole 8
    Ngay        day
    LADHDDT     one 1 2 3 4
    LDo?        text 255
"""


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a table with what is nested in it."""

    tag: str
    needed: bool
    many: bool
    kind: str
    argument: str
    children: tuple[Node, ...]


def check_form(element: _Element, table: tuple[Node, ...], path: str) -> Iterator[Finding]:
    """Everything in the content element of a form that breaks its table, each with the path of its field."""
    if (element.text or "").strip() or any((part.tail or "").strip() for part in element):
        yield bad_format(path, "có chữ giữa các thẻ")
    found = [part for part in element if isinstance(part.tag, str)]
    places = {node.tag: place for place, node in enumerate(table)}
    count = Counter(local_name(part) for part in found)
    for tag in sorted(count.keys() - places.keys()):
        yield bad_format(f"{path}/{tag[:40]}", "thẻ không có trong bảng")
    order = [places[name] for part in found if (name := local_name(part)) in places]
    if order != sorted(order):
        late = next(after for before, after in pairwise(order) if after < before)
        yield bad_format(f"{path}/{table[late].tag}", "thẻ sai thứ tự")
    for node in table:
        if not count[node.tag] and node.needed:
            yield bad_format(f"{path}/{node.tag}", "thiếu thẻ bắt buộc")
        if count[node.tag] > 1 and not node.many:
            yield bad_format(f"{path}/{node.tag}", "thẻ lặp lại")
    seen: Counter[str] = Counter()
    for part in found:
        if (name := local_name(part)) in places:
            node = table[places[name]]
            seen[name] += 1
            yield from _check_one(
                part, node, f"{path}/{name}[{seen[name]}]" if node.many else f"{path}/{name}"
            )


def _check_one(part: _Element, node: Node, path: str) -> Iterator[Finding]:
    if node.children:
        yield from check_form(part, node.children, path)
    elif len(part):
        yield bad_format(path, "có thẻ bên trong giá trị")
    elif not (words := part.text or ""):
        if node.needed:
            yield bad_format(path, "thiếu giá trị bắt buộc")
    elif problem := _KINDS[node.kind](words, node.argument):
        yield bad_format(path, problem)


def _text(words: str, longest: str) -> str | None:
    if not words.strip():
        return "thiếu giá trị bắt buộc"
    return f"dài {len(words)} ký tự, tối đa {longest}" if len(words) > int(longest) else None


def _matching(pattern: str, what: str) -> Callable[[str, str], str | None]:
    def check(words: str, longest: str) -> str | None:
        fits = re.fullmatch(pattern, words, re.ASCII) and len(words) <= int(longest or len(words))
        return None if fits else what + f" tối đa {longest} ký tự" * bool(longest)

    return check


def _time(read: Callable[[str], date], what: str) -> Callable[[str, str], str | None]:
    def check(words: str, _: str) -> str | None:
        try:
            return None if read(words).isoformat() == words else what
        except ValueError:
            return what

    return check


_KINDS: dict[str, Callable[[str, str], str | None]] = {
    "text": _text,
    "whole": _matching(r"[0-9]+", "không phải số nguyên"),
    "hex": _matching(r"[0-9A-Fa-f]+", "không phải số hex"),
    "flag": _matching(r"[01]", "không phải 0 hoặc 1"),
    "tax": _matching(r"[0-9]{10}(-[0-9]{3})?|[0-9]{12}", "không phải mã số thuế"),
    "citizen": _matching(r"[0-9]{12}", "định dạng CCCD không hợp lệ"),
    "day": _time(date.fromisoformat, "không phải ngày YYYY-MM-DD"),
    "moment": _time(datetime.fromisoformat, "không phải ngày giờ YYYY-MM-DDThh:mm:ss"),
    "is": lambda words, wanted: None if words == wanted else f"phải là {wanted}",
    "one": lambda words, known: None if words in known.split() else f"phải là một trong {known}",
}


def _nodes(lines: list[str], depth: int = 0) -> tuple[Node, ...]:
    nodes = []
    while lines and (len(lines[0]) - len(lines[0].lstrip())) // 2 == depth:
        tag, _, value = lines.pop(0).strip().partition(" ")
        kind, _, argument = value.strip().partition(" ")
        mark = tag[-1] if tag[-1] in "?+*" else ""
        nodes.append(
            Node(
                tag.rstrip("?+*"),
                mark in {"", "+"},
                mark in {"+", "*"},
                kind,
                argument,
                _nodes(lines, depth + 1),
            )
        )
    return tuple(nodes)


REGISTRATION_TABLE = _nodes(_REGISTRATION.strip("\n").split("\n"))
ERROR_NOTICE_TABLE = _nodes(_ERROR_NOTICE.strip("\n").split("\n"))
