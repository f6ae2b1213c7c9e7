"""The font a receipt is drawn in, found among this computer's: its letters tell what a shape is.

A register program and thungan run on one computer, so the font is most often here. It is found by the shapes
that all passes agree on; then every shape is held against the letters it may be, drawn by that font in the
same size. Where no font fits nothing is told.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING
from unicodedata import normalize

from drivers.raster.glyphs import SHAPE_DARK, Glyph, distance, dots_apart, glyph_of
from drivers.raster.ink import ink_of, softened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.ImageFont import FreeTypeFont

FITS = 0.17  # share of dots that differ, on average: more is another font
BELIEVED = 0.1  # the same: a font that is further off tells marks wrongly (ỉ for i, at 0.14)
_WEIGHT = 1.5  # of the dots that tell two letters apart, beside the votes
_SAME = 3  # dots
_FEW = 6  # dots: a full stop has not many more
_CONTENDERS = 4
_PARTED = (0.35, 0.65)  # of a blank's width: less room is none, more is one
_MOST_FONTS, _MOST_FILES = 60, 600
_MOST_SAMPLES, _FIRST = 18, 6
_LOOKED_AT = 8  # fonts in a size that are tried with every cut
# How a driver makes dots of grey edges: the grey that is still black; 0 draws without grey, None dithers it.
_CUTS = (128, 190, 0, None)
_KNOWN = (  # what register programs draw with, tried first
    "arial", "tahoma", "times", "cour", "verdana", "segoeui", "calibri", "consola", "lucon", "micross",
    "liberation", "dejavu", "notosans", "notomono", "notoserif", "roboto", "opensans", "ubuntu", "free",
)  # fmt: skip
_OTHER_CUTS = (
    "italic",
    "oblique",
    "light",
    "thin",
    "black",
    "condensed",
    "narrow",
    "symbol",
    "emoji",
    "math",
)
_MARKS = "aàáảãạăằắẳẵặâầấẩẫậ eèéẻẽẹêềếểễệ iìíỉĩị oòóỏõọôồốổỗộơờớởỡợ uùúủũụưừứửữự yỳýỷỹỵ dđ"
_ALIKE = ("0OoQ8", "1lI|t", "5S", "8B6", "2Z", "3B", "69", "cC", "oO", "vVyY", "xX", "wW", "sS", "zZ", "uU",
          "tlf", "gq", "hbn", "mrn", "ec", "ao", "kK", "pP", ".,", ":;", "-_~")  # fmt: skip


@dataclass(slots=True)
class Fitted:
    """A font in a size. ``off``: how far its letters are from the paper's, ``cut``: one of ``_CUTS``."""

    path: Path
    size: int
    cut: int | None
    off: float
    _drawn: dict[str, Glyph | None] = field(default_factory=dict, init=False)

    def letter(self, letter: str) -> Glyph | None:
        """The letter's shape; None: the font lacks it."""
        if not letter:
            return None
        if letter not in self._drawn:
            self._drawn[letter] = _drawn(_opened(str(self.path), self.size), letter, self.cut)
        return self._drawn[letter]

    def bearing(self, letter: str) -> int:
        """Dots from the letter's origin to its leftmost ink."""
        drawn = self.letter(letter)
        return drawn.left - self.size if drawn else 0

    def advance(self, letter: str) -> float:
        """Dots from the letter's origin to the next one's."""
        return _opened(str(self.path), self.size).getlength(letter)


@lru_cache(maxsize=1)
def fonts_here() -> tuple[Path, ...]:
    """The font files of this computer that have Vietnamese letters, the likeliest first."""
    found = [
        path
        for folder in _folders()
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in {".ttf", ".otf"}
        and not any(cut in path.stem.lower() for cut in _OTHER_CUTS)
    ]
    order = {path: next((at for at, name in enumerate(_KNOWN) if path.stem.lower().startswith(name)), 99)
             for path in found}  # fmt: skip
    kept: dict[tuple[str | None, str | None], Path] = {}
    for path in sorted(dict.fromkeys(found), key=lambda path: order[path])[:_MOST_FILES]:
        name = _vietnamese(path)
        if name is not None:
            kept.setdefault(name, path)
    return tuple(kept.values())[:_MOST_FONTS]


