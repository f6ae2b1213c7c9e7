"""What of a reading rests on letters in doubt: the sums prove the amounts, nothing proves a name but the eye.

Each field is cited with its row. Its letters and digits must be sure; digits of amounts may be less sure,
because the sums hold. Rows that gave no field are looked at too: what a pass reads there may be a field.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.raster.names import capitals_in_doubt, like_a_label
from invoice.sale import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from drivers.raster.rows import PaperRow
    from drivers.reading import Reading
    from invoice.sale import Sale

SURE = 0.9  # of letters and digits that no sum proves
ENOUGH = 0.8  # of rows without a field where the number or the time is missing
LIKELY = 0.6  # of digits that sums prove, and of words around them
# Digits that no sum proves: beside letters, of an article's number, of a rate.
_UNPROVEN = re.compile(r"[^\W\d_]\d|\d[^\W\d_]|^\s*\d+\s+\S*[^\W\d_]|\d{8}|%")
_CLOCK = re.compile(r"\d{1,2}\s?[:hg]\s?\d{2}")  # a time may stand apart from its date


def doubts(reading: Reading, rows: Sequence[PaperRow], others: Sequence[Reading]) -> Iterator[str]:
    """What must not be believed, in words. ``others``: readings of the same paper with the words that single
    passes saw outside of the fields."""
    sale = reading.sale
    if sale is None:
        return
    proven = {place for proof in reading.proof for place in range(proof.start, proof.end)}
    for proof in reading.proof:
        for row in rows[proof.start : proof.end]:
            yield from _of_row(proof.field, row, sale)
    yield from _around(reading, rows, proven)
    for other in others:
        if other.sale is not None and _told(other.kind, other.sale) != _told(reading.kind, sale):
            yield "one look at the picture reads another receipt"
        elif other.kind not in {Kind.QUARANTINED, reading.kind}:
            yield "one look at the picture takes it for another kind of paper"


def _told(kind: Kind, sale: Sale) -> tuple[object, ...]:
    return (
        kind,
        sale.receipt_no,
        sale.sold_at,
        sale.cashier,
        sale.buyer,
        sale.lines,
        sale.payments,
        sale.total,
    )


def _of_row(field: str, row: PaperRow, sale: Sale) -> Iterator[str]:
    said = row.text.strip()
    if field == "receipt_no":
        if min(row.within(sale.receipt_no or ""), row.labels) < SURE:
            yield f"the receipt number may be misread: {said!r}"
    elif field == "sold_at":
        if min(row.figures, row.labels) < SURE:
            yield f"the time may be misread: {said!r}"
    elif field == "cashier":
        if min(row.within(sale.cashier or ""), row.labels) < SURE:
            yield f"the cashier's name may be misread: {said!r}"
    elif field == "buyer":
        if min(row.words, row.figures) < SURE:
            yield f"the buyer may be misread: {said!r}"
    elif field.startswith("lines["):
        name = sale.lines[int(field[6:].partition("]")[0])].name
        if like_a_label(name):
            yield f"a row of the foot may have been taken for goods: {said!r}"
        if capitals_in_doubt(name):
            yield f"a capital may be a small letter: {said!r}"
        if row.words < SURE or row.figures < (SURE if _UNPROVEN.search(said) else LIKELY):
            yield f"letters may be misread: {said!r}"
    elif min(row.labels, row.figures) < LIKELY:
        yield f"letters may be misread: {said!r}"


def _around(reading: Reading, rows: Sequence[PaperRow], proven: set[int]) -> Iterator[str]:
    """Rows that gave no field: a number, a time or a name may be hidden in one that names something."""
    sale = reading.sale
    assert sale is not None  # noqa: S101 - for the type checker
    goods = [proof.start for proof in reading.proof if proof.field.startswith("lines[")]
    first = min(goods, default=len(rows))
    lacks = sale.receipt_no is None or sale.sold_at is None
    for place, row in enumerate(rows):
        if place in proven or not row.text.strip():
            continue
        if _CLOCK.search(row.text) and row.figures < SURE:
            yield f"the time may be misread: {row.text.strip()!r}"
        labelled = ":" in row.text or place >= first
        if min(row.labels, row.figures) < (ENOUGH if lacks else LIKELY) and (labelled or lacks):
            yield f"letters may be misread: {row.text.strip()!r}"
