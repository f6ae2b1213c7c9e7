"""Figures, days and times as both languages of the report write them.

>>> dong(-1234567)
Words(vi='−1.234.567 đ', en='−1,234,567 ₫')
>>> count(12000)
Words(vi='12.000', en='12,000')
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.dossier import VIETNAM
from audit.words import Words

if TYPE_CHECKING:
    from datetime import date, datetime


def count(value: int) -> Words:
    """A whole number with its thousands grouped."""
    english = f"{value:,}".replace("-", "−")
    return Words(english.replace(",", "."), english)


def dong(value: int) -> Words:
    """An amount of money."""
    vi, en = count(value)
    return Words(f"{vi} đ", f"{en} ₫")


def percent(part: float, whole: float) -> Words:
    """A share with one decimal; nothing of nothing is 0."""
    english = f"{100 * part / whole:.1f}%" if whole else "0%"
    return Words(english.replace(".", ","), english)


def decimal(value: float, places: int = 1) -> Words:
    """A number with decimals."""
    english = f"{value:,.{places}f}".replace("-", "−")
    return Words(english.translate(str.maketrans(",.", ".,")), english)


def day(value: date) -> str:
    """``23/11/2026``, in both languages: it is what stands on the papers."""
    return f"{value:%d/%m/%Y}"


def moment(value: datetime) -> str:
    """Day and minute in Viet Nam."""
    return f"{value.astimezone(VIETNAM):%d/%m/%Y %H:%M}"


def span(hours: float) -> Words:
    """A stretch of time: minutes, hours or days, whichever says it best."""
    if hours < 1.5:
        minutes = round(hours * 60)
        return Words(f"{minutes} phút", f"{minutes} minutes")
    if hours < 48:
        return Words(f"{decimal(hours).vi} giờ", f"{decimal(hours).en} hours")
    return Words(f"{decimal(hours / 24).vi} ngày", f"{decimal(hours / 24).en} days")
