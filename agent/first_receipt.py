"""The first receipt of a new shop: read as it is, or by a profile learned from it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.reading import read_receipt
from drivers.reading.profile import parse_profile
from invoice.sale import Kind

if TYPE_CHECKING:
    from drivers.reading import Reading


@dataclass(frozen=True, slots=True)
class FirstReceipt:
    """``profile`` is a learned one (TOML), where the general one did not do."""

    reading: Reading
    profile: str | None = None

    @property
    def understood(self) -> bool:
        """It is a sale whose sums agree."""
        return self.reading.kind is Kind.SALE and self.reading.sale is not None


def read_first_receipt(data: bytes) -> FirstReceipt:
    """Read it; where the general profile does not understand it, learn one from it."""
    reading = read_receipt(data)
    if reading.kind is not Kind.QUARANTINED:
        return FirstReceipt(reading)
    from drivers.reading.learning import learn_profile  # late: most receipts need none

    with tempfile.TemporaryDirectory() as name:
        sample = Path(name) / "first.prn"
        sample.write_bytes(data)
        learned = learn_profile([sample], name="shop")
    if not learned.after:
        return FirstReceipt(reading)
    return FirstReceipt(read_receipt(data, profile=parse_profile(learned.toml)), learned.toml)
