"""The letters' shapes: a printer draws the same letter alike, so alike shapes must be read alike.

A second judge beside tesseract's passes: a shape's reading is what the passes say of it and of all shapes of
the paper that look the same. A digit of the receipt's number is told by the digits of its amounts, which the
sums have proven.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import exp
from statistics import median
from typing import TYPE_CHECKING

from drivers.raster.ink import ink_of, profile, runs_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from drivers.raster.ink import Line, Slot

SHAPE_DARK = 180  # grey: thin strokes stay
STRIDE = 128  # bits of a row of a shape
_TALLEST = 120
_ALIKE = 2  # dots by which sizes may differ
_FAR = 0.35  # share of dots that differ: more is another shape for sure
_LEAST_SPREAD = 0.03
_MOST_NEAR = 80
_MOST_COMPARED = 300  # of one size: a picture may be all dots


@dataclass(slots=True)
class Glyph:
    """A shape: its bits row by row, and how often the passes take it for each letter."""

    bits: int
    ink: int
    width: int
    height: int
    below: int  # dots from the line's baseline to its lowest dot
    left: int  # in dots of the paper
    right: int
    votes: Counter[str] = field(default_factory=Counter)
    near: list[tuple[float, Glyph]] = field(default_factory=list)
    told: dict[str, float] = field(default_factory=dict)  # letters and their shares, by all that look alike
    best: str = ""  # by votes and by the font's own letters, where the font is known
    lead: float = 0.0
    margin: float = 0.0
    twins: bool = False  # the font draws another letter alike: l and I
    off: float = 1.0  # how far the font's samples are from the paper's
    parted: bool | None = None  # whether a blank stands before it, where the font's widths tell


def shapes_of(sheet: Image, soft: Image, lines: Sequence[Line]) -> list[Glyph]:
    """The shapes of every slot whose letters stand apart; alike ones vote for each other."""
    inks = [ink_of(sheet, 128), ink_of(soft, 150), ink_of(soft, 110), ink_of(soft, SHAPE_DARK)]
    glyphs: list[Glyph] = []
    for line in lines:
        if line.rule:
            continue
        strips = [ink.crop((0, line.top, ink.width, line.bottom)) for ink in inks]
        profiles = [profile(strip, rows=False) for strip in strips]
        for slot in line.slots:
            slot.shapes = _shapes(slot, strips, profiles)
        mine = [glyph for slot in line.slots for glyph in slot.shapes]
        if mine:
            base = Counter(glyph.below for glyph in mine).most_common(1)[0][0]
            line.base = line.top + base
            for glyph in mine:
                glyph.below -= base
        glyphs += mine
    _tell(glyphs)
    return glyphs


def _shapes(slot: Slot, strips: Sequence[Image], profiles: Sequence[list[int]]) -> list[Glyph]:
    lengths: Counter[int] = Counter(len(text.replace(" ", "")) for text in slot.read if text)
    for length, count in lengths.most_common(3):
        if count < 2:
            break
        for columns in profiles[:-1]:
            runs = runs_of(columns[slot.left : slot.right], 0)
            if len(runs) != length:
                continue
            found = [glyph_of(strips[-1], slot.left + left, slot.left + right) for left, right in runs]
            glyphs = [one for one in found if one is not None]
            if len(glyphs) != length:
                continue
            for text in slot.read:
                letters = text.replace(" ", "")
                if len(letters) == length:
                    for glyph, letter in zip(glyphs, letters, strict=True):
                        glyph.votes[letter] += 1
            return glyphs
    return []


def glyph_of(strip: Image, left: int, right: int) -> Glyph | None:
    cell = strip.crop((left, 0, right, strip.height))
    box = cell.getbbox()
    if box is None or box[2] - box[0] > STRIDE - 8 or box[3] - box[1] > _TALLEST:
        return None
    shape = cell.crop(box)
    bits = 0
    rows = shape.convert("1")
    data, across = rows.tobytes(), -(-rows.width // 8)
    for row in range(rows.height):
        bits |= int.from_bytes(data[row * across : (row + 1) * across].ljust(STRIDE // 8, b"\0"), "big") << (
            row * STRIDE
        )
    return Glyph(bits, bits.bit_count(), shape.width, shape.height, box[3], left + box[0], left + box[2])


def distance(one: Glyph, two: Glyph) -> float:
    """Share of the dots that differ, at the best of nine places."""
    best = min(
        (one.bits ^ (two.bits << (down * STRIDE) if down >= 0 else two.bits >> STRIDE)).bit_count()
        for down in (-1, 0, 1)
    )
    for step in (1, -1):
        moved = two.bits >> 1 if step > 0 else two.bits << 1
        best = min(best, (one.bits ^ moved).bit_count())
    return best / max(1, one.ink + two.ink)


def dots_apart(one: Glyph, two: Glyph) -> int:
    """Dots that differ where both stand on one baseline, at the best of places a dot or two around."""
    rise = (two.below - two.height) - (one.below - one.height)  # rows from one's top down to two's
    best = one.ink + two.ink
    for down in (rise - 1, rise, rise + 1):
        moved = two.bits << (down * STRIDE) if down >= 0 else two.bits
        still = one.bits if down >= 0 else one.bits << (-down * STRIDE)
        shift = (one.width - two.width) // 2
        for step in (shift - 1, shift, shift + 1):
            across = moved >> step if step >= 0 else moved << -step
            best = min(best, (still ^ across).bit_count())
    return best


def _tell(glyphs: Sequence[Glyph]) -> None:
    by_size: dict[tuple[int, int], list[Glyph]] = defaultdict(list)
    for glyph in glyphs:
        by_size[(glyph.width, glyph.height)].append(glyph)
    nearest = []
    for glyph in glyphs:
        for wide in range(glyph.width - _ALIKE, glyph.width + _ALIKE + 1):
            for high in range(glyph.height - _ALIKE, glyph.height + _ALIKE + 1):
                for other in by_size.get((wide, high), [])[:_MOST_COMPARED]:
                    if other is glyph or abs(other.below - glyph.below) > _ALIKE:
                        continue
                    apart = distance(glyph, other)
                    if apart < _FAR:
                        glyph.near.append((apart, other))
        glyph.near.sort(key=lambda pair: pair[0])
        del glyph.near[_MOST_NEAR:]
        if glyph.near:
            nearest.append(glyph.near[0][0])
    spread: float = max(_LEAST_SPREAD, median(nearest) if nearest else 0)
    for glyph in glyphs:
        shares: dict[str, float] = defaultdict(float)
        for apart, other in [(0.0, glyph), *glyph.near]:
            weight = exp(-((apart / spread) ** 2))
            whole = sum(other.votes.values())
            for letter, count in other.votes.items():
                shares[letter] += weight * count / max(1, whole)
        total = sum(shares.values())
        glyph.told = {letter: share / total for letter, share in shares.items()} if total else {}
