"""EMF print jobs, and Windows' spool files of them: the text records of a page's metafile.

Sources: [MS-EMF] for the records, [MS-EMFSPOOL] for the file around the pages.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING

from drivers.errors import JobUnreadable
from drivers.jobs.affine import IDENTITY, Affine
from drivers.jobs.fonts import joined
from drivers.jobs.placed import MAX_PIECES, UNREADABLE, Placed

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE = b" EMF"  # at byte 40 of a metafile
SPOOL = b"\x00\x00\x01\x00"  # the version a spool file of metafiles begins with
_PAGES = frozenset({0x1, 0xC})  # EMRI_METAFILE, EMRI_METAFILE_DATA
_HEADER, _END, _COMMENT = 1, 14, 70
_TEXT_A, _TEXT_W, _POLY_A, _POLY_W, _SMALL = 83, 84, 96, 97, 108
_GLYPHS, _NO_BOUNDS, _BYTES, _BOTH_WAYS = 0x10, 0x100, 0x200, 0x2000  # options of a text
_PLUS_TEXT = frozenset({0x401C, 0x4036})  # EMF+ DrawString, DrawDriverString
_VIETNAMESE_CHARSET = 163


@dataclass(frozen=True, slots=True)
class _Font:
    name: str = ""
    size: float = 12.0
    turned: bool = False
    codec: str = "cp1252"


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What SAVEDC keeps."""

    world: Affine = IDENTITY
    window: tuple[float, float, float, float] = (0, 0, 1, 1)  # origin, extent
    view: tuple[float, float, float, float] = (0, 0, 1, 1)
    mode: int = 1
    align: int = 0
    font: _Font = field(default_factory=_Font)
    pen: tuple[float, float] = (0, 0)

    @property
    def place(self) -> Affine:
        """From a text's own coordinates to the page's."""
        sx = sy = 1.0
        if self.mode in {7, 8}:
            sx, sy = self.view[2] / (self.window[2] or 1), self.view[3] / (self.window[3] or 1)
        elif self.mode != 1:
            sy = -1.0  # the metric modes count upwards
        x, y = self.view[0] - self.window[0] * sx, self.view[1] - self.window[1] * sy
        return self.world.then(Affine(sx, 0, 0, sy, x, y))


def pages_of_emf(data: bytes) -> list[list[Placed]]:
    """The text of a metafile, or of every page of a spool file.

    Raises:
        JobUnreadable: it is neither, or is broken.
    """
    try:
        return [list(joined(_Page().texts(page))) for page in _metafiles(data)]
    except struct.error as error:
        raise JobUnreadable(f"a record of the EMF is too short: {error}") from error


def whole_emf(data: bytes) -> bool:
    """Whether the last record of a metafile, or of each page of a spool file, is there."""
    try:
        return all(kind == _END for page in _metafiles(data) for kind, _ in _last(page))
    except (JobUnreadable, struct.error):
        return False


def _last(page: bytes) -> list[tuple[int, bytes]]:
    return list(_records(page))[-1:]


def _metafiles(data: bytes) -> Iterator[bytes]:
    if data[40:44] == SIGNATURE:
        yield data
        return
    if data[:4] != SPOOL:
        raise JobUnreadable("neither a metafile nor a spool file of metafiles")
    (at,) = struct.unpack_from("<I", data, 4)
    pages = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        body = data[at + 8 : at + 8 + size]
        if len(body) < size:
            raise JobUnreadable("the spool file is broken off")
        if kind in _PAGES:
            pages += 1
            yield body
        at += 8 + size
    if not pages:
        raise JobUnreadable("the spool file has no page")


def _records(page: bytes) -> Iterator[tuple[int, bytes]]:
    if page[40:44] != SIGNATURE:
        raise JobUnreadable("a page that is no metafile")
    at = 0
    while True:
        if at + 8 > len(page):
            raise JobUnreadable("the metafile is broken off")
        kind, size = struct.unpack_from("<II", page, at)
        if size < 8 or size % 4 or at + size > len(page):
            raise JobUnreadable(f"the metafile is broken at byte {at}")
        yield kind, page[at : at + size]
        if kind == _END:
            return
        at += size


