"""One capture: what it is, and the sale it stands for, exact or quarantined, never wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from drivers.paper import lay_out
from drivers.reading.choose import Unread, Zones, choose
from drivers.reading.copies import split_copies
from drivers.reading.foot import ends_goods, is_discount, is_share, read_foot
from drivers.reading.head import names_head, payment_word, read_head
from drivers.reading.heading import find_heading, starts_of_goods
from drivers.reading.kinds import paper_kind, says_drawer, unknown_title
from drivers.reading.labelled import without_form
from drivers.reading.profile import Profile, load_profile
from drivers.reading.rows import joined_thousands, rows_of
from invoice.sale import Kind, Sale
from invoice.sale_json import sale_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from drivers.paper import Paper
    from drivers.reading.choose import Chosen
    from drivers.reading.head import Head
    from drivers.reading.rows import Row

WITHOUT_SALE = frozenset({Kind.KITCHEN, Kind.REPORT, Kind.DRAWER, Kind.TRAINING})
MAX_ROWS, MAX_WIDTH = 1000, 200  # longer or wider paper is no receipt


@dataclass(frozen=True, slots=True)
class Proof:
    """Which bytes of the capture gave a field of the sale: ``lines[0]``, ``total``, ``receipt_no``…"""

    field: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood. ``sale`` is there for every kind with lines; ``problems`` call a person.

    ``checks`` are the sums that were made and held, ``proof`` the bytes behind each field, ``layout`` the
    shape that the goods were read by, ``totals`` a report's labelled amounts in dong, kept for the audit.
    """

    kind: Kind
    sale: Sale | None
    problems: tuple[str, ...]
    encoding: str
    text: str
    proof: tuple[Proof, ...] = ()
    checks: tuple[str, ...] = ()
    layout: str | None = None
    totals: tuple[tuple[str, int], ...] = ()


def read_receipt(data: bytes, *, profile: str | Path | Profile | None = None) -> Reading:
    """Understand the bytes of one capture by a receipt profile (None: the general one).

    Never raises for what is on the paper.

    Raises:
        ProfileInvalid: the profile is not there or cannot be understood.
    """
    return read_paper(lay_out(data), profile=profile)


def read_paper(paper: Paper, *, profile: str | Path | Profile | None = None) -> Reading:
    """As ``read_receipt``, of paper that is laid out already: a print job's, a picture's."""
    by = profile if isinstance(profile, Profile) else load_profile(profile or "general")
    rows = without_form(rows_of(paper.lines), by)
    if not any(row.folded for row in rows):
        if paper.pulses:
            return Reading(Kind.DRAWER, None, (), paper.encoding, "")
        return _quarantine(paper, ["no text"])
    if len(rows) > MAX_ROWS or any(len(row.text) > MAX_WIDTH for row in rows):
        return _quarantine(
            paper, [f"more than {MAX_ROWS} lines, or lines of more than {MAX_WIDTH} characters"]
        )
    if says_drawer(rows, by):
        return Reading(Kind.DRAWER, None, (), paper.encoding, paper.text)
    readings = [_read(paper, part, by) for part in split_copies(rows, by)]
    first = readings[0]
    if any((other.kind, other.sale) != (first.kind, first.sale) for other in readings[1:]):
        return _quarantine(paper, ["more than one receipt in one capture"])
    return first


def reading_to_json(reading: Reading) -> dict[str, Any]:
    """The contract's JSON of ``thungan decode``."""
    if reading.sale is not None:
        return {**sale_to_json(reading.sale, reading.problems), "kind": reading.kind.value}
    return {
        "kind": reading.kind.value,
        "receipt_no": None,
        "sold_at": None,
        "lines": [],
        "discount": 0,
        "total": None,
        "payments": [],
        "buyer": None,
        "problems": list(reading.problems),
    }


def _read(paper: Paper, rows: list[Row], profile: Profile) -> Reading:
    ends = _ends_of_goods(rows, profile)
    heading = find_heading(rows, ends[0], profile)
    starts = starts_of_goods(rows, ends[0], heading, profile)
    head = heading.last if heading else max(starts, default=ends[0])
    kind = paper_kind(rows, head, profile)
    if kind in WITHOUT_SALE - {Kind.KITCHEN}:
        totals = _labelled_amounts(rows, profile) if kind is Kind.REPORT else ()
        return Reading(kind, None, (), paper.encoding, paper.text, totals=totals)
    problems = ["unreadable bytes in the text"] if any("\ufffd" in row.text for row in rows) else []
    if kind is Kind.SALE and (title := unknown_title(rows[:head], profile)):
        problems.append(f"unknown kind of paper: {title!r}")
    zones = Zones(tuple(starts), ends, heading, kind, payment_word(rows, profile))
    try:
        chosen = _chosen(rows, zones, profile)
    except Unread as error:
        if kind is Kind.KITCHEN and any(row.folded.strip()[:1].isdigit() for row in rows):
            return Reading(kind, None, (), paper.encoding, paper.text)
        return _quarantine(paper, [*problems, *error.problems])
    if kind is Kind.KITCHEN:
        return _quarantine(paper, ["a kitchen ticket with the sums of a sale"])
    return _understood(paper, rows, chosen, kind, profile, problems)


