"""A shop, its clock and its sales, for the outbox's tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from authority.memory import MemoryGateway
from invoice.compose import Terms
from invoice.invoice import Seller
from invoice.numbers import Form
from invoice.rate_table import RateTable
from invoice.sale_json import sale_from_json
from outbox.issuing import Issued, Register, issue

if TYPE_CHECKING:
    from invoice.sale import Sale
    from outbox.store import Store

ROOT = Path(__file__).parents[2]
SENDER = "K0409990010"
TAX_CODE = "0409990010"
NOW = datetime.fromisoformat("2026-11-23T09:15:05+07:00")
REGISTER = Register(
    Terms(Seller("CỬA HÀNG TẠP HÓA SÔNG HÀN", TAX_CODE, "12 Bạch Đằng"), Form.VAT, rates=RateTable.of("8%")),
    "AA",
    "SHNDN",
)
_SALE = sale_from_json((ROOT / "tests/data/receipts/000-sale-two-line-utf-8-32.json").read_bytes())


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Move by days, hours, seconds…"""
        self.now += timedelta(**by)


class RecordingGateway(MemoryGateway):
    """The gateway in memory, which also keeps what was handed to it to send."""

    def __init__(self, *values: Any) -> None:
        super().__init__(*values)
        self.sent: list[tuple[str, bytes]] = []

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        self.sent.append((message_id, message))
        return super().send(message, message_id)


def sale(receipt: str | None = "HD1", **changes: Any) -> Sale:
    """A good sale sold at NOW."""
    return replace(_SALE, **{"receipt_no": receipt, "sold_at": NOW, **changes})


def issue_many(store: Store, count: int, first: int = 1) -> list[Issued]:
    """Issue that many different sales, handed over together."""
    waiting = [store.submit(issue(sale(f"HD{n}"), REGISTER)) for n in range(first, first + count)]
    return [future.result(60) for future in waiting]


def rows(store: Store, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query finds in the committed state."""
    connection = store.reader()
    try:
        return [tuple(row) for row in connection.execute(query, values)]
    finally:
        connection.close()
