"""Several readings of one picture, each at another size, and what they take every piece of it for.

Tesseract errs otherwise at other sizes: what all sizes agree on is what stands there; where they differ the
piece is in doubt, and ``drivers.raster.reader`` must find another proof or a person.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from drivers.raster.tesseract import SCRIPT, VIETNAMESE, Unreadable, languages, read_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

    from drivers.raster.ink import Line
    from drivers.raster.tesseract import Word

SIZES = {VIETNAMESE: (1.0, 1.3, 1.6, 2.0), SCRIPT: (1.3, 1.7)}
_BLOCK, _ONE_LINE = 6, 7
_LINE_SIZE = 1.5
_EDGE = 8  # dots of white above and below a line
BORDER = 24  # dots of white around the page: letters at its very edge are lost


def read_all(soft: Image, lines: Sequence[Line], seconds: float) -> None:
    """Let every pass read every slot.

    Raises:
        PictureReaderMissing, Unreadable: as ``drivers.raster.tesseract.read_pages``.
    """
    until = time.monotonic() + seconds
    clean = _without_rules(soft, lines)
    for language in languages():
        for size in SIZES[language]:  # one page at a time: the largest of a long receipt has 50 MB
            left = _left(until, seconds)
            page = read_pages([_sized(clean, size)], language=language, mode=_BLOCK, seconds=left)[0]
            _place(page, size, lines)
    written = [line for line in lines if not line.rule]
    strips = [_sized(_strip(clean, line), _LINE_SIZE) for line in written]
    answers = read_pages(strips, language=VIETNAMESE, mode=_ONE_LINE, seconds=_left(until, seconds))
    for line, words in zip(written, answers, strict=True):
        _place([_moved(word, line) for word in words], _LINE_SIZE, [line])


def _left(until: float, seconds: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise Unreadable(f"reading took more than {seconds:.0f} seconds")
    return left


def _strip(clean: Image, line: Line) -> Image:
    return clean.crop((0, line.top + BORDER - _EDGE, clean.width, line.bottom + BORDER + _EDGE))


def _moved(word: Word, line: Line) -> Word:
    """A word of a line's strip, as if it were of the page."""
    down = round((line.top + BORDER - _EDGE) * _LINE_SIZE)
    return replace(word, top=word.top + down, bottom=word.bottom + down)


def _sized(page: Image, size: float) -> Image:
    from PIL import Image

    wanted = max(1, round(page.width * size)), max(1, round(page.height * size))
    return page.resize(wanted, Image.Resampling.BICUBIC)


def _without_rules(soft: Image, lines: Sequence[Line]) -> Image:
    """The picture with white for rules, and white around it."""
    from PIL import Image

    clean = Image.new("L", (soft.width + 2 * BORDER, soft.height + 2 * BORDER), 255)
    for line in lines:
        if not line.rule:
            box = (0, line.top - 1, soft.width, line.bottom + 1)
            clean.paste(soft.crop(box), (BORDER, line.top - 1 + BORDER))
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
            if line.top <= (word.top + word.bottom) / 2 / size - BORDER <= line.bottom
        ]  # fmt: skip
        _merge(line, mine, size)
        for slot in line.slots:
            found[id(slot)], sure[id(slot)] = [], []
        for word in sorted(mine, key=lambda word: word.left):
            centre = (word.left + word.right) / 2 / size - BORDER
            slot = min(line.slots, key=lambda slot: max(slot.left - centre, centre - slot.right, 0))
            found[id(slot)].append(word.text)
            sure[id(slot)].append(word.sureness)
        for slot in line.slots:
            slot.read.append(" ".join(found[id(slot)]))
            slot.sureness.append(min(sure[id(slot)], default=0.0))


def _merge(line: Line, words: Sequence[Word], size: float) -> None:
    for word in words:
        left, right = word.left / size - BORDER, word.right / size - BORDER
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
