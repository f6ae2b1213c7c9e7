"""The T-VAN route over real HTTPS, and the change from one route to another."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from outbox_samples import TAX_CODE, Clock, issue_many, rows

from authority.codes import Parties, direct_parties, tvan_parties
from authority.direct import DirectGateway
from authority.memory import MemoryGateway
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.server import RunningSandbox
from authority.sandbox.settings import Settings
from outbox.delivery import Delivery, Pass
from outbox.store import Store
from signing.errors import SigningError
from signing.passphrase import Secret
from signing.xmldsig import XmlSigner

TVAN = "0109990002"
FIRST, SECOND = "one-day", "next-day"
DIRECT, BY_TVAN = direct_parties(TAX_CODE), tvan_parties(TAX_CODE, TVAN)


def delivery(
    store: Store, gateway: Any, signer: XmlSigner, way: Parties, trust: Any, clock: Clock
) -> Delivery:
    frame = PackageFrame.of(signer, sender=way.sender, receiver=way.receiver, tax_code=TAX_CODE)
    return Delivery(store, gateway, frame, way.sender, TAX_CODE, trust, receiver=way.receiver, clock=clock)


def settle(worker: Delivery, store: Store, clock: Clock) -> None:
    """Passes until everything is accepted; a bound on them, not on time."""
    for _ in range(200):
        worker.run_once()
        if rows(store, "SELECT DISTINCT state FROM invoice") == [("accepted",)]:
            return
        clock.move(seconds=301)
    raise AssertionError(rows(store, "SELECT state, COUNT(*) FROM invoice GROUP BY state"))


@pytest.mark.parametrize("way", [DIRECT, BY_TVAN], ids=["direct", "tvan"])
@pytest.mark.parametrize(
    "faults",
    [
        "lose-answer=0.4",
        "lose-request=0.4",
        "http-500=0.4",
        "lose-notice=0.4",
        "delay=2m,reorder=0.5,repeat=0.5",
    ],
)
def test_a_bad_line_loses_and_doubles_nothing_on_either_route(
    way: Parties,
    faults: str,
    store: Store,
    clock: Clock,
    signer: XmlSigner,
    new_sandbox: Callable[..., Sandbox],
    trust: Any,
) -> None:
    settings = Settings(tvan_code=None if way is DIRECT else TVAN)
    sandbox = new_sandbox(settings=settings, faults=FaultPlan.parse(faults + ",seed=7"))
    worker = delivery(store, MemoryGateway(sandbox, way.sender, clock), signer, way, trust, clock)
    for turn in range(6):
        issue_many(store, 2, first=1 + 2 * turn)
        worker.run_once()
    settle(worker, store, clock)
    told = sandbox.statistics()
    assert (told["invoices"], told["doubly_registered"]) == (12, 0)


@pytest.mark.parametrize(("way", "strict"), [(DIRECT, TVAN), (BY_TVAN, None)])
def test_the_other_routes_codes_are_refused(
    way: Parties,
    strict: str | None,
    store: Store,
    clock: Clock,
    signer: XmlSigner,
    new_sandbox: Callable[..., Sandbox],
    trust: Any,
) -> None:
    sandbox = new_sandbox(settings=Settings(tvan_code=strict))
    issue_many(store, 1)
    delivery(store, MemoryGateway(sandbox, way.sender, clock), signer, way, trust, clock).run_once()
    assert sandbox.statistics()["invoices"] == 0


def test_a_token_that_ends_midway_stops_the_line_until_its_source_has_another(
    store: Store, clock: Clock, signer: XmlSigner, tmp_path: Path
) -> None:
    settings = Settings(tvan_code=TVAN, token=FIRST)
    with RunningSandbox(tmp_path / "tvan", settings=settings, clock=clock) as running:
        trust, kept = _trust(running), [FIRST]

        def token() -> Secret:
            if not kept:
                raise SigningError("the source holds no secret")
            return Secret(kept[0])

        gateway = DirectGateway(running.url, BY_TVAN.sender, ca=running.ca, token=token)
        worker = delivery(store, gateway, signer, BY_TVAN, trust, clock)
        issue_many(store, 2)
        worker.run_once()
        running.sandbox.settings = replace(settings, token=SECOND)
        issue_many(store, 2, first=3)
        done = worker.run_once()
        assert done.problem
        assert "HTTP 401" in done.problem
        kept.clear()  # being changed just now
        clock.move(seconds=4000)
        assert "HTTP 401" in (worker.run_once().problem or "")
        kept.append(SECOND)
        clock.move(seconds=4000)
        settle(worker, store, clock)
        worker.close()
        told = running.sandbox.statistics()
        assert (told["invoices"], told["doubly_registered"]) == (4, 0)


def test_a_shop_changes_route_only_when_nothing_is_undecided(
    store: Store, clock: Clock, signer: XmlSigner, new_sandbox: Callable[..., Sandbox], trust: Any
) -> None:
    old, new = new_sandbox(), new_sandbox(settings=Settings(tvan_code=TVAN))
    first = delivery(store, MemoryGateway(old, DIRECT.sender, clock), signer, DIRECT, trust, clock)
    second = delivery(store, MemoryGateway(new, BY_TVAN.sender, clock), signer, BY_TVAN, trust, clock)
    issue_many(store, 3)
    ready = first._make_ready((), Pass())
    assert ready is not None
    first._leave(ready, Pass())
    done = second.run_once()
    assert done.problem
    assert "E-OUT-050" in done.problem
    assert new.statistics()["messages"] == 0
    settle(first, store, clock)
    issue_many(store, 3, first=4)
    settle(second, store, clock)
    assert (old.statistics()["invoices"], new.statistics()["invoices"]) == (3, 3)


def _trust(running: RunningSandbox) -> list[Any]:
    return [x509.load_pem_x509_certificate(running.trust.read_bytes())]
