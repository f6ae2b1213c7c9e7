"""The code block: read back from the picture of the paper, and the printer left as it was."""

from __future__ import annotations

import doctest
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageOps

from drivers import drawn_lines, picture
from drivers.codeblock import BlockStyle, Printer, QrStyle, code_block, slip
from drivers.escpos.events import Command, Cut
from drivers.escpos.parser import EscPosParser
from drivers.framing import CaptureSplitter
from drivers.picture import NARROW, WIDE, draw, hex_dump

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))
LINES = ("Mã CQT: M1-26-SHNDN-00100000001", "Ký hiệu: 1C26MAA  Số: 1", "MST: 0409990010")
QR = "00020101021138570010A00000072701270006970436011300410001234560208QRIBFTTA5303704540550000"


def test_the_example() -> None:
    assert doctest.testmod(picture).failed == 0
    assert doctest.testmod(drawn_lines).failed == 0


def codes_in(data: bytes, dots: int, folder: Path) -> list[str]:
    """What an independent reader (zbar) finds on the paper."""
    path = folder / "paper.png"
    draw(data, dots).save(path)
    done = subprocess.run(
        ["zbarimg", "-q", "--raw", "--nodbus", path], capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("dots", [NARROW, WIDE])
@pytest.mark.parametrize("style", [QrStyle.NATIVE, QrStyle.RASTER, QrStyle.COLUMNS])
def test_the_code_is_read_from_the_paper(style: QrStyle, dots: int, tmp_path: Path) -> None:
    receipt = RECEIPTS[0].read_bytes().partition(b"\x1dV")[0]
    block = code_block(LINES, QR, encoding="utf-8", printer=Printer(style, dots), receipt=receipt)
    assert QR in codes_in(receipt + block, dots, tmp_path)


def test_star_and_none() -> None:
    star = code_block(LINES, QR, printer=Printer(QrStyle.STAR))
    assert b"\x1b\x1dyD1\x00" + len(QR).to_bytes(2, "little") + QR.encode() in star
    none = code_block(LINES, QR, printer=Printer(QrStyle.NONE))
    assert none == code_block(LINES, "")
    assert b"Ma CQT: M1-26-SHNDN-00100000001\n" in none


@pytest.mark.parametrize("dots", [NARROW, WIDE])
@pytest.mark.parametrize("style", [QrStyle.RASTER, QrStyle.COLUMNS, QrStyle.STAR])
def test_the_lines_are_drawn_alike_by_every_command(style: QrStyle, dots: int) -> None:
    def ink(one: QrStyle) -> bytes:
        drawn = draw(code_block(LINES, "", printer=Printer(one, dots, BlockStyle.PICTURE)), dots)
        return drawn.crop(ImageOps.invert(drawn).getbbox()).tobytes()

    assert len(set(ink(QrStyle.NATIVE))) > 1
    assert ink(style) == ink(QrStyle.NATIVE)


def test_after_a_picture_comes_a_picture_or_letters_that_every_printer_has(tmp_path: Path) -> None:
    drawn = b"\x1b@\x1dv0\x00\x48\x00\x64\x00" + bytes(72 * 50) + b"\xff" * (72 * 50)
    block = code_block(LINES, QR, encoding="utf-8", receipt=drawn)
    assert b"CQT" not in block
    assert QR in codes_in(drawn + block, WIDE, tmp_path)
    text = code_block(LINES, QR, encoding="utf-8", printer=Printer(block=BlockStyle.TEXT), receipt=drawn)
    assert b"Ma CQT: M1-26-SHNDN-00100000001\n" in text
    assert "Mã CQT".encode() in code_block(LINES, QR, encoding="utf-8", receipt=RECEIPTS[0].read_bytes())


@pytest.mark.parametrize("style", list(QrStyle))
def test_a_slip_is_cut_once(style: QrStyle) -> None:
    printer = Printer(style)
    paper = slip(code_block(LINES, QR, printer=printer), printer)
    assert sum(isinstance(event, Cut) for event in EscPosParser().feed(paper)) == 1


SWITCHES = [b"\x1ba", b"\x1b!", b"\x1bE", b"\x1b-", b"\x1d!", b"\x1dB", b"\x1bM", b"\x1b3"]
STYLE_COMMANDS = st.one_of(
    st.tuples(st.sampled_from(SWITCHES), st.integers(0, 1)).map(lambda pair: pair[0] + bytes([pair[1]])),
    st.sampled_from([b"\x1b@", b"Ca phe\n", b"\x1b2"]),
)


def style_after(data: bytes) -> dict[str, bytes]:
    """The style a printer is in, as the last word of each command since it was initialised."""
    plain = {"ESC a": b"\0", "ESC !": b"\0", "ESC E": b"\0", "ESC -": b"\0", "GS !": b"\0", "GS B": b"\0"}
    said = {**plain, "ESC M": b"\0", "spacing": b""}
    for event in EscPosParser().feed(data):
        if not isinstance(event, Command):
            continue
        if event.name == "ESC @":
            said = {**plain, "ESC M": b"\0", "spacing": b""}
        elif event.name in {"ESC 2", "ESC 3"}:
            said["spacing"] = event.argument
        elif event.name in said:
            said[event.name] = event.argument
    return said


@given(
    st.lists(STYLE_COMMANDS, max_size=20).map(b"".join), st.sampled_from(QrStyle), st.sampled_from(BlockStyle)
)
def test_the_printer_is_left_as_the_register_had_it(
    receipt: bytes, style: QrStyle, letters: BlockStyle
) -> None:
    if style is QrStyle.STAR:
        return
    block = code_block(LINES, QR, printer=Printer(style, NARROW, letters), receipt=receipt)
    assert style_after(receipt + block) == style_after(receipt)


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_the_block_is_no_paper_of_its_own(path: Path) -> None:
    """What goes to the printer reads as the receipt with the block on it: one cut, no stray command."""
    receipt = path.read_bytes()
    cutter = CaptureSplitter()
    out = b""
    for piece in cutter.feed(receipt):
        out += piece.before
        if piece.captured:
            out += code_block(LINES, QR, encoding="utf-8", receipt=piece.captured.data)
        out += piece.cut
    assert draw(out).size[0] == WIDE
    assert len(out) > len(receipt)


def test_a_picture_is_bounded() -> None:
    assert draw(b"x\n" * 50_000).size[1] <= picture.LONGEST
    assert draw(b"").size == (WIDE, 2 * picture.MARGIN)
    assert draw(b"\x1dv0\x00\xff\xff\xff\xff" + b"\x00" * 100).size[0] == WIDE


@given(st.binary(max_size=400))
def test_no_bytes_break_the_picture(data: bytes) -> None:
    assert draw(data).size[0] == WIDE


def test_letters_without_a_shape_are_gaps() -> None:
    assert draw("Bia\x85\u2028\u202e2".encode()).size == draw(b"Bia   2").size


def test_a_hex_dump_marks_its_places() -> None:
    rows = list(hex_dump(bytes(range(48)), ((20, 22),)))
    assert [row[0] for row in rows] == [" ", ">", " "]
    assert rows[2].endswith("""20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f   !"#$%&'()*+,-./""")
