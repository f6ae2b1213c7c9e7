"""The shop's own rhythm: hours of silence where it always sells, and days far below its own history.

Both compare a shop with itself only. Silence is measured in sales, not in minutes: how many the same hours
of the same kind of day usually bring. Days on which nothing at all was captured are listed apart: a shop may
be closed.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log
from statistics import median
from typing import TYPE_CHECKING

from audit.analysis.chance import poisson_at_most
from audit.dossier import VIETNAM, Fate
from audit.figures import count, day, decimal, dong, moment, percent
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from audit.dossier import Dossier

FEWEST_DAYS = 7  # of history, to know a rhythm
SILENCE = 12.0  # sales that a silence should have brought: by chance six times in a million
LULL = timedelta(minutes=30)  # shorter is no silence, however busy the shop is
HISTORY = 28  # days that a day is compared with
FEWEST_BEFORE = 10
FEWEST_ALIKE = 4  # weekends in that history, to compare a weekend with weekends only
DROP_SHARE, DROP_SCORE = 0.5, -3.5  # half of the usual day, and 3.5 robust deviations below it


@dataclass(frozen=True, slots=True)
class Silence:
    """No sale between two papers where ``expected`` would be usual."""

    since: datetime
    until: datetime
    expected: float
    before: int
    after: int
    off: bool  # the program was not running for some of it


@dataclass(frozen=True, slots=True)
class Drop:
    """A day's turnover, and the median of the days before it."""

    day: date
    total: int
    usual: int
    score: float


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``hours``: sales per weekday (Monday 0) and hour, summed. ``closed``: days without any sale inside."""

    hours: tuple[tuple[int, ...], ...]
    days: tuple[tuple[date, int, int], ...]  # day, sales, dong
    closed: tuple[date, ...]
    silences: tuple[Silence, ...]
    drops: tuple[Drop, ...]


def rhythm(dossier: Dossier) -> tuple[Rhythm, list[Finding]]:
    """Learn the rhythm and find what falls out of it."""
    invoices = {invoice.number: invoice for invoice in dossier.invoices}
    seen: set[int] = set()
    sold: list[tuple[datetime, int, int]] = []  # when, paper, dong
    for paper in dossier.papers:
        if paper.fate in _SALES and paper.invoice not in seen:
            amount = invoices[paper.invoice].total if paper.invoice in invoices else paper.total
            sold.append((paper.at.astimezone(VIETNAM), paper.number, amount or 0))
            seen |= {paper.invoice} if paper.invoice is not None else set()
    sold.sort()
    hours = [[0] * 24 for _ in range(7)]
    counts: Counter[date] = Counter()
    totals: Counter[date] = Counter()
    for at, _, amount in sold:
        hours[at.weekday()][at.hour] += 1
        counts[at.date()] += 1
        totals[at.date()] += amount
    open_days = sorted(counts)
    closed = _between(open_days)
    found = Rhythm(
        tuple(tuple(row) for row in hours),
        tuple((one, counts[one], totals[one]) for one in open_days),
        tuple(closed),
        tuple(_silences(sold, open_days, list(_off(dossier)))),
        tuple(_drops([(one, totals[one]) for one in open_days])),
    )
    return found, list(_findings(found))


_SALES = frozenset({Fate.INVOICED, Fate.RESOLVED_SALE, Fate.OPEN, Fate.WAITING, Fate.RAW})


def _between(days: list[date]) -> list[date]:
    if not days:
        return []
    whole = {days[0] + timedelta(days=step) for step in range((days[-1] - days[0]).days)}
    return sorted(whole - set(days))


def _off(dossier: Dossier) -> Iterator[tuple[datetime, datetime]]:
    """When the program was not running: from a stop, or the last sign of life, to the next start."""
    last: datetime | None = None
    stamps = [(event.leaf, event.at, event.kind) for event in dossier.events]
    stamps += [(paper.leaf, paper.at, "") for paper in dossier.papers]
    for _, at, kind in sorted(stamps):
        if kind == "program.started" and last is not None:
            yield last, at
        last = at


def _silences(
    sold: list[tuple[datetime, int, int]], days: list[date], off: list[tuple[datetime, datetime]]
) -> Iterator[Silence]:
    """Gaps inside a day, against the median of the same quarter hours on the other days."""
    if len(days) < FEWEST_DAYS:
        return
    usual = _usual(sold, days)
    for (begun, before, _), (ended, after, _) in itertools.pairwise(sold):
        if begun.date() != ended.date() or ended - begun < LULL:
            continue
        weekend = _weekend(begun)
        expected = sum(usual[weekend, slot] * share for slot, share in _shares(_slot(begun), _slot(ended)))
        if expected >= SILENCE and poisson_at_most(0, expected) < 1e-5:
            stopped = any(since < ended and until > begun for since, until in off)
            yield Silence(begun, ended, expected, before, after, stopped)


SLOT = 15  # minutes


def _slot(at: datetime) -> float:
    return (at.hour * 60 + at.minute + at.second / 60) / SLOT


def _shares(begun: float, ended: float) -> Iterator[tuple[int, float]]:
    slot = int(begun)
    while slot < ended:
        yield slot, min(ended, slot + 1) - max(begun, slot)
        slot += 1


def _usual(sold: list[tuple[datetime, int, int]], days: list[date]) -> dict[tuple[bool, int], float]:
    """The lower of median and mean of sales per quarter hour, working days and weekends apart.

    A shop that has fewer than four weekend days is judged by all its days.
    """
    per: dict[tuple[bool, int], Counter[date]] = defaultdict(Counter)
    for at, _, _ in sold:
        per[_weekend(at), int(_slot(at))][at.date()] += 1
    out: dict[tuple[bool, int], float] = defaultdict(float)
    for weekend in (False, True):
        members = [one for one in days if _weekend(one) == weekend]
        kinds = [weekend] if len(members) >= 4 else [False, True]
        of = members if len(members) >= 4 else days
        for slot in range(24 * 60 // SLOT):
            # Over an hour around the slot: a quarter hour alone is often empty.
            around = [
                sum(per[kind, near][one] for kind in kinds for near in range(slot - 2, slot + 3)) / 5
                for one in of
            ]
            if around:
                out[weekend, slot] = min(median(around), sum(around) / len(around))
    return out


def _drops(days: Sequence[tuple[date, int]]) -> Iterator[Drop]:
    for place, (one, total) in enumerate(days):
        history = days[max(0, place - HISTORY) : place]
        if len(history) < FEWEST_BEFORE or place == len(days) - 1:
            continue  # too little to compare with; the last day may not be over
        alike = [amount for other, amount in history if _weekend(other) == _weekend(one)]
        before = alike if len(alike) >= FEWEST_ALIKE else [amount for _, amount in history]
        usual = median(before)
        # In logarithms: turnover varies by shares, not by dong.
        deviation = 1.4826 * median(abs(log(max(amount, 1) / max(usual, 1))) for amount in before)
        score = log(max(total, 1) / max(usual, 1)) / max(deviation, 0.05)
        if total < DROP_SHARE * usual and score < DROP_SCORE:
            yield Drop(one, total, round(usual), score)


def _weekend(one: date) -> bool:
    return one.weekday() >= 5


def _findings(found: Rhythm) -> Iterator[Finding]:
    if found.silences:
        listed = "; ".join(
            f"{moment(one.since)}–{one.until:%H:%M} (≈ {round(one.expected)})" for one in found.silences[:6]
        )
        missing = sum(one.expected for one in found.silences)
        off = sum(one.off for one in found.silences)
        yield Finding(
            "silence",
            Weight.LOOK,
            Words(
                f"{count(len(found.silences)).vi} khoảng lặng trong giờ bán, nơi thường có khoảng"
                f" {count(round(missing)).vi} lần bán; {off} khoảng có lúc chương trình tắt: {listed}.",
                f"Silences in selling hours: {count(len(found.silences)).en}, where about"
                f" {count(round(missing)).en} sales are usual; with the program off for a while: {off}:"
                f" {listed}.",
            ),
            tuple(
                cite
                for one in found.silences
                for cite in (Cite("paper", one.before), Cite("paper", one.after))
            ),
        )
    if found.drops:
        listed = "; ".join(f"{day(one.day)}: {percent(one.total, one.usual).vi}" for one in found.drops[:8])
        listed_en = "; ".join(
            f"{day(one.day)}: {percent(one.total, one.usual).en}" for one in found.drops[:8]
        )
        missing_dong = sum(one.usual - one.total for one in found.drops)
        worst = min(one.score for one in found.drops)
        yield Finding(
            "drop",
            Weight.LOOK,
            Words(
                f"{len(found.drops)} ngày có doanh thu dưới một nửa mức thường ngày (thiếu khoảng"
                f" {dong(missing_dong).vi}; thấp nhất {decimal(worst).vi} độ lệch): {listed}.",
                f"Days with less than half of the usual turnover: {len(found.drops)} (about"
                f" {dong(missing_dong).en} less; at worst {decimal(worst).en} deviations): {listed_en}.",
            ),
            amount=missing_dong,
        )
    if found.closed:
        listed = ", ".join(day(one) for one in found.closed[:10])
        yield Finding(
            "closed-days",
            Weight.NOTE,
            Words(
                f"{len(found.closed)} ngày trong kỳ không có lần bán nào: {listed}.",
                f"Days of the period without any sale: {len(found.closed)}: {listed}.",
            ),
        )
