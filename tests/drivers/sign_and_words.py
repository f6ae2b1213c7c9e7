"""A receipt that is told as a picture and needs no tesseract to be right: a drawn sign above few letters.

How well drawn letters are read is for ``test_pictures.py``; this one is for what is done with a picture.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw
from rendered_receipts import COMMANDS

WORDS = "Số HĐ: HD{number:06d}\nNgày: {at:%d/%m/%Y %H:%M}\nBia   2   10.000   20.000\nTổng cộng:   20.000\n"


def words(number: int) -> bytes:
    """A receipt of this moment in letters, 20,000 dong."""
    return WORDS.format(number=number, at=datetime.now(ZoneInfo("Asia/Ho_Chi_Minh"))).encode()


def picture(number: int, command: str = "GS v 0") -> bytes:
    """The same below the shop's sign, drawn by a command of ``rendered_receipts.COMMANDS``."""
    sign = Image.new("L", (384, 120), 255)
    ImageDraw.Draw(sign).ellipse((120, 10, 260, 110), fill=0)
    return b"\x1b@" + COMMANDS[command](sign) + words(number) + b"\n\n\n" + cut_of(command)


def cut_of(command: str = "") -> bytes:
    """As the makers of printers have it."""
    return b"\x1bd\x03" if command.startswith("Star") else b"\x1dV\x42\x00"
