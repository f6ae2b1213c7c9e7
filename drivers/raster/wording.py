"""What a piece of the paper says, and how sure each of its letters is, by the passes and by the shapes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drivers.raster.fonts import BELIEVED
from drivers.reading.rows import fold

if TYPE_CHECKING:
    from drivers.raster.glyphs import Glyph
    from drivers.raster.ink import Slot

LEAD, MARGIN = 1.0, 0.3  # of a letter that the font confirms: see ``drivers.raster.fonts.tell_by``
NEARLY, CLEARLY = 0.02, 0.6
UNSURE = 0.85  # as sure as a letter can be that no font confirms
WITHOUT_SHAPES = 0.85  # what the passes' word counts for where no shape can be looked at
SEEN = 2  # passes that must have read a word as it is believed, marks and all
UNSEEN = 0.5  # as sure as the letters of another word can be
_WORD = re.compile(r"[^\W\d_]+")
_NARROW, _WIDE = 0.5, 1.3  # of a blank: less is none, more is one, whatever the passes say
_SIGNS = frozenset("0123456789.,:;/-+=*xXđd@%()")
_BESIDE = 0.9  # of a stroke that the letters beside it tell
_UPRIGHT = frozenset("lI|")
_STROKES = frozenset("lI1|")  # one shape in many fonts: the word around it tells them apart
_IN_FIGURES = re.compile(r"(?<=[0-9][.,]) (?=[0-9]{3}(?![0-9]))|(?<=[0-9]) (?=[.,][0-9]{3}(?![0-9]))")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of the paper. ``sure``: of the letter itself, ``folded``: of it whatever its marks; 0 to 1.
    ``digits``: what other digits it was taken for."""

    text: str
    sure: float = 1.0
    folded: float = 1.0
    digits: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a piece says."""

    letters: tuple[Letter, ...]

    @property
    def text(self) -> str:
        """Its letters as text."""
        return "".join(letter.text for letter in self.letters)


def plain(text: str) -> Wording:
    """Text that is sure."""
    return Wording(tuple(Letter(letter) for letter in text))


def worded(slot: Slot, blank: float) -> Wording:
    """The wording of a slot: by its shapes where its letters stand apart, else by what most passes say.

    ``blank``: dots between two shapes that are two words'."""
    if not slot.shapes:
        if 2 * sum(not one for one in slot.read) > len(slot.read):
            return plain("")  # dirt
        if slot.confirmed:
            return plain(slot.confirmed)
        text, share = _most(slot.read)
        folded, among = _most([fold(one) for one in slot.read])
        same = among if folded == fold(text) else share
        sure, folds = share * WITHOUT_SHAPES, same * WITHOUT_SHAPES
        alike = [one for one in slot.read if len(one) == len(text)]
        letters_read = (
            Letter(one, sure, folds, _digits({other[place] for other in alike}, one))
            for place, one in enumerate(text)
        )
        return _joined(Wording(tuple(letters_read)))
    letters: list[Letter] = []
    before = ""
    for place, shape in enumerate(slot.shapes):
        letter = _told(shape)
        if place:
            wide, agreed = _parted(slot, place, blank)
            if wide:
                letters.append(Letter(" "))
            if not _SIGNS.issuperset((letter.text, before)):  # a blank beside figures changes nothing
                letter = replace(letter, sure=min(letter.sure, agreed), folded=min(letter.folded, agreed))
        before = letter.text
        letters.append(letter)
    return _joined(_seen_by_passes(Wording(_strokes(letters)), slot.read))


