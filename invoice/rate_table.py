"""Which goods carry which VAT rate: by the receipt, by article, by name, by date, by default.

>>> from datetime import date
>>> from invoice.rate_table import RateTable
>>> RateTable.of("8%").rate_of("Cà phê", None, None, date(2026, 11, 23)).word
'8%'

What the receipt prints comes first, then the first rule that fits, then the default. A word that is allowed
on certain days only (8%, by the resolutions that reduce VAT) is refused on all others: the allowed set is
configuration with dates, not code (profile, section 4).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

from invoice.errors import RateUnknown
from invoice.rates import Rate

if TYPE_CHECKING:
    from datetime import date

REMEMBERED = 4096  # goods whose rate is not looked up again


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``since`` to ``until``, both included; None is open."""

    since: date | None = None
    until: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class RateRule:
    """Goods with one of ``codes``, or a name that fits one of ``names`` (``rau *``, marks do not matter)."""

    rate: str
    codes: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    period: Period = field(default_factory=Period)

    def fits(self, name: str, code: str | None, day: date) -> bool:
        """Whether the rule covers the goods on that day; a rule without codes and names covers all."""
        if day not in self.period:
            return False
        if code is not None and code in self.codes:
            return True
        folded = fold(name)
        if any(_pattern(pattern).match(folded) for pattern in self.names):
            return True
        return not self.codes and not self.names


@dataclass(frozen=True, slots=True)
class RateTable:
    """The rules in order. ``allowed``: words that may be used only within one of their periods."""

    rules: tuple[RateRule, ...] = ()
    default: str | None = None
    allowed: tuple[tuple[str, tuple[Period, ...]], ...] = ()
    _decided: dict[tuple[str, str | None, str | None, date], Rate] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @staticmethod
    def of(default: str | None) -> RateTable:
        """A table with a default only."""
        return RateTable(default=default)

    def rate_of(self, name: str, code: str | None, printed: str | None, day: date) -> Rate:
        """The rate of an item on a day.

        Raises:
            RateUnknown: no rule covers it, or its rate may not be used on that day.
        """
        goods = (name, code, printed, day)
        rate = self._decided.get(goods)
        if rate is None:
            rate = self._decide(name, code, printed, day)
            if len(self._decided) >= REMEMBERED:
                self._decided.clear()
            self._decided[goods] = rate
        return rate

    def _decide(self, name: str, code: str | None, printed: str | None, day: date) -> Rate:
        ruled = next((rule.rate for rule in self.rules if rule.fits(name, code, day)), self.default)
        word = printed or ruled
        if word is None:
            raise RateUnknown(f"no rule gives {name!r} a VAT rate on {day:%d/%m/%Y}")
        rate = Rate.parse(word)
        for allowed, periods in self.allowed:
            if Rate.parse(allowed) == rate and not any(day in period for period in periods):
                raise RateUnknown(f"{name!r}: the rate {rate.word} may not be used on {day:%d/%m/%Y}")
        return rate


def fold(text: str) -> str:
    """Lower case without marks, so that ``Rau Muống`` and ``RAU MUONG`` are one name."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(fold(pattern)))
