"""What a register tells its peers (``GET /v1/standing``), written and read.

The reader believes nothing: every value has a type, a range and a length, and what is not exactly so is
refused as a whole. Alarms travel as codes; their words are the reader's own.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from agent.parts import ledger_key
from agent.peers.errors import PeerNonsense
from agent.standing import Light, standing
from invoice.numbers import MAX_REGISTER, Symbol
from invoice.sale_json import VIETNAM
from outbox.reports import QUEUE
from outbox.store import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from cryptography.x509 import Certificate

    from agent.config import Config

MOST_BYTES = 32_768
MOST_ALARMS = 50
MOST = 2**53  # a figure beyond it is none of a shop's, and not exact everywhere
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_SYMBOL = re.compile(r"[A-Z0-9]{6}")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,40}")
T = TypeVar("T")
_MARK = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class PeerAlarm:
    """An alarm by its code alone. ``needs_you``: it will not go away by itself."""

    code: str
    needs_you: bool


@dataclass(frozen=True, slots=True)
class Report:
    """How a register stands. Times are UTC (ISO 8601), ``day`` is the day in Viet Nam of ``today``.

    ``ledger`` tells registers apart (a hash of the ledger's public key), ``run`` one start of the program
    from another. ``waiting``: invoices that the authority has not decided about.
    """

    at: str
    version: str
    ledger: str
    run: str
    seller: str
    tax_code: str
    register: int
    symbol: str
    light: Light
    day: str
    sales: int
    total: int
    queue: dict[str, int]
    waiting: int
    oldest_unsent: str | None
    last_contact: str | None
    certificate_days: int | None
    quarantined: int
    alarms: tuple[PeerAlarm, ...]

    def as_json(self) -> dict[str, Any]:
        """As it travels."""
        return {**asdict(self), "light": self.light.value}


def report_of(
    connection: sqlite3.Connection,
    config: Config,
    certificate: Certificate | None,
    delivery_problem: str | None,
    run: str,
) -> Report:
    """This register's own, on a read connection.

    Raises:
        SigningError: the ledger's key cannot be read, which tells registers apart.
    """
    now = datetime.now(UTC)
    today = now.astimezone(VIETNAM).date()
    found = standing(connection, config, certificate, delivery_problem, "vi")
    alarms = {alarm.code.partition(" ")[0]: alarm for alarm in found.alarms}
    return Report(
        at=stamp(now),
        version=version("thungan"),
        ledger=sha256(ledger_key(config.folder).public_key().public_bytes_raw()).hexdigest()[:32],
        run=run,
        seller=config.seller.name,
        tax_code=config.seller.tax_code,
        register=config.register.number,
        symbol=str(Symbol.of_year(config.register.letters, today.year)),
        light=found.light,
        day=today.isoformat(),
        sales=found.today["sales"],
        total=found.today["total"],
        queue={state: found.queue.get(state, 0) for state in QUEUE},
        waiting=found.waiting,
        oldest_unsent=found.oldest_unsent,
        last_contact=found.last_contact,
        certificate_days=found.days_left,
        quarantined=found.quarantined,
        # The code alone: what follows it may be an address of a device or a database.
        alarms=tuple(PeerAlarm(code, alarm.needs_you) for code, alarm in alarms.items())[:MOST_ALARMS],
    )


def read_report(body: bytes) -> Report:
    """The report of an answer.

    Raises:
        PeerNonsense: it is none, whatever else it is.
    """
    try:
        said = json.loads(body, parse_constant=_no_figure)
    except (ValueError, RecursionError) as error:
        raise PeerNonsense(f"the answer is no JSON: {type(error).__name__}") from None
    if not isinstance(said, dict):
        raise PeerNonsense("the answer is no JSON object")
    take = _Taker(said)
    queue = take.value("queue")
    if not isinstance(queue, dict):
        raise PeerNonsense("queue is not the states of invoices")
    # A state that another version does not have counts nothing there; one that we do not know is left out.
    states = _Taker({**dict.fromkeys(QUEUE, 0), **queue}, "queue.")
    return Report(
        at=take.moment("at"),
        version=take.matching("version", _VERSION),
        ledger=take.matching("ledger", _MARK),
        run=take.text("run", 0, 64),
        seller=take.text("seller", 1, 400),
        tax_code=take.text("tax_code", 1, 14),
        register=take.whole("register", 1, MAX_REGISTER),
        symbol=take.matching("symbol", _SYMBOL),
        light=take.light("light"),
        day=take.day("day"),
        sales=take.whole("sales", 0, MOST),
        total=take.whole("total", -MOST, MOST),
        queue={state: states.whole(state, 0, MOST) for state in QUEUE},
        waiting=take.whole("waiting", 0, MOST),
        oldest_unsent=take.maybe("oldest_unsent", take.moment),
        last_contact=take.maybe("last_contact", take.moment),
        certificate_days=take.maybe("certificate_days", lambda key: take.whole(key, -100_000, 100_000)),
        quarantined=take.whole("quarantined", 0, MOST),
        alarms=take.alarms("alarms"),
    )


def _no_figure(text: str) -> NoReturn:
    raise ValueError(text)


class _Taker:
    """Takes values of an object that nobody vouches for. What it does not know is left out."""

    def __init__(self, said: dict[str, Any], inside: str = "") -> None:
        self._said = said
        self._inside = inside

    def value(self, key: str) -> Any:
        if key not in self._said:
            raise PeerNonsense(f"{self._inside}{key} is missing")
        return self._said[key]

    def maybe(self, key: str, take: Callable[[str], T]) -> T | None:
        return None if self.value(key) is None else take(key)

    def whole(self, key: str, least: int, most: int) -> int:
        value = self.value(key)
        if type(value) is not int or not least <= value <= most:
            raise PeerNonsense(f"{self._inside}{key} is no whole number from {least} to {most}")
        return value

    def text(self, key: str, least: int, most: int) -> str:
        value = self.value(key)
        # Unprintable signs would turn the letters around them about on the screen.
        if not isinstance(value, str) or not least <= len(value) <= most or not value.isprintable():
            raise PeerNonsense(f"{self._inside}{key} is no text of {least} to {most} characters")
        return value

    def matching(self, key: str, pattern: re.Pattern[str]) -> str:
        value = self.text(key, 1, 100)
        if not pattern.fullmatch(value):
            raise PeerNonsense(f"{self._inside}{key} is not of its form")
        return value

    def moment(self, key: str) -> str:
        value = self.text(key, 20, 40)
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            raise PeerNonsense(f"{self._inside}{key} is no time") from None
        if at.tzinfo is None or not 2000 <= at.year <= 2200:
            raise PeerNonsense(f"{self._inside}{key} is no time of ours")
        return stamp(at.astimezone(UTC))

    def day(self, key: str) -> str:
        try:
            return date.fromisoformat(self.text(key, 10, 10)).isoformat()
        except ValueError:
            raise PeerNonsense(f"{self._inside}{key} is no day") from None

    def light(self, key: str) -> Light:
        try:
            return Light(self.text(key, 1, 10))
        except ValueError:
            raise PeerNonsense(f"{self._inside}{key} is no light") from None

    def alarms(self, key: str) -> tuple[PeerAlarm, ...]:
        found = self.value(key)
        if not isinstance(found, list) or len(found) > MOST_ALARMS:
            raise PeerNonsense(f"{self._inside}{key} is no list of at most {MOST_ALARMS}")
        alarms = []
        for one in found:
            if not isinstance(one, dict) or type(one.get("needs_you")) is not bool:
                raise PeerNonsense(f"{self._inside}{key} has something else than alarms")
            alarms.append(PeerAlarm(_Taker(one, "alarms.").matching("code", _CODE), one["needs_you"]))
        return tuple(alarms)
