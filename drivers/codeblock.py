"""The seller's code block, printed before the cut: authority code, symbol, number and the look-up QR.

It is set in the printer's plain style, and leaves the printer as the register had it: the register's next
receipt may rely on a size or an alignment that it set once in the morning.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import segno

from drivers.encoding import encode
from drivers.escpos.events import Command
from drivers.escpos.parser import EscPosParser
from drivers.raster.telling import is_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CENTRE, _LEFT = b"\x1ba\x01", b"\x1ba\x00"
# Commands that change how text looks, and what each is at the beginning (ESC @).
_STYLES = {
    "ESC a": _LEFT,
    "ESC !": b"\x1b!\x00",
    "GS !": b"\x1d!\x00",
    "ESC E": b"\x1bE\x00",
    "ESC G": b"\x1bG\x00",
    "ESC -": b"\x1b-\x00",
    "ESC M": b"\x1bM\x00",
    "ESC {": b"\x1b{\x00",
    "GS B": b"\x1dB\x00",
    "ESC SP": b"\x1b \x00",
}
_SPACINGS = {"ESC 2": b"\x1b2", "ESC 3": b"\x1b2"}


class QrStyle(StrEnum):
    """How a printer prints a QR code."""

    NATIVE = "native"  # GS ( k: printers of the last fifteen years
    RASTER = "raster"  # GS v 0: a picture, line by line
    COLUMNS = "columns"  # ESC *: a picture in bands, for printers that know nothing else
    STAR = "star"  # ESC GS y of Star's line mode
    NONE = "none"


class BlockStyle(StrEnum):
    """How the block is printed."""

    AUTO = "auto"  # as the receipt is: letters after letters, a picture after a picture
    TEXT = "text"
    PICTURE = "picture"  # for printers that lack the letters


@dataclass(frozen=True, slots=True)
class Printer:
    """What the block must know of the printer. ``dots``: its width, 384 for 58 mm paper, 576 for 80 mm."""

    qr: QrStyle = QrStyle.NATIVE
    dots: int = 576
    block: BlockStyle = BlockStyle.AUTO


def code_block(
    lines: Sequence[str],
    qr_text: str,
    *,
    encoding: str = "ascii",
    printer: Printer | None = None,
    receipt: bytes = b"",
) -> bytes:
    """ESC/POS bytes of the block in the receipt's own encoding; without a ``qr_text`` only its lines.

    ``receipt`` are the bytes printed before it: what they had set is plain inside the block, and set again
    after it. After a receipt that is a picture nobody knows the printer's letters: the block is a picture too
    (``BlockStyle``), or in letters without marks.
    """
    printer = printer or Printer()
    after_picture = is_picture(receipt)
    drawn = printer.block is BlockStyle.PICTURE or (printer.block is BlockStyle.AUTO and after_picture)
    plain, again = _styles(receipt)
    if drawn:
        from drivers.drawn_lines import drawn_lines  # late: it brings the imaging library and its fonts

        text = drawn_lines(lines, printer)
    else:
        letters = "ascii" if after_picture else encoding
        text = b"".join(encode(line, letters) + b"\n" for line in lines)
    if printer.qr is QrStyle.STAR:
        return b"\n\x1b\x1da\x01" + text + (_star_qr(qr_text) if qr_text else b"") + b"\x1b\x1da\x00\n"
    code = _QR[printer.qr](qr_text, printer.dots) if qr_text else b""
    bands = printer.qr is QrStyle.COLUMNS and (code or drawn)
    spacing = b"".join(set(_SPACINGS.values())) if bands else b""
    return b"\n" + plain + _CENTRE + text + code + spacing + _LEFT + b"\n\n\n" + again


def slip(block: bytes, printer: Printer) -> bytes:
    """A block as a piece of paper of its own: from a plain printer to the cut."""
    return b"\x1b@" + block + (b"\x1bd\x03" if printer.qr is QrStyle.STAR else b"\n\n\n\x1dV\x42\x00")


def _styles(receipt: bytes) -> tuple[bytes, bytes]:
    """What makes the style plain, and what makes it the register's again."""
    kept: dict[str, bytes] = {}
    for event in EscPosParser().feed(receipt):
        if not isinstance(event, Command):
            continue
        if event.name == "ESC @":
            kept.clear()
        elif event.name in _STYLES or event.name in _SPACINGS:
            kept.pop(event.name, None)  # in the order in which they were said last
            kept[event.name] = receipt[event.start : event.end]
    plain = b"".join(_STYLES[name] for name in kept if name in _STYLES and name != "ESC a")
    return plain, b"".join(kept.values())


