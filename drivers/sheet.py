"""The paper while it comes out of the printer: lines of letters and pictures, one below the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, TypeAlias

import segno
from PIL import Image, ImageChops, ImageDraw, ImageFont

from drivers.raster.graphics import LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN = 24
SPACING = 30  # dots of a line where no command says otherwise
_BLACK, _WHITE, _GREY = 0, 255, 160
_MODULE = 5


@dataclass(frozen=True, slots=True)
class Style:
    """How letters look. ``spacing``: the line's least height in dots, None before a command says it."""

    align: int = 0
    wide: int = 1
    high: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False
    small: bool = False
    spacing: int | None = None

    @property
    def cell(self) -> tuple[int, int]:
        """Width and height of a letter in dots."""
        width, height = (9, 17) if self.small else (12, 24)
        return width * self.wide, height * self.high


Run: TypeAlias = "list[tuple[str | Image.Image, Style]]"


@dataclass(frozen=True, slots=True)
class Letters:
    """Text of the wire that stands on the paper: its box in dots."""

    text: str
    left: int
    right: int
    top: int
    bottom: int


class Sheet:
    """``apart``: for reading, not for looking at. Letters are noted with their places instead of drawn, and
    codes, cuts and drawers leave no marks."""

    def __init__(self, dots: int, *, apart: bool = False) -> None:
        self._dots = dots
        self._apart = apart
        self._image = Image.new("L", (dots, 2000), _WHITE)
        self._pen = ImageDraw.Draw(self._image)
        self._y = MARGIN
        self.letters: list[Letters] = []

    def line(self, run: Run, style: Style, dots: int | None = None) -> Run:
        """Set one line, wrapped where the paper ends; the empty run that follows. ``dots``: what a command
        feeds instead of the line's spacing."""
        pieces: Run = []
        for piece, look in run:
            if isinstance(piece, str):
                pieces += [(letter, look) for letter in _shown(piece.expandtabs(8))]
            else:
                pieces.append((piece, look))
        if dots is not None:
            style = replace(style, spacing=dots)
        for part in self._wrapped(pieces) or [[]]:
            self._set(part, style, high=bool(pieces) or dots is None)
        return []

    def feed(self, dots: int) -> None:
        """Move the paper on."""
        self._y += dots
        self._grow()

    def paste(self, picture: Image.Image, style: Style, indent: int = 0, *, feeds: bool = True) -> None:
        """A picture of its own: ``indent`` dots from where its alignment puts it."""
        self._ink(picture, self._left(picture.width, style.align) + indent, self._y)
        if feeds:
            self.feed(picture.height)

    def qr(self, data: bytes, style: Style) -> None:
        """A QR code."""
        if self._apart:
            self.feed(100)
        else:
            picture = _qr(data)
            self._grow(picture.height)
            self._image.paste(picture, (self._left(picture.width, style.align), self._y))
            self.feed(picture.height)

    def cut(self) -> None:
        """The paper is cut."""
        if not self._apart:
            for x in range(0, self._dots, 16):
                self._pen.line((x, self._y + 12, x + 8, self._y + 12), fill=_GREY, width=2)
        self.feed(30)

    def frame(self, words: str) -> None:
        """Words for what cannot be drawn: a bar code, a drawer."""
        if self._apart:
            return
        font, words = _font(24, bold=False), _shown(words)
        width = min(self._dots - 8, round(font.getlength(words)) + 24)
        x = (self._dots - width) // 2
        self._pen.rectangle((x, self._y + 4, x + width, self._y + 40), outline=_GREY, width=2)
        self._pen.text((x + 12, self._y + 8), words, font=font, fill=_BLACK)
        self.feed(50)

    @property
    def bottom(self) -> int:
        """How far the paper has come out, in dots; more than ``LONGEST`` is not kept."""
        return self._y

    def picture(self) -> Image.Image:
        """What has come out."""
        return self._image.crop((0, 0, self._dots, min(self._y + MARGIN, LONGEST)))

    def _wrapped(self, pieces: Run) -> list[Run]:
        parts: list[Run] = []
        room = 0
        for piece, style in pieces:
            width = _size(piece, style)[0]
            if not parts or (room < width and isinstance(piece, str)):
                parts.append([])
                room = self._dots
            parts[-1].append((piece, style))
            room -= width
        return parts

    def _set(self, pieces: Run, style: Style, *, high: bool) -> None:
        sizes = [_size(piece, look) for piece, look in pieces]
        width = sum(size[0] for size in sizes)
        height = max((size[1] for size in sizes), default=24 if high else 0)
        x = self._left(width, pieces[0][1].align if pieces else 0)
        for (piece, look), (across, tall) in zip(pieces, sizes, strict=True):
            top = self._y + height - tall
            if isinstance(piece, str):
                self._set_letter(piece, look, (x, top, x + across, top + tall))
            else:
                self._ink(piece, x, top)
            x += across
        self._note(pieces, sizes, height)
        self.feed(_advance(height, style.spacing, text=all(isinstance(piece, str) for piece, _ in pieces)))

    def _set_letter(self, letter: str, style: Style, box: tuple[int, int, int, int]) -> None:
        if self._apart:
            return
        ink = _BLACK
        if style.inverse:
            self._pen.rectangle(box, fill=_BLACK)
            ink = _WHITE
        self._letter(letter, style, box, ink)
        if style.underline:
            self._pen.line((box[0], box[3] - 1, box[2], box[3] - 1), fill=ink, width=2)

    def _note(self, pieces: Run, sizes: Sequence[tuple[int, int]], height: int) -> None:
        """Note runs of letters and where they stand."""
        if not self._apart:
            return
        x = self._left(sum(size[0] for size in sizes), pieces[0][1].align if pieces else 0)
        text, begin = "", x
        for (piece, _), (across, _) in zip(pieces, sizes, strict=True):
            if isinstance(piece, str):
                text += piece
            elif text:
                self.letters.append(Letters(text, begin, x, self._y, self._y + height))
                text = ""
            x += across
            begin = begin if text else x
        if text.strip():
            self.letters.append(Letters(text, begin, x, self._y, self._y + height))

    def _letter(self, letter: str, style: Style, box: tuple[int, int, int, int], ink: int) -> None:
        """Set a letter in the middle of its cell, drawn in plain size and stretched as a printer does."""
        if letter == " " or self._y > LONGEST:
            return
        plain = replace(style, wide=1, high=1)
        width, height = plain.cell
        tile = Image.new("L", (width, height), 255 - ink)
        font = _font(height, bold=style.bold)
        shift = (width - font.getlength(letter)) / 2
        ImageDraw.Draw(tile).text((shift, 0), letter, font=font, fill=ink)
        self._image.paste(tile.resize((box[2] - box[0], box[3] - box[1])), box)

    def _ink(self, picture: Image.Image, x: int, y: int) -> None:
        """Print over what is there: dots once burnt stay black."""
        if y >= LONGEST:
            return
        self._grow(picture.height)
        box = (x, y, x + picture.width, y + picture.height)
        self._image.paste(ImageChops.darker(self._image.crop(box), picture), box[:2])

    def _left(self, width: int, align: int) -> int:
        return max(0, (0, (self._dots - width) // 2, self._dots - width)[align])

    def _grow(self, more: int = 400) -> None:
        if self._y + more > self._image.height and self._image.height < LONGEST:
            taller = Image.new("L", (self._dots, min(LONGEST, self._y + more + 2000)), _WHITE)
            taller.paste(self._image, (0, 0))
            self._image, self._pen = taller, ImageDraw.Draw(taller)


def _shown(text: str) -> str:
    """Without letters that have no shape: some (U+0085, U+2028) the font's shaper refuses."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _size(piece: str | Image.Image, style: Style) -> tuple[int, int]:
    return style.cell if isinstance(piece, str) else piece.size


def _advance(height: int, spacing: int | None, *, text: bool) -> int:
    """How far the paper moves after a line of that height."""
    if text:
        return max(height + 6 if spacing is None else height, SPACING if spacing is None else spacing)
    if spacing == 2 * height:  # printers that count in half dots
        return height
    return max(height, SPACING if spacing is None else spacing)


@lru_cache(maxsize=16)
def _font(height: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    name = "NotoSans-Bold.ttf" if bold else "NotoSans-Regular.ttf"
    with as_file(files("invoice.printed") / "fonts" / name) as path:
        return ImageFont.truetype(str(path), int(height * 0.72))  # with its marks as high as the cell


def _qr(data: bytes) -> Image.Image:
    try:
        modules = list(segno.make_qr(data, error="m").matrix_iter(border=2))
    except segno.DataOverflowError:
        modules = [[1]]
    picture = Image.new("L", (len(modules), len(modules)), _WHITE)
    picture.putdata([_BLACK if module else _WHITE for row in modules for module in row])
    return picture.resize((len(modules) * _MODULE, len(modules) * _MODULE), Image.Resampling.NEAREST)
