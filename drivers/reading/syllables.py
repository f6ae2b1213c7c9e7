"""Whether a name cut at the edge of its column was cut inside a word or between two.

>>> from drivers.reading.syllables import two_words
>>> two_words("Bánh mì nướ", "ng"), two_words("Cà phê sữa", "đá"), two_words("Sữa Vinamilk", "1L")
(False, True, True)
>>> two_words("2 ly Pep", "si"), two_words("Gà và 2 Pep", "si")
(True, False)

A Vietnamese word is one syllable: two pieces that are syllables each, and none together, are two words.
Where a text has marks, pieces without any may be of a foreign word and are put together.
"""

from __future__ import annotations

import re

from drivers.reading.rows import fold

_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?"
)


def two_words(left: str, right: str) -> bool:
    """Whether a blank stood between the end of one row (``left``) and the beginning of the next."""
    if left[-1:].isalpha() and (right[:1].isdigit() or (right[:1].isupper() and left[-1:].islower())):
        return True
    marked = not (left + right).isascii()
    left, right = left.split()[-1], right.split()[0]
    if marked and (left + right).isascii():
        return False
    pieces = fold(left), fold(right)
    whole = _SYLLABLE.fullmatch("".join(pieces))
    return whole is None and all(_SYLLABLE.fullmatch(piece) for piece in pieces)
