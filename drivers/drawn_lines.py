"""Lines of the code block as a picture: after receipts that are pictures, whose printer may lack our letters.

>>> from drivers.codeblock import Printer
>>> from drivers.drawn_lines import drawn_lines
>>> drawn_lines(("Mã CQT: M1",), Printer())[:4]
b'\\x1dv0\\x00'

The printer gets it by the command that it prints pictures by: GS v 0, ESC * in bands, or Star's ESC GS S.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from drivers.codeblock import Printer, QrStyle, band_command, raster_command, star_raster_command
from drivers.sheet import Sheet, Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BAND = 24  # dots: of ESC *
ROWS_TOGETHER = 240  # of GS v 0: printers with little memory take no more at once
_CENTRED = Style(align=1, bold=True)


def drawn_lines(lines: Sequence[str], printer: Printer) -> bytes:
    """The bytes that print the lines, each in the middle, as a picture as wide as the paper."""
    sheet = Sheet(printer.dots)
    for line in lines:
        sheet.line([(line, _CENTRED)], _CENTRED)
    drawn = sheet.picture()
    box = drawn.point([255 if grey < 128 else 0 for grey in range(256)]).getbbox()
    if box is None:
        return b""
    return _COMMANDS.get(printer.qr, _rasters)(drawn.crop((0, box[1], printer.dots, box[3])))


def _rasters(picture: Image.Image) -> bytes:
    return b"".join(raster_command(*_burnt(part)) for part in _parts(picture, ROWS_TOGETHER))


def _star(picture: Image.Image) -> bytes:
    return b"".join(star_raster_command(*_burnt(part)) for part in _parts(picture, ROWS_TOGETHER))


def _columns(picture: Image.Image) -> bytes:
    bands = [part.transpose(Image.Transpose.TRANSPOSE) for part in _parts(picture, BAND)]
    return b"\x1b3\x18" + b"".join(band_command(picture.width, _burnt(band)[2]) for band in bands)


def _parts(picture: Image.Image, height: int) -> Iterator[Image.Image]:
    """Pieces of that height from top to bottom, the last filled up with white to a band's height."""
    for top in range(0, picture.height, height):
        tall = min(height, -(-(picture.height - top) // BAND) * BAND)
        part = Image.new("L", (picture.width, tall), 255)
        part.paste(picture.crop((0, top, picture.width, min(top + tall, picture.height))), (0, 0))
        yield part


def _burnt(picture: Image.Image) -> tuple[int, int, bytes]:
    """Bytes of a row, rows, and the dots row by row: eight a byte, a set bit is black."""
    dots = picture.point([255 if grey < 128 else 0 for grey in range(256)]).convert("1")
    return -(-picture.width // 8), picture.height, dots.tobytes()


_COMMANDS: dict[QrStyle, Callable[[Image.Image], bytes]] = {
    QrStyle.COLUMNS: _columns,
    QrStyle.STAR: _star,
}
