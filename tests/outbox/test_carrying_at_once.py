"""Several packages under way at the same time: faster, and as careful as one after the other."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Lock

import pytest
from cryptography import x509
from outbox_samples import NOW, SENDER, TAX_CODE, Clock, issue_many, rows

from authority.direct import DirectGateway
from authority.errors import GatewayFailed
from authority.gateway import Capabilities
from authority.memory import MemoryGateway
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.server import RunningSandbox
from outbox.delivery import Delivery
from outbox.pace import Limits, Pace
from outbox.packages import Draft, Outgoing, Ready
from outbox.pass_queue import PassQueue
from outbox.states import PackageState
from outbox.store import Store

TODAY, BEFORE = "2026-11-23", "2026-11-22"
SMALL = 16_000  # bytes of a message that holds two or three invoices


def package(package_id: int, day: str = TODAY, attempts: int = 0) -> Outgoing:
    state = PackageState.SENT if attempts else PackageState.BUILT
    return Outgoing(package_id, f"message {package_id}", state, attempts, day)


class Packer:
    """Packs so many packages of a day, and remembers what it was told of packages of the pass. ``held``: the
    one that can no longer leave."""

    def __init__(self, count: int, day: str = TODAY, held: int = 0) -> None:
        self.left, self.day, self.held = count, day, held
        self.told: list[tuple[int, ...]] = []

    def make_ready(self, given_back: Collection[int]) -> Ready | None:
        self.told.append(tuple(given_back))
        if not self.left:
            return None
        self.left -= 1
        return Ready(Draft(f"new {len(self.told)}", (), (), None, self.day, NOW), b"")

    def leave(self, ready: Ready) -> Outgoing | None:
        number = int(ready.draft.message_id.split()[1])
        return None if number == self.held else package(100 + number, ready.draft.day)

    def queue(self, due: list[Outgoing], room: int = 64) -> PassQueue:
        return PassQueue(due, room, TODAY, self.make_ready, self.leave)


def taken(queue: PassQueue) -> list[int]:
    return [one.package_id for one in iter(queue.take, None)]


@pytest.mark.parametrize(
    ("due", "packer", "order"),
    [
        ([], Packer(2), [101, 102]),
        ([package(7)], Packer(1), [7, 101]),
        ([package(7, attempts=1)], Packer(2), [101, 102, 7]),
        ([package(7, BEFORE, 1), package(8, BEFORE, 2)], Packer(1), [101, 7, 8]),
        ([package(7, attempts=3)], Packer(1, BEFORE), [7, 101]),
        ([package(7), package(8, BEFORE)], Packer(1), [7, 101, 8]),
        ([], Packer(3, held=2), [101]),
        ([package(7, attempts=1)], Packer(1, held=1), [7]),
    ],
)
def test_todays_go_first_then_the_least_tried(due: list[Outgoing], packer: Packer, order: list[int]) -> None:
    assert taken(packer.queue(due)) == order


def test_no_more_is_packed_than_the_line_will_bear() -> None:
    packer = Packer(5)
    assert taken(packer.queue([package(7), package(8)], 3)) == [7, 8, 101]
    assert packer.left == 4
    assert taken(packer.queue([package(7), package(8)], 2)) == [7, 8]
    assert packer.left == 4


def test_the_packer_is_told_what_the_pass_has_had() -> None:
    packer = Packer(2)
    assert taken(packer.queue([package(7)])) == [7, 101, 102]
    assert packer.told == [(), (7, 101), (7, 101, 102)]


def test_a_closed_queue_gives_nothing_out() -> None:
    queue = Packer(1).queue([package(7), package(8)])
    assert queue.take() is not None
    queue.close()
    assert queue.take() is None


class _Small(MemoryGateway):
    """A gateway for messages of an invoice or two; says how many were under way together at the most."""

    def __init__(self, sandbox: Sandbox, clock: Clock, at_once: int, meet: Barrier | None = None) -> None:
        super().__init__(sandbox, SENDER, clock)
        self._can = replace(super().can, at_once=at_once)
        self._meet, self._lock, self._now = meet, Lock(), 0
        self.most = 0
        self.left: defaultdict[str, set[bytes]] = defaultdict(set)
        self.failing = False

    @property
    def can(self) -> Capabilities:
        return self._can

    @property
    def max_bytes(self) -> int:
        return SMALL

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.left[message_id].add(message)
        try:
            if self._meet is not None and b"<MLTDiep>206<" in message:
                self._meet.wait(60)
            if self.failing:
                raise GatewayFailed("the gateway has failed (HTTP 500)")
            return super().send(message, message_id)
        finally:
            with self._lock:
                self._now -= 1


NewDelivery = Callable[..., Delivery]


@pytest.fixture
def deliver(store: Store, frame: PackageFrame, trust: list[x509.Certificate], clock: Clock) -> NewDelivery:
    def make(gateway: MemoryGateway | DirectGateway, at_once: int) -> Delivery:
        pace = Pace(Limits(at_once=at_once), dice=lambda: 0.5)
        return Delivery(store, gateway, frame, SENDER, TAX_CODE, trust, clock=clock, pace=pace)

    return make


def states(store: Store) -> dict[str, int]:
    return dict(rows(store, "SELECT state, COUNT(*) FROM invoice GROUP BY state"))


def test_two_packages_are_under_way_together(
    store: Store,
    clock: Clock,
    frame: PackageFrame,
    new_sandbox: Callable[..., Sandbox],
    deliver: NewDelivery,
) -> None:
    gateway = _Small(new_sandbox(), clock, 2, Barrier(2))  # each waits until the other has left too
    issue_many(store, 1)
    (size,) = rows(store, "SELECT length(document) FROM invoice")[0]
    one_package = frame.how_many([size] * 10, SMALL)
    issue_many(store, one_package, 10)
    deliver(gateway, 2).run_once()
    assert rows(store, "SELECT COUNT(*) FROM package") == [(2,)]
    assert (states(store), gateway.most) == ({"accepted": 1 + one_package}, 2)


@pytest.mark.parametrize(("gateways", "wanted"), [(1, 4), (4, 1)])
def test_one_at_a_time_where_the_gateway_or_the_shop_says_so(
    store: Store,
    clock: Clock,
    new_sandbox: Callable[..., Sandbox],
    deliver: NewDelivery,
    gateways: int,
    wanted: int,
) -> None:
    gateway = _Small(new_sandbox(), clock, gateways)
    issue_many(store, 12)
    assert deliver(gateway, wanted).run_once().sent > 2
    assert (gateway.most, states(store)) == (1, {"accepted": 12})


def test_a_dead_line_leaves_what_has_not_left_unpacked(
    store: Store, clock: Clock, new_sandbox: Callable[..., Sandbox], deliver: NewDelivery
) -> None:
    gateway = _Small(new_sandbox(), clock, 2)
    gateway.failing = True
    issue_many(store, 40)
    delivery = deliver(gateway, 2)
    delivery.run_once()
    assert len(gateway.left) <= 4, "three failures break the line, one more was under way"
    assert states(store)["issued"] >= 40 - 3 * 4
    gateway.failing = False
    for _ in range(20):
        clock.move(minutes=6)
        delivery.run_once()
    assert states(store) == {"accepted": 40}
    assert {len(copies) for copies in gateway.left.values()} == {1}, "what leaves again is the same bytes"


def test_an_error_of_one_carrier_ends_the_pass(
    store: Store,
    clock: Clock,
    new_sandbox: Callable[..., Sandbox],
    deliver: NewDelivery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = _Small(new_sandbox(), clock, 2)
    issue_many(store, 40)
    delivery = deliver(gateway, 2)
    monkeypatch.setattr(gateway, "send", lambda *_: (_ for _ in ()).throw(OSError("no such thing")))
    with pytest.raises(OSError, match="no such thing"):
        delivery.run_once()
    assert states(store)["issued"] > 30
    monkeypatch.undo()
    for _ in range(3):
        clock.move(minutes=6)
        delivery.run_once()
    assert states(store) == {"accepted": 40}


FAULTS = "lose-answer=0.2,lose-request=0.1,http-500=0.1,cut-body=0.1,repeat=0.3,reorder=0.3,lose-notice=0.2"


class _Watched(DirectGateway):
    """The real gateway, for small messages; keeps what left."""

    left: defaultdict[str, set[bytes]]

    @property
    def max_bytes(self) -> int:
        return SMALL

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        self.left[message_id].add(message)
        return super().send(message, message_id)


@pytest.fixture
def faulty(tmp_path: Path, clock: Clock) -> Iterator[tuple[RunningSandbox, _Watched]]:
    plan = FaultPlan.parse(f"{FAULTS},seed=5")
    with RunningSandbox(tmp_path / "sandbox", faults=plan, clock=clock) as running:
        gateway = _Watched(running.url, SENDER, ca=running.ca)
        gateway.left = defaultdict(set)
        yield running, gateway
        gateway.close()


def test_over_a_bad_line_nothing_is_registered_twice(
    store: Store, clock: Clock, frame: PackageFrame, faulty: tuple[RunningSandbox, _Watched]
) -> None:
    running, gateway = faulty
    trust = [x509.load_pem_x509_certificate(running.trust.read_bytes())]
    pace = Pace(Limits(at_once=4), dice=lambda: 0.5)
    delivery = Delivery(store, gateway, frame, SENDER, TAX_CODE, trust, clock=clock, pace=pace)
    issue_many(store, 60)
    for _ in range(80):
        delivery.run_once()
        clock.move(seconds=301)
        if states(store) == {"accepted": 60}:
            break
    assert states(store) == {"accepted": 60}
    said = running.sandbox.statistics()
    assert (said["invoices"], said["doubly_registered"], said["refused_as_duplicate"]) == (60, 0, 0)
    stored = dict(rows(store, "SELECT message_id, document FROM package"))
    stored |= dict(rows(store, "SELECT message_id, document FROM acknowledgement"))
    assert {name: {stored[name]} for name in gateway.left} == dict(gateway.left)