def _vietnamese(path: Path) -> tuple[str | None, str | None] | None:
    """Family and style of a font that has the language's letters."""
    try:
        font = _opened(str(path), 20)
        return None if _missing(font, "ấ") or _missing(font, "ễ") else font.getname()
    except (OSError, ValueError):
        return None


def _folders() -> Iterator[Path]:
    if sys.platform == "win32":
        yield Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"
        yield Path.home() / "AppData/Local/Microsoft/Windows/Fonts"
    else:
        yield Path("/usr/share/fonts")
        yield Path("/usr/local/share/fonts")
        yield Path.home() / ".local/share/fonts"


def fitted(glyphs: Sequence[Glyph], fonts: Sequence[Path]) -> Fitted | None:
    """The font whose letters the shapes are; None where none fits."""
    samples = _samples(glyphs)
    if len(samples) < 6:
        return None
    tall = [shape.height for letter, shape in samples if letter.isdigit() or letter.isupper()]
    low = [shape.height for letter, shape in samples if letter in "acemnorsuvxz"]
    first: list[Fitted] = []
    for path in fonts:
        for size in _sizes(path, median(tall) if tall else 0, median(low) if low else 0):
            tried = Fitted(path, size, _CUTS[0], 1.0)
            tried.off = _off(tried, samples[:_FIRST])
            first.append(tried)
    best: Fitted | None = None
    for one in sorted(first, key=lambda tried: tried.off)[:_LOOKED_AT]:
        for cut in _CUTS:
            tried = replace(one, cut=cut)
            tried.off = _off(tried, samples)
            if best is None or tried.off < best.off:
                best = tried
    return best if best and best.off <= FITS else None


def _samples(glyphs: Sequence[Glyph]) -> list[tuple[str, Glyph]]:
    """Shapes of plain letters and digits that all passes agree on, those with most alike first."""
    found: dict[str, Glyph] = {}
    for glyph in sorted(glyphs, key=lambda one: -len(one.near)):
        letter, count = glyph.votes.most_common(1)[0]
        if count == glyph.votes.total() and letter.isascii() and letter.isalnum() and letter not in found:
            found[letter] = glyph
    return list(found.items())[:_MOST_SAMPLES]


def _sizes(path: Path, tall: float, low: float) -> Iterator[int]:
    try:
        font = _opened(str(path), 100)
    except OSError:
        return
    wanted = set()
    for height, letter in ((tall, "0"), (low, "x")):
        box = font.getbbox(letter)
        if height and box[3] > box[1]:
            middle = round(100 * height / (box[3] - box[1]))
            wanted |= set(range(middle - 2, middle + 4))
            break
    yield from sorted(size for size in wanted if 8 <= size <= 80)


def _off(font: Fitted, samples: Sequence[tuple[str, Glyph]]) -> float:
    """How far the samples are from the font's letters."""
    return mean(
        _between(shape, drawn) if (drawn := font.letter(letter)) else 1.0 for letter, shape in samples
    )


def _between(shape: Glyph, drawn: Glyph) -> float:
    if abs(shape.width - drawn.width) > 3 or abs(shape.height - drawn.height) > 3:
        return 1.0
    return distance(shape, drawn)


@lru_cache(maxsize=64)
def _opened(path: str, size: int) -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(path, size)


def _drawn(font: FreeTypeFont, letter: str, cut: int | None) -> Glyph | None:
    from PIL import Image, ImageDraw

    size = round(font.size)
    try:
        if font.getmask(letter).getbbox() is None or _missing(font, letter):
            return None
    except (OSError, ValueError):
        return None
    strip = Image.new("L", (3 * size + 8, 3 * size), 255)
    pen = ImageDraw.Draw(strip)
    pen.fontmode = "1" if cut == 0 else "L"
    pen.text((size, 2 * size), letter, font=font, fill=0, anchor="ls")
    if cut:
        strip = strip.point([255 * (value >= cut) for value in range(256)])
    ink = ink_of(softened(strip), SHAPE_DARK)
    glyph = glyph_of(ink, 0, ink.width)
    if glyph is not None:
        glyph.below -= 2 * size
    return glyph


