"""Several readings of one picture, each at another size, and what they take every piece of it for.

Tesseract errs otherwise at other sizes: what all sizes agree on is what stands there; where they differ the
piece is in doubt, and ``drivers.raster.reader`` must find another proof or a person.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.raster.tesseract import Unreadable, read_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from drivers.raster.ink import Line, Slot
    from drivers.raster.tesseract import Word

SIZES = (1.0, 1.3, 1.6, 2.0)
_BLOCK, _ONE_LINE = 6, 7
_EDGE = 8  # dots of white around a piece


@dataclass(frozen=True, slots=True)
class Voted:
    """What most passes take a piece for; ``share`` of them."""

    text: str
    share: float


def read_all(soft: Image, lines: Sequence[Line], seconds: float) -> None:
    """Let every pass read every slot.

    Raises:
        PictureReaderMissing, Unreadable: as ``drivers.raster.tesseract.read_pages``.
    """
    until = time.monotonic() + seconds
    clean = _without_rules(soft, lines)
    pages = [_sized(clean, size) for size in SIZES]
    answers = read_pages(pages, mode=_BLOCK, seconds=seconds)
    for words, size in zip(answers, SIZES, strict=True):
        _place(words, size, lines)
    slots = [(line, slot) for line in lines if not line.rule for slot in line.slots]
    cells = [
        clean.crop((slot.left - _EDGE, line.top - _EDGE, slot.right + _EDGE, line.bottom + _EDGE))
        for line, slot in slots
    ]
    left = until - time.monotonic()
    if left <= 0:
        raise Unreadable(f"tesseract took more than {seconds:.0f} seconds")
    answers = read_pages([_sized(cell, 1.6) for cell in cells], mode=_ONE_LINE, seconds=left)
    for (_, slot), words in zip(slots, answers, strict=True):
        slot.read.append(" ".join(word.text for word in words))
        slot.sureness.append(min((word.sureness for word in words), default=0.0))


def voted(slot: Slot) -> Voted:
    """The reading most passes give; of as many the surer."""
    counts = Counter(slot.read)
    weight: Counter[str] = Counter()
    for text, sureness in zip(slot.read, slot.sureness, strict=True):
        weight[text] += int(sureness)
    best = max(counts, key=lambda text: (counts[text], weight[text]), default="")
    return Voted(best, counts[best] / max(1, len(slot.read)))


def _sized(page: Image, size: float) -> Image:
    from PIL import Image

    wanted = max(1, round(page.width * size)), max(1, round(page.height * size))
    return page.resize(wanted, Image.Resampling.BICUBIC)


def _without_rules(soft: Image, lines: Sequence[Line]) -> Image:
    """The picture with white for rules, and white around it."""
    from PIL import Image

    clean = Image.new("L", soft.size, 255)
    for line in lines:
        if not line.rule:
            box = (0, line.top - 1, soft.width, line.bottom + 1)
            clean.paste(soft.crop(box), box[:2])
    return clean


def _place(words: Sequence[Word], size: float, lines: Sequence[Line]) -> None:
    """Give a page's words to the slots under them; slots that one word spans become one."""
    found: dict[int, list[str]] = {}
    sure: dict[int, list[float]] = {}
    for line in lines:
        if line.rule:
            continue
        mine = [
            word for word in words
            if line.top <= (word.top + word.bottom) / 2 / size <= line.bottom
        ]  # fmt: skip
        _merge(line, mine, size)
        for slot in line.slots:
            found[id(slot)], sure[id(slot)] = [], []
        for word in sorted(mine, key=lambda word: word.left):
            centre = (word.left + word.right) / 2 / size
            slot = min(line.slots, key=lambda slot: max(slot.left - centre, centre - slot.right, 0))
            found[id(slot)].append(word.text)
            sure[id(slot)].append(word.sureness)
        for slot in line.slots:
            slot.read.append(" ".join(found[id(slot)]))
            slot.sureness.append(min(sure[id(slot)], default=0.0))


def _merge(line: Line, words: Sequence[Word], size: float) -> None:
    for word in words:
        left, right = word.left / size, word.right / size
        under = [
            slot for slot in line.slots
            if min(right, slot.right) - max(left, slot.left) > 0.4 * (slot.right - slot.left)
        ]  # fmt: skip
        if len(under) > 1:
            first = under[0]
            first.right = under[-1].right
            for other in under[1:]:
                first.read = [f"{one} {two}".strip() for one, two in zip(first.read, other.read, strict=True)]
                first.sureness = [min(pair) for pair in zip(first.sureness, other.sureness, strict=True)]
                line.slots.remove(other)
