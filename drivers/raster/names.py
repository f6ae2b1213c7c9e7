"""Names of goods that are hardly names: what the reader of a picture makes of a label, or of a letter's size.

>>> from drivers.raster.names import capitals_in_doubt, like_a_label
>>> like_a_label("Tiền hànd:"), like_a_label("Cà phê sữa")
(True, False)
>>> capitals_in_doubt("Khăn giấy Pulpp Y"), capitals_in_doubt("COMBO 2")
(True, False)

Nothing on the paper proves a name. So a name that is a letter away from a word of the receipt's foot, or
whose capitals stand where people write none, is for a person.
"""

from __future__ import annotations

import re
from functools import cache

from drivers.reading import load_profile
from drivers.reading.rows import fold

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 5  # letters of a label that a name may not be near to
_LONG = 9  # letters of a label that two changes leave the same
# Letters whose capital is the small one drawn larger: alone, nothing tells them apart.
_ALIKE = frozenset("cosuvwxzkpy")


def like_a_label(name: str) -> bool:
    """Whether a name may be a row of the foot that was misread."""
    said = fold(name).strip(" .:-=")
    return ":" in name or any(
        abs(len(label) - len(said)) <= 2 and _changes(said, label) <= 1 + (len(label) >= _LONG)
        for label in _labels()
    )


def capitals_in_doubt(name: str) -> bool:
    """Whether a capital stands in a word where none belongs, or a letter alone that may be one."""
    for match in _WORD.finditer(name):
        word = match.group()
        beside = name[max(0, match.start() - 1) : match.start()] + name[match.end() : match.end() + 1]
        alone = len(word) == 1 and not any(letter.isdigit() for letter in beside)
        even = word.islower() or word.isupper() or (word[0].isupper() and word[1:].islower())
        if not even or (alone and fold(word) in _ALIKE):
            return True
    return False


@cache
def _labels() -> tuple[str, ...]:
    """The words of the general profile's foot, folded."""
    return tuple(label for label in load_profile("general").words.phrases() if len(label) >= _SHORTEST)


def _changes(one: str, other: str) -> int:
    """How many letters must be changed, added or left out to make one of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for at, wanted in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (letter != wanted))
    return row[-1]
