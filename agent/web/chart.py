"""A bar chart as geometry, for a template to draw as SVG: no script, no image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 720, 240
LEFT, BOTTOM, TOP = 72, 34, 14
_MOST_LABELS = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. ``label`` is empty where there is no room for it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    title: str
    now: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, and the lines of the scale with their figures."""

    bars: tuple[Bar, ...]
    scale: tuple[tuple[float, str], ...]
    base: float


def bar_chart(values: Sequence[tuple[str, int, str, bool]], language: str) -> Chart:
    """A chart of (label, value, title, whether it is now); negative values have no height."""
    top = _round_top(max((value for _, value, _, _ in values), default=0))
    base = HEIGHT - BOTTOM
    room = base - TOP
    step = (WIDTH - LEFT) / max(1, len(values))
    every = max(1, -(-len(values) // _MOST_LABELS))
    bars = []
    for place, (label, value, title, now) in enumerate(values):
        height = round(room * max(value, 0) / top, 1)
        x, width = round(LEFT + step * place + step * 0.15, 1), round(step * 0.7, 1)
        shown = label if place % every == 0 else ""
        bars.append(Bar(x, round(base - height, 1), width, height, shown, title, now))
    scale = tuple((round(base - room * part / 4, 1), _short(top * part // 4, language)) for part in range(5))
    return Chart(tuple(bars), scale, base)


def _round_top(most: int) -> int:
    """The next of 1, 2, 4, 6, 8 times a power of ten, at least 4."""
    power = int("1" + "0" * (len(str(max(most, 1))) - 1))
    return next((step * power for step in (1, 2, 4, 6, 8) if step * power >= max(most, 4)), 10 * power)


def _short(value: int, language: str) -> str:
    """Thousands, millions (tr), billions (tỷ), as the axis has room for."""
    english = language == "en"
    for size, vi, en in ((10**9, " tỷ", " bn"), (10**6, " tr", " m"), (10**3, "k", "k")):
        if value >= size:
            figure = f"{value / size:g}"
            return figure + en if english else figure.replace(".", ",") + vi
    return str(value)
