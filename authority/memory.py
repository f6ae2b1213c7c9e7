"""The direct gateway's twin in memory: the same shape and the same faults, without sockets.

For tests that want thousands of exchanges a second; ``clock`` says what time the authority has.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from authority.errors import ConnectionCut, GatewayFailed, GatewayTimeout, GatewayUnreachable, MessageTooLarge
from authority.gateway import MESSAGE_ROUTE, Capabilities, Collected, LookUp, NumbersKnown
from authority.package import PACKAGE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from authority.gateway import Gateway
    from authority.sandbox.core import Sandbox


class MemoryGateway:
    """A ``Gateway`` to a sandbox in the same process.

    The sandbox's fault plan holds here too: ``down`` counts from the first use and refuses connections,
    ``slow`` is left out.
    """

    def __init__(self, sandbox: Sandbox, sender_code: str, clock: Callable[[], datetime]) -> None:
        self._sandbox = sandbox
        self._sender = sender_code
        self._clock = clock
        self._requests = itertools.count()
        self._started: datetime | None = None

    @property
    def name(self) -> str:
        """Always ``memory``."""
        return "memory"

    @property
    def can(self) -> Capabilities:
        """Messages of finished invoices, which the agent numbers."""
        return MESSAGE_ROUTE

    @property
    def max_bytes(self) -> int:
        """The regulation's 2 MB."""
        return PACKAGE_LIMIT

    @property
    def clock_skew(self) -> timedelta | None:
        """Both sides have one clock."""
        return None

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        """See ``Gateway.send``."""
        if len(message) > self.max_bytes:
            raise MessageTooLarge(f"the message has {len(message)} bytes, the gateway takes {self.max_bytes}")
        now = self._reached()
        faults = self._sandbox.faults
        occasion = f"{message_id}:{next(self._requests)}"
        if faults.strikes("lose-request", occasion):
            raise GatewayTimeout("no answer (fault: the request was lost)")
        failing = faults.strikes("http-500", occasion)
        if failing and faults.chance("http-500-early", occasion) < 0.5:
            raise GatewayFailed("the gateway has failed (fault, before the message was read)")
        answer = self._sandbox.receive(message, now)
        if failing:
            raise GatewayFailed("the gateway has failed (fault, after the message was read)")
        if faults.strikes("lose-answer", occasion):
            raise GatewayTimeout("no answer (fault: the answer was lost)")
        if faults.strikes("cut-body", occasion):
            raise ConnectionCut("the connection broke (fault: in the middle of the answer)")
        return (answer,) if answer else ()

    def collect(self, after: str) -> Collected:
        """See ``Gateway.collect``."""
        due = self._sandbox.answers_due(self._sender, after, self._reached())
        cursor = due.entries[-1][0] if due.entries else after
        return Collected(tuple(content for _, content in due.entries), cursor, due.more)

    def look_up(self, message_id: str) -> LookUp:
        """See ``Gateway.look_up``."""
        return self._sandbox.look_up(message_id, self._reached())

    def numbers_known(self, tax_code: str, form: int, symbol: str, after: int) -> NumbersKnown:
        """See ``KnowsNumbers``."""
        self._reached()
        return self._sandbox.numbers_known(tax_code, form, symbol, after)

    def close(self) -> None:
        """Nothing to give back: the sandbox belongs to whoever made it."""

    def _reached(self) -> datetime:
        """The time, if the line is up."""
        now = self._clock()
        self._started = self._started or now
        wait = self._sandbox.faults.down_for((now - self._started).total_seconds())
        if wait is not None:
            raise GatewayUnreachable("no connection (fault: down)", retry_after=wait)
        return now


if TYPE_CHECKING:
    _shape: type[Gateway] = MemoryGateway  # mypy holds it against the protocol
