"""The paper as a picture: what a printer makes of a capture's bytes, for a person who must decide about it.

>>> from drivers.picture import draw
>>> draw(b"Ca phe\\n").size[0]
576

Font A is a cell of 12 x 24 dots, font B of 9 x 17, as on the Epson reference; letters come from the fonts of
the printed invoice. Pictures (GS v 0, ESC *) and QR codes are drawn; other codes stand as a frame with their
content.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import segno
from PIL import Image, ImageDraw, ImageFont

from drivers.encoding import decode, run_encoding
from drivers.escpos.events import Barcode, Command, Cut, DrawerPulse, LineFeed, QrCode, Raster, Text
from drivers.escpos.parser import EscPosParser
from drivers.paper import lay_out
from drivers.placing import MOVES, moved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers.escpos.events import Event

WIDE, NARROW = 576, 384  # dots of 80 mm and 58 mm paper
MARGIN = 24
LONGEST = 16_000  # dots; what is longer is cut off
_BLACK, _WHITE, _GREY = 0, 255, 160
_MODULE = 5


@dataclass(frozen=True, slots=True)
class _Style:
    align: int = 0
    wide: int = 1
    high: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False
    small: bool = False

    @property
    def cell(self) -> tuple[int, int]:
        width, height = (9, 17) if self.small else (12, 24)
        return width * self.wide, height * self.high


def draw(data: bytes, dots: int = WIDE) -> Image.Image:
    """The picture of a capture, 8 bits grey, as wide as the paper, with a dashed line for every cut."""
    sheet = _Sheet(dots)
    encoding = lay_out(data).encoding
    parser = EscPosParser()
    style, run = _Style(), list[tuple[str, _Style]]()
    for event in parser.feed(data) + parser.close():
        if isinstance(event, Text):
            run.append((decode(event.data, run_encoding(encoding, event.code_page, event.data)), style))
        elif isinstance(event, Command) and event.name in MOVES:
            letters = sum(len(text) for text, _ in run)
            run.append((" " * (moved(event, letters) - letters), _Style(align=style.align)))
        elif isinstance(event, Command):
            style = _after(event, style)
            if event.name == "ESC @" and run:
                run = sheet.line(run)
        elif isinstance(event, LineFeed):
            run = sheet.line(run)
            sheet.feed(_extra(data[event.start : event.end]))
        else:
            run = sheet.line(run) if run else run
            sheet.put(event, data, style)
    if run:
        sheet.line(run)
    return sheet.picture()


def _after(command: Command, style: _Style) -> _Style:
    """What a command makes of the style."""
    value = command.argument[0] if command.argument else 0
    match command.name:
        case "ESC @":
            return _Style()
        case "ESC a":
            return replace(style, align=value % 48 % 3)
        case "ESC E" | "ESC G":
            return replace(style, bold=bool(value & 1))
        case "ESC -":
            return replace(style, underline=value % 48 > 0)
        case "GS B":
            return replace(style, inverse=bool(value & 1))
        case "ESC M":
            return replace(style, small=value % 48 == 1)
        case "GS !":
            return replace(style, wide=(value >> 4 & 7) + 1, high=(value & 7) + 1)
        case "ESC !":
            return replace(
                style,
                small=bool(value & 1),
                bold=bool(value & 8),
                high=2 if value & 16 else 1,
                wide=2 if value & 32 else 1,
                underline=bool(value & 128),
            )
    return style


def _extra(command: bytes) -> int:
    """Dots that a feed moves beyond its own line."""
    if command[:2] == b"\x1bd":
        return 30 * max(0, command[2] - 1)
    return command[2] if command[:2] == b"\x1bJ" else 0


@lru_cache(maxsize=16)
def _font(height: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    name = "NotoSans-Bold.ttf" if bold else "NotoSans-Regular.ttf"
    with as_file(files("invoice.printed") / "fonts" / name) as path:
        return ImageFont.truetype(str(path), int(height * 0.72))  # with its marks as high as the cell


class _Sheet:
    """The paper while it comes out."""

    def __init__(self, dots: int) -> None:
        self._dots = dots
        self._image = Image.new("L", (dots, 2000), _WHITE)
        self._pen = ImageDraw.Draw(self._image)
        self._y = MARGIN
        self._band = 0  # height of an ESC * band whose line has not been fed yet

    def line(self, run: list[tuple[str, _Style]]) -> list[tuple[str, _Style]]:
        """Set one line, wrapped where the paper ends; the empty run that follows."""
        if self._band and not run:
            self.feed(self._band)
            self._band = 0
            return []
        letters = [(letter, style) for text, style in run for letter in text.expandtabs(8)]
        for part in self._wrapped(letters) or [[]]:
            self._set(part)
        return []

    def feed(self, dots: int) -> None:
        self._y += dots
        self._grow()

    def put(self, event: Event, data: bytes, style: _Style) -> None:
        """A code, a picture, a cut, a drawer."""
        match event:
            case QrCode():
                self._paste(_qr(event.data), style)
            case Raster():
                command = data[event.start : event.end]
                if (picture := _raster(command)) is not None:
                    self._paste(picture, style, feeds=command[:2] != b"\x1b*")
            case Barcode():
                self._frame(f"||| {event.data.decode('ascii', 'replace')} |||")
            case Cut():
                for x in range(0, self._dots, 16):
                    self._pen.line((x, self._y + 12, x + 8, self._y + 12), fill=_GREY, width=2)
                self.feed(30)
            case DrawerPulse():
                self._frame("(ngăn kéo mở / drawer opens)")

    def picture(self) -> Image.Image:
        """What has come out."""
        return self._image.crop((0, 0, self._dots, min(self._y + MARGIN, LONGEST)))

    def _wrapped(self, letters: list[tuple[str, _Style]]) -> list[list[tuple[str, _Style]]]:
        parts: list[list[tuple[str, _Style]]] = []
        room = 0
        for letter, style in letters:
            if not parts or room < style.cell[0]:
                parts.append([])
                room = self._dots
            parts[-1].append((letter, style))
            room -= style.cell[0]
        return parts

    def _set(self, letters: list[tuple[str, _Style]]) -> None:
        width = sum(style.cell[0] for _, style in letters)
        height = max((style.cell[1] for _, style in letters), default=24)
        x = self._left(width, letters[0][1].align if letters else 0)
        for letter, style in letters:
            cell = style.cell
            box = (x, self._y + height - cell[1], x + cell[0], self._y + height)
            ink = _BLACK
            if style.inverse:
                self._pen.rectangle(box, fill=_BLACK)
                ink = _WHITE
            self._letter(letter, style, box, ink)
            if style.underline:
                self._pen.line((box[0], box[3] - 1, box[2], box[3] - 1), fill=ink, width=2)
            x += cell[0]
        self.feed(height + 6)

    def _letter(self, letter: str, style: _Style, box: tuple[int, int, int, int], ink: int) -> None:
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

    def _frame(self, words: str) -> None:
        font = _font(24, bold=False)
        width = min(self._dots - 8, round(font.getlength(words)) + 24)
        x = (self._dots - width) // 2
        self._pen.rectangle((x, self._y + 4, x + width, self._y + 40), outline=_GREY, width=2)
        self._pen.text((x + 12, self._y + 8), words, font=font, fill=_BLACK)
        self.feed(50)

    def _paste(self, picture: Image.Image, style: _Style, *, feeds: bool = True) -> None:
        x = self._left(picture.width, style.align)
        self._grow(picture.height)
        self._image.paste(picture, (x, self._y))
        if feeds:
            self.feed(picture.height)
        else:
            self._band = picture.height

    def _left(self, width: int, align: int) -> int:
        return max(0, (0, (self._dots - width) // 2, self._dots - width)[align])

    def _grow(self, more: int = 400) -> None:
        if self._y + more > self._image.height and self._image.height < LONGEST:
            taller = Image.new("L", (self._dots, min(LONGEST, self._y + more + 2000)), _WHITE)
            taller.paste(self._image, (0, 0))
            self._image, self._pen = taller, ImageDraw.Draw(taller)


def _qr(data: bytes) -> Image.Image:
    try:
        modules = list(segno.make_qr(data, error="m").matrix_iter(border=2))
    except segno.DataOverflowError:
        modules = [[1]]
    picture = Image.new("L", (len(modules), len(modules)), _WHITE)
    picture.putdata([_BLACK if module else _WHITE for row in modules for module in row])
    return picture.resize((len(modules) * _MODULE, len(modules) * _MODULE), Image.Resampling.NEAREST)


def _raster(command: bytes) -> Image.Image | None:
    """The picture of a GS v 0 or an ESC * command; None for others, whose bits are stored in the printer."""
    if command[:3] == b"\x1dv0" and len(command) > 8:
        width, height = int.from_bytes(command[4:6], "little"), int.from_bytes(command[6:8], "little")
        return _bits(command[8:], width * 8, min(height, LONGEST))
    if command[:2] == b"\x1b*" and len(command) > 5:
        tall = 3 if command[2] in b" !&'(" else 1
        width = int.from_bytes(command[3:5], "little")
        turned = _bits(command[5:], tall * 8, width)
        return None if turned is None else turned.transpose(Image.Transpose.TRANSPOSE)
    return None


def _bits(data: bytes, width: int, height: int) -> Image.Image | None:
    size = width // 8 * height
    if not 0 < size <= len(data) or width > 4 * WIDE:
        return None
    packed = Image.frombytes("1", (width, height), bytes(byte ^ 0xFF for byte in data[:size]))
    return packed.convert("L")


def hex_dump(data: bytes, marks: tuple[tuple[int, int], ...] = ()) -> Iterator[str]:
    """The bytes, sixteen a row: offset, hex, letters; rows with a mark in them begin with ``>``."""
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        mark = ">" if any(start < at + 16 and end > at for start, end in marks) else " "
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{mark}{at:08x}  {row.hex(' '):<47}  {letters}"
