"""The same receipt printed more than once: two copies in one capture, or the same sale captured again."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from drivers.reading.foot import ends_goods
from invoice.sale_json import sale_to_json

if TYPE_CHECKING:
    from drivers.reading.profile import Profile
    from drivers.reading.rows import Row
    from invoice.sale import Sale


def split_copies(rows: list[Row], profile: Profile) -> list[list[Row]]:
    """The papers in a capture: it is cut where its first row stands again and a total stands in each part."""
    first = next((row.folded for row in rows if row.folded and not row.separator), None)
    places = [place for place, row in enumerate(rows) if row.folded == first]
    if len(places) < 2:
        return [rows]
    parts = [rows[begin:end] for begin, end in zip(places, [*places[1:], len(rows)], strict=True)]
    return parts if all(any(ends_goods(row, profile) for row in part) for part in parts) else [rows]


def sale_key(sale: Sale) -> str | None:
    """What is the same for two prints of one sale, and for no other: number, time, goods and total.

    SHA-256 in hex; None where the paper gives neither a number nor a time, so that two equal sales (two
    customers, one coffee each) cannot be told from two prints of one.
    """
    if sale.receipt_no is None and sale.sold_at is None:
        return None
    said = sale_to_json(sale)
    kept = {key: said[key] for key in ("receipt_no", "sold_at", "lines", "discount", "total")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()
