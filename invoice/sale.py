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

Amounts are whole dong and include VAT, because that is what a Vietnamese retail receipt shows; a sale may say
otherwise (``prices_include_vat``). In a foreign currency they are its smallest unit (``Sale.unit``: cents).
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


class LineKind(StrEnum):
    """What a line is: goods or service, gift, discount, remark, or goods of which the law asks more."""

    GOODS = "goods"
    PROMOTION = "promotion"  # hàng khuyến mại: costs nothing
    DISCOUNT = "discount"  # dòng chiết khấu: its positive amount is taken off
    NOTE = "note"  # ghi chú
    SPECIAL = "special"  # xe, vận tải…: particulars stand in ``details``


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
    kind: LineKind = LineKind.GOODS
    details: tuple[tuple[str, str], ...] = ()  # particulars: name and value, such as the number plate

    @property
    def counted(self) -> int:
        """What the line adds to the receipt's total."""
        return -self.amount if self.kind is LineKind.DISCOUNT else self.amount

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
class SaleFee:
    """A fee collected with the price, outside of VAT (phí, lệ phí)."""

    name: str
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
    passport: str | None = None
    contact: str | None = None  # the person who buys for a company
    customer_code: str | None = None
    budget_code: str | None = None  # MDVQHNSach: 7 digits of a unit of the state budget


@dataclass(frozen=True, slots=True)
class Sale:
    """A receipt's content. ``discount`` is the whole receipt's, positive, in dong, after the lines' own.

    total = lines - discount + service charge + fees + rounding - reduction (+ VAT, where prices are without);
    the payments are the total and the tip, which is not the shop's turnover.
    """

    kind: Kind
    receipt_no: str | None
    sold_at: datetime | None
    lines: tuple[Line, ...]
    discount: int
    total: int
    payments: tuple[Payment, ...] = ()
    buyer: Buyer | None = None
    cashier: str | None = None
    service_charge: int = 0
    fees: tuple[SaleFee, ...] = ()
    rounding: int = 0  # signed: what the register added to come to a round total
    tip: int = 0
    prices_include_vat: bool = True
    vat: int | None = None  # the receipt's whole VAT, where prices are without
    reduction: int = 0  # 20 % of the direct method's VAT, taken off by households (form 2)
    currency: str = "VND"
    exchange_rate: Decimal | None = None  # dong for one unit

    @property
    def unit(self) -> int:
        """How many of the amounts' unit make one of the currency: 1 for dong, 100 for dollars and cents."""
        return 1 if self.currency in WHOLE_CURRENCIES else 100

    def __post_init__(self) -> None:
        if self.sold_at is not None and self.sold_at.tzinfo is None:
            raise ValueError("sold_at must be an aware datetime")

    def problems(self) -> tuple[str, ...]:
        """Every sum of the receipt that does not agree, in words; empty if all do (promise P4)."""
        return tuple(_disagreements(self))


WHOLE_CURRENCIES = frozenset({"VND", "JPY", "KRW"})  # of those in use, the ones without hundredths

# A register that weighs rounds each line its own way (up, down, to the nearest dong): a dong either way
# on a product is its rounding, more is another price or quantity than printed.
LINE_TOLERANCE = 1
_FOR_NOTHING = (LineKind.PROMOTION, LineKind.NOTE)


def _disagreements(sale: Sale) -> list[str]:
    found = []
    for number, line in enumerate(sale.lines, start=1):
        if line.kind in _FOR_NOTHING:
            if line.amount:
                found.append(f"line {number} ({line.name}): a {line.kind.value} has the amount {line.amount}")
        elif line.kind is not LineKind.DISCOUNT and abs(line.reckoned() - line.amount) > LINE_TOLERANCE:
            found.append(
                f"line {number} ({line.name}): {line.quantity} x {line.unit_price} - {line.discount}"
                f" = {line.reckoned()}, printed {line.amount}"
            )
    parts = {
        "lines": sum([line.counted for line in sale.lines]),
        "- discount": -sale.discount,
        "+ service charge": sale.service_charge,
        "+ fees": sum([fee.amount for fee in sale.fees]),
        "+ VAT": 0 if sale.prices_include_vat else (sale.vat or 0),
        "+ rounding": sale.rounding,
        "- reduction": -sale.reduction,
    }
    if sum(parts.values()) != sale.total:
        sums = " ".join(f"{name} {abs(part)}" for name, part in parts.items() if part or name == "lines")
        found.append(f"{sums} is not the total {sale.total}")
    if min(sale.discount, sale.service_charge, sale.tip, sale.reduction) < 0:
        found.extend(
            f"{name.replace('_', ' ')} {getattr(sale, name)} is negative"
            for name in ("discount", "service_charge", "tip", "reduction")
            if getattr(sale, name) < 0
        )
    if sale.fees and min(fee.amount for fee in sale.fees) < 0:
        found.append("a fee is negative")
    if not sale.prices_include_vat and sale.vat is None:
        found.append("prices are without VAT, but the VAT is not given")
    if sale.prices_include_vat and sale.vat is not None:
        found.append("prices include VAT: a VAT of its own would count twice")
    if (sale.currency == "VND") != (sale.exchange_rate is None):
        found.append("a foreign currency has a rate of exchange, dong have none")
    if sale.total < 0:
        found.append(f"total {sale.total} is negative")
    if all(line.kind is LineKind.NOTE for line in sale.lines):
        found.append("no lines")
    paid = sum([payment.amount for payment in sale.payments])
    if sale.payments and paid not in {sale.total, sale.total + sale.tip}:
        found.append(f"payments {paid} are not the total {sale.total + sale.tip}")
    return found
