"""A restaurant's register: what it prints in the course of a day, and what it counts for its own reports.

The day is made with dice from a seed, so that two shops with the same seed have the same customers. Which
papers leave the register, and what the register itself remembers, a fraud may change (``simulated_fraud``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from invoice.sale_json import VIETNAM

MENU = (
    ("Phở bò tái", "Tô", 55_000),
    ("Bún chả", "Suất", 60_000),
    ("Cơm tấm sườn", "Dĩa", 48_000),
    ("Gỏi cuốn", "Phần", 42_000),
    ("Lẩu thái", "Nồi", 320_000),
    ("Cá lóc nướng", "Con", 265_000),
    ("Bia Tiger", "Lon", 22_000),
    ("Trà đá", "Ly", 5_000),
    ("Cà phê sữa đá", "Ly", 28_000),
    ("Nước suối", "Chai", 12_000),
)
# Sales an hour on a working day, by the clock's hour; weekends have half as many again.
RATE = {7: 3, 8: 3, 9: 2, 10: 2, 11: 6, 12: 7, 13: 4, 14: 1, 15: 1, 16: 2, 17: 4, 18: 7, 19: 7, 20: 5, 21: 2}
CASHIERS = ("Lan", "Hùng", "Mai")
OPENING, CLOSING = 7, 22


@dataclass(frozen=True)
class Good:
    """One line of an order."""

    name: str
    unit: str
    price: int
    quantity: int

    @property
    def amount(self) -> int:
        return self.price * self.quantity


@dataclass(frozen=True)
class Order:
    """What a table or a passer-by ordered. ``billed_at``: when a provisional bill was shown, if one was."""

    number: str
    goods: tuple[Good, ...]
    cashier: str
    table: str | None
    billed_at: datetime | None
    paid_at: datetime

    @property
    def total(self) -> int:
        return sum(good.amount for good in self.goods)


@dataclass(frozen=True)
class Print:
    """One paper that leaves the register. ``kind`` as the agent should read it; ``order`` where it has"
    " one."""

    at: datetime
    kind: str
    data: bytes
    order: Order | None = None


@dataclass
class Day:
    """A day's orders and the other papers, before any fraud."""

    day: date
    orders: list[Order] = field(default_factory=list)
    extra: list[Print] = field(default_factory=list)


class Register:
    """Makes days. The receipt numbers go on from day to day."""

    def __init__(self, seed: int, busy: float = 1.0) -> None:
        self._random = Random(seed)  # noqa: S311 - dice for a test
        self._busy = busy
        self._last = 0

    def day(self, day: date) -> Day:
        """All that happens on one day, in order of time."""
        random = self._random
        made = Day(day)
        weekend = 1.5 if day.weekday() >= 5 else 1.0
        for hour in range(OPENING, CLOSING):
            rate = RATE[hour] * weekend * self._busy
            count = int(rate) + (random.random() < rate % 1)
            count += random.choice((-1, 0, 0, 1)) if rate >= 3 else 0
            for second in sorted(random.sample(range(3600), count)):
                at = _moment(day, hour) + timedelta(seconds=second)
                made.orders.append(self._order(at))
        for _ in range(random.choice((0, 0, 1))):
            order = random.choice(made.orders)
            made.extra.append(copy_of(order, order.paid_at + timedelta(minutes=7)))
        for _ in range(random.choice((0, 1, 1, 2))):
            minutes = random.randrange(60, 14 * 60)
            made.extra.append(drawer(_moment(day, OPENING) + timedelta(minutes=minutes)))
        if random.random() < 0.2:
            order = random.choice(made.orders)
            made.extra.append(refund_of(order, order.paid_at + timedelta(minutes=20), order.cashier))
        made.extra.append(drawer(_moment(day, OPENING) - timedelta(minutes=3)))
        return made

    def _order(self, at: datetime) -> Order:
        random = self._random
        self._last += 1
        guests = random.choices((1, 2, 3, 4, 6), (5, 6, 3, 2, 1))[0]
        goods = tuple(
            Good(name, unit, price, random.choices((1, 2, guests), (6, 2, 2))[0])
            for name, unit, price in random.sample(MENU, min(len(MENU), random.randint(1, 1 + guests)))
        )
        at_table = random.random() < 0.35
        shift = CASHIERS[0] if at.hour < 14 else CASHIERS[1] if at.hour % 2 else CASHIERS[2]
        return Order(
            f"HD{self._last:06d}",
            goods,
            shift,
            str(random.randint(1, 20)) if at_table else None,
            at - timedelta(minutes=random.randint(3, 12)) if at_table else None,
            at,
        )


