"""Raster commands → pictures: GS v 0, GS ( L and GS 8 L, ESC *, GS Q 0, GS * with GS /, Star's rasters.

A picture is 8 bits grey, a pixel for each dot of the paper. What a command only stores in the printer is kept
until another prints it; a picture that the printer had before is not there to be drawn. Sources: Epson's
command reference; Star Micronics' line mode and graphic mode specifications.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL.Image import Image

WIDEST = 2304  # dots: four times the widest paper
LONGEST = 16_000  # dots: two metres; what is longer is cut off
MAX_KEPT = 32  # pictures that a capture may store in the printer
_BLACK, _WHITE = 0, 255
_TONES = {49: 1, 50: 2, 51: 4, 52: 8}  # colours 1 to 4 of GS ( L: the bits of a tone


@dataclass(frozen=True, slots=True)
class Picture:
    """``feeds``: the paper moves on by its height; else it stands in its line, as a letter does."""

    image: Image
    feeds: bool = True


@dataclass(slots=True)
class Graphics:
    """What the printer holds of pictures while a capture comes out."""

    _buffer: list[tuple[int, Image]] = field(default_factory=list)  # GS ( L: stored, not printed yet
    _kept: dict[bytes, Image] = field(default_factory=dict)  # by key code
    _downloaded: Image | None = None  # GS *
    _plane: Image | None = None  # a row of Star's raster mode that the next is printed over

    def take(self, command: bytes) -> Iterable[Picture]:
        """The pictures that a command of the grammar (all its bytes) prints."""
        lead = command[:2]
        if command[:3] == b"\x1dv0":
            return _one(_scaled(_rows(command[8:], *_sizes(command, 4)), command[3] & 1, command[3] >> 1 & 1))
        if command[:3] in {b"\x1d(L", b"\x1d8L"}:
            return self._graphics(command[5:] if command[1:2] == b"(" else command[7:])
        if lead == b"\x1b*" and command[2:3] != b"r":
            return _one(_band(command), feeds=False)
        if command[:3] == b"\x1dQ0":
            return _one(
                _scaled(_columns(command[8:], *_sizes(command, 4)), command[3] & 1, command[3] >> 1 & 1)
            )
        if lead == b"\x1d*":
            self._downloaded = _columns(command[4:], command[2] * 8, command[3])
            return ()
        if lead == b"\x1d/" and len(command) > 2 and self._downloaded:
            return _one(_scaled(self._downloaded, command[2] & 1, command[2] >> 1 & 1))
        return self._star(command)

    def _star(self, command: bytes) -> Iterable[Picture]:
        if command[:3] == b"\x1b\x1dS":
            return _one(_rows(command[9:], *_sizes(command, 4)))
        if command[:2] == b"\x1bk":
            across = int.from_bytes(command[2:4], "little")
            return _one(_rows(command[4:], across, 24), feeds=False)
        if command[:2] in {b"\x1bK", b"\x1bL", b"\x1bX"}:
            tall = 3 if command[1:2] == b"X" else 1
            band = _columns(command[4:], int.from_bytes(command[2:4], "little"), tall)
            return _one(
                _stretched(band, *{b"K": (3, 3), b"L": (1, 3)}.get(command[1:2], (1, 1))), feeds=False
            )
        if command[:1] in {b"b", b"k"}:
            row, self._plane = _over(self._plane, _rows(command[3:], len(command) - 3, 1)), None
            if command[:1] == b"b":
                return _one(row)
            self._plane = row
        return ()

    def _graphics(self, body: bytes) -> Iterable[Picture]:
        """GS ( L from its m on: store, print, define by key code, print by key code."""
        function = body[1] if len(body) > 1 else -1
        if function in {112, 113} and len(body) > 10:
            made = _rows if function == 112 else _by_columns
            width, height = _sizes(body, 6)
            image = _stretched(
                made(body[10:], -(-width // 8) if made is _rows else width, height), body[3], body[4]
            )
            if image and len(self._buffer) < MAX_KEPT:
                self._buffer.append((_TONES.get(body[5], 15) if body[2] == 52 else 15, image))
            return ()
        if function in {2, 50}:
            stored, self._buffer = self._buffer, []
            return _one(_toned(stored))
        if function in {67, 83} and len(body) > 11:
            width, height = _sizes(body, 6)
            image = _rows(body[11:], -(-width // 8), height)
            if image and len(self._kept) < MAX_KEPT:
                self._kept[body[3:5]] = image
            return ()
        if function in {69, 85} and len(body) > 5:
            kept = self._kept.get(body[2:4])
            return _one(_stretched(kept, body[4], body[5])) if kept else ()
        return ()


def _sizes(command: bytes, at: int) -> tuple[int, int]:
    """Two counts of two bytes; the second is bounded by the longest paper."""
    across = int.from_bytes(command[at : at + 2], "little")
    return across, min(int.from_bytes(command[at + 2 : at + 4], "little"), LONGEST)


def _one(image: Image | None, *, feeds: bool = True) -> Iterable[Picture]:
    return () if image is None else (Picture(image, feeds),)


def _rows(data: bytes, across: int, height: int) -> Image | None:
    """Bits row by row, ``across`` bytes a row, 1 is black; a picture whose end is lost keeps its rows."""
    from PIL import Image

    if not 0 < across * 8 <= WIDEST:
        return None
    height = min(height, len(data) // across)
    if height < 1:
        return None
    bits = bytes(byte ^ 0xFF for byte in data[: across * height])
    return Image.frombytes("1", (across * 8, height), bits).convert("L")


def _columns(data: bytes, width: int, tall: int) -> Image | None:
    """Bits column by column, ``tall`` bytes a column, the first at the top."""
    from PIL import Image

    if not 0 < tall * 8 <= LONGEST or not width > 0:
        return None
    width = min(width, len(data) // tall, WIDEST)
    if width < 1:
        return None
    bits = bytes(byte ^ 0xFF for byte in data[: width * tall])
    turned = Image.frombytes("1", (tall * 8, width), bits)
    return turned.transpose(Image.Transpose.TRANSPOSE).convert("L")


def _by_columns(data: bytes, width: int, height: int) -> Image | None:
    """``_columns`` of ``height`` dots."""
    image = _columns(data, width, -(-height // 8))
    return None if image is None else image.crop((0, 0, image.width, height))


def _band(command: bytes) -> Image | None:
    """ESC * m nL nH: 8 dots a column print as high as 24; half the density is twice the width."""
    if len(command) < 6:
        return None
    mode = command[2]
    tall = 6 if mode in b"GHI" else 3 if mode in b" !&'(" else 1
    image = _columns(command[5:], int.from_bytes(command[3:5], "little"), tall)
    return _stretched(image, 2 if mode in {0, 32} else 1, 3 if tall == 1 else 1)


def _scaled(image: Image | None, wide: int, high: int) -> Image | None:
    return _stretched(image, 2 if wide else 1, 2 if high else 1)


def _stretched(image: Image | None, wide: int, high: int) -> Image | None:
    from PIL import Image

    if image is None or (wide, high) == (1, 1) or not (0 < wide <= 3 and 0 < high <= 3):
        return image
    size = image.width * wide, min(LONGEST, image.height * high)
    return image.resize(size, Image.Resampling.NEAREST) if size[0] <= WIDEST else None


def _over(below: Image | None, above: Image | None) -> Image | None:
    """Both printed on one place."""
    if below is None or above is None:
        return below or above
    return _toned([(15, below), (15, above)])


def _toned(stored: list[tuple[int, Image]]) -> Image | None:
    """Stored graphics laid over each other; those of several tones add up to a grey."""
    from PIL import Image, ImageChops

    if not stored:
        return None
    sheet = Image.new(
        "L", (max(one.width for _, one in stored), max(one.height for _, one in stored)), _WHITE
    )
    for weight, image in stored:
        ink = image.point([(255 - value) * weight // 15 for value in range(256)])
        whole = Image.new("L", sheet.size, 0)
        whole.paste(ink, (0, 0))
        sheet = ImageChops.subtract(sheet, whole)
    return sheet
