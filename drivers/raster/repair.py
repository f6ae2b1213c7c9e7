"""A digit that was misread, put right by the receipt's own sums: only where they leave exactly one answer.

Only digits are tried that no font confirms, one at a time, as what a pass or an alike shape took them for,
and only where the paper says no sale as it stands. What the sums do not touch (the number, the time, names)
is never changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drivers.raster.rows import PaperRow, paper_of
from drivers.reading import read_paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivers.reading import Profile, Reading

_UNSURE = 0.9  # less sure digits are tried
_MOST = 40  # digits in doubt: more are no single misreading
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Repaired:
    """The reading after one digit was changed, its rows, and the change in words."""

    reading: Reading
    rows: tuple[PaperRow, ...]
    change: str


def repaired(rows: Sequence[PaperRow], profile: Profile | None) -> Repaired | None:
    """The one way to change one digit in doubt so that all sums agree; None: there is none, or several."""
    found: list[Repaired] = []
    for changed, change in _changes(rows):
        reading = read_paper(paper_of(changed), profile=profile)
        if reading.sale is None or not _rests_on_sums(reading, rows, changed):
            continue
        if any(reading.sale != one.reading.sale for one in found):
            return None
        found.append(Repaired(reading, tuple(changed), change))
    return found[0] if len(found) == 1 else None


def _changes(rows: Sequence[PaperRow]) -> Iterator[tuple[list[PaperRow], str]]:
    doubtful = [
        (place, at)
        for place, row in enumerate(rows)
        for at, letter in enumerate(row.letters)
        if letter.text in _DIGITS and letter.sure < _UNSURE
    ]
    if len(doubtful) > _MOST:
        return
    for place, at in doubtful:
        row = rows[place]
        where = row.place_of(at)
        for digit in row.letters[at].digits:
            text = row.text[:where] + digit + row.text[where + 1 :]
            letters = (
                *row.letters[:at],
                replace(row.letters[at], text=digit, sure=1.0),
                *row.letters[at + 1 :],
            )
            changed = [*rows[:place], PaperRow(text, letters), *rows[place + 1 :]]
            yield changed, f"{row.text.strip()!r} is read as {text.strip()!r}"


def _rests_on_sums(reading: Reading, rows: Sequence[PaperRow], changed: Sequence[PaperRow]) -> bool:
    """Whether the changed row gave amounts and nothing that no sum proves."""
    place = next(at for at, row in enumerate(changed) if row is not rows[at])
    fields = [proof.field for proof in reading.proof if proof.start <= place < proof.end]
    amounts = (
        "lines[",
        "total",
        "payments[",
        "given",
        "change",
        "discount",
        "service_charge",
        "rounding",
        "vat",
    )
    return bool(fields) and all(field.startswith(amounts) for field in fields)
