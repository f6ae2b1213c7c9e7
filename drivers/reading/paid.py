"""What stands below the total: payments, what the customer gave, change, debt; it must pay the total."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from invoice.sale import Payment, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.foot import Entry

_SUMS = frozenset({"subtotal", "net", "total", "returned"})


class Unpaid(Exception):
    """Why the payments do not agree; never leaves this package."""


@dataclass(frozen=True, slots=True)
class Paid:
    """The payments, change taken off; ``counts`` are rows that count the goods."""

    payments: tuple[Payment, ...]
    checks: tuple[str, ...]
    used: list[tuple[str, Entry]]
    counts: list[Entry]


def settle_payments(
    entries: Sequence[Entry], total: int, method: str | None, sums: frozenset[int], discounts: int
) -> Paid:
    """Read the entries below the total (dong). ``method`` is how it was paid, where words alone say it.

    Raises:
        Unpaid: with what does not agree.
    """
    below = _Below(total)
    for entry in entries:
        below.place(entry, sums, discounts)
    return below.settled(PaymentMethod(method) if method else None)


class _Below:
    def __init__(self, total: int) -> None:
        self._total = total
        self._methods: list[tuple[PaymentMethod, int]] = []
        self._given: list[int] = []
        self._changes: list[int] = []
        self._remaining: list[int] = []
        self._tip = 0
        self._taken_off = False  # a voucher or points with a minus sign: the total below is another
        self._used: list[tuple[str, Entry]] = []
        self._counts: list[Entry] = []

    def place(self, entry: Entry, sums: frozenset[int], discounts: int) -> None:
        roles, amount = entry.roles, abs(entry.amount)
        method = next((role[4:] for role in sorted(roles) if role.startswith("pay:")), None)
        if "note" in roles or "vat" in roles:
            return
        if not roles and self._a_remark(entry):
            return
        if "count" in roles:
            self._counts.append(entry)
        elif "total" in roles and amount == self._total:
            return
        elif method is not None:
            self._methods.append((PaymentMethod(method), amount))
            self._used.append((f"payments[{len(self._methods) - 1}]", entry))
        elif roles & {"voucher", "points"}:
            self._taken_off = self._taken_off or entry.amount < 0
            self._methods.append((PaymentMethod.VOUCHER, amount))
        elif "deposit" in roles:
            self._methods.append((PaymentMethod.OTHER, amount))
        elif "debt" in roles:
            self._methods.append((PaymentMethod.CREDIT, amount))
        elif "given" in roles:
            self._given.append(amount)
            self._used.append(("given", entry))
        elif "change" in roles:
            self._changes.append(amount)
            self._used.append(("change", entry))
        elif "tip" in roles:
            self._tip += amount
        elif "remaining" in roles:
            self._remaining.append(amount)
        elif roles & _SUMS:
            self._sum(entry, amount, sums)
        elif not ("discount" in roles and (amount in {0, discounts} or entry.loose)):
            raise Unpaid(f"unknown amount in {entry.label!r}: {entry.amount}")

    def _a_remark(self, entry: Entry) -> bool:
        """A number below the sums that is no money, or stands at the end of a sentence."""
        return entry.loose or (not entry.moneylike and entry.rules_above > 0)

    def _sum(self, entry: Entry, amount: int, sums: frozenset[int]) -> None:
        if "total" in entry.roles:
            if self._methods:  # what is left to pay after a deposit or a voucher
                self._remaining.append(amount)
                return
            raise Unpaid(f"two totals, {self._total} and {amount}")
        if amount not in sums and amount != self._total and "net" not in entry.roles:
            raise Unpaid(f"{entry.label!r} {amount} is not a sum of this receipt")

    def settled(self, method: PaymentMethod | None) -> Paid:
        if len(set(self._changes)) > 1:
            raise Unpaid(f"more than one change: {self._changes}")
        if self._taken_off and not self._remaining:
            raise Unpaid("something is taken off the total, and what is left is not said")
        change = self._changes[0] if self._changes else 0
        methods = [(how, amount) for how, amount in self._methods if amount]
        payments = self._payments(methods, change, method)
        self._check_remaining(methods)
        sums = (f"payments {' + '.join(str(paid.amount) for paid in payments)} = {self._total}",)
        return Paid(tuple(payments), sums if payments else (), self._used, self._counts)

    def _check_remaining(self, methods: list[tuple[PaymentMethod, int]]) -> None:
        reached = {0, self._total}
        left = self._total
        for _, amount in methods:
            left -= amount
            reached.add(left)
        for amount in self._remaining:
            if amount not in reached:
                raise Unpaid(f"{amount} is not what is left to pay")

    def _payments(
        self, methods: list[tuple[PaymentMethod, int]], change: int, word: PaymentMethod | None
    ) -> list[Payment]:
        due = self._total + self._tip
        paid = sum(amount for _, amount in methods)
        given = max(self._given, default=0)
        if not methods and not self._given:
            if change:
                raise Unpaid("change without a payment")
            return [Payment(word, self._total)] if word else []
        if not methods:
            return self._only_given(given, change, due, word)
        cash = sum(amount for how, amount in methods if how is PaymentMethod.CASH)
        if paid == due and self._given_fits(given, cash, change, due):
            return self._less(methods, self._tip)
        if paid - change == due and cash >= change and given in {0, paid, cash, due}:
            return self._less(methods, change + self._tip)
        if given and not cash and paid + given - change == due and given >= change:
            return self._less([*methods, (PaymentMethod.CASH, given)], change + self._tip)
        raise Unpaid(
            f"payments {paid + (0 if cash else given)} less change {change} are not the total {self._total}"
        )

    def _only_given(self, given: int, change: int, due: int, word: PaymentMethod | None) -> list[Payment]:
        left = due - given
        if left > 0 and not change and set(self._given) == {given} and self._remaining == [left]:
            self._remaining = []  # it is on credit: nothing on the paper pays it
            return [Payment(PaymentMethod.CREDIT, left), Payment(word or PaymentMethod.CASH, given)]
        if given - change != due or any(amount not in {given, due} for amount in self._given):
            raise Unpaid(f"payments {given} less change {change} are not the total {self._total}")
        if change and word not in {None, PaymentMethod.CASH}:
            raise Unpaid("change without cash")
        return [Payment(word or PaymentMethod.CASH, self._total)]

    def _given_fits(self, given: int, cash: int, change: int, due: int) -> bool:
        if not given:
            return not change
        return given - change in {cash, due} or (not change and given == due)

    def _less(self, methods: list[tuple[PaymentMethod, int]], back: int) -> list[Payment]:
        """Payments with what went back to the customer, or on to the waiter, taken off the cash first."""
        order = sorted(range(len(methods)), key=lambda place: methods[place][0] is not PaymentMethod.CASH)
        amounts = [amount for _, amount in methods]
        for place in order:
            taken = min(back, amounts[place])
            amounts[place] -= taken
            back -= taken
        return [Payment(how, amount) for (how, _), amount in zip(methods, amounts, strict=True) if amount]
