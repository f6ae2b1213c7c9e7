"""Numbers, dates and rates as people in Viet Nam read them on paper.

>>> from decimal import Decimal
>>> from invoice.printed.figures import figure, rate_words
>>> figure(1_359_600), figure(Decimal("0.350")), figure(Decimal("-23148.148148"))
('1.359.600', '0,35', '-23.148,148148')
>>> rate_words("KHAC:03.50%")
'3,5%'

Dot between thousands, comma before decimals: Decree 123/2020/NĐ-CP article 10.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

_UNTAXED = {"KCT": "Không chịu thuế", "KKKNT": "Không kê khai, tính nộp thuế"}
_SWAPPED = str.maketrans(",.", ".,")


def figure(value: int | Decimal | None) -> str:
    """A number with dots between thousands and a decimal comma, without superfluous zeros; none is empty."""
    if value is None:
        return ""
    text = f"{value:,f}" if not isinstance(value, int) else f"{value:,}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(_SWAPPED)


def day_words(day: date) -> str:
    """The date of an invoice: ``Ngày 05 tháng 11 năm 2026``."""
    return f"Ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"


def rate_words(rate: str) -> str:
    """A rate of the regulation (``8%``, ``KCT``, ``KHAC:03.50%``) as a customer understands it."""
    if rate.startswith("KHAC:"):
        whole, _, part = rate.removeprefix("KHAC:").removesuffix("%").partition(".")
        return f"{int(whole)},{part}".rstrip("0").rstrip(",") + "%"
    return _UNTAXED.get(rate, rate)
