"""VAT rates (thuế suất GTGT) and the VAT contained in a price.

>>> from invoice.rates import Rate, contained_vat
>>> contained_vat(75_000, Rate.parse("8%"))
(69444, 5556)

Words as Appendix V of the regulation lists them (0%, 5%, 10%, KCT, KKKNT, KHAC:AB.CD%), and 8% by the
VAT reductions of Resolutions 43/2022 to 204/2025. Which of them may be used on which day is the
configuration's business, not this module's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from invoice.errors import RateUnknown

_PLAIN = {"0%": 0, "5%": 500, "8%": 800, "10%": 1000}
_UNTAXED = ("KCT", "KKKNT")  # không chịu thuế; không kê khai, không tính nộp
_OTHER = re.compile(r"KHAC:([0-9]{1,2})(?:\.([0-9]{1,2}))?%")


@dataclass(frozen=True, slots=True, order=True)
class Rate:
    """One VAT rate: its word on the invoice and its height in hundredths of a percent (8% = 800)."""

    word: str
    basis_points: int

    @staticmethod
    def parse(word: str) -> Rate:
        """The rate for a word of the regulation.

        Raises:
            RateUnknown: the word is none of them.
        """
        return _parse(word)


@lru_cache(maxsize=256)
def _parse(word: str) -> Rate:
    text = word.strip().upper()
    if text in _PLAIN:
        return Rate(text, _PLAIN[text])
    if text in _UNTAXED:
        return Rate(text, 0)
    if match := _OTHER.fullmatch(text):
        whole, part = int(match[1]), (match[2] or "").ljust(2, "0")
        return Rate(f"KHAC:{whole:02d}.{part}%", whole * 100 + int(part))
    raise RateUnknown(f"{word!r} is not a VAT rate; known: {', '.join(_PLAIN)}, KCT, KKKNT, KHAC:AB.CD%")


def contained_vat(gross: int, rate: Rate) -> tuple[int, int]:
    """Split an amount that includes VAT (dong) into (net, VAT); net + VAT = gross always.

    The net is gross / (1 + rate) rounded half away from zero to the dong (regulation, part IV: VND has no
    decimals), the VAT is the rest, so it lies within one dong of net x rate.
    """
    divisor = 10_000 + rate.basis_points
    net = (2 * abs(gross) * 10_000 + divisor) // (2 * divisor)
    if gross < 0:
        net = -net
    return net, gross - net