def _native_qr(text: str, _dots: int) -> bytes:
    payload = text.encode()
    store = len(payload) + 3
    return b"".join(
        (
            b"\x1d(k\x04\x001A2\x00",  # model 2
            b"\x1d(k\x03\x001C\x05",  # module of five dots
            b"\x1d(k\x03\x001E1",  # error correction M
            b"\x1d(k" + store.to_bytes(2, "little") + b"1P0" + payload,
            b"\x1d(k\x03\x001Q0",
        )
    )


def _raster_qr(text: str, dots: int) -> bytes:
    rows = _bitmap(text, dots)
    width = -(-len(rows[0]) // 8)
    return raster_command(width, len(rows), b"".join(_packed(row) for row in rows)) + b"\n"


def _columns_qr(text: str, dots: int) -> bytes:
    """24-dot bands, three bytes a column, without a gap between them (ESC 3 24)."""
    rows = _bitmap(text, dots)
    while len(rows) % 24:
        rows.append([False] * len(rows[0]))
    out = [b"\x1b3\x18"]
    for top in range(0, len(rows), 24):
        band = rows[top : top + 24]
        columns = b"".join(_packed([row[x] for row in band]) for x in range(len(rows[0])))
        out.append(band_command(len(rows[0]), columns))
    return b"".join(out)


def raster_command(width: int, height: int, rows: bytes) -> bytes:
    """GS v 0: ``width`` bytes a row."""
    return b"\x1dv0\x00" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + rows


def star_raster_command(width: int, height: int, rows: bytes) -> bytes:
    """ESC GS S of Star's line mode: ``width`` bytes a row."""
    return b"\x1b\x1dS\x01" + width.to_bytes(2, "little") + height.to_bytes(2, "little") + b"\x00" + rows


def band_command(width: int, columns: bytes) -> bytes:
    """ESC * with 24 dots, three bytes a column, ``width`` columns; and the paper moves on."""
    return b"\x1b*\x21" + width.to_bytes(2, "little") + columns + b"\n"


def _star_qr(text: str) -> bytes:
    payload = text.encode()
    return b"".join(
        (
            b"\x1b\x1dyS0\x02",  # model 2
            b"\x1b\x1dyS1\x01",  # error correction M
            b"\x1b\x1dyS2\x05",  # module of five dots
            b"\x1b\x1dyD1\x00" + len(payload).to_bytes(2, "little") + payload,
            b"\x1b\x1dyP",
            b"\n",
        )
    )


_QR: dict[QrStyle, Callable[[str, int], bytes]] = {
    QrStyle.NATIVE: _native_qr,
    QrStyle.RASTER: _raster_qr,
    QrStyle.COLUMNS: _columns_qr,
    QrStyle.NONE: lambda _text, _dots: b"",
}


def _bitmap(text: str, dots: int) -> list[list[bool]]:
    """The QR with its quiet zone, in whole dots, True for black: as large as fits, at most six dots each."""
    modules = [
        [bool(module) for module in row] for row in segno.make_qr(text, error="m").matrix_iter(border=2)
    ]
    scale = max(2, min(6, dots // len(modules)))
    return [[module for module in row for _ in range(scale)] for row in modules for _ in range(scale)]


def _packed(bits: list[bool]) -> bytes:
    """Eight dots a byte, the first in the highest bit."""
    padded = bits + [False] * (-len(bits) % 8)
    return bytes(
        sum(128 >> place for place in range(8) if padded[at + place]) for at in range(0, len(padded), 8)
    )
