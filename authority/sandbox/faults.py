"""What the sandbox does wrong on purpose.

>>> from authority.sandbox.faults import FaultPlan
>>> plan = FaultPlan.parse("lose-answer=0.1,delay=2s,down=5s/30s,seed=7")
>>> plan.lose_answer, plan.delay, plan.down
(0.1, 2.0, (5.0, 30.0))

The words (rates are probabilities 0 to 1, durations are ``500ms``, ``2s`` or ``1m``):

============== ============================================================================
lose-request   the message is dropped before it is read, the connection cut
lose-answer    the message is handled, the connection cut instead of an answer
cut-body       the connection is cut in the middle of the answer
http-500       HTTP 500, half of the times after the message has been handled
slow           every answer over HTTP comes that much later
down           ``down=5s/30s``: HTTP 503 with Retry-After for the first 5 s of every 30 s
delay          notices (204, 103, 301), and a provider's files and authority codes, come that much later
repeat         a notice is left in the inbox twice
reorder        a notice comes later still, behind others
lose-notice    a notice is never left in the inbox; only a look-up shows it
refuse         an invoice or order without fault is refused
refuse-form    a registration without fault is refused in its 103, a notice of wrong invoices in its 301
expire-token   a provider takes no token any more that it gave out until then, also between two of a batch
duplicate-key  a provider refuses an order's key that it knows, instead of telling the invoice again
partly         a provider leaves an order of a batch out, and says nothing of it
other-series   a provider gives a number of another series than asked for
soap-fault     a provider of SOAP answers with a fault, half of the times after the call has been done
clock-ahead    a provider's clock runs that much ahead
seed           a whole number; the same plan and seed give the same faults
============== ============================================================================

Chance is a hash of seed, word and occasion, not a random generator: it needs no lock, and what happens
to one message does not depend on what other threads do meanwhile.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from typing import Any

from authority.errors import FaultPlanInvalid

_RATES = (
    "lose-request",
    "lose-answer",
    "cut-body",
    "http-500",
    "repeat",
    "reorder",
    "lose-notice",
    "refuse",
    "refuse-form",
    "expire-token",
    "duplicate-key",
    "partly",
    "other-series",
    "soap-fault",
)
_DURATIONS = ("slow", "delay", "clock-ahead")
WORDS = (*_RATES, *_DURATIONS, "down", "seed")

_DURATION = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(ms|s|m)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_REORDER_AT_LEAST = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A parsed plan; without arguments, no faults. Rates 0…1, durations in seconds."""

    lose_request: float = 0.0
    lose_answer: float = 0.0
    cut_body: float = 0.0
    http_500: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0
    lose_notice: float = 0.0
    refuse: float = 0.0
    refuse_form: float = 0.0
    expire_token: float = 0.0
    duplicate_key: float = 0.0
    partly: float = 0.0
    other_series: float = 0.0
    soap_fault: float = 0.0
    clock_ahead: float = 0.0
    slow: float = 0.0
    delay: float = 0.0
    down: tuple[float, float] | None = None
    seed: int = 0

    @staticmethod
    def parse(text: str) -> FaultPlan:
        """Read ``word=value,word=value``; "" is a plan without faults.

        Raises:
            FaultPlanInvalid: naming the word that is wrong, and the ones there are.
        """
        plan = FaultPlan()
        seen: set[str] = set()
        for part in text.split(","):
            if not part.strip():
                continue
            word, equals, value = (piece.strip() for piece in part.partition("="))
            if word not in WORDS:
                raise FaultPlanInvalid(f"{word[:40]!r} is not a fault; there are {', '.join(WORDS)}")
            if not equals or not value:
                raise FaultPlanInvalid(f"{word} has no value")
            if word in seen:
                raise FaultPlanInvalid(f"{word} is given twice")
            seen.add(word)
            change: dict[str, Any] = {word.replace("-", "_"): _value(word, value)}
            plan = replace(plan, **change)
        return plan

    def strikes(self, word: str, occasion: str) -> bool:
        """Whether the fault of that word happens on that occasion (any text that names it)."""
        rate: float = getattr(self, word.replace("-", "_"))
        return rate > 0 and self.chance(word, occasion) < rate

    def chance(self, word: str, occasion: str) -> float:
        """A number in 0…1 that belongs to this seed, word and occasion."""
        named = f"{self.seed}\0{word}\0{occasion}".encode()
        return int.from_bytes(hashlib.blake2b(named, digest_size=7).digest()) / (1 << 56)

    def down_for(self, since_start: float) -> float | None:
        """Seconds until the line is up again, None while it is up."""
        if self.down is None:
            return None
        length, period = self.down
        place = since_start % period
        return length - place if place < length else None

    def later(self, occasion: str) -> float:
        """Seconds by which a notice is late."""
        if not self.strikes("reorder", occasion):
            return self.delay
        spread = max(self.delay, _REORDER_AT_LEAST) * 3
        return self.delay + spread * self.chance("reorder-by", occasion)


def _value(word: str, value: str) -> object:
    if word == "seed":
        if not re.fullmatch(r"[0-9]{1,18}", value):
            raise FaultPlanInvalid(f"seed={value[:40]} is not a whole number")
        return int(value)
    if word == "down":
        length, slash, period = value.partition("/")
        if not slash:
            raise FaultPlanInvalid(f"down={value[:40]} is not of the form 5s/30s")
        pair = (_seconds(word, length), _seconds(word, period))
        if not 0 < pair[0] <= pair[1]:
            raise FaultPlanInvalid(f"down={value[:40]}: the first must be shorter than the second")
        return pair
    return _seconds(word, value) if word in _DURATIONS else _rate(word, value)


def _seconds(word: str, value: str) -> float:
    match = _DURATION.fullmatch(value)
    if not match:
        raise FaultPlanInvalid(f"{word}={value[:40]} is not a duration such as 500ms, 2s or 1m")
    return float(match[1]) * _UNITS[match[2]]


def _rate(word: str, value: str) -> float:
    try:
        rate = float(value)
    except ValueError:
        rate = math.nan
    if not 0 <= rate <= 1:
        raise FaultPlanInvalid(f"{word}={value[:40]} is not a rate from 0 to 1")
    return rate
