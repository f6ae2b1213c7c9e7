"""One life of the program: opened, sells, delivers, until it is killed or has done what was asked of it.

Runs in a child of the storm. Around the real till, store and delivery there are two things only: the wire to
the authority, which is the parent and does not die, and the customers' papers, which the parent keeps.
"""

from __future__ import annotations

import pickle
import struct
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from agent.parts import read_trust, sign_checkpoint
from agent.till import Till
from authority import errors as authority_errors
from authority.gateway import MESSAGE_ROUTE, Capabilities
from authority.providers import errors as provider_errors
from drivers.framing import Captured
from outbox import database as database_module
from outbox.crash_points import arm, crash_point
from outbox.delivery import Delivery
from outbox.issuing import issue
from outbox.provider_delivery import ProviderDelivery
from outbox.sold import Issued, Ordered
from outbox.store import Store

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from uuid import UUID

    from agent.config import Config
    from authority.gateway import Collected, LookUp
    from authority.package import PackageFrame
    from authority.providers.provider import Numbered, Order, Outcome, Paper
    from invoice.sale import Sale
    from outbox.sold import Sold

PROVIDER = Capabilities(
    "provider",
    2_000_000,
    idempotent=True,
    look_up=True,
    documents=True,
    corrections=True,
    batch=3,
    atomic=False,
)
# Ways in which the program is broken on purpose, to see that the storm notices.
SABOTAGES = ("no-sync", "answer-early", "trust-the-wal")
TOLD = "storm.told"  # a crash point of the storm's own: the answer is out, nothing else is done
_LENGTH = struct.Struct("<I")


def tell(line: socket.socket, message: Any) -> None:
    """One message over the line."""
    data = pickle.dumps(message)
    line.sendall(_LENGTH.pack(len(data)) + data)


def hear(line: socket.socket) -> Any:
    """The next message; EOFError where the other side is no more."""
    return pickle.loads(_exactly(line, _LENGTH.unpack(_exactly(line, _LENGTH.size))[0]))  # noqa: S301 - our own


def _exactly(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = line.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data


@dataclass(frozen=True)
class Receipt:
    """A receipt that the register prints; ``sale`` is one that comes over the API instead."""

    number: str
    paper: bytes = b""
    sale: Sale | None = None


@dataclass(frozen=True)
class Shop:
    """What every life of a shop is given. ``largest``: bytes of a message; ``at_once``: on their way."""

    config: Config
    frame: PackageFrame
    largest: int = 2_000_000
    at_once: int = 1


class Clock:
    """The shop's clock: stands still while something happens, moves in between."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        """Later."""
        self.now += timedelta(seconds=seconds)


class Wire:
    """The gateway: each call is a question to the parent, which is the authority."""

    name, clock_skew = "storm", None

    def __init__(self, line: socket.socket, clock: Clock, shop: Shop) -> None:
        self._line, self._clock, self._asking = line, clock, Lock()
        self.max_bytes = shop.largest
        self.can = replace(MESSAGE_ROUTE, at_once=shop.at_once)

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        """Over the line."""
        answers: tuple[bytes, ...] = self._ask("send", message, message_id)
        return answers

    def collect(self, after: str) -> Collected:
        """Over the line."""
        found: Collected = self._ask("collect", after)
        return found

    def look_up(self, message_id: str) -> LookUp:
        """Over the line."""
        found: LookUp = self._ask("look_up", message_id)
        return found

    def issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """Over the line."""
        outcomes: tuple[Outcome, ...] = self._ask("issue", orders)
        return outcomes

    def fetch(self, issued: Numbered, key: UUID, kind: Paper) -> bytes | None:
        """Over the line."""
        found: bytes | None = self._ask("fetch", issued, key, kind)
        return found

    def close(self) -> None:
        """The line is the parent's."""

    def _ask(self, what: str, *values: object) -> Any:
        with self._asking:
            tell(self._line, ("ask", what, values, self._clock.now))
            good, answer = hear(self._line)
        if good:
            return answer
        kind, words = answer
        error = getattr(authority_errors, kind, None) or getattr(provider_errors, kind)
        raise error(*words[0], **words[1])


class ProviderWire(Wire):
    """The same to a provider that numbers."""

    def __init__(self, line: socket.socket, clock: Clock, shop: Shop) -> None:
        super().__init__(line, clock, shop)
        self.can = PROVIDER

    def look_up(self, key: UUID) -> Any:
        """Over the line."""
        return self._ask("look_up", key)


def live(
    line: socket.socket,
    shop: Shop,
    now: datetime,
    steps: list[tuple[str, Any]],
    point: str,
    sabotage: str = "",
) -> None:
    """Do the steps; what the customer was given is told to the parent after it was given."""
    arm(point)
    if sabotage == "trust-the-wal":
        database_module._make_durable = lambda _: None
    clock = Clock(now)
    given: list[Sold] = []
    store = Store(shop.config.folder, shop.frame.signer, clock)
    if sabotage == "no-sync":
        store.run(lambda _: None)
        store._open().connection.execute("PRAGMA synchronous=OFF")
    delivery = _delivery(line, shop, store, clock)
    till = Till(shop.config, store, lambda taken: given.append(taken.issued) if taken.issued else None)
    till.take_left_over()
    given.clear()
    register = shop.config.register
    for what, subject in steps:
        if what == "receipt":
            block = till.take("serial:///dev/ttyS0", Captured(subject.paper, "cut"))
            if given and block:
                tell(line, ("given", subject.number, *named(given[-1])))
            given.clear()
        elif what == "sales":
            waiting = [(one, store.submit(issue(one.sale, register))) for one in subject]
            if sabotage == "answer-early":
                tell(line, ("given", subject[0].number, -1, "not yet"))
            for one, future in waiting:
                tell(line, ("given", one.number, *named(future.result(60))))
                crash_point(TOLD)
        elif what == "pass":
            delivery.run_once()
        else:
            sign_checkpoint(shop.config, store)
        clock.move(20 if what != "pass" else 90)
        tell(line, ("now", clock.now))
    delivery.close()
    store.close()


def _delivery(line: socket.socket, shop: Shop, store: Store, clock: Clock) -> Delivery | ProviderDelivery:
    tax_code = shop.config.seller.tax_code
    if shop.config.register.by_provider:
        return ProviderDelivery(store, ProviderWire(line, clock, shop), "storm", tax_code, clock=clock)
    return Delivery(
        store,
        Wire(line, clock, shop),
        shop.frame,
        shop.config.parties.sender,
        tax_code,
        read_trust(shop.config.trust),
        receiver=shop.config.parties.receiver,
        clock=clock,
    )


def named(sold: Sold) -> tuple[int, str]:
    """What the paper says: number and code, or the code by which its number is asked for."""
    if isinstance(sold, Issued):
        return sold.number, sold.code
    assert isinstance(sold, Ordered)
    return 0, sold.reference


def api_sale(template: Sale, number: str, sold_at: datetime) -> Receipt:
    """A sale of that receipt number over the API."""
    return Receipt(number, sale=replace(template, receipt_no=number, sold_at=sold_at))
