"""The two written forms of an order (xmlInvData) have this in common: a list of new ones, one that replaces,
one that adjusts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.providers.vnpt.tags import tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from authority.providers.provider import Order


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """Names of the elements around an order; ``inside`` writes the order, ``item`` one of a list of new ones.

    Every method raises ProviderRefusal where an order cannot be said so.
    """

    listed: str
    replacing: str
    adjusting: str
    item: Callable[[str, str], str]  # of the key's element and of what is inside
    inside: Callable[[Order], str]

    def write_new(self, orders: Sequence[Order]) -> str:
        """For a call that makes new invoices."""
        items = "".join(self.item(_key(order), self.inside(order)) for order in orders)
        return f"<{self.listed}>{items}</{self.listed}>"

    def write_replacement(self, order: Order, reason: str) -> str:
        """For the call that replaces an invoice."""
        head = f"{_key(order)}{tag('LDo', reason)}"
        return f"<{self.replacing}>{head}{self.inside(order)}</{self.replacing}>"

    def write_adjustment(self, order: Order, reason: str, kind: int) -> str:
        """For the call that adjusts an invoice; ``kind`` 2: up, 3: down, 4: words only."""
        head = f"{_key(order)}{tag('LDo', reason)}{tag('Type', kind)}"
        return f"<{self.adjusting}>{head}{self.inside(order)}</{self.adjusting}>"


def _key(order: Order) -> str:
    return tag("key", order.key.hex)
