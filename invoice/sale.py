"""A sale, as the register printed it and before any invoice exists.

>>> from datetime import datetime
>>> from decimal import Decimal
>>> from invoice.sale import Kind, Line, Payment, PaymentMethod, Sale
>>> sale = Sale(
...     kind=Kind.SALE,
...     receipt_no="HD000128",
...     sold_at=datetime.fromisoformat("2026-11-23T09:15:00+07:00"),
...     lines=(Line("Cà phê sữa đá", Decimal(2), Decimal(25_000), 50_000, unit="Ly"),),
...     discount=0,
...     total=50_000,
...     payments=(Payment(PaymentMethod.CASH, 50_000),),
... )
>>> sale.problems()
()

Amounts are whole dong and include VAT, because that is what a Vietnamese retail receipt shows.
A ``Sale`` may be inconsistent (a receipt can be misprinted): ``problems()`` lists what does not agree,
and nothing with a problem is ever issued.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Kind(StrEnum):
    """What a piece of paper from a register is. Only ``SALE`` becomes an invoice by itself."""

    SALE = "sale"
    REPRINT = "reprint"  # bản sao, in lại
    PROVISIONAL = "provisional"  # tạm tính
    REFUND = "refund"  # trả hàng
    KITCHEN = "kitchen"  # phiếu bếp
    REPORT = "report"  # báo cáo ca, cuối ngày
    DRAWER = "drawer"  # mở két
    TRAINING = "training"  # tập huấn, in thử
    QUARANTINED = "quarantined"  # not understood: a person decides


class PaymentMethod(StrEnum):
    """How a customer paid."""

    CASH = "cash"  # tiền mặt
    CARD = "card"  # thẻ
    TRANSFER = "transfer"  # chuyển khoản
    WALLET = "wallet"  # ví điện tử: Momo, ZaloPay, VNPay…
    VOUCHER = "voucher"  # phiếu mua hàng, điểm
    CREDIT = "credit"  # ghi nợ
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of goods or services.

    ``unit_price`` and ``amount`` include VAT, in dong; ``quantity`` has at most six decimals;
    ``amount`` is after ``discount`` (the line's own). ``vat_rate`` is one of the regulation's
    words (``"8%"``, ``"KCT"``, …) when the receipt says it, else None: the configuration decides.
    ``code`` is the shop's article number.
    """

    name: str
    quantity: Decimal
    unit_price: Decimal
    amount: int
    unit: str | None = None
    vat_rate: str | None = None
    discount: int = 0
    code: str | None = None

    def reckoned(self) -> int:
        """Quantity x price less discount, in whole dong, half up as registers do."""
        gross = (self.quantity * self.unit_price).quantize(Decimal(1), ROUND_HALF_UP)
        return int(gross) - self.discount


@dataclass(frozen=True, slots=True)
class Payment:
    """An amount (dong) paid by one method; cash is what was kept, after change."""

    method: PaymentMethod
    amount: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """The buyer's data, where the buyer asked for them on the invoice."""

    name: str | None = None
    tax_code: str | None = None  # MST: 10 or 10-3 digits, or the 12-digit citizen number
    citizen_id: str | None = None  # CCCD: exactly 12 digits
    address: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """A receipt's content. ``discount`` is the whole receipt's, positive, in dong, after the lines' own."""

    kind: Kind
    receipt_no: str | None
    sold_at: datetime | None
    lines: tuple[Line, ...]
    discount: int
    total: int
    payments: tuple[Payment, ...] = ()
    buyer: Buyer | None = None
    cashier: str | None = None

    def __post_init__(self) -> None:
        if self.sold_at is not None and self.sold_at.tzinfo is None:
            raise ValueError("sold_at must be an aware datetime")

    def problems(self) -> tuple[str, ...]:
        """Every sum of the receipt that does not agree, in words; empty if all do (promise P4)."""
        return tuple(_disagreements(self))


# A register that weighs rounds each line its own way (up, down, to the nearest dong): a dong either way
# on a product is its rounding, more is another price or quantity than printed.
LINE_TOLERANCE = 1


def _disagreements(sale: Sale) -> list[str]:
    found = []
    for number, line in enumerate(sale.lines, start=1):
        if abs(line.reckoned() - line.amount) > LINE_TOLERANCE:
            found.append(
                f"line {number} ({line.name}): {line.quantity} x {line.unit_price} - {line.discount}"
                f" = {line.reckoned()}, printed {line.amount}"
            )
    lines_total = sum(line.amount for line in sale.lines)
    if lines_total - sale.discount != sale.total:
        found.append(f"lines {lines_total} - discount {sale.discount} is not the total {sale.total}")
    if sale.discount < 0:
        found.append(f"discount {sale.discount} is negative")
    if sale.total < 0:
        found.append(f"total {sale.total} is negative")
    if not sale.lines:
        found.append("no lines")
    paid = sum(payment.amount for payment in sale.payments)
    if sale.payments and paid != sale.total:
        found.append(f"payments {paid} are not the total {sale.total}")
    return found
