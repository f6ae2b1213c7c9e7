"""A provider behind a line that loses what it likes, by dice: requests, answers, halves of batches."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from authority.errors import ConnectionCut, GatewayFailed, GatewayTimeout, GatewayUnreachable
from authority.providers.memory import MemoryProvider, ProviderBook
from authority.providers.provider import NotSaid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from authority.providers.provider import Numbered, Order, Outcome, Paper


class BadLine(MemoryProvider):
    """One shop's provider; it outlives every crash of the shop."""

    def __init__(self, book: ProviderBook, seed: int) -> None:
        super().__init__(book)
        self._dice = Random(seed)  # noqa: S311 - dice, not a secret

    def issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """See ``ProviderGateway.issue``."""
        drawn = self._dice.random()
        if drawn < 0.1:
            raise GatewayUnreachable("no connection")
        if drawn < 0.2:
            raise GatewayTimeout("the request was lost")
        if drawn < 0.3:
            super().issue(orders[: self._dice.randint(0, len(orders))])
            raise ConnectionCut("cut in the middle of a batch")
        outcomes = super().issue(orders)
        if drawn < 0.4:
            raise GatewayFailed("the answer was lost (HTTP 500)")
        if drawn < 0.5:
            return tuple(None if self._dice.random() < 0.5 else one for one in outcomes)
        return outcomes

    def look_up(self, key: UUID) -> Numbered | NotSaid:
        """See ``ProviderGateway.look_up``."""
        drawn = self._dice.random()
        if drawn < 0.1:
            raise GatewayTimeout("the answer was lost")
        return NotSaid.CANNOT_SAY if drawn < 0.15 else super().look_up(key)

    def fetch(self, issued: Numbered, key: UUID, kind: Paper) -> bytes | None:
        """See ``ProviderGateway.fetch``."""
        return None if self._dice.random() < 0.2 else super().fetch(issued, key, kind)
