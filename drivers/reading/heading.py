"""The heading above the goods (``Tên hàng   SL   Đ.giá   T.tiền``): where they begin, in which order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.reading.head import names_head
from drivers.reading.kinds import is_sale_title, is_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.profile import Profile
    from drivers.reading.rows import Row

_ASIDE = re.compile(r"\([^()]*\)")
_RECEIPTS_OWN = re.compile(r"\s*ma\s*[:#]")  # right below the head the receipt's number, not an article's
_LONGEST = 4  # words of a column's name
MAX_STARTS = 6


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading's last row and its columns' names, folded, in printed order."""

    last: int
    columns: tuple[str, ...]

    def order(self, profile: Profile) -> str | None:
        """``"quantity"`` or ``"price"``: which of the two comes first; None where it does not say."""
        for column in self.columns:
            for name in ("quantity", "price"):
                if column in profile.head[name]:
                    return name if self._has(profile, "price" if name == "quantity" else "quantity") else None
        return None

    def numbered(self, profile: Profile) -> bool:
        """Whether the first column is the row's number."""
        return bool(self.columns) and self.columns[0] in profile.head["number"]

    def counted(self, profile: Profile) -> bool:
        """Whether there is a column of quantities."""
        return self._has(profile, "quantity")

    def _has(self, profile: Profile, name: str) -> bool:
        return any(column in profile.head[name] for column in self.columns)


def find_heading(rows: Sequence[Row], end: int, profile: Profile) -> Heading | None:
    """The heading above row ``end``, which may take two rows."""
    for place in range(end):
        columns = _columns(rows[place], profile)
        if columns is None:
            continue
        below = _columns(rows[place + 1], profile) if place + 1 < end else None
        if below is not None:
            return Heading(place + 1, columns + below)
        if len(columns) > 1:
            return Heading(place, columns)
    return None


def starts_of_goods(rows: Sequence[Row], end: int, heading: Heading | None, profile: Profile) -> list[int]:
    """The rows where the goods may begin, the likeliest first."""
    if heading is not None:
        return [heading.last + 1]
    known = max(
        (
            place + 1
            for place in range(end)
            if names_head(rows[place], profile)
            or is_title(rows[place], profile)
            or is_sale_title(rows[place], profile)
        ),
        default=0,
    )
    if known < end and _RECEIPTS_OWN.match(rows[known].folded):
        known += 1
    rules = [place + 1 for place in range(known, end) if rows[place].separator or rows[place].blank]
    rules = sorted({*rules, *(place for place in range(known + 1, end) if rows[place].after_blank)})
    return [start for start in dict.fromkeys([*rules[-1:], known, *rules]) if start < end][:MAX_STARTS]


def _columns(row: Row, profile: Profile) -> tuple[str, ...] | None:
    """The columns that a row names, if it does nothing else."""
    words = _ASIDE.sub(" ", row.folded).split()
    if not words or len(words) > 16:
        return None
    known = profile.head["columns"]
    columns: list[str] = []
    place = 0
    while place < len(words):
        for count in range(min(_LONGEST, len(words) - place), 0, -1):
            phrase = " ".join(words[place : place + count]).strip(":()/")
            phrase = phrase if phrase in known else phrase.split("/")[0]  # mon/item: in two languages
            if phrase in known:
                columns.append(phrase)
                place += count
                break
        else:
            return None
    return tuple(columns)
