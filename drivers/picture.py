"""The paper as a picture: what a printer makes of a capture's bytes, for a person who must decide about it.

>>> from drivers.picture import draw
>>> draw(b"Ca phe\\n").size[0]
576

Font A is a cell of 12 x 24 dots, font B of 9 x 17, as on the Epson reference; letters come from the fonts of
the printed invoice. Pictures (``drivers.raster.graphics``) and QR codes are drawn; other codes stand as a
frame with their content.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.encoding import decode, run_encoding
from drivers.escpos.events import Barcode, Command, Cut, DrawerPulse, LineFeed, QrCode, Raster, Text
from drivers.escpos.parser import EscPosParser
from drivers.paper import lay_out
from drivers.placing import CELL, MOVES, moved
from drivers.raster.graphics import LONGEST, Graphics
from drivers.sheet import MARGIN, SPACING, Sheet, Style

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from PIL import Image

    from drivers.escpos.events import Event
    from drivers.raster.graphics import Picture
    from drivers.sheet import Run

__all__ = ["LONGEST", "MARGIN", "NARROW", "WIDE", "draw", "hex_dump", "print_out"]

_OF_STAR = frozenset({b"\x1b\x1d", b"\x1b\x1e", b"\x1bk"})
WIDE, NARROW = 576, 384  # dots of 80 mm and 58 mm paper


def draw(data: bytes, dots: int = WIDE) -> Image.Image:
    """The picture of a capture, 8 bits grey, as wide as the paper, with a dashed line for every cut."""
    sheet = Sheet(dots)
    print_out(data, sheet)
    return sheet.picture()


def print_out(data: bytes, sheet: Sheet) -> None:
    """Let a capture's bytes come out on a sheet."""
    parser = EscPosParser()
    printer = _Printer(sheet, data, lay_out(data).encoding)
    for event in parser.feed(data) + parser.close():
        printer.take(event)
    printer.close()


class _Printer:
    """The line that is being set, the style it is set in, the pictures held."""

    def __init__(self, sheet: Sheet, data: bytes, encoding: str) -> None:
        self._sheet, self._data, self._encoding = sheet, data, encoding
        self._graphics = Graphics()
        self._style, self._star = Style(), False
        self._run: Run = []

    def take(self, event: Event) -> None:
        command = self._data[event.start : event.end]
        self._star = command[:2] in _OF_STAR or (self._star and command[:1] != b"\x1d")
        if isinstance(event, Text):
            encoding = run_encoding(self._encoding, event.code_page, event.data)
            self._run.append((decode(event.data, encoding), self._style))
        elif isinstance(event, Raster):
            self._put_all(self._graphics.take(command))
        elif isinstance(event, Command) and event.name in MOVES:
            self._move(event)
        elif isinstance(event, Command):
            self._command(event, command)
        elif isinstance(event, LineFeed):
            self._feed(command)
        else:
            self._mark(event)

    def _feed(self, command: bytes) -> None:
        """LF by the line's spacing; ESC J and Star's ESC I and J by dots; ESC d by lines."""
        dots = None
        if command[:2] == b"\x1bJ":
            dots = command[2] * (2 if self._star else 1)
        elif command[:2] == b"\x1bI":
            dots = command[2]
        self._run = self._sheet.line(self._run, self._style, dots)
        if command[:2] == (b"\x1ba" if self._star else b"\x1bd"):
            self._sheet.feed(SPACING * max(0, command[2] - 1))

    def close(self) -> None:
        if self._run:
            self._run = self._sheet.line(self._run, self._style)

    def _command(self, event: Command, command: bytes) -> None:
        self._style = _after(event, self._style)
        if event.name == "ESC @" and self._run:
            self._run = self._sheet.line(self._run, self._style)
        elif event.name == "GS /":
            self._put_all(self._graphics.take(command))
        elif command[:4] == b"\x1b*rY" and command[4:-1].isdigit():  # Star's raster mode: rows without dots
            self._sheet.feed(min(LONGEST, int(command[4:-1])))

    def _move(self, event: Command) -> None:
        letters = 0
        for piece, style in self._run:
            width = len(piece) * style.cell[0] if isinstance(piece, str) else piece.width
            letters += round(width / CELL)
        self._run.append((" " * (moved(event, letters) - letters), Style(align=self._style.align)))

    def _put_all(self, pictures: Iterable[Picture]) -> None:
        for picture in pictures:
            if picture.feeds:
                self._sheet.paste(picture.image, self._style, self._indent())
            else:
                self._run.append((picture.image, self._style))

    def _indent(self) -> int:
        """What stands in the line before a picture of its own: blanks move it, letters are printed above."""
        text = "".join(piece if isinstance(piece, str) else "#" for piece, _ in self._run)
        if text.strip():
            self._run = self._sheet.line(self._run, self._style)
            return 0
        self._run = []
        return len(text) * CELL

    def _mark(self, event: Event) -> None:
        self.close()
        match event:
            case QrCode():
                self._sheet.qr(event.data, self._style)
            case Barcode():
                self._sheet.frame(f"||| {event.data.decode('ascii', 'replace')} |||")
            case Cut():
                self._sheet.cut()
            case DrawerPulse():
                self._sheet.frame("(ngăn kéo mở / drawer opens)")
            case _:
                return


def _after(command: Command, style: Style) -> Style:
    """What a command makes of the style."""
    value = command.argument[0] if command.argument else 0
    match command.name:
        case "ESC @":
            return Style()
        case "ESC a" | "ESC GS a":
            return replace(style, align=value % 48 % 3)
        case "ESC E" | "ESC G":
            return replace(style, bold=bool(value & 1) or not command.argument)  # Star's has no argument
        case "ESC -":
            return replace(style, underline=value % 48 > 0)
        case "GS B":
            return replace(style, inverse=bool(value & 1))
        case "ESC M":
            return replace(style, small=value % 48 == 1)
        case "GS !":
            return replace(style, wide=(value >> 4 & 7) + 1, high=(value & 7) + 1)
        case "ESC 2":
            return replace(style, spacing=None)
        case "ESC 3":
            return replace(style, spacing=value)
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


def hex_dump(data: bytes, marks: tuple[tuple[int, int], ...] = ()) -> Iterator[str]:
    """The bytes, sixteen a row: offset, hex, letters; rows with a mark in them begin with ``>``."""
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        mark = ">" if any(start < at + 16 and end > at for start, end in marks) else " "
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{mark}{at:08x}  {row.hex(' '):<47}  {letters}"
