"""The lines below the goods: subtotal, discount, total, payments and change, each by its word."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.reading.amounts import AMOUNT, CURRENCY, dong
from drivers.reading.words import CHANGE, DISCOUNT, PAYMENTS, SUBTOTAL, TOTAL, fold
from invoice.sale import Payment, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

_LABELLED = re.compile(rf"\s*(?P<label>[^:]*?[^:\s])\s*(?::\s*|\s{{2,}})(?P<amount>{AMOUNT}){CURRENCY}\s*")


@dataclass(slots=True)
class Totals:
    """What the foot of a receipt says, in dong; None where it does not say it."""

    subtotal: int | None = None
    discount: int = 0
    total: int | None = None
    given: list[Payment] = field(default_factory=list)
    change: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def payments(self) -> tuple[Payment, ...]:
        """What was kept: the change is taken from the cash."""
        return tuple(
            Payment(paid.method, paid.amount - (self.change if paid.method is PaymentMethod.CASH else 0))
            for paid in self.given
        )


def labelled(text: str) -> tuple[str, str] | None:
    """(folded label, amount text) of a line such as ``Tổng cộng:   25.000``."""
    match = _LABELLED.fullmatch(text)
    return (fold(match["label"]), match["amount"]) if match else None


def read_totals(texts: Sequence[str]) -> Totals:
    """Read the foot. A line with an amount and an unknown word is a problem: it might change the sum."""
    totals = Totals()
    for text in texts:
        parts = labelled(text)
        if parts is None:
            continue
        label, amount_text = parts
        amount = dong(amount_text)
        if amount is None:
            totals.problems.append(f"unreadable amount in {text.strip()!r}")
            continue
        _place(totals, label, amount, text)
    if sum(paid.method is PaymentMethod.CASH for paid in totals.given) > 1:
        totals.problems.append("two cash payments")
    if totals.change and not any(paid.method is PaymentMethod.CASH for paid in totals.given):
        totals.problems.append("change without cash")
    return totals


def _place(totals: Totals, label: str, amount: int, text: str) -> None:
    if CHANGE.match(label):
        totals.change += abs(amount)
    elif SUBTOTAL.match(label) and totals.total is None and totals.subtotal is None:
        totals.subtotal = amount
    elif DISCOUNT.match(label) and totals.total is None:
        totals.discount += abs(amount)
    elif TOTAL.match(label):
        if totals.total is not None and totals.total != amount:
            totals.problems.append(f"two totals, {totals.total} and {amount}")
        totals.total = amount
    elif totals.total is not None and (method := _method(label)):
        totals.given.append(Payment(method, amount))
    else:
        totals.problems.append(f"unknown amount in {text.strip()!r}")


def _method(label: str) -> PaymentMethod | None:
    return next((method for method, pattern in PAYMENTS if pattern.match(label)), None)
