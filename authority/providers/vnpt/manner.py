"""What of VNPT's interface is unconfirmed, or differs between customers (docs/vnpt.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MOST_IN_BATCH = 5_000  # the manual's limit of one call
Written = Literal["products", "regulation"]
Ending = Literal["", "32"]


@dataclass(frozen=True, slots=True)
class VnptManner:
    """``written``: the form of xmlInvData. ``ending``: what the names of calls end in, "" or "32" (those of
    Circular 32). ``pattern``: the shop's pattern, such as ``1/001``; "" for its form and ``/001``. ``batch``:
    most orders of one call.
    """

    written: Written = "products"
    ending: Ending = ""
    pattern: str = ""
    batch: int = 50
