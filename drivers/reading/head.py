"""What stands around the goods: the receipt's number, when it was sold, who sold it, who bought.

Numbers and times are taken only from rows that name them. A date that does not exist is a problem; a date
that two countries read differently is left open rather than guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from invoice.sale import Buyer
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivers.reading.profile import Profile
    from drivers.reading.rows import Row

_DAY_FIRST = re.compile(
    r"(?<![0-9/.-])([0-9]{1,2})([/.-])([0-9]{1,2})\2(20[0-9]{2}|[0-9]{2})(?![0-9/.-]*[0-9])"
)
_YEAR_FIRST = re.compile(r"(?<![0-9/.-])(20[0-9]{2})([/.-])([0-9]{1,2})\2([0-9]{1,2})(?![0-9])")
_WRITTEN = re.compile(r"ngay\s*([0-9]{1,2})\s*(?:thang|/)\s*([0-9]{1,2})\s*(?:nam|/)\s*(20[0-9]{2})")
_ENGLISH = re.compile(
    r"\b(?:([0-9]{1,2})[ -])?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[ -]"
    r"(?:([0-9]{1,2})(?:,| ) ?)?(20[0-9]{2})\b"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_TIME = re.compile(
    r"(?<![0-9:.,])([0-9]{1,2})\s?[:hg]\s?([0-9]{2})(?:\s?[:mp]\s?([0-9]{2}))?(?:\s?([ap]m|sa|ch)\b)?(?![0-9:])"
)
# Which of several times is the sale's, best first: when the guests left, the plain one, one without a word,
# when they came, when it was printed.
_RANKS = (
    re.compile(r"gio ra|ngay ra|check ?out|thanh toan luc|gio thanh toan|time out|ra luc|gio tt"),
    re.compile(r"ngay (?!in|vao)|ngay:|gio:|date|time(?! in)|thoi gian|luc(?<!in luc)"),
    re.compile(r""),
    re.compile(r"gio vao|ngay vao|check ?in|time in|vao luc"),
    re.compile(r"in luc|ngay in|gio in|printed|print time|print date"),
)
_NOT_SOLD = re.compile(
    r"hsd|han su dung|het han|han dung|exp|sinh nhat|tu ngay|den ngay|hen|giao|tra cuu|valid|truoc ngay"
)
_CASHIER = re.compile(
    r"(?:thu ngan|nhan vien(?: ban hang| thu ngan)?|nv(?:bh)?|tn|cashier|nguoi ban|server|staff"
    r"|operator|clerk)"
    r"\s*:\s*(?P<name>\S.*)$"
)
_AFTER_NAME = re.compile(r"\s{2,}|\s+[-|/]\s+|\s+(?=(?:ban|quay|ca|ngay|gio|may)\s*:)")
_METHOD = re.compile(
    r"(?:hinh thuc|phuong thuc|pttt|httt|ht thanh toan|pt thanh toan|thanh toan|tra|paid|payment)"
    r"[^:0-9]*:\s*(?P<how>[a-z][a-z ()]*)\s*$"
)
_BUYER_CODE = re.compile(
    r"(?:mst|ma so thue|tax code)\s*(?:kh|khach(?: hang)?|nguoi mua|nm|dv mua|don vi mua|buyer|cua khach)"
    r"\s*[:.]*\s*(?P<code>[0-9]{10}(?:-[0-9]{3})?|[0-9]{12})\s*$"
)
_BUYER_NAME = re.compile(
    r"(?:ten don vi|don vi mua(?: hang)?|ten cong ty|cong ty mua|nguoi mua(?: hang)?"
    r"|ten khach hang|khach hang|buyer)"
    r"\s*:\s*(?P<name>\S.*)$"
)
_BUYER_ADDRESS = re.compile(
    r"(?:dia chi|dc)\s*(?:kh|khach(?: hang)?|nguoi mua|nm|don vi)\s*:\s*(?P<address>\S.*)$"
)


@dataclass(frozen=True, slots=True)
class Head:
    """What was found, and the rows (field, index) that said it."""

    receipt_no: str | None
    sold_at: datetime | None
    cashier: str | None
    buyer: Buyer | None
    problems: tuple[str, ...]
    places: tuple[tuple[str, int], ...]


def read_head(rows: Sequence[Row], goods: range, profile: Profile) -> Head:
    """Read the rows that are not goods."""
    around = [place for place in range(len(rows)) if place not in goods and rows[place].folded]
    problems: list[str] = []
    places: list[tuple[str, int]] = []
    number = _receipt_no(rows, around, goods.start, profile, problems, places)
    sold_at = _sold_at(rows, around, profile, problems, places)
    cashier = _first(rows, around, _CASHIER, "name", places, "cashier")
    return Head(
        receipt_no=number,
        sold_at=sold_at,
        cashier=_AFTER_NAME.split(cashier)[0].strip() if cashier else None,
        buyer=_buyer(rows, around, places),
        problems=tuple(problems),
        places=tuple(places),
    )


def names_head(row: Row, profile: Profile) -> bool:
    """Whether a row is one of those above the goods: a date, a table, a cashier…"""
    if _DAY_FIRST.search(row.folded) or _YEAR_FIRST.search(row.folded) or _WRITTEN.search(row.folded):
        return True
    word = _HEAD_LABEL.match(row.folded)
    if word and word["label"].strip() in profile.head["words"]:
        return True
    return any(pattern.match(row.folded.lstrip()) for pattern in profile.receipt_no[:4])


_HEAD_LABEL = re.compile(
    r"\s*(?P<label>[a-z][a-z. ]{0,24}?)\s*(?:[/(]\s*[a-z][a-z. ]{0,20}\)?\s*)?"
    r"(?:[:#]|(?<=[a-z])\s+[0-9]{1,4}\s*$)"
)


def _first(
    rows: Sequence[Row],
    around: Sequence[int],
    pattern: re.Pattern[str],
    group: str,
    places: list[tuple[str, int]],
    field: str,
) -> str | None:
    for place in around:
        if match := pattern.search(rows[place].folded):
            places.append((field, place))
            return rows[place].text[match.start(group) : match.end(group)].strip()
    return None


def _receipt_no(
    rows: Sequence[Row],
    around: Sequence[int],
    above: int,
    profile: Profile,
    problems: list[str],
    places: list[tuple[str, int]],
) -> str | None:
    last = len(profile.receipt_no) - 1
    for group, pattern in enumerate(profile.receipt_no):
        found: dict[str, str] = {}
        for place in around:
            if place >= above and (group == last or found):
                break
            row = rows[place]
            for match in pattern.finditer(row.folded):
                if not _is_number(match, row.folded, sure=group < last):
                    continue
                value = row.text[match.start("value") : match.end("value")].rstrip(".-/_")
                if found.get(match["label"], value) != value:
                    problems.append(f"more than one receipt number: {found[match['label']]}, {value}")
                if not found:
                    places.append(("receipt_no", place))
                found.setdefault(match["label"], value)
                break
        if found:
            return next(iter(found.values()))
    return _below_title(rows, around, above, profile, places)


def _below_title(
    rows: Sequence[Row], around: Sequence[int], above: int, profile: Profile, places: list[tuple[str, int]]
) -> str | None:
    """A number that stands alone right below the title, as Sapo and others print it: ``SON00234``."""
    for title, place in pairwise(around):
        if place >= above:
            break
        text = rows[place].folded.strip()
        if _NUMBER_ALONE.fullmatch(text) and profile.titles.find(rows[title].folded.strip(" *-=")):
            places.append(("receipt_no", place))
            return rows[place].text.strip()
    return None


_NUMBER_ALONE = re.compile(r"[a-z]{2,6}[-/.]?[0-9]{3,12}")


def _is_number(match: re.Match[str], folded: str, *, sure: bool) -> bool:
    value, mark = match["value"], match["mark"]
    if (
        _DAY_FIRST.fullmatch(value)
        or _TIME.match(folded, match.start("value"))
        or (" " in value and not mark)
    ):
        return False
    if sure:
        return True
    rest = folded[match.end() :]
    if match["label"] == "hd" and value.isdecimal() and len(value) > 3:
        return not rest.strip() or _DAY_FIRST.match(rest.lstrip()) is not None
    return bool(mark) and (not rest.strip() or rest.startswith("  ") or rest.lstrip()[:1] in "-|,;")


def _sold_at(
    rows: Sequence[Row],
    around: Sequence[int],
    profile: Profile,
    problems: list[str],
    places: list[tuple[str, int]],
) -> datetime | None:
    dates: list[tuple[int, int, tuple[int, int, int], re.Match[str]]] = []
    for place in around:
        folded = rows[place].folded
        if _NOT_SOLD.search(folded):
            continue
        found = _date(folded, profile.date_order)
        if found is not None:
            dates.append((_rank(folded), place, found[0], found[1]))
    if not dates:
        return None
    _, place, day, match = min(dates, key=lambda item: item[:2])
    places.append(("sold_at", place))
    if day == _AMBIGUOUS:
        return None
    time = _time_beside(rows, around, place, match, problems)
    try:
        datetime(*day, tzinfo=VIETNAM)
    except ValueError:
        problems.append(f"there is no such day: {rows[place].text.strip()!r}")
        return None
    return None if time is None else datetime(*day, *time, tzinfo=VIETNAM)


_AMBIGUOUS = (0, 0, 0)


def _date(folded: str, order: str) -> tuple[tuple[int, int, int], re.Match[str]] | None:
    if match := _WRITTEN.search(folded):
        return (int(match[3]), int(match[2]), int(match[1])), match
    if match := _YEAR_FIRST.search(folded):
        return (int(match[1]), int(match[3]), int(match[4])), match
    if (match := _ENGLISH.search(folded)) and (match[1] or match[3]):
        return (int(match[4]), _MONTHS.index(match[2]) + 1, int(match[1] or match[3])), match
    if (match := _DAY_FIRST.search(folded)) is None:
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if order == "ymd" and len(match[4]) == 2:
        return (2000 + first, second, year), match
    year += 2000 if year < 100 else 0
    if order == "mdy":
        return (year, first, second), match
    if second > 12 >= first:
        return (year, first, second), match
    if first <= 12 and first != second and re.search(r"[0-9]\s?[ap]m\b", folded) and match[2] == "/":
        return _AMBIGUOUS, match  # 5/11/2026 9:15 PM: a register set to the United States writes so
    return (year, second, first), match


def _rank(folded: str) -> int:
    matching = [rank for rank, pattern in enumerate(_RANKS) if pattern.pattern and pattern.search(folded)]
    late = [rank for rank in matching if rank > 2]
    return late[0] if late and 0 not in matching else min(matching, default=2)


def _time_beside(
    rows: Sequence[Row], around: Sequence[int], place: int, date: re.Match[str], problems: list[str]
) -> tuple[int, int, int] | None:
    folded = rows[place].folded
    same = list(_times(folded[date.end() :])) or list(_times(folded[: date.start()]))
    if same:
        return _clock(min(same, key=lambda item: item[0])[1], rows[place], problems)
    others = []
    for other in around:
        text = rows[other].folded
        if other != place and not _NOT_SOLD.search(text) and _TIMED.search(text):
            others += [(rank, other, match) for rank, match in _times(text)]
    if not others:
        return None
    _, other, match = min(others, key=lambda item: item[:2])
    return _clock(match, rows[other], problems)


def _times(folded: str) -> Iterator[tuple[int, re.Match[str]]]:
    """The times of a row and their ranks, by the words before each: ``Giờ vào: 19:00   Giờ ra: 21:30``."""
    begin = 0
    for match in _TIME.finditer(folded):
        yield _rank(folded[begin : match.start()]), match
        begin = match.end()


_TIMED = re.compile(r"gio|time|luc|thoi gian|check|^\s*[0-9]{1,2}:[0-9]{2}")


def _clock(match: re.Match[str], row: Row, problems: list[str]) -> tuple[int, int, int] | None:
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4] in {"pm", "ch"} and hour < 12:
        hour += 12
    elif match[4] in {"am", "sa"} and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        problems.append(f"there is no such time: {row.text.strip()!r}")
        return None
    return hour, minute, second


def payment_word(rows: Sequence[Row], profile: Profile) -> str | None:
    """How it was paid, where only words say it: ``Hình thức thanh toán: Tiền mặt``."""
    for row in rows:
        if match := _METHOD.search(row.folded):
            found = profile.words.find(match["how"])
            if found and not found[1].strip():
                return next((r[4:] for r in profile.words.roles(found[0]) if r.startswith("pay:")), None)
    return None


def _buyer(rows: Sequence[Row], around: Sequence[int], places: list[tuple[str, int]]) -> Buyer | None:
    """The buyer, only where a tax code is called the buyer's."""
    code = _first(rows, around, _BUYER_CODE, "code", places, "buyer")
    if code is None:
        return None
    return Buyer(
        tax_code=code,
        name=_first(rows, around, _BUYER_NAME, "name", places, "buyer"),
        address=_first(rows, around, _BUYER_ADDRESS, "address", places, "buyer"),
    )
