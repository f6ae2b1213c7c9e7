"""The shape of every provider that gives invoices their number and authority code (docs/routes.md).

An ``Order`` is an invoice that waits for its number. Its ``key`` is the idempotency key: the same order may
be sent again under it, never another one. What is known after a call is said precisely: by ``Outcome`` for
each order, by the exceptions of ``authority.errors`` for the whole call (``NotDelivered``: certainly not
arrived; ``MaybeDelivered``: look each key up before anything is sent again; ``Rejected`` and
``SeriesStopped``: read, nothing issued). An adapter never changes, repeats, splits or keeps an order, and
asks once for a number: trying again is ``outbox.provider_delivery``'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, timedelta
    from uuid import UUID

    from authority.gateway import Capabilities
    from authority.providers.errors import ProviderRefusal
    from invoice.invoice import InvoiceContent, Relation
    from invoice.numbers import Form, Symbol

Paper = Literal["xml", "pdf"]


@dataclass(frozen=True, slots=True)
class OriginalAtProvider:
    """The invoice that an order replaces or adjusts; ``key`` is its own order's, None where it had none.

    Why it is corrected stands in the order's ``content.related.note``.
    """

    key: UUID | None
    form: Form
    symbol: Symbol
    number: int
    day: date
    relation: Relation


@dataclass(frozen=True, slots=True)
class Order:
    """One invoice to be numbered.

    ``content.day`` is the date it must bear, ``content.form`` and ``content.symbol`` the series it must be
    numbered in, its amounts what the provider's must equal to the dong. ``reference`` is the register's own
    look-up code of it. ``original``: of a correction, else None.
    """

    key: UUID
    content: InvoiceContent
    reference: str
    original: OriginalAtProvider | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """The provider has issued the invoice. ``raw`` is its answer as it came: it is kept as proof.

    ``code`` is None where the answer does not say it (it then stands in the XML, or a look-up says it).
    ``provider_id`` is the provider's own name for the invoice, by which it is fetched; "" where it has none.
    ``total`` is what the provider says the buyer pays, in the invoice's currency; None where it does not say.
    """

    form: Form
    symbol: Symbol
    number: int
    code: str | None
    provider_id: str
    raw: bytes
    day: date | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider has read this order and will not take it as it is; the others of the call go on."""

    error: ProviderRefusal
    raw: bytes = b""


class NotSaid(Enum):
    """What a provider that was asked about a key does not give: the invoice."""

    UNKNOWN = "unknown"  # certainly not there: it may be sent
    CANNOT_SAY = "cannot say"  # ask again later; it may not be sent


# None: the call said nothing of this order, so it must be looked up.
Outcome = Numbered | Refused | None


@dataclass(frozen=True, slots=True)
class SeriesStanding:
    """A series as the provider has it; ``left`` numbers, None where it does not say."""

    form: Form
    symbol: Symbol
    left: int | None = None
    last_number: int | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class ProviderStanding:
    """What an account may do, found out without issuing anything.

    ``account`` names it as the provider does; ``may_issue`` is None where the provider does not say.
    ``notes`` are further words for the person who tries the route.
    """

    account: str
    may_issue: bool | None
    series: tuple[SeriesStanding, ...]
    notes: tuple[str, ...] = ()


class ProviderGateway(Protocol):
    """One provider's service under one account. Calls block; used by one thread at a time."""

    @property
    def name(self) -> str:
        """For the log and the status page, e.g. the host."""

    @property
    def can(self) -> Capabilities: ...

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the provider's clock was ahead of ours at its last answer; None where it did not say."""

    def issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """Have at most ``can.batch`` orders of one series issued, in this order; one outcome for each.

        Raises:
            NotDelivered: none has arrived.
            MaybeDelivered: any of them may have been issued.
            Rejected: read, and nothing issued (rights, load, nonsense).
            SeriesStopped: read, and nothing is issued in this series until a person has acted.
        """

    def look_up(self, key: UUID) -> Numbered | NotSaid:
        """What became of an order.

        Raises:
            GatewayError: nothing is known.
        """

    def fetch(self, issued: Numbered, key: UUID, kind: Paper) -> bytes | None:
        """The invoice's XML as the provider signed it, or its PDF; None while it is not ready.

        Raises:
            GatewayError: nothing is known; ask again.
        """

    def standing(self, form: Form, symbol: Symbol) -> ProviderStanding:
        """Account, rights and the series of the register; issues nothing.

        Raises:
            GatewayError: what does not work.
        """

    def close(self) -> None:
        """Give back connections and threads; the gateway is not used afterwards."""
