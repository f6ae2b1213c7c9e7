"""XPS print jobs (ECMA-388): a ZIP of pages in XML, whose ``Glyphs`` carry their text and its place.

A run's widths come from its ``Indices`` where it names them, else from its font's own table.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from posixpath import join, normpath
from typing import TYPE_CHECKING

from drivers.errors import JobUnreadable
from drivers.jobs.affine import IDENTITY, Affine
from drivers.jobs.fonts import shown_as
from drivers.jobs.placed import MAX_PIECES, UNREADABLE, Placed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml import etree

MAX_PART = 16 << 20  # bytes of one unpacked part
MAX_PARTS = 500
_PAGE = ".fpage"
_SEQUENCE = re.compile(r"[0-9]+")
_CLUSTER = re.compile(r"\((?P<letters>[0-9]+)(?::(?P<glyphs>[0-9]+))?\)")
_AVERAGE = 0.5  # of the size: the width of a letter whose font is not to be had


def pages_of_xps(data: bytes) -> list[list[Placed]]:
    """The pages' text.

    Raises:
        JobUnreadable: it is no XPS, or larger than a receipt can be.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as job:
            names = [name for name in job.namelist() if name.lower().endswith(_PAGE)]
            if not names or len(job.namelist()) > MAX_PARTS:
                raise JobUnreadable("no page of an XPS is in it, or far too many parts")
            fonts: dict[str, Callable[[str], float] | None] = {}
            return [_page(job, name, fonts) for name in sorted(names, key=_number)]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise JobUnreadable(f"the XPS is broken: {error}") from error


def _number(name: str) -> list[int]:
    return [int(found) for found in _SEQUENCE.findall(name)]


def _part(job: zipfile.ZipFile, name: str) -> bytes:
    with job.open(name) as part:
        data = part.read(MAX_PART + 1)
    if len(data) > MAX_PART:
        raise JobUnreadable(f"{name} unpacks to more than {MAX_PART >> 20} MB")
    return data


def _page(job: zipfile.ZipFile, name: str, fonts: dict[str, Callable[[str], float] | None]) -> list[Placed]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(_part(job, name), parser)
    except etree.XMLSyntaxError as error:
        raise JobUnreadable(f"{name}: {error}") from error
    pieces: list[Placed] = []
    for element, place in _walk(root, IDENTITY):
        uri = element.get("FontUri", "")
        if uri not in fonts:
            fonts[uri] = _widths_of(job, normpath(join(name.rpartition("/")[0], uri)).lstrip("/"))
        pieces += _glyphs(element, place, fonts[uri])
        if len(pieces) > MAX_PIECES:
            raise JobUnreadable("more letters than a receipt can have")
    return pieces


def _walk(element: etree._Element, place: Affine) -> Iterator[tuple[etree._Element, Affine]]:
    """The ``Glyphs`` below, each with the transformation it stands under."""
    waiting = [(element, place)]
    while waiting:
        one, outer = waiting.pop()
        if not isinstance(one.tag, str):
            continue
        inner = outer
        if matrix := one.get("RenderTransform"):
            inner = _matrix(matrix).then(outer)
        else:
            for child in one:
                if isinstance(child.tag, str) and child.tag.endswith(".RenderTransform") and len(child):
                    inner = _matrix(child[0].get("Matrix", "")).then(outer)
        if one.get("Opacity") == "0":
            continue
        if one.tag.rpartition("}")[2] == "Glyphs":
            yield one, inner
        waiting += [(child, inner) for child in reversed(one)]


def _matrix(text: str) -> Affine:
    try:
        values = [float(value) for value in text.replace(",", " ").split()]
        return Affine(*values)
    except (ValueError, TypeError):
        raise JobUnreadable(f"{text[:60]!r} is no transformation") from None


def _glyphs(element: etree._Element, place: Affine, width: Callable[[str], float] | None) -> Iterator[Placed]:
    text = element.get("UnicodeString", "").removeprefix("{}")
    try:
        size = float(element.get("FontRenderingEmSize", "0"))
        at, base = float(element.get("OriginX", "0")), float(element.get("OriginY", "0"))
        cells = _cells(text, element.get("Indices", ""))
    except ValueError:
        raise JobUnreadable("Glyphs with numbers that are none") from None
    font = element.get("FontUri", "").rpartition("/")[2]
    for letters, advance in cells:
        step = (
            advance / 100 * size
            if advance is not None
            else sum((width(letter) if width else _AVERAGE) * size for letter in letters)
        )
        if letters.strip():
            left, y = place.of(at, base)
            right, _ = place.of(at + step, base)
            yield Placed(shown_as(letters, font), left, right, y, size * place.scale)
        at += step


def _cells(text: str, indices: str) -> list[tuple[str, float | None]]:
    """(letters, advance in hundredths of the size or None) of a run; U+FFFD where glyphs have no letters."""
    cells: list[tuple[str, float | None]] = []
    at = 0
    for entry in indices.split(";") if indices else ():
        letters = glyphs = 1
        if cluster := _CLUSTER.match(entry):
            letters, glyphs = int(cluster["letters"]), int(cluster["glyphs"] or 1)
            entry = entry[cluster.end() :]
        if glyphs != 1:
            raise JobUnreadable("several glyphs for one letter")
        advance = entry.split(",")[1].strip() if "," in entry else ""
        shown = text[at : at + letters]
        if not shown and not entry.strip():
            continue
        cells.append((shown or UNREADABLE, float(advance) if advance else None))
        at += letters
    return cells + [(letter, None) for letter in text[at:]]


def _widths_of(job: zipfile.ZipFile, part: str) -> Callable[[str], float] | None:
    """The width of a letter in an embedded font, in its size; None: the font cannot be had."""
    try:
        data = _part(job, part)
    except (KeyError, JobUnreadable):
        return None
    if part.lower().endswith(".odttf"):
        data = _clear(data, part)
    from fontTools.ttLib import TTFont, TTLibError

    try:
        font = TTFont(io.BytesIO(data), lazy=True, fontNumber=0)
        letters, widths, em = font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm
    except (TTLibError, KeyError, ValueError, AssertionError, IndexError, TypeError, AttributeError):
        return None
    if not letters or not em:
        return None
    return lambda letter: widths.get(letters.get(ord(letter), ".notdef"), (em * _AVERAGE,))[0] / em


def _clear(data: bytes, part: str) -> bytes:
    """An obfuscated font: its first 32 bytes are crossed with the number in its name (ECMA-388, 9.1.7.3)."""
    digits = re.sub(r"[^0-9a-fA-F]", "", part.rpartition("/")[2].rpartition(".")[0])
    if len(digits) != 32:
        return data
    key = bytes.fromhex(digits)[::-1]
    return bytes(byte ^ key[at % 16] for at, byte in enumerate(data[:32])) + data[32:]
