"""Receipts as a printer's driver sends them: pictures in raster commands, and the sale each stands for.

``rendered(seed)`` draws text, font, paper, noise and command independently. The texts are those of the other
tests: made ones, those written by hand, and those of ``tests/data/receipts``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from made_receipts import make
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont
from told_receipts import told_receipts

from drivers.paper import Paper, PaperLine, lay_out
from drivers.reading import Reading, read_paper
from invoice.sale import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).parent.parent / "data"
_SYSTEM = Path("/usr/share/fonts/truetype")
# name, file, whether every letter is as wide as the next
FONTS = (
    ("Liberation Mono", "liberation2/LiberationMono-Regular.ttf", True),
    ("Liberation Mono Bold", "liberation2/LiberationMono-Bold.ttf", True),
    ("Noto Sans Mono", "noto/NotoSansMono-Regular.ttf", True),
    ("Noto Sans", "noto/NotoSans-Regular.ttf", False),
    ("DejaVu Sans", "dejavu/DejaVuSans.ttf", False),
    ("Liberation Sans", "liberation2/LiberationSans-Regular.ttf", False),
    ("Liberation Sans Bold", "liberation2/LiberationSans-Bold.ttf", False),
    ("Liberation Serif", "liberation2/LiberationSerif-Regular.ttf", False),
)
KINDS = (Kind.SALE,) * 8 + (Kind.REPRINT, Kind.PROVISIONAL, Kind.REFUND)
_GAP = re.compile(r" {2,}")
_BAYER = (0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5)


@dataclass(frozen=True)
class Rendered:
    """One receipt: the bytes for the printer, the rows on the paper, what its text is read as."""

    data: bytes
    rows: tuple[str, ...]
    truth: Reading
    about: str
    font: str


def rendered(seed: int) -> Rendered:
    """One receipt of the set; the same seed always gives the same bytes where the same fonts are."""
    random = Random(seed)  # noqa: S311 (a maker of test data)
    rows = _rows(random)
    paper = Paper(
        tuple(
            PaperLine(row, 0, 0, place > 0 and not rows[place - 1].strip())
            for place, row in enumerate(rows)
            if row.strip()
        ),
        "utf-8", (), 1, 0,
    )  # fmt: skip
    dots = (
        random.choice([384, 576, 576, 512]) if max(map(len, rows)) <= 36 else random.choice([576, 576, 640])
    )
    name, fixed = random.choice([(name, fixed) for name, _, fixed in FONTS])
    noise = random.choice(list(NOISES))
    ground = draw_rows(rows, name, dots, fixed=fixed, big_title=random.random() < 0.4, sharp=noise == "sharp")
    image = NOISES[noise](ground, random)
    command = random.choice(list(COMMANDS))
    return Rendered(
        b"\x1b@" + COMMANDS[command](image) + b"\n\n\n\x1dVB\x00",
        tuple(rows),
        read_paper(paper),
        f"{name}, {dots} dots, {noise}, {command}",
        name,
    )


def _rows(random: Random) -> list[str]:
    if random.random() < 0.6:
        made = make(random.randrange(10**9), random.choice(KINDS))
        return [row.expandtabs(10) for row in made.rows]
    return list(random.choice(_known()))


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[str, ...], ...]:
    by_hand = [tuple(one.text.rstrip("\n").split("\n")) for one in told_receipts()]
    found = [
        tuple(line.text for line in lay_out(path.read_bytes()).lines)
        for path in sorted(DATA.glob("receipts/*.prn"))
        if path.name.split("-")[1] != "drawer"
    ]
    return tuple(rows for rows in [*by_hand, *found] if rows and max(map(len, rows)) <= 56)


def family_of(font: str) -> str:
    """How the files of a font of ``FONTS`` begin, its other cuts among them."""
    return font.removesuffix(" Bold").replace(" ", "").lower()


def font_path(name: str) -> Path:
    """Where a font of ``FONTS`` is."""
    file = next(file for known, file, _ in FONTS if known == name)
    return (
        _SYSTEM / file if file else Path(str(files("invoice.printed").joinpath("fonts/NotoSans-Regular.ttf")))
    )


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_path(name)), size)


def draw_rows(
    rows: list[str], name: str, dots: int, *, fixed: bool, big_title: bool = False, sharp: bool = False
) -> Image.Image:
    """The rows as a driver draws them, as large as the paper allows; grey at the edges unless ``sharp``."""
    longest = max(map(len, rows))
    size = min(26 if dots < 512 else 30, _largest(name, dots, longest))
    font = _font(name, size)
    cell = font.getlength("0") if fixed else dots / longest
    pitch = round(size * 1.3)
    image = Image.new("L", (dots, pitch * (len(rows) + 3) + 40), 255)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1" if sharp else "L"
    y = 10
    for row in rows:
        text = row.strip()
        if big_title and text.isupper() and len(text) * 1.5 < longest and any(map(str.isalpha, text)):
            large = _font(name, round(size * 1.4))
            pen.text(((dots - large.getlength(text)) / 2, y), text, font=large, fill=0)
            y += round(pitch * 1.4)
            continue
        if fixed:
            pen.text((0, y), row, font=font, fill=0)
        else:
            _in_columns(pen, row, font, cell, y)
        y += pitch
    return image.crop((0, 0, dots, y + 10))


def _largest(name: str, dots: int, longest: int) -> int:
    size = 10
    while size < 40 and _font(name, size + 1).getlength("0") * longest <= dots:
        size += 1
    return size


def _in_columns(
    pen: ImageDraw.ImageDraw, row: str, font: ImageFont.FreeTypeFont, cell: float, y: int
) -> None:
    """Parts between gaps stand in columns: figures end where the text's cells end, words begin there."""
    at = 0
    for part in [*_GAP.split(row)]:
        begin = row.index(part, at) if part else at
        at = begin + len(part)
        if not part:
            continue
        figures = begin > 0 and not any(letter.isalpha() for letter in part[:3])
        x = cell * at - font.getlength(part) if figures else cell * begin
        if set(part) <= set("-=_*."):
            pen.text((x, y), part[0] * int(cell * len(part) / font.getlength(part[0])), font=font, fill=0)
        else:
            pen.text((x, y), part, font=font, fill=0)


