"""What is wrong with a receipt, in a shopkeeper's words (``agent.web.problem_table``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.alarm_words import CODE, error_of
from agent.web.problem_table import PHRASES, PROBLEMS, WORDS
from invoice.local_time import with_local_times

if TYPE_CHECKING:
    from collections.abc import Iterable

_HOLE = re.compile(r"(\{#?\})")
_FILLING = {"{}": "(.*?)", "{#}": "(-?[0-9.,]+)"}
_LONGEST = 1_000  # characters: a hostile paper must not make a search of it long


def _compiled(template: str) -> re.Pattern[str]:
    parts = (_FILLING.get(part) or re.escape(part) for part in _HOLE.split(template))
    return re.compile("".join(parts), re.DOTALL)


def _weight(row: tuple[str, ...]) -> int:
    """Of two templates that fit, the one with more words of its own says more."""
    return len(_HOLE.sub("", row[0]))


_BY_WEIGHT = sorted(PROBLEMS, key=_weight, reverse=True)
_KNOWN = {
    "vi": tuple((_compiled(row[0]), row[1]) for row in _BY_WEIGHT),
    "en": tuple((_compiled(row[0]), row[2]) for row in _BY_WEIGHT if len(row) == 3),
}
_PHRASES = tuple((_compiled(phrase), words) for phrase, words in PHRASES)
_WORD = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(WORDS, key=len, reverse=True)))
_LETTERS = re.compile(r"[^\W\d_]|['\"]")
_FIGURE = re.compile(r"(?<![\w.,/:-])[0-9]{4,15}(?!\w|[.,][0-9])")


def in_words(problems: Iterable[str], language: str) -> list[str]:
    """Each problem once, in the person's language, with its figures grouped."""
    found = dict.fromkeys(with_local_times(_said(problem, language)) for problem in problems)
    return [_FIGURE.sub(lambda match: _grouped(match[0], language), words) for words in found]


def known_in_vietnamese(problem: str) -> str | None:
    """The problem in Vietnamese; None where the table has no words for it."""
    if len(problem) > _LONGEST:
        return None
    for pattern, words in _KNOWN["vi"]:
        if match := pattern.fullmatch(problem):
            return words.format(*map(_filled, match.groups()))
    # "sales.csv row 12: …", "GIA: …" say the place, then what is wrong there.
    place, colon, rest = problem.partition(": ")
    while colon:
        if (inner := known_in_vietnamese(rest)) is not None:
            return f"{_filled(place)}: {inner}"
        further, colon, rest = rest.partition(": ")
        place = f"{place}: {further}"
    return None


def _said(problem: str, language: str) -> str:
    if match := CODE.match(problem):
        return _refused(match[1], problem, language)
    if language == "vi":
        # What no table knows, such as the word of a newer part, is at least introduced.
        return known_in_vietnamese(problem) or f"Chưa đọc chắc chắn được: {problem}"
    for pattern, words in _KNOWN["en"]:
        if match := pattern.fullmatch(problem):
            return words.format(*match.groups())
    return problem


def _refused(code: str, problem: str, language: str) -> str:
    """An error of ours kept the receipt from its invoice: its advice first, its own words behind."""
    error = error_of(code)
    if error is None:
        return problem
    what = problem.removeprefix(f"{code}: ").removesuffix(error.advice_en).strip().rstrip(".")
    return f"{error.advice_en if language == 'en' else error.advice_vi} ({code}: {what})"


def _filled(hole: str) -> str:
    """What stands in a hole: our own words in Vietnamese, what is of the paper or a file as it is."""
    return ": ".join(map(_phrase, hole.split(": ")))


def _phrase(text: str) -> str:
    for pattern, words in _PHRASES:
        if match := pattern.fullmatch(text):
            return words.format(*map(_phrase, match.groups()))
    ours = not _LETTERS.search(_WORD.sub("", text))
    return _WORD.sub(lambda match: WORDS[match[0]], text) if ours else text


def _grouped(figures: str, language: str) -> str:
    text = f"{int(figures):,}"
    return text.replace(",", ".") if language == "vi" else text
