"""The shape of every way to the authority.

A gateway carries finished bytes and tells precisely what is known afterwards, by the exceptions of
``authority.errors``: ``NotDelivered`` (certainly not arrived), ``MaybeDelivered`` (look up, or send the
same bytes again), ``Rejected`` (read and not taken). It never changes, repeats or keeps a message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from authority.package import PACKAGE_LIMIT

if TYPE_CHECKING:
    from datetime import timedelta

Numbering = Literal["agent", "provider"]


@dataclass(frozen=True, slots=True)
class Collected:
    """Messages picked up later, oldest first; ``cursor`` goes into the next ``collect``.

    ``more``: there are further ones waiting now.
    """

    messages: tuple[bytes, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class LookUp:
    """Whether the other side knows a message (None: it cannot say), and its answers so far."""

    known: bool | None
    messages: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class NumbersKnown:
    """What the other side has registered of a series: the last number, its code, all numbers asked for."""

    last_number: int
    last_code: str | None
    numbers: frozenset[int]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a route can do. ``numbering``: who gives invoices their number and authority code: the agent (it
    can issue offline) or the provider's server. ``idempotent``: the same message again is not done again.

    With provider numbering ``batch`` orders go in one call; ``atomic``: of those all or none are issued.
    ``at_once``: how many threads may use the gateway at the same time.
    """

    numbering: Numbering
    max_bytes: int  # of one message
    idempotent: bool
    look_up: bool
    documents: bool  # gives back an invoice's XML and PDF
    corrections: bool
    batch: int = 1
    atomic: bool = True
    at_once: int = 1


# Finished messages, whatever carries them: straight to the authority or through a T-VAN. An MTDiep is the
# idempotency key (profile, section 2).
MESSAGE_ROUTE = Capabilities(
    "agent", PACKAGE_LIMIT, idempotent=True, look_up=True, documents=False, corrections=True
)


@runtime_checkable
class KnowsNumbers(Protocol):
    """A gateway that can be asked after a restore which numbers were used; not every provider can."""

    def numbers_known(self, tax_code: str, form: int, symbol: str, after: int) -> NumbersKnown:
        """The registered numbers of a series above ``after``.

        Raises:
            GatewayError: nothing is known.
        """


class Gateway(Protocol):
    """One way to the authority. Calls block; a gateway is used by at most ``can.at_once`` threads at a time.

    ``can`` is what the route can do; ``max_bytes`` is the largest message it carries just now.
    """

    @property
    def name(self) -> str:
        """For the log and the status page, e.g. the host."""

    @property
    def can(self) -> Capabilities: ...

    @property
    def max_bytes(self) -> int: ...

    @property
    def clock_skew(self) -> timedelta | None:
        """How far the other side's clock was ahead of ours at its last answer; None where it did not say."""

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        """Send once; the answers that came by return (often one 999, sometimes none).

        Raises:
            NotDelivered, MaybeDelivered, Rejected, MessageTooLarge.
        """

    def collect(self, after: str) -> Collected:
        """What the authority has left for us after that cursor ("" from the beginning).

        Raises:
            GatewayError: nothing was lost, ask again with the same cursor.
        """

    def look_up(self, message_id: str) -> LookUp:
        """What became of a message of ours.

        Raises:
            GatewayError: nothing is known.
        """

    def close(self) -> None:
        """Give back connections and threads; the gateway is not used afterwards."""
