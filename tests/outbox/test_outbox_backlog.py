"""A month without a line, and packages that never get through: the rest goes on."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from cryptography import x509
from outbox_samples import NOW, SENDER, TAX_CODE, Clock, RecordingGateway, issue_many, rows

from authority.errors import GatewayBusy, GatewayFailed, GatewayUnreachable
from authority.gateway import Collected, LookUp
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from outbox.delivery import Delivery
from outbox.pace import Limits, Pace
from outbox.store import Store

DAYS = 30


class _Line(RecordingGateway):
    """A line that a test cuts (``broken``), or that fails on messages with certain bytes (``poison``)."""

    broken: Exception | None = None
    poison: bytes | None = None
    tried = 0

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        self._check()
        if self.poison is not None and self.poison in message:
            self.sent.append((message_id, message))
            raise GatewayFailed("the server has failed (HTTP 500)")
        return super().send(message, message_id)

    def collect(self, after: str) -> Collected:
        self._check()
        return super().collect(after)

    def look_up(self, message_id: str) -> LookUp:
        self._check()
        return super().look_up(message_id)

    def _check(self) -> None:
        self.tried += 1
        if self.broken is not None:
            raise self.broken


class _Shop:
    def __init__(
        self,
        store: Store,
        clock: Clock,
        sandbox: Sandbox,
        frame: PackageFrame,
        trust: Sequence[x509.Certificate],
    ) -> None:
        self.store, self.clock, self.line = store, clock, _Line(sandbox, SENDER, clock)
        self.pace = Pace(dice=lambda: 0.5)
        self.delivery = Delivery(
            store, self.line, frame, SENDER, TAX_CODE, trust, clock=clock, pace=self.pace
        )

    def pass_(self, **later: float) -> str | None:
        self.clock.move(**later)
        return self.delivery.run_once().problem

    def states(self) -> dict[str, int]:
        return dict(rows(self.store, "SELECT state, COUNT(*) FROM invoice GROUP BY state"))


@pytest.fixture
def shop(
    store: Store,
    clock: Clock,
    new_sandbox: Callable[..., Sandbox],
    frame: PackageFrame,
    trust: list[x509.Certificate],
) -> _Shop:
    return _Shop(store, clock, new_sandbox(), frame, trust)


def test_a_month_offline_is_caught_up_todays_first(shop: _Shop) -> None:
    shop.line.broken = GatewayUnreachable("no connection")
    for day in range(DAYS):
        issue_many(shop.store, 3, 1 + 3 * day)
        for _ in range(20):
            shop.pass_(seconds=15)
        shop.clock.now = NOW + timedelta(days=day + 1)
    tried, packages = shop.line.tried, rows(shop.store, "SELECT COUNT(*) FROM package")[0][0]
    assert tried < DAYS * 20 / 2, "a dead line is not asked every time"
    assert packages <= 4, "what waits is packed when the line is back, not into many small packages"
    issue_many(shop.store, 3, 1000)
    shop.line.broken = None
    for _ in range(30):
        shop.pass_(seconds=15)
    assert shop.states() == {"accepted": 3 * DAYS + 3}
    last = rows(shop.store, "SELECT package_id FROM invoice ORDER BY id DESC LIMIT 1")[0][0]
    own = {name for (name,) in rows(shop.store, "SELECT message_id FROM acknowledgement")}
    order = list(dict.fromkeys(name for name, _ in shop.line.sent if name not in own))
    (todays,) = rows(shop.store, "SELECT message_id FROM package WHERE id = ?", last)[0]
    assert order.index(todays) == 0, "today's invoices go before the month's"


def test_one_bad_package_holds_up_no_other(shop: _Shop) -> None:
    issue_many(shop.store, 1)
    (code,) = rows(shop.store, "SELECT code FROM invoice")[0]
    shop.line.poison = code.encode()
    for place in range(12):
        shop.pass_(minutes=6)
        issue_many(shop.store, 1, 100 + place)
    shop.pass_(minutes=6)
    shop.pass_(minutes=6)
    others = rows(shop.store, "SELECT DISTINCT state FROM invoice WHERE id > 1")
    assert others == [("accepted",)]


def test_retry_after_is_respected(shop: _Shop) -> None:
    issue_many(shop.store, 1)
    shop.line.broken = GatewayBusy("come later", status=429, retry_after=600)
    shop.pass_(seconds=15)
    tried = shop.line.tried
    shop.line.broken = None
    for _ in range(39):
        assert "rests until" in (shop.pass_(seconds=15) or "")
    assert shop.line.tried == tried
    shop.pass_(seconds=16)
    shop.pass_(seconds=15)
    assert shop.states() == {"accepted": 1}


def test_a_gateway_with_a_limit_gets_no_more_than_it(
    store: Store, clock: Clock, new_sandbox: Callable[..., Sandbox], frame: PackageFrame
) -> None:
    line = _Line(new_sandbox(), SENDER, clock)
    delivery = Delivery(
        store, line, frame, SENDER, TAX_CODE, (), clock=clock, pace=Pace(Limits(per_minute=2))
    )

    for place in range(8):
        issue_many(store, 1, 1 + place)
        delivery.run_once()

        clock.move(seconds=5)
    assert len(line.sent) == 2