def _missing(font: FreeTypeFont, letter: str) -> bool:
    return not letter.isascii() and bytes(font.getmask(letter)) == bytes(font.getmask("\uffff"))


def part_words(font: Fitted, shapes: Sequence[Glyph]) -> None:
    """Tell before which of a line's shapes a blank stands: where more room is than the font leaves."""
    blank = font.advance(" ")
    for before, after in pairwise(shapes):
        one, two = font.letter(before.best), font.letter(after.best)
        if one is None or two is None:
            continue
        room = font.advance(before.best) - (one.right - font.size) + font.bearing(after.best)
        more = (after.left - before.right - room) / max(1.0, blank)
        after.parted = True if more > _PARTED[1] else False if more < _PARTED[0] else None


def tell_by(font: Fitted, glyphs: Sequence[Glyph]) -> None:
    """Hold every shape against the font's letters: which it is, and how sure that is.

    Two letters are told apart by the dots in which they differ: those of the marks, not of the body that
    both share. ``Glyph.lead`` is what the likeliest letter has over the next, votes and dots together.
    """
    for glyph in glyphs:
        votes = _votes(glyph)
        letters = {letter for letter, share in votes.items() if share > 0.02}
        for letter in list(letters):
            letters |= confusable(letter)
        near = {
            letter: drawn for letter in letters if (drawn := font.letter(letter)) and _close(glyph, drawn)
        }
        if not near:
            continue  # another size or font: a title
        apart = {letter: dots_apart(glyph, drawn) for letter, drawn in near.items()}
        if min(apart.values()) > 2 * FITS * glyph.ink + _FEW:
            continue
        shown = sorted(
            near, key=lambda letter: votes.get(letter, 0.0) - apart[letter] / glyph.ink, reverse=True
        )
        leads = {letter: _lead(letter, near, apart, votes) for letter in shown[:_CONTENDERS]}
        glyph.best = max(leads, key=lambda letter: leads[letter][0])
        glyph.lead, glyph.margin = leads[glyph.best]
        glyph.off = font.off
        body = near[glyph.best]
        glyph.twins = any(
            letter != glyph.best and dots_apart(body, drawn) < _SAME for letter, drawn in near.items()
        )


def _votes(glyph: Glyph) -> dict[str, float]:
    """The mean of what the passes say of a shape and of what they say of all that look like it."""
    total = max(1, glyph.votes.total())
    letters = set(glyph.votes) | set(glyph.told)
    return {
        letter: 0.5 * glyph.votes[letter] / total + 0.5 * glyph.told.get(letter, 0.0) for letter in letters
    }


def _lead(
    letter: str, near: dict[str, Glyph], apart: dict[str, int], votes: dict[str, float]
) -> tuple[float, float]:
    least, margin = 2.0, 1.0
    for other, drawn in near.items():
        if other == letter:
            continue
        differ = dots_apart(near[letter], drawn)
        if differ < _SAME:
            continue  # one shape for two letters, as l and I: no dot tells them apart
        better = max(-1.0, min(1.0, (apart[other] - apart[letter]) / differ))
        margin = min(margin, better)
        least = min(least, votes.get(letter, 0.0) - votes.get(other, 0.0) + _WEIGHT * better)
    return least, margin


def _close(glyph: Glyph, drawn: Glyph) -> bool:
    return (
        abs(drawn.below - glyph.below) <= 3
        and abs(glyph.width - drawn.width) <= 4
        and abs(glyph.height - drawn.height) <= 8
    )


@lru_cache(maxsize=512)
def confusable(letter: str) -> frozenset[str]:
    """What a letter may be mistaken for: the same with other marks, or a shape that is much alike."""
    found = {letter}
    low = normalize("NFC", letter.lower())
    for family in _MARKS.split():
        if low in family:
            found |= set(family if letter.islower() else family.upper())
    for family in _ALIKE:
        if letter in family:
            found |= set(family)
    if letter.isdigit():
        found |= set("0123456789")
    return frozenset(found)