class _Page:
    """Walks over the records of one metafile."""

    def __init__(self) -> None:
        self._now = _Drawing()
        self._saved: list[_Drawing] = []
        self._fonts: dict[int, _Font] = {}
        self._count = 0

    def texts(self, page: bytes) -> Iterator[tuple[Placed, str]]:
        """The letters with their fonts' names."""
        for kind, record in _records(page):
            if kind in {_TEXT_A, _TEXT_W, _SMALL}:
                yield from self._text(*_read_text(kind, record, self._now.font.codec))
            elif kind in {_POLY_A, _POLY_W}:
                raise JobUnreadable("texts of a kind (PolyTextOut) that is not read")
            elif kind == _COMMENT:
                _refuse_plus(record)
            else:
                self._change(kind, record)

    def _change(self, kind: int, record: bytes) -> None:
        now = self._now
        match kind:
            case 9 | 11:
                x, y = struct.unpack_from("<ii", record, 8)
                where = (now.window if kind == 9 else now.view)[:2]
                changed = (*where, float(x), float(y))
                self._now = replace(now, window=changed) if kind == 9 else replace(now, view=changed)
            case 10 | 12:
                x, y = struct.unpack_from("<ii", record, 8)
                extent = (now.window if kind == 10 else now.view)[2:]
                changed = (float(x), float(y), *extent)
                self._now = replace(now, window=changed) if kind == 10 else replace(now, view=changed)
            case 17:
                self._now = replace(now, mode=struct.unpack_from("<I", record, 8)[0])
            case 22:
                self._now = replace(now, align=struct.unpack_from("<I", record, 8)[0])
            case 27:
                x, y = struct.unpack_from("<ii", record, 8)
                self._now = replace(now, pen=(x, y))
            case 33:
                if len(self._saved) >= 1000:
                    raise JobUnreadable("the metafile saves its state without end")
                self._saved.append(now)
            case 34:
                self._restore(struct.unpack_from("<i", record, 8)[0])
            case 35 | 36:
                self._transform(kind, record)
            case 37:
                self._select(struct.unpack_from("<I", record, 8)[0])
            case 40:
                self._fonts.pop(struct.unpack_from("<I", record, 8)[0], None)
            case 82:
                self._fonts[struct.unpack_from("<I", record, 8)[0]] = _font(record)

    def _restore(self, which: int) -> None:
        place = len(self._saved) + which if which < 0 else which - 1
        if 0 <= place < len(self._saved):
            self._now = self._saved[place]
            del self._saved[place:]

    def _transform(self, kind: int, record: bytes) -> None:
        values = struct.unpack_from("<6f", record, 8)
        if not all(isfinite(value) and abs(value) < 1e9 for value in values):
            raise JobUnreadable("a transformation without measure")
        matrix, world = Affine(*values), self._now.world
        how = struct.unpack_from("<I", record, 32)[0] if kind == 36 else 4
        changed = {1: IDENTITY, 2: matrix.then(world), 3: world.then(matrix), 4: matrix}.get(how, world)
        if not all(
            isfinite(value) for value in (changed.a, changed.b, changed.c, changed.d, changed.e, changed.f)
        ):
            raise JobUnreadable("a transformation without measure")
        self._now = replace(self._now, world=changed)

    def _select(self, handle: int) -> None:
        if handle in self._fonts:
            self._now = replace(self._now, font=self._fonts[handle])
        elif 0x8000000A <= handle <= 0x80000011:  # the fonts that are always there
            self._now = replace(self._now, font=_Font())

    def _text(
        self, at: tuple[float, float], letters: str, steps: tuple[int, ...] | None
    ) -> Iterator[tuple[Placed, str]]:
        now, font = self._now, self._now.font
        self._count += len(letters)
        if self._count > MAX_PIECES:
            raise JobUnreadable("more letters than a receipt can have")
        advances = [float(step) for step in steps] if steps else [font.size * 0.5] * len(letters)
        wide = sum(advances)
        x, y = now.pen if now.align & 1 else at
        if now.align & 6 == 6:
            x -= wide / 2
        elif now.align & 2:
            x -= wide
        if now.align & 1:
            self._now = replace(now, pen=(x + wide, y))
        if not now.align & 0x18:
            y += font.size * 0.8  # from the letters' top to their baseline
        elif now.align & 0x18 == 8:
            y -= font.size * 0.2
        place = now.place
        for letter, advance in zip(letters, advances, strict=True):
            left, base = place.of(x, y)
            right, _ = place.of(x + advance, y)
            shown = UNREADABLE if font.turned and letter.strip() else letter
            if letter.strip():
                size = max(font.size * place.scale, 0.01)
                yield Placed(shown, min(left, right), max(left, right), base, size), font.name
            x += advance


def _read_text(kind: int, record: bytes, codec: str) -> tuple[tuple[int, int], str, tuple[int, ...] | None]:
    """(reference point, letters, advance of each or None) of a text record."""
    if kind == _SMALL:
        x, y, count, options = struct.unpack_from("<iiII", record, 8)
        start = 36 if options & _NO_BOUNDS else 52
        wide, step = not options & _BYTES, 0
    else:
        x, y, count, start, options = struct.unpack_from("<iiIII", record, 36)
        (step,) = struct.unpack_from("<I", record, 72)
        wide = kind == _TEXT_W
    size = count * (2 if wide else 1)
    if count > len(record) or start + size > len(record):
        raise JobUnreadable("a text that reaches beyond its record")
    raw = record[start : start + size]
    if options & _GLYPHS:
        letters = UNREADABLE * count  # numbers of shapes in a font: which letters they are nobody says
    elif wide:
        letters = "".join(
            chr(code) if not 0xD800 <= code < 0xE000 else UNREADABLE
            for (code,) in struct.iter_unpack("<H", raw)
        )
    else:
        letters = raw.decode("latin-1" if kind == _SMALL else codec, "replace")
        letters = letters if len(letters) == count else UNREADABLE * count
    if not step or not count:
        return (x, y), letters, None
    pair = 2 if options & _BOTH_WAYS else 1
    if step + 4 * pair * count > len(record):
        raise JobUnreadable("advances that reach beyond their record")
    return (x, y), letters, struct.unpack_from(f"<{pair * count}i", record, step)[::pair]


def _font(record: bytes) -> _Font:
    height, _, escapement = struct.unpack_from("<iii", record, 12)
    name = record[40:104].decode("utf-16-le", "replace").partition("\0")[0]
    charset = record[35] if len(record) > 35 else 0
    size = -height if height < 0 else height * 0.8  # a cell's height has room above the letters
    codec = "cp1258" if charset == _VIETNAMESE_CHARSET else "cp1252"
    return _Font(name, float(min(size or 12, 1e6)), escapement % 3600 != 0, codec)


def _refuse_plus(record: bytes) -> None:
    """Text that stands in EMF+ records alone; beside each of a dual file its plain twin stands."""
    if record[12:16] != b"EMF+":
        return
    at = 16
    while at + 12 <= len(record):
        kind, flags, size = struct.unpack_from("<HHI", record, at)
        if kind == 0x4001 and flags & 1:
            return
        if kind in _PLUS_TEXT:
            raise JobUnreadable("text that stands in EMF+ records alone")
        if size < 12:
            return
        at += size