def bill(order: Order, at: datetime | None = None) -> Print:
    """The provisional bill of an order."""
    when = at or order.billed_at
    assert when is not None
    return Print(when, "provisional", _paper("PHIẾU TẠM TÍNH", order, when, total="KHÁCH PHẢI TRẢ"), order)


def receipt(order: Order) -> Print:
    """The receipt of a paid order."""
    paid = f"{'Tiền mặt:':<22}{_amount(order.total):>20}"
    return Print(order.paid_at, "sale", _paper("HÓA ĐƠN BÁN HÀNG", order, order.paid_at, paid), order)


def copy_of(order: Order, at: datetime) -> Print:
    """A second print that says so."""
    paid = f"{'Tiền mặt:':<22}{_amount(order.total):>20}"
    return Print(at, "reprint", _paper("HÓA ĐƠN BÁN HÀNG (BẢN SAO)", order, order.paid_at, paid), order)


def refund_of(order: Order, at: datetime, cashier: str) -> Print:
    """A return of everything on an order."""
    data = _paper("HÓA ĐƠN TRẢ HÀNG", order, at, total="TỔNG TIỀN TRẢ", cashier=cashier)
    return Print(at, "refund", data, order)


def training(order: Order) -> Print:
    """A sale rung up in training mode."""
    return Print(order.paid_at, "training", _paper("CHẾ ĐỘ TẬP HUẤN", order, order.paid_at), order)


def smudged(order: Order) -> Print:
    """A receipt whose total does not add up: a person must look at it."""
    data = receipt(order).data.replace(_amount(order.total).encode(), _amount(order.total + 1000).encode(), 1)
    return Print(order.paid_at, "quarantined", data, order)


def drawer(at: datetime) -> Print:
    """The drawer opened by its key: a pulse and no paper."""
    return Print(at, "drawer", b"\x1bp\x00\x19\xfa")


def day_report(at: datetime, title: str, orders: list[Order]) -> Print:
    """What the register says it has sold since the morning."""
    turnover = sum(order.total for order in orders)
    rows = [
        title,
        f"Ca: 1   Ngày {at:%d/%m/%Y}",
        f"{'Số hóa đơn:':<22}{len(orders):>20}",
        f"{'Tổng doanh thu:':<22}{_amount(turnover):>20}",
        f"{'Tiền mặt:':<22}{_amount(turnover):>20}",
    ]
    return Print(at, "report", _print(rows))


def _moment(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM)


def _amount(value: int) -> str:
    return f"{value:,}".replace(",", ".")


def _paper(
    title: str, order: Order, at: datetime, *foot: str, total: str = "TỔNG CỘNG", cashier: str = ""
) -> bytes:
    rows = [
        "QUÁN ĂN BẾN NGỰ",
        "7 Phan Bội Châu, Huế",
        "ĐT: 0905 123 456",
        title,
        f"Số HĐ: {order.number}",
        f"Ngày: {at:%d/%m/%Y %H:%M}",
        f"Thu ngân: {cashier or order.cashier}",
    ]
    if order.table:
        rows.append(f"Bàn: {order.table}")
    rows += ["-" * 42, f"{'Tên hàng':<18}{'SL':>4}{'Đ.giá':>9}{'T.tiền':>11}", "-" * 42]
    rows += [
        f"{good.name:<18}{good.quantity:>4}{_amount(good.price):>9}{_amount(good.amount):>11}"
        for good in order.goods
    ]
    rows += ["-" * 42, f"{total + ':':<22}{_amount(order.total):>20}", *foot, "Cảm ơn quý khách!"]
    return _print(rows)


def _print(rows: list[str]) -> bytes:
    return b"\x1b@" + "\n".join(rows).encode() + b"\n\n\n\x1dV\x00"