def _chosen(rows: list[Row], zones: Zones, profile: Profile) -> Chosen:
    """Thousands are grouped by signs, or else by blanks, on the whole receipt."""
    try:
        return choose(rows, zones, profile)
    except Unread as error:
        joined = joined_thousands(rows)
        if joined == rows:
            raise
        ends = _ends_of_goods(joined, profile)
        starts = starts_of_goods(joined, ends[0], zones.heading, profile)
        try:
            return choose(joined, replace(zones, starts=tuple(starts), ends=ends), profile)
        except Unread:
            raise error from None


def _understood(
    paper: Paper, rows: list[Row], chosen: Chosen, kind: Kind, profile: Profile, problems: list[str]
) -> Reading:
    head = read_head(rows, range(chosen.start, chosen.end), profile)
    settlement = chosen.settlement
    problems += head.problems
    if settlement.returned and kind is Kind.SALE:
        if not settlement.turned:
            problems.append("a total that goes back to the customer, on a receipt that is no return")
        kind = Kind.REFUND
    if settlement.total < profile.minimum and sum(line.amount for line in settlement.lines) < profile.minimum:
        problems.append(f"the total {settlement.total} is too small: is the receipt printed in thousands?")
    sale = Sale(
        kind=kind,
        receipt_no=head.receipt_no,
        sold_at=head.sold_at,
        lines=settlement.lines,
        discount=settlement.discount,
        total=settlement.total,
        payments=settlement.payments,
        buyer=head.buyer,
        cashier=head.cashier,
        service_charge=settlement.service_charge,
        rounding=settlement.rounding,
    )
    problems.extend(problem for problem in sale.problems() if problem not in problems)
    if problems:
        return _quarantine(paper, problems)
    return Reading(
        kind,
        sale,
        (),
        paper.encoding,
        paper.text,
        proof=_proof(rows, chosen, head),
        checks=settlement.checks,
        layout=chosen.goods.layout.name,
    )


def _proof(rows: list[Row], chosen: Chosen, head: Head) -> tuple[Proof, ...]:
    found = [_cited(name, rows[place : place + 1]) for name, place in head.places]
    for number, item in enumerate(chosen.goods.items):
        found.append(_cited(f"lines[{number}]", rows[chosen.start + item.first : chosen.start + item.last]))
    found += [_cited(name, rows[entry.place : entry.place + 1]) for name, entry in chosen.settlement.used]
    return tuple(found)


def _cited(name: str, rows: list[Row]) -> Proof:
    return Proof(name, rows[0].start, rows[-1].end, "\n".join(row.text for row in rows))


def _ends_of_goods(rows: Sequence[Row], profile: Profile) -> tuple[int, ...]:
    """The first row of the foot, the likeliest first; discounts right above it may belong to it or not."""
    foot = next(
        (
            place
            for place, row in enumerate(rows)
            if ends_goods(row, profile) and not names_head(row, profile)
        ),
        len(rows),
    )
    end = _above_rules(rows, foot)
    first = end
    while first and is_discount(rows[first - 1], profile):
        first -= 1
    if first == end:
        return (end,)
    if _above_rules(rows, first) < first:  # a rule above the discounts: they are the whole receipt's
        return (first,)
    if end < foot:
        return (end,)
    indented = end < len(rows) and _indent(rows[first]) > _indent(rows[end])
    of_last = first > 0 and is_share(rows[first], rows[first - 1])
    return (end, first) if indented or of_last else (first, end)


def _indent(row: Row) -> int:
    return len(row.text) - len(row.text.lstrip())


def _above_rules(rows: Sequence[Row], place: int) -> int:
    while place and (rows[place - 1].blank or rows[place - 1].separator):
        place -= 1
    return place


def _labelled_amounts(rows: Sequence[Row], profile: Profile) -> tuple[tuple[str, int], ...]:
    return tuple((entry.label, entry.amount) for entry in read_foot(rows, 0, profile))


def _quarantine(paper: Paper, problems: list[str]) -> Reading:
    return Reading(Kind.QUARANTINED, None, tuple(problems), paper.encoding, paper.text)
