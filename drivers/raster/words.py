"""Words whose letters touch: held whole against the same word drawn by the receipt's font.

Where no blank parts the letters there are no single shapes to look at. The word that the passes read is drawn
letter by letter, each a dot to the left or right where it fits best; then each letter is changed into what it
may be mistaken for. The paper must be nearer to the word as read than to any other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.raster.fonts import BELIEVED, FITS, confusable, part_words
from drivers.raster.glyphs import SHAPE_DARK, STRIDE
from drivers.raster.ink import ink_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from drivers.raster.fonts import Fitted
    from drivers.raster.glyphs import Glyph
    from drivers.raster.ink import Line, Slot

_LONGEST = 26  # letters
_MOST_WORDS = 200
_EDGE = 6  # dots around the word
_REACH = (-2, -1, 0, 1, 2)  # dots by which a letter may stand elsewhere than its advance says
_LEAST = 3  # dots: two letters that differ by less are one shape
_CLEARLY = 0.3  # of the dots that tell two letters apart
_MOSTLY = 0.6  # of the passes


def confirm_words(font: Fitted, soft: Image, lines: Sequence[Line]) -> None:
    """Part the words by the font's widths, and mark slots without shapes whose word the font confirms
    (``Slot.confirmed``)."""
    ink = ink_of(soft, SHAPE_DARK)
    looked_at = 0
    for line in lines:
        if not line.rule and line.base is not None:
            for slot in line.slots:
                part_words(font, slot.shapes)
                looked_at += not slot.shapes
                if not slot.shapes and looked_at <= _MOST_WORDS and font.off <= BELIEVED:
                    slot.confirmed = _confirmed(font, ink, slot, line)


def _confirmed(font: Fitted, ink: Image, slot: Slot, line: Line) -> str:
    text, count = Counter(slot.read).most_common(1)[0] if slot.read else ("", 0)
    if not text or len(text) > _LONGEST or count < _MOSTLY * len(slot.read):
        return ""
    assert line.base is not None  # noqa: S101 - for the type checker
    rise = line.base - line.top + _EDGE
    paper = _Paper(_cell(ink, slot, line), rise)
    letters = paper.set(font, text)
    if letters is None:
        return ""
    whole = 0
    for letter in letters:
        whole |= letter.bits
    least = (paper.bits ^ whole).bit_count()
    if least > 2 * FITS * paper.bits.bit_count():
        return ""
    for place, letter in enumerate(letters):
        rest = 0
        for other in letters[:place] + letters[place + 1 :]:
            rest |= other.bits
        for like in confusable(letter.text) - {letter.text}:
            drawn = font.letter(like)
            if drawn is not None and not _worse(paper, letter, rest, least, drawn, font.bearing(like)):
                return ""
    return text


def _cell(ink: Image, slot: Slot, line: Line) -> Image:
    """A slot's ink with room around it, and none of its neighbours'."""
    from PIL import Image

    cell = Image.new("L", (slot.right - slot.left + 2 * _EDGE, line.bottom - line.top + 2 * _EDGE), 0)
    cell.paste(ink.crop((slot.left, line.top - 1, slot.right, line.bottom + 1)), (_EDGE, _EDGE - 1))
    return cell


def _worse(paper: _Paper, letter: _Set, rest: int, least: int, drawn: Glyph, bearing: int) -> bool:
    """Whether another letter in the place of one is clearly further from the paper."""
    for step in _REACH:
        changed = paper.placed(drawn, letter.origin + step + bearing)
        differ = (changed ^ letter.bits).bit_count()
        if differ >= _LEAST and (paper.bits ^ (rest | changed)).bit_count() - least < _CLEARLY * differ:
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Set:
    """A letter where it stands: ``origin`` in dots from the crop's left edge."""

    text: str
    origin: int
    bits: int


class _Paper:
    """The ink of a word, row by row in one number, the baseline ``rise`` rows below its top."""

    def __init__(self, ink: Image, rise: int) -> None:
        self._rise = rise
        self._stride = STRIDE + 8 * (-(-ink.width // 8))
        self._rows = ink.height
        data, across = ink.convert("1").tobytes(), -(-ink.width // 8)
        self.bits = 0
        for row in range(ink.height):
            dots = int.from_bytes(data[row * across : (row + 1) * across], "big")
            self.bits |= dots << (row * self._stride + STRIDE)

    def placed(self, drawn: Glyph, left: int) -> int:
        """A letter's dots with its left edge ``left`` dots from the crop's."""
        top = self._rise + drawn.below - drawn.height
        width, bits, found = self._stride - STRIDE, drawn.bits, 0
        for row in range(max(0, -top), min(drawn.height, self._rows - top)):
            dots = (bits >> (row * STRIDE)) & _ROW
            across = (
                dots << width >> left if left >= 0 else dots << (width - left) & ((1 << self._stride) - 1)
            )
            found |= across << ((top + row) * self._stride)
        return found

    def set(self, font: Fitted, text: str) -> list[_Set] | None:
        """The word's letters, each where it fits best near where the one before leaves it; None: no such."""
        letters: list[_Set] = []
        pen = float(_EDGE)
        for letter in text:
            drawn = font.letter(letter) if letter != " " else None
            if drawn is None:
                if letter != " ":
                    return None
                pen += font.advance(letter)
                continue
            bearing = font.bearing(letter)
            if not letters:
                pen -= bearing  # the slot begins with ink
            tried = [round(pen) + step for step in _REACH]
            fits = {at: self._beyond(self.placed(drawn, at + bearing)) for at in tried}
            origin = min(tried, key=lambda at: (fits[at], abs(at - pen)))
            letters.append(_Set(letter, origin, self.placed(drawn, origin + bearing)))
            pen = origin + font.advance(letter)
        return letters

    def _beyond(self, bits: int) -> int:
        """Dots of a letter where the paper has none."""
        return (bits & ~self.bits).bit_count()


_ROW = (1 << STRIDE) - 1
