"""Damage to a receipt, systematically: each digit changed, each row lost, doubled or swapped, bytes dropped.

What may come of it is quarantine or the sale that it was, to the dong of its total: never another total.
One thing no reader can know: a paper torn off right below a total, before what is taken off that total, is a
whole receipt by itself. All damages to all receipts: ``make mutations``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drivers.reading import Reading, read_receipt
from invoice.sale import Kind


@dataclass(frozen=True)
class Damage:
    """One damage: what was done, and the bytes after it."""

    what: str
    data: bytes
    torn: bool = False

    def is_harmless(self, sound: Reading) -> bool:
        """Whether the damaged paper is no sale, or the sale of the sound one to the dong."""
        read = read_receipt(self.data)
        if read.kind is not Kind.SALE or read.sale is None or sound.sale is None:
            return True
        return read.sale.total == sound.sale.total or (self.torn and _ends_with_total(read))


def _ends_with_total(reading: Reading) -> bool:
    rows = [row for row in reading.text.splitlines() if any(map(str.isalpha, row))]
    total = next(proof.text for proof in reading.proof if proof.field == "total")
    return rows[-1].strip() == total.strip()


def damages(data: bytes) -> Iterator[Damage]:
    """Every single damage to the bytes of a receipt."""
    for at, byte in enumerate(data):
        if 0x30 <= byte <= 0x39:
            for other in {(byte - 0x30 + step) % 10 for step in (1, 3, 9)}:
                changed = data[:at] + bytes((0x30 + other,)) + data[at + 1 :]
                yield Damage(f"digit {at} is {other}", changed)
            yield Damage(f"digit {at} is lost", data[:at] + data[at + 1 :])
    rows = data.split(b"\n")
    for place in range(len(rows)):
        yield Damage(f"row {place} is lost", b"\n".join(rows[:place] + rows[place + 1 :]))
        yield Damage(f"row {place} is doubled", b"\n".join(rows[: place + 1] + rows[place:]))
        if place:
            swapped = [*rows[: place - 1], rows[place], rows[place - 1], *rows[place + 1 :]]
            yield Damage(f"rows {place - 1} and {place} are swapped", b"\n".join(swapped))
        yield Damage(f"torn off after row {place}", b"\n".join(rows[:place]), torn=True)
    for size in (2, 5, 17):
        for at in range(0, len(data), size):
            yield Damage(f"bytes {at} to {at + size} are lost", data[:at] + data[at + size :])


def main() -> int:
    """All damages to all receipts of the tests; exit 1 where one made another sale."""
    from told_receipts import told_receipts

    folder = Path(__file__).parent.parent / "data"
    papers = {path.stem: path.read_bytes() for path in sorted(folder.glob("receipts*/*.prn"))}
    papers |= {told.name: told.text.encode() for told in told_receipts()}
    bad = tried = 0
    for name, data in papers.items():
        sound = read_receipt(data)
        if sound.kind is not Kind.SALE:
            continue
        for damage in damages(data):
            tried += 1
            if not damage.is_harmless(sound):
                bad += 1
                print(f"{name}: {damage.what}: {_sums(sound)} became {_sums(read_receipt(damage.data))}")
    print(f"{tried:,} damages, {bad} made another sale")
    return 1 if bad else 0


def _sums(reading: Reading) -> str:
    sale = reading.sale
    return f"{reading.kind.value} {sale.total if sale else None}"


if __name__ == "__main__":
    sys.exit(main())
