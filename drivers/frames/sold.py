"""What a fiscal device has accepted of a receipt, and whether that is a sale beyond doubt."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from invoice.sale import Kind, Line, Payment, Sale
from invoice.sale_json import MAX_AMOUNT

if TYPE_CHECKING:
    from drivers.frames.frame_profile import FrameProfile
    from invoice.sale import PaymentMethod


class Unread(Exception):
    """A command that cannot be understood for certain; the message is for the quarantine."""


@dataclass(frozen=True, slots=True)
class Item:
    """Goods as they were sent: ``gross`` in dong, before its own ``discount``; negative where taken back."""

    name: str
    tax: str
    price: Decimal
    quantity: Decimal
    gross: int
    discount: int


@dataclass(frozen=True, slots=True)
class LeftToPay:
    """The device's word after a payment: what is left (D), or the change (R)."""

    code: str
    rest: str

    @property
    def is_change(self) -> bool:
        """Whether more was given than was to pay."""
        return self.code == "R"

    @property
    def amount(self) -> Decimal:
        """As the device counts."""
        return Decimal(self.rest)

    def __str__(self) -> str:
        """As the device says it."""
        return f"{self.code}{self.rest}"


@dataclass(slots=True)
class Receipt:
    """What has been accepted so far."""

    opened: bool = False
    closed: bool = False
    cancelled: bool = False
    reversal: bool = False
    number: str | None = None
    items: list[Item] = field(default_factory=list)
    discount: int = 0
    paid: list[tuple[PaymentMethod, int]] = field(default_factory=list)
    left: int | None = None  # to pay, as the device says; change is negative
    checks: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    free_text: bool = False

    @property
    def lines(self) -> int:
        """What the goods come to."""
        return sum(item.gross - item.discount for item in self.items)

    @property
    def total(self) -> int:
        """What is to be paid."""
        return self.lines - self.discount

    def sell(self, item: Item) -> None:
        """Add goods; a sale with a minus takes back the same one from before.

        Raises:
            Unread: that was not sold here, or something is paid already.
        """
        if self.paid:
            raise Unread("goods after a payment")
        if item.gross >= 0:
            self.items.append(item)
            return
        for place in range(len(self.items) - 1, -1, -1):
            known = self.items[place]
            if (known.name, known.tax, abs(known.price), known.gross) == (
                item.name,
                item.tax,
                abs(item.price),
                -item.gross,
            ) and not (known.discount or item.discount):
                del self.items[place]
                return
        raise Unread(f"{item.name} is taken back, but was not sold in this receipt")

    def take_off(self, discount: int, said: Decimal | None) -> None:
        """A discount on all so far, and the sum that the device says, if it does.

        Raises:
            Unread: it is a surcharge, or the device says another sum.
        """
        if discount < 0:
            raise Unread("a surcharge on the whole receipt: of what it is, is not said")
        before = self.total
        self.discount += discount
        if said is None:
            return
        # Devices differ in whether they say the sum before or after the discount of the same command.
        if not any(_is(said, amount) for amount in {before, self.total}):
            raise Unread(f"the device says {said}, the lines come to {self.total}")
        self.checks.append(f"subtotal {said} as the device says")

    def pay(self, method: PaymentMethod, amount: Decimal | None, said: LeftToPay) -> None:
        """A payment, None for all that is left; the device says what is left after it.

        Raises:
            Unread: the device says another sum.
        """
        before = self.total - sum(paid for _, paid in self.paid)
        given = before if amount is None else exact(amount)
        left = before - given
        if not _is(said.amount, -left if said.is_change else left):
            raise Unread(f"the device says {said}, {before} less {given} is {left}")
        self.left = left
        self.checks.append(f"{given} paid of {before}: {said} as the device says")
        if kept := given + min(0, left):
            self.paid.append((method, kept))

    def doubts(self, profile: FrameProfile) -> list[str]:
        """Why it is no sale, though each command was understood."""
        doubts = []
        if not self.opened:
            doubts.append("the beginning of the receipt was not heard")
        if not self.closed:
            doubts.append("the receipt was not closed")
        if self.left is None:
            doubts.append("the device's word on the total was not heard")
        elif self.left > 0:
            doubts.append(f"{self.left} are not paid")
        groups = {item.tax for item in self.items}
        unknown = sorted(group for group in groups if group not in profile.tax)
        if unknown and (profile.tax or len(groups) > 1):
            doubts.append(
                f"the rate of tax group {', '.join(map(repr, unknown))} is not in the profile: [tax]"
            )
        return doubts

    def sale(self, profile: FrameProfile) -> Sale:
        """The sale that it is, where there are no doubts."""
        return Sale(
            kind=Kind.REFUND if self.reversal else Kind.SALE,
            receipt_no=self.number,
            sold_at=None,
            lines=tuple(
                Line(
                    item.name,
                    item.quantity,
                    item.price,
                    item.gross - item.discount,
                    vat_rate=profile.tax.get(item.tax),
                    discount=item.discount,
                )
                for item in self.items
            ),
            discount=self.discount,
            total=self.total,
            payments=tuple(Payment(method, amount) for method, amount in self.paid),
        )


def whole(value: Decimal) -> int:
    """Dong, rounded as the devices do.

    Raises:
        Unread: more than anybody pays.
    """
    if abs(value) > MAX_AMOUNT:
        raise Unread(f"{value} is no amount")
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def exact(value: Decimal) -> int:
    """Dong that are whole already.

    Raises:
        Unread: they are not.
    """
    if value != value.to_integral_value() or abs(value) > MAX_AMOUNT:
        raise Unread(f"{value} is no whole amount of dong")
    return int(value)


def _is(heard: Decimal, amount: int) -> bool:
    """Whether a device's figure is an amount; some say it in hundredths."""
    return heard in {Decimal(amount), Decimal(amount) * 100}
