"""When a sale's buyer comes after the sale ([buyer] in config.toml): invoice now and replace, or wait."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid
from invoice.rate_table import fold
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from invoice.sale import Sale

MARKS = ("lấy hóa đơn", "xuất hóa đơn")
PAPER = (
    "Hóa đơn điện tử sẽ lập trong ngày",
    "khi quý khách cho thông tin người mua.",
    "Phiếu chờ số: {number}",
)


@dataclass(frozen=True, slots=True)
class BuyerWait:
    """Receipts that say one of ``marks`` wait for their buyer until ``until`` o'clock, Vietnam time."""

    marks: tuple[str, ...]
    until: time

    def asks(self, text: str, sale: Sale, now: datetime) -> bool:
        """Whether the receipt is to wait: it names no buyer, says a mark, and the hour has not come."""
        if sale.buyer is not None or now >= self.ends(now):
            return False
        said = fold(text)
        return any(fold(mark) in said for mark in self.marks)

    def ends(self, now: datetime) -> datetime:
        """The hour of today's (Vietnam) end of waiting."""
        return datetime.combine(now.astimezone(VIETNAM).date(), self.until, VIETNAM)


def read_buyer_wait(later: str, marks: tuple[str, ...], until: str) -> BuyerWait | None:
    """From the values of the configuration; None where invoices are issued at once.

    Raises:
        ConfigInvalid: a value that cannot be.
    """
    if later not in {"replace", "wait"}:
        raise ConfigInvalid('buyer.later must be "replace" or "wait"')
    match = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", until)
    if match is None:
        raise ConfigInvalid('buyer.until must be an hour before midnight such as "23:30"')
    if later == "replace":
        return None
    return BuyerWait(marks or MARKS, time(int(match[1]), int(match[2])))