def _clean(ground: Image.Image, random: Random) -> Image.Image:
    return ground.point(lambda value: 255 * (value > 127))


def _heavy(ground: Image.Image, random: Random) -> Image.Image:
    return ground.point(lambda value: 255 * (value > 190))


def _dithered(ground: Image.Image, random: Random) -> Image.Image:
    """As drivers do that take all pictures for photographs: grey edges become patterns."""
    return ground.convert("1").convert("L")


def _pale(ground: Image.Image, random: Random) -> Image.Image:
    """Text in dark grey, in an ordered pattern."""
    grey = ground.point(lambda value: 60 + value * 195 // 255)
    tile = Image.new("L", (4, 4))
    tile.putdata([8 + 16 * value for value in _BAYER])
    pattern = Image.new("L", ground.size)
    for y in range(0, ground.height, 4):
        for x in range(0, ground.width, 4):
            pattern.paste(tile, (x, y))
    return ImageChops.subtract(grey, pattern).point(lambda value: 255 * (value > 0))


def _speckled(ground: Image.Image, random: Random) -> Image.Image:
    """Dots that are too many or missing."""
    image = _clean(ground, random)
    pixels = image.load()
    assert pixels is not None
    for _ in range(image.width * image.height // 400):
        pixels[random.randrange(image.width), random.randrange(image.height)] = random.choice([0, 255])
    return image


def _shifted(ground: Image.Image, random: Random) -> Image.Image:
    """Bands a dot to the side, and letters a little blurred."""
    image = ground.filter(ImageFilter.GaussianBlur(0.6)).point(lambda value: 255 * (value > 150))
    for y in range(0, image.height, 48):
        band = image.crop((0, y, image.width, min(y + 24, image.height)))
        image.paste(ImageChops.offset(band, 1, 0), (0, y))
    return image


NOISES: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "clean": _clean,
    "sharp": _clean,  # drawn without grey, as Windows draws on a printer of black dots
    "heavy": _heavy,
    "dithered": _dithered,
    "pale": _pale,
    "speckled": _speckled,
    "shifted": _shifted,
}


def _black(image: Image.Image) -> tuple[bytes, int]:
    """Rows of bits, 1 is black, and their width in bytes."""
    across = -(-image.width // 8)
    wide = Image.new("L", (across * 8, image.height), 255)
    wide.paste(image, (0, 0))
    return bytes(byte ^ 0xFF for byte in wide.convert("1", dither=Image.Dither.NONE).tobytes()), across


def _bands(image: Image.Image, tall: int) -> list[Image.Image]:
    return [
        image.crop((0, y, image.width, min(image.height, y + tall))) for y in range(0, image.height, tall)
    ]


def _padded(image: Image.Image, tall: int) -> Image.Image:
    whole = Image.new("L", (image.width, -(-image.height // tall) * tall), 255)
    whole.paste(image, (0, 0))
    return whole


def gs_v(image: Image.Image, mode: int = 0) -> bytes:
    """GS v 0: one raster picture."""
    bits, across = _black(image)
    size = across.to_bytes(2, "little") + image.height.to_bytes(2, "little")
    return b"\x1dv0" + bytes((mode,)) + size + bits


def gs_v_bands(image: Image.Image) -> bytes:
    """GS v 0 in bands, as most drivers send a page."""
    return b"".join(
        gs_v(image.crop((0, y, image.width, min(image.height, y + 100)))) for y in range(0, image.height, 100)
    )


def gs_l(image: Image.Image, *, long: bool = False) -> bytes:
    """GS ( L / GS 8 L: stored, then printed."""
    parts = []
    for band in [image] if long else _bands(image, 200):
        bits, _ = _black(band)
        head = (
            b"\x30\x70\x30\x01\x01\x31" + band.width.to_bytes(2, "little") + band.height.to_bytes(2, "little")
        )
        size = len(head) + len(bits)
        parts.append(
            b"\x1d8L" + size.to_bytes(4, "little") + head + bits
            if long
            else b"\x1d(L" + size.to_bytes(2, "little") + head + bits
        )
        parts.append(b"\x1d(L\x02\x00\x30\x32")
    return b"".join(parts)


def gs_8_l(image: Image.Image) -> bytes:
    """The long form."""
    return gs_l(image, long=True)


def esc_star(image: Image.Image) -> bytes:
    """ESC * in bands of 24 dots, line by line."""
    parts = [b"\x1b3\x18"]
    for band in _bands(_padded(image, 24), 24):
        bits, _ = _black(band.transpose(Image.Transpose.TRANSPOSE))
        parts.append(b"\x1b*\x21" + image.width.to_bytes(2, "little") + bits + b"\n")
    return b"".join(parts) + b"\x1b2"


def star_raster(image: Image.Image) -> bytes:
    """Star raster mode: a row of dots a command."""
    bits, across = _black(image)
    parts = [b"\x1b*rA\x1b*rP0\x00"]
    for at in range(0, len(bits), across):
        row = bits[at : at + across].rstrip(b"\0")
        if row:
            parts.append(b"b" + len(row).to_bytes(2, "little") + row)
        else:
            parts.append(b"\x1b*rY1\x00")
    return b"".join(parts) + b"\x1b*rB"


def star_gs_s(image: Image.Image) -> bytes:
    """Star ESC GS S: one raster picture."""
    bits, across = _black(image)
    return b"\x1b\x1dS\x01" + across.to_bytes(2, "little") + image.height.to_bytes(2, "little") + b"\0" + bits


def star_bands(image: Image.Image) -> bytes:
    """Star ESC k: bands of 24 rows."""
    parts = [b"\x1b\x1da\x00"]
    for band in _bands(_padded(image, 24), 24):
        bits, across = _black(band)
        parts.append(b"\x1bk" + bytes((across, 0)) + bits + b"\x1bJ\x0c")
    return b"".join(parts)


COMMANDS: dict[str, Callable[[Image.Image], bytes]] = {
    "GS v 0": gs_v,
    "GS v 0 in bands": gs_v_bands,
    "GS ( L": gs_l,
    "GS 8 L": gs_8_l,
    "ESC *": esc_star,
    "Star raster mode": star_raster,
    "Star ESC GS S": star_gs_s,
    "Star ESC k": star_bands,
}
