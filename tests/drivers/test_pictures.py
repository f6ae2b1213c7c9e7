"""Receipts that are pictures: rebuilt to the dot, read exactly or given to a person."""

from __future__ import annotations

from random import Random

import pytest
from PIL import Image, ImageChops
from rendered_receipts import COMMANDS, NOISES, draw_rows, rendered

from drivers.raster import is_picture, read_picture
from drivers.raster.rebuilding import rebuilt
from drivers.reading import read_receipt
from drivers.sheet import MARGIN
from invoice.sale import Kind

ROWS = ["Số HĐ: HD12", "Cà phê sữa      2   25.000   50.000", "Tổng cộng:               50.000"] * 4


@pytest.mark.parametrize("command", COMMANDS)
def test_a_picture_is_rebuilt_to_the_dot(command: str) -> None:
    drawn = NOISES["clean"](draw_rows(ROWS, "Noto Sans", 576, fixed=False), Random(1))  # noqa: S311
    sheet = rebuilt(b"\x1b@" + COMMANDS[command](drawn) + b"\n\x1dVB\x00")
    shown = sheet.picture().crop((0, MARGIN, 576, MARGIN + drawn.height))
    assert ImageChops.difference(shown, drawn).getbbox() is None
    assert sheet.letters == []


def test_what_is_a_picture() -> None:
    one = rendered(1)
    assert is_picture(one.data)
    assert is_picture(b"Mo ngan keo\n" + one.data)
    assert not is_picture(b"\n".join(row.encode() for row in one.rows))
    logo = COMMANDS["GS v 0"](Image.new("L", (384, 100), 0))
    assert not is_picture(logo + "\n".join(one.rows).encode())
    assert not is_picture(b"")


@pytest.mark.parametrize("seed", range(4))
def test_exact_or_quarantined(seed: int) -> None:
    one = rendered(seed)
    reading = read_picture(one.data)
    if reading.kind is not Kind.QUARANTINED:
        assert (reading.kind, reading.sale) == (one.truth.kind, one.truth.sale), one.about
    else:
        assert reading.problems


def test_text_alone_is_read_as_text_is() -> None:
    text = "Số: A12\nNgày: 01/02/2026 10:00\nBia   2   10.000   20.000\nTổng cộng:   20.000"
    assert read_picture(text.encode()).sale == read_receipt(text.encode()).sale