def _seen_by_passes(said: Wording, read: list[str]) -> Wording:
    """Words that hardly a pass has seen so are in doubt, however well their letters fit the font: two letters
    of a strange font can be nearer to each other than to the font that was found."""
    seen = [one.replace(" ", "") for one in read]
    folded = [fold(one) for one in seen]
    letters = list(said.letters)
    for match in _WORD.finditer(said.text):
        word, places = match.group(), range(*match.span())
        if sum(word in one for one in seen) < SEEN:
            for place in places:
                letters[place] = replace(letters[place], sure=min(UNSEEN, letters[place].sure))
        if not any(fold(word) in one for one in folded):
            for place in places:
                letters[place] = replace(letters[place], folded=min(UNSEEN, letters[place].folded))
    return Wording(tuple(letters))


def _parted(slot: Slot, place: int, blank: float) -> tuple[bool, float]:
    """Whether a blank stands before a shape, and how sure that is."""
    shape = slot.shapes[place]
    if shape.parted is not None:
        return shape.parted, 1.0
    gap = (shape.left - slot.shapes[place - 1].right) / max(1.0, blank)
    share = _blank_share(slot, place)
    if not _NARROW <= gap < _WIDE:
        return gap >= _WIDE, 1.0
    return share >= 0.5, max(share, 1 - share)


def _strokes(letters: list[Letter]) -> tuple[Letter, ...]:
    """Strokes that many fonts draw alike, by the letters beside: I among capitals, l among small ones."""
    found = list(letters)
    for place, letter in enumerate(letters):
        if letter.text in _UPRIGHT:
            beside = [
                one.text for one in (*letters[max(0, place - 1) : place], *letters[place + 1 : place + 2])
            ]
            words = [one for one in beside if one.isalpha() and one not in _UPRIGHT]
            if words and all(map(str.isupper, words)):
                found[place] = Letter("I", max(letter.sure, _BESIDE), max(letter.folded, _BESIDE))
            elif any(map(str.islower, words)) and (place or letter.text == "|"):
                found[place] = Letter("l", max(letter.sure, _BESIDE), max(letter.folded, _BESIDE))
    return tuple(found)


def _blank_share(slot: Slot, place: int) -> float:
    """The share of passes that see a blank before a shape."""
    seen = among = 0
    for text in slot.read:
        if len(text.replace(" ", "")) == len(slot.shapes):
            among += 1
            count = 0
            for at, letter in enumerate(text):
                if letter != " ":
                    if count == place:
                        seen += text[at - 1] == " "
                        break
                    count += 1
    return seen / max(1, among)


def _told(shape: Glyph) -> Letter:
    told = shape.told
    own, count = shape.votes.most_common(1)[0]
    if shape.best:
        best = shape.best
        sure = 1.0 if _confirmed(shape) else min(UNSURE, max(0.0, shape.lead))
    else:
        best = max(told, key=lambda one: (told[one], one == own))
        sure = min(UNSURE, told[best])
    if best in _STROKES and own in _STROKES and (shape.twins or not shape.best):
        best, sure = own, min(sure, count / shape.votes.total())
    like = fold(best)
    folded = sum(share for one, share in told.items() if fold(one) == like)
    return Letter(best, sure, max(sure, folded), _digits(set(told) | set(shape.votes), best))


def _digits(seen: set[str], best: str) -> str:
    return "".join(sorted(one for one in seen - {best} if one in "0123456789"))


def _confirmed(shape: Glyph) -> bool:
    """Whether the font confirms a letter: with the passes, or against them where its dots are nearly the
    paper's and clearly none of another letter."""
    if shape.off > BELIEVED:
        return False
    if shape.lead >= LEAD and shape.margin >= MARGIN:
        return True
    return shape.off <= NEARLY and shape.margin >= CLEARLY


def _joined(said: Wording) -> Wording:
    """Without blanks inside figures: ``25. 000``."""
    places = {match.start() for match in _IN_FIGURES.finditer(said.text)}
    if not places:
        return said
    return Wording(tuple(one for place, one in enumerate(said.letters) if place not in places))


def _most(read: list[str]) -> tuple[str, float]:
    counts = Counter(read)
    best = max(counts, key=lambda text: counts[text], default="")
    return best, counts[best] / max(1, len(read))
