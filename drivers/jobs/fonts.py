"""Fonts whose letters are not what their codes say: TCVN3 (``.VnTime``) and VNI (``VNI-Times``).

A program of that time writes the code of another letter and lets the font show the right one; in a job the
codes stand as letters of Windows' Western table.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.encoding import decode
from drivers.jobs.placed import Placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_TCVN3 = re.compile(r"\.?vn(?!i)[a-z]", re.IGNORECASE)
_VNI = re.compile(r"vni[-_ ]", re.IGNORECASE)
_STYLE = re.compile(r"[-, ]?(bold|italic|regular|normal|oblique|mt|ps)+$", re.IGNORECASE)


def encoding_of(font: str) -> str | None:
    """``tcvn3``, ``tcvn3-capitals`` or ``vni`` for a font of that kind, by its name; None: it is Unicode."""
    name = _SUBSET.sub("", font).strip()
    if _VNI.match(name):
        return "vni"
    if name.startswith(".") and _TCVN3.match(name):
        plain = name
        while (shorter := _STYLE.sub("", plain)) != plain:
            plain = shorter
        return "tcvn3-capitals" if plain.endswith("H") else "tcvn3"
    return None


def shown_as(text: str, font: str) -> str:
    """What the paper shows of a run of letters in a font; U+FFFD for codes the font's table does not have."""
    encoding = encoding_of(font)
    if encoding is None:
        return text
    data = b"".join(_code(letter) for letter in text)
    shown = decode(data, encoding)
    return shown.upper() if encoding == "tcvn3-capitals" else shown


def joined(pieces: Iterable[tuple[Placed, str]]) -> Iterator[Placed]:
    """Pieces with their fonts' names, decoded. VNI's two codes of a letter must be neighbours of one run."""
    waiting: list[Placed] = []
    font_before = ""
    for one, font in pieces:
        if waiting and (font != font_before or not _follows(waiting[-1], one)):
            yield from _decoded(waiting, font_before)
            waiting = []
        if encoding_of(font) is None:
            yield one
            continue
        waiting.append(one)
        font_before = font
    yield from _decoded(waiting, font_before)


def _follows(before: Placed, one: Placed) -> bool:
    near = abs(one.left - before.right) < 0.12 * one.size  # a blank is no letter of the run
    return near and abs(one.base - before.base) < 0.1 * one.size and bool(before.text.strip())


def _decoded(run: list[Placed], font: str) -> Iterator[Placed]:
    if run:
        text = shown_as("".join(one.text for one in run), font)
        yield Placed(text, run[0].left, run[-1].right, run[0].base, run[0].size)


def _code(letter: str) -> bytes:
    """The code of a letter of Windows' Western table; an unlikely one for a letter that is not in it."""
    try:
        return letter.encode("cp1252")
    except UnicodeEncodeError:
        code = ord(letter)
        if code < 0x100:
            return bytes((code,))
        if 0xF000 <= code <= 0xF0FF:  # symbol fonts have their codes here
            return bytes((code - 0xF000,))
        return b"\x80"  # neither set has it
