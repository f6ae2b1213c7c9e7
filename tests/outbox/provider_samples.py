"""A shop whose provider gives out the numbers, and a provider that does what it likes."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hostile_authority import FAILURES, LATE
from outbox_samples import REGISTER, TAX_CODE, Clock, sale

from authority.errors import GatewayError, MaybeDelivered
from authority.providers.errors import BuyerRefused, SeriesExhausted
from authority.providers.memory import MemoryProvider, ProviderBook
from authority.providers.provider import NotSaid, Numbered, Refused
from invoice.numbers import Symbol
from outbox.issuing import issue
from outbox.pace import Pace
from outbox.provider_delivery import ProviderDelivery
from outbox.sold import Ordered

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from authority.providers.provider import Order, Outcome, Paper
    from outbox.store import Store

BY_PROVIDER = replace(REGISTER, by_provider=True)
TRICKS = {
    "issue": (
        *FAILURES,
        *(f"taken, then {name}" for name in LATE),
        "half taken, then cut",
        "partly answered",
        "says nothing",
        "another's number",
        "another series",
        "another total",
        "no code",
        "refused",
        "no numbers left",
        "arrives later",
    ),
    "look_up": (*FAILURES, "cannot say"),
    "fetch": (*FAILURES, "not ready", "garbage"),
}
# What a provider does wrong for good: a person has to look at it, nothing may be attached.
WRONGS = ("another's number", "another series", "another total", "refused")


class HostileProvider(MemoryProvider):
    """The provider in memory with tricks: each call does the next that was asked for of its kind."""

    def __init__(self, book: ProviderBook, **options: Any) -> None:
        super().__init__(book, **options)
        self.tricks: dict[str, deque[str]] = defaultdict(deque)
        self.calls: list[tuple[str, tuple[UUID, ...]]] = []
        self.late: list[Order] = []  # orders that the line holds back
        self.wronged: set[UUID] = set()
        self.in_doubt: set[UUID] = set()  # sent, and never since then told that it is not here
        self.told: dict[UUID, None] = {}  # keys whose number was said in an answer that arrived
        self.broken_promises: list[str] = []

    def issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """See ``ProviderGateway.issue``."""
        keys = tuple(one.key for one in orders)
        self.calls.append(("issue", keys))
        if doubted := self.in_doubt.intersection(keys):
            self.broken_promises.append(f"{doubted} leave while they may have been issued")
        days = [one.content.day for one in orders]
        if days != sorted(days) or len(orders) > self.can.batch:
            self.broken_promises.append(f"a batch of {len(orders)} with the days {days}")
        self.in_doubt.update(keys)
        before = self.book.dates_back
        try:
            outcomes = self._issue(orders)
        except MaybeDelivered:
            raise
        except GatewayError:
            self.in_doubt.difference_update(keys)
            raise
        finally:
            if self.book.dates_back > before:
                self.broken_promises.append(f"{days} are before the last day of the series")
        for key, outcome in zip(keys, outcomes, strict=True):
            if outcome is not None:
                self.in_doubt.discard(key)
            if isinstance(outcome, Numbered):
                self.told[key] = None
        return outcomes

    def _issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        trick = self._trick("issue")
        failure, taken = trick.removeprefix("taken, then "), trick.startswith("taken, then ")
        if failure in FAILURES:
            if taken:
                super().issue(orders)
            raise _failure(failure)
        if trick == "half taken, then cut":
            super().issue(orders[: (len(orders) + 1) // 2])
            raise _failure("cut")
        if trick == "arrives later":
            self.late.extend(orders)
            raise _failure("time-out")
        if trick == "no numbers left":
            raise SeriesExhausted("no numbers left", status=200)
        if trick == "says nothing":
            return (None,) * len(orders)
        if trick == "refused":
            refused = Refused(BuyerRefused("the buyer's tax code is closed", said="7"), b"ERR:7")
            self.wronged.add(orders[0].key)
            return (refused, *super().issue(orders[1:]))
        outcomes = list(super().issue(orders))
        if trick == "partly answered":
            return (*outcomes[: len(orders) // 2], *(None for _ in outcomes[len(orders) // 2 :]))
        first = outcomes[0]
        if not isinstance(first, Numbered):
            return tuple(outcomes)
        if trick == "no code":
            outcomes[0] = replace(first, code=None)
        elif trick == "another series":
            outcomes[0] = replace(first, symbol=Symbol.parse("C26MZZ"))
        elif trick == "another total":
            outcomes[0] = replace(first, total=(first.total or 0) + 1)
        elif trick == "another's number":
            others = [self.book.issued[key] for key in self.told if key != orders[0].key]
            if others:
                outcomes[0] = replace(self.answer(others[0]), day=first.day, total=first.total)
        if outcomes[0] != first and trick in WRONGS:
            self.wronged.add(orders[0].key)
        return tuple(outcomes)

    def look_up(self, key: UUID) -> Numbered | NotSaid:
        """See ``ProviderGateway.look_up``."""
        self.calls.append(("look_up", (key,)))
        trick = self._trick("look_up")
        if trick in FAILURES:
            raise _failure(trick)
        found = NotSaid.CANNOT_SAY if trick == "cannot say" else super().look_up(key)
        if found is not NotSaid.CANNOT_SAY:
            self.in_doubt.discard(key)
        return found

    def fetch(self, issued: Numbered, key: UUID, kind: Paper) -> bytes | None:
        """See ``ProviderGateway.fetch``."""
        trick = self._trick("fetch")
        if trick in FAILURES:
            raise _failure(trick)
        if trick == "not ready":
            return None
        return b"<html>wait</html>" if trick == "garbage" else super().fetch(issued, key, kind)

    def arrive(self) -> None:
        """What the line held back reaches the provider now."""
        late, self.late = self.late, []
        for order in late:
            super().issue([order])

    def _trick(self, call: str) -> str:
        return self.tricks[call].popleft() if self.tricks[call] else ""


def _failure(name: str) -> GatewayError:
    return FAILURES[name]()


def delivery_of(store: Store, provider: Any, clock: Clock) -> ProviderDelivery:
    """A sync worker whose dice are fixed."""
    return ProviderDelivery(store, provider, "memory", TAX_CODE, clock=clock, pace=Pace(dice=lambda: 0.0))


def order_one(store: Store, receipt: str, **changes: Any) -> Ordered:
    """A sale that waits for its number."""
    ordered = store.run(issue(sale(receipt, **changes), BY_PROVIDER))
    assert isinstance(ordered, Ordered)
    return ordered
