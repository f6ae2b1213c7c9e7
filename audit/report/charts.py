"""Charts as inline SVG: no scripts, no files, readable in black and white, words in both languages.

Colours are the classes of report.css; every chart has a title for those who do not see it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

from audit.analysis.digits import EXPECTED
from audit.dossier import VIETNAM
from audit.figures import count, decimal, dong, percent
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.analysis.delivery_days import Day, Outage
    from audit.analysis.digits import Digits
    from audit.analysis.rhythm import Rhythm
    from audit.fleet.compare import Spread
    from audit.fleet.measures import Measure

WIDTH = 960
_MILLION = 1_000_000


def days_chart(days: Sequence[Day], outages: Sequence[Outage], until: datetime) -> str:
    """Turnover of every day as a bar, marked by how it reached the authority; outages below."""
    if not days:
        return ""
    first, last = days[0].day, days[-1].day
    whole = (last - first).days + 1
    left, top, bottom = 64, 14, 190
    step = (WIDTH - left - 10) / whole
    most = max(max(day.total for day in days), 1)
    parts = [*_grid(most, left, top, bottom)]
    for day in days:
        x = left + (day.day - first).days * step
        height = max(0.0, (bottom - top) * max(0, day.total) / most)
        kind = "never" if day.never else "late" if day.late else "good"
        said = Words(
            f"{day.day:%d/%m/%Y}: {dong(day.total).vi}, {count(day.invoices).vi} hóa đơn,"
            f" {count(day.late).vi} trễ, {count(day.never).vi} chưa gửi",
            f"{day.day:%d/%m/%Y}: {dong(day.total).en}, {count(day.invoices).en} invoices,"
            f" {count(day.late).en} late, {count(day.never).en} not delivered",
        )
        parts.append(
            f'<rect class="{kind}" x="{x + step * 0.12:.1f}" y="{bottom - height:.1f}"'
            f' width="{max(1.0, step * 0.76):.1f}" height="{height:.1f}">'
            f"<title>{escape(said.vi)} / {escape(said.en)}</title></rect>"
        )
    every = max(1, round(whole / 10))
    for place in range(0, whole, every):
        x = left + (place + 0.5) * step
        parts.append(_text(x, bottom + 18, f"{first + timedelta(days=place):%d/%m}", "middle"))
    parts.append(f'<line class="axis" x1="{left}" y1="{bottom}" x2="{WIDTH - 10}" y2="{bottom}"/>')
    parts += _outage_band(outages, datetime.combine(first, datetime.min.time(), VIETNAM), until, left, step)
    title = Words(
        "Doanh thu từng ngày và việc gửi đến cơ quan thuế",
        "Turnover by day, and how it reached the authority",
    )
    return _svg(parts, 250, title)


def _grid(most: int, left: float, top: float, bottom: float) -> Iterable[str]:
    """Three lines with round amounts, in millions of dong."""
    unit = 10 ** (len(str(most)) - 1)
    step = next(size for size in (unit // 2, unit, 2 * unit, 5 * unit) if size and most / size <= 4)
    for amount in range(step, most + 1, step):
        y = bottom - (bottom - top) * amount / most
        label = f"{amount / _MILLION:g}"
        yield f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{WIDTH - 10}" y2="{y:.1f}"/>'
        yield _both(left - 6, y + 4, Words(f"{label.replace('.', ',')} tr", f"{label} m"), "end")


def _outage_band(
    outages: Sequence[Outage], begin: datetime, until: datetime, left: float, step: float
) -> Iterable[str]:
    y = 226
    yield _both(left - 6, y + 10, Words("mất mạng", "outages"), "end")
    yield f'<rect class="band" x="{left}" y="{y}" width="{WIDTH - 10 - left}" height="12"/>'
    for outage in outages:
        since = (outage.since - begin) / timedelta(days=1)
        ended = ((outage.until or until) - begin) / timedelta(days=1)
        x = left + max(0.0, since) * step
        width = min(WIDTH - 10 - x, max(2.0, (ended - max(0.0, since)) * step))
        if width > 0:
            shown = f"{outage.since.astimezone(VIETNAM):%d/%m %H:%M}"
            ends = f"{outage.until.astimezone(VIETNAM):%d/%m %H:%M}" if outage.until else "…"
            yield (
                f'<rect class="outage" x="{x:.1f}" y="{y}" width="{width:.1f}" height="12">'
                f"<title>{shown} – {ends}: {outage.invoices}</title></rect>"
            )


def hours_chart(rhythm: Rhythm) -> str:
    """Sales by weekday and hour, darker where more are sold."""
    most = max((number for row in rhythm.hours for number in row), default=0)
    if not most:
        return ""
    names = (
        Words("T2", "Mon"),
        Words("T3", "Tue"),
        Words("T4", "Wed"),
        Words("T5", "Thu"),
        Words("T6", "Fri"),
        Words("T7", "Sat"),
        Words("CN", "Sun"),
    )
    left, top, cell, high = 48, 20, 37.6, 22
    parts = []
    for weekday, row in enumerate(rhythm.hours):
        y = top + weekday * high
        parts.append(_both(left - 8, y + 15, names[weekday], "end"))
        for hour, number in enumerate(row):
            share = number / most
            x = left + hour * cell
            parts.append(
                f'<rect class="heat" x="{x:.1f}" y="{y}" width="{cell - 2:.1f}" height="{high - 2}"'
                f' style="fill-opacity:{0.04 + 0.96 * share:.2f}"/>'
            )
            if number:
                kind = "in" if share > 0.55 else "out"
                parts.append(_text(x + cell / 2 - 1, y + 15, str(number), "middle", kind))
    parts += [_text(left + hour * cell + cell / 2 - 1, top - 6, str(hour), "middle") for hour in range(24)]
    return _svg(
        parts, top + 7 * high + 6, Words("Số lần bán theo thứ và giờ", "Number of sales by weekday and hour")
    )


def digits_chart(digits: Digits) -> str:
    """First digits of totals as bars, Benford's law as a line of points."""
    size = sum(digits.counts)
    if not size:
        return ""
    left, top, bottom, step = 56, 12, 150, 60
    most = max(0.32, *(one / size for one in digits.counts))
    parts = []
    for share in (0.1, 0.2, 0.3):
        y = bottom - (bottom - top) * share / most
        parts.append(f'<line class="grid" x1="{left}" y1="{y:.1f}" x2="{left + 9 * step}" y2="{y:.1f}"/>')
        parts.append(_text(left - 6, y + 4, f"{share:.0%}", "end"))
    points = []
    for place, one in enumerate(digits.counts):
        height = (bottom - top) * one / size / most
        x = left + place * step
        parts.append(
            f'<rect class="bar" x="{x + 10:.1f}" y="{bottom - height:.1f}" width="{step - 20}"'
            f' height="{height:.1f}"/>'
        )
        parts.append(_text(x + step / 2, bottom + 17, str(place + 1), "middle"))
        points.append((x + step / 2, bottom - (bottom - top) * EXPECTED[place] / most))
    parts.append(f'<line class="axis" x1="{left}" y1="{bottom}" x2="{left + 9 * step}" y2="{bottom}"/>')
    parts.append(f'<polyline class="law" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
    parts += [f'<circle class="law-point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>' for x, y in points]
    title = Words("Chữ số đầu của số tiền hóa đơn", "First digits of invoice totals")
    return _svg(parts, bottom + 26, title, width=left + 9 * step + 10)


def spread_chart(spread: Spread) -> str:
    """How many sellers have which value; those that stand out are marked above."""
    left, top, bottom, width = 6, 22, 96, 300
    most = max(spread.bins)
    step = (width - 2 * left) / len(spread.bins)
    parts = []
    for place, number in enumerate(spread.bins):
        if number:
            height = max(1.5, (bottom - top) * number / most)
            parts.append(
                f'<rect class="good" x="{left + place * step:.1f}" y="{bottom - height:.1f}"'
                f' width="{step - 1:.1f}" height="{height:.1f}"><title>{number}</title></rect>'
            )
    for value in spread.far[:200]:
        x = left + (width - 2 * left) * (value - spread.low) / (spread.high - spread.low)
        parts.append(f'<path class="mark" d="M{x:.1f} {top - 3}l-4 -8h8z"/>')
    parts.append(f'<line class="axis" x1="{left}" y1="{bottom}" x2="{width - left}" y2="{bottom}"/>')
    low, high = (value_of(spread.measure, end) for end in (spread.low, spread.high))
    parts.append(_both(left, bottom + 14, low, "start"))
    parts.append(_both(width - left, bottom + 14, high, "end"))
    return _svg(parts, bottom + 18, spread.measure.title, width=width)


def value_of(measure: Measure, value: float) -> Words:
    """A measure's value as it is written."""
    return percent(value, 1) if measure.percent else decimal(value, 3)


def _svg(parts: Iterable[str], height: float, title: Words, width: float = WIDTH) -> str:
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" style="max-width:{width:.0f}px">'
        f"<title>{escape(title.vi)} / {escape(title.en)}</title>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _both(x: float, y: float, words: Words, anchor: str) -> str:
    return _text(x, y, words.vi, anchor, "vi") + _text(x, y, words.en, anchor, "en")
