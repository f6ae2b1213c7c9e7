"""Receipts written down by hand, each with what it says: ``tests/data/receipts_by_hand/*.txt``.

A receipt begins with ``### its name``; below the paper stands what must be read, each row after ``>>>``::

    >>> sale HD000231 2026-05-12T09:41
    >>> 2 x 25000 = 50000 Cà phê sữa đá
    >>> discount 4000 total 46000
    >>> cash 46000

or one word for a paper without a sale (``kitchen``), and ``quarantined`` where only a person can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.reading import Reading

FOLDER = Path(__file__).parent.parent / "data" / "receipts_by_hand"


@dataclass(frozen=True)
class Told:
    """A paper's text and what it says."""

    name: str
    text: str
    says: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The first word of what it says."""
        return self.says[0].split()[0]


def told_receipts() -> list[Told]:
    """All of them, in the files' order."""
    return [
        _told(block)
        for path in sorted(FOLDER.glob("*.txt"))
        for block in path.read_text("utf-8").split("### ")[1:]
    ]


def _told(block: str) -> Told:
    name, _, rest = block.partition("\n")
    rows = rest.rstrip("\n").split("\n")
    says = tuple(row.removeprefix(">>> ") for row in rows if row.startswith(">>> "))
    return Told(name, "\n".join(row for row in rows if not row.startswith(">>> ")) + "\n", says)


def said(reading: Reading) -> tuple[str, ...]:
    """What a reading says, in the same words."""
    sale = reading.sale
    if sale is None:
        return (reading.kind.value,)
    moment = sale.sold_at.strftime("%Y-%m-%dT%H:%M:%S").removesuffix(":00") if sale.sold_at else "?"
    extra = [("service_charge", sale.service_charge), ("rounding", sale.rounding)]
    return (
        f"{reading.kind.value} {sale.receipt_no or '-'} {moment}",
        *(f"{line.quantity} x {line.unit_price} = {line.amount} {line.name}" for line in sale.lines),
        f"discount {sale.discount}"
        + "".join(f" {name} {amount}" for name, amount in extra if amount)
        + f" total {sale.total}",
        *(f"{paid.method.value} {paid.amount}" for paid in sale.payments),
    )


def money(reading: Reading) -> tuple[object, ...]:
    """The figures that an invoice is made of."""
    sale = reading.sale
    if sale is None:
        return (reading.kind,)
    lines = [(line.quantity, line.unit_price, line.amount) for line in sale.lines]
    return reading.kind, lines, sale.discount, sale.service_charge, sale.rounding, sale.total
