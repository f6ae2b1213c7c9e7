"""One capture: what it is, and the sale it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drivers.paper import Paper, lay_out
from drivers.reading.items import item_begins, read_items
from drivers.reading.totals import labelled, read_totals
from drivers.reading.words import (
    CASHIER,
    DATE,
    HEADING,
    RECEIPT_NO,
    SEPARATOR,
    SUBTOTAL,
    TOTAL,
    fold,
    paper_kind,
)
from invoice.sale import Kind, Sale
from invoice.sale_json import VIETNAM, sale_to_json

WITHOUT_SALE = frozenset({Kind.KITCHEN, Kind.REPORT, Kind.DRAWER, Kind.TRAINING})


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood. ``sale`` is there for every kind with lines; ``problems`` call a person."""

    kind: Kind
    sale: Sale | None
    problems: tuple[str, ...]
    encoding: str
    text: str


def read_receipt(data: bytes, *, profile: str | None = None) -> Reading:
    """Understand the bytes of one capture. ``profile`` names a receipt profile (none are needed yet)."""
    del profile
    paper = lay_out(data)
    if not any(line.text.strip() for line in paper.lines):
        if paper.pulses:
            return Reading(Kind.DRAWER, None, (), paper.encoding, "")
        return _quarantine(paper, ["no text"])
    folded = [fold(line.text) for line in paper.lines]
    kind = paper_kind(folded)
    if kind in WITHOUT_SALE:
        return Reading(kind, None, (), paper.encoding, paper.text)
    return _with_sale(paper, folded, kind)


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


def _with_sale(paper: Paper, folded: list[str], kind: Kind) -> Reading:
    texts = [line.text for line in paper.lines]
    first, last = _item_zone(texts)
    if first is None:
        return _quarantine(paper, ["no lines of goods found"])
    items = read_items(texts[first:last])
    totals = read_totals(texts[last:])
    problems = items.problems + totals.problems
    if "\ufffd" in paper.text:
        problems.append("unreadable bytes in the text")
    numbers = {match[1] for line in folded[:first] if (match := RECEIPT_NO.search(line))}
    if len(numbers) > 1:
        problems.append(f"more than one receipt number: {', '.join(sorted(numbers))}")
    if totals.total is None:
        problems.append("no total found")
        return _quarantine(paper, problems)
    lines_total = sum(line.amount for line in items.lines)
    if totals.subtotal is not None and totals.subtotal != lines_total:
        problems.append(f"lines {lines_total} are not the subtotal {totals.subtotal}")
    sale = Sale(
        kind=kind,
        receipt_no=_receipt_no(texts[:first]),
        sold_at=_sold_at(texts[:first]),
        lines=tuple(items.lines),
        discount=totals.discount,
        total=totals.total,
        payments=totals.payments if kind in {Kind.SALE, Kind.REPRINT} else (),
        cashier=next((match[1] for text in texts[:first] if (match := CASHIER.search(fold(text)))), None),
    )
    problems.extend(problem for problem in sale.problems() if problem not in problems)
    if problems:
        return _quarantine(paper, problems)
    return Reading(kind, sale, (), paper.encoding, paper.text)


def _item_zone(texts: list[str]) -> tuple[int | None, int]:
    """From the first line after the headings to the first line of the totals."""
    end = next(
        (
            place
            for place, text in enumerate(texts)
            if (parts := labelled(text)) and (SUBTOTAL.match(parts[0]) or TOTAL.match(parts[0]))
        ),
        len(texts),
    )
    while end and (SEPARATOR.fullmatch(texts[end - 1]) or not texts[end - 1].strip()):
        end -= 1
    first = max((place + 1 for place in range(end) if SEPARATOR.fullmatch(texts[place])), default=0)
    if first == 0:
        # No rule above the goods: they begin where a line's figures multiply, or at the name before it.
        found = next(
            (place for place in range(end) if item_begins(texts[place], texts[place + 1 : place + 2])), end
        )
        first = found
    while first < end and HEADING.match(fold(texts[first])):
        first += 1
    return (None, end) if first == end else (first, end)


def _receipt_no(texts: list[str]) -> str | None:
    for text in texts:
        if RECEIPT_NO.search(fold(text)):
            return text.split()[-1].lstrip(":#")
    return None


def _sold_at(texts: list[str]) -> datetime | None:
    for text in texts:
        if match := DATE.search(text):
            day, month, year, hour, minute = (int(match[n]) for n in range(1, 6))
            try:
                return datetime(year, month, day, hour, minute, int(match[6] or 0), tzinfo=VIETNAM)
            except ValueError:
                return None
    return None


def _quarantine(paper: Paper, problems: list[str]) -> Reading:
    return Reading(Kind.QUARANTINED, None, tuple(problems), paper.encoding, paper.text)
