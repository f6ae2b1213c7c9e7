"""Orders through each provider over real HTTPS, on a line and at a service that do everything wrong.

Whatever happens: each sale is numbered once, under its own key, and the dates of a series do not go back
(promises P1 to P4).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from outbox_samples import NOW, TAX_CODE, Clock, rows, sale
from provider_samples import BY_PROVIDER, order_one

from audit.ledger_check import check_ledger
from authority.https_line import Timeouts
from authority.providers.viettel.gateway import ViettelGateway
from authority.providers.viettel.settings import ViettelSettings
from authority.providers.vnpt.gateway import VnptGateway
from authority.providers.vnpt.login import Sources
from authority.providers.vnpt.manner import VnptManner
from authority.sandbox.faults import FaultPlan
from authority.sandbox.keys import open_keys
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import PROVIDERS, RunningProvider
from authority.sandbox.viettel.settings import ViettelSettings as Switches
from authority.sandbox.vnpt.terms import Terms, VnptSettings
from invoice.corrections import Correction
from invoice.numbers import Form
from outbox.correcting import issue_correction
from outbox.pace import Pace
from outbox.provider_delivery import ProviderDelivery
from signing.passphrase import read_passphrase
from signing.private_file import write_private

if TYPE_CHECKING:
    from authority.providers.provider import ProviderGateway
    from outbox.store import Store

QUICK = Timeouts(connect=5, read=20, total=40)
DAYS, PER_DAY = 3, 4
REFUSED = {"viettel": "REFUSED_BY_SANDBOX", "vnpt": "theo kịch bản lỗi"}
LOG_IN = {"viettel": "E-AUT-048", "vnpt": "E-AUT-071"}


class Shop:
    """A store that sells, a provider beside it, and the worker between them."""

    def __init__(
        self, store: Store, clock: Clock, running: RunningProvider, name: str, batch: int, folder: Path
    ) -> None:
        self.store, self.clock, self.running, self.name = store, clock, running, name
        self.kept = folder / "password"
        self.password_becomes("sandbox")
        self.gateway = self._viettel(batch) if name == "viettel" else self._vnpt(batch)
        self.worker = ProviderDelivery(
            store, self.gateway, name, TAX_CODE, clock=clock, pace=Pace(dice=lambda: 0.0)
        )
        self.sold = 0

    def _viettel(self, batch: int) -> ProviderGateway:
        return ViettelGateway(
            self.running.url,
            TAX_CODE,
            Form.VAT,
            "sandbox",
            lambda: read_passphrase(f"file:{self.kept}"),
            settings=ViettelSettings(batch=batch),
            ca=self.running.ca,
            timeouts=QUICK,
        )

    def _vnpt(self, batch: int) -> ProviderGateway:
        source = f"file:{self.kept}"
        return VnptGateway(
            self.running.url,
            Sources("sandbox", source, "sandbox", source),
            manner=VnptManner(batch=batch),
            ca=self.running.ca,
            timeouts=QUICK,
        )

    def password_becomes(self, password: str) -> None:
        """Another one is kept from now on."""
        self.kept.unlink(missing_ok=True)
        write_private(self.kept, password.encode())

    def sell(self, count: int) -> None:
        for _ in range(count):
            self.sold += 1
            self.clock.move(seconds=60)
            order_one(self.store, f"HD{self.sold}", sold_at=self.clock().astimezone(NOW.tzinfo))

    def settle(self, *ends: str) -> None:
        """Passes until every order has come to an end; a bound on them, not on time."""
        for _ in range(300):
            self.worker.run_once()
            if {state for (state,) in rows(self.store, "SELECT state FROM invoice_order")} <= set(ends):
                return
            self.clock.move(seconds=301)
        raise AssertionError(rows(self.store, "SELECT state, reason FROM invoice_order"))

    def line_comes_back(self) -> None:
        """The provider answers from now on."""
        self.running.served._shutter._faults = FaultPlan()

    def numbers_are_bought(self, count: int) -> None:
        """The series has that many numbers from now on."""
        account = ProviderAccount(tax_code=TAX_CODE, series={"C26MAA": count})
        if self.name == "viettel":
            self.running.served.desk._account = account
        else:
            self.running.served.desk._terms = Terms(account, VnptSettings())

    def check(self) -> None:
        """What the provider has is what was sold, once, and the store knows it."""
        theirs = self.running.served.issued()
        ours = rows(
            self.store,
            "SELECT o.key, i.number, i.code, i.total, i.day FROM invoice_order o JOIN invoice i"
            " ON i.id = o.invoice_id ORDER BY i.number",
        )
        assert [(str(UUID(one.key)), one.number, one.code, int(one.total)) for one in theirs] == [
            row[:4] for row in ours
        ]
        assert [one.number for one in theirs] == list(range(1, len(theirs) + 1))
        assert [one.moment for one in theirs] == sorted(one.moment for one in theirs)
        assert rows(self.store, "SELECT message FROM alarm WHERE code = 'provider-differs'") == []
        connection = self.store.reader()
        try:
            assert check_ledger(connection, Ed25519PrivateKey.generate().public_key()).problems == ()
        finally:
            connection.close()


Open = Callable[..., Shop]


@pytest.fixture(params=PROVIDERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(store: Store, clock: Clock, tmp_path: Path, name: str) -> Iterator[Open]:
    opened: list[Shop] = []
    keys = tmp_path / "keys"
    open_keys(keys, "127.0.0.1", NOW)

    def make(
        faults: str = "",
        account: ProviderAccount | None = None,
        switches: object = None,
        batch: int = 1,
    ) -> Shop:
        folder = tmp_path / str(len(opened))
        shutil.copytree(keys, folder)
        running = RunningProvider(
            name,
            folder,
            faults=FaultPlan.parse(faults),
            account=account or ProviderAccount(tax_code=TAX_CODE),
            settings=switches,
            clock=clock,
        )
        opened.append(Shop(store, clock, running, name, batch, folder))
        return opened[-1]

    yield make
    for one in opened:
        one.worker.close()
        one.running.stop()


_ALL = "lose-answer=0.2,lose-request=0.2,http-500=0.2,expire-token=0.1,soap-fault=0.2,partly=0.2,delay=5m"


@pytest.mark.parametrize(
    ("faults", "batch"),
    [
        ("", 5),
        ("lose-answer=0.4", 5),
        ("lose-request=0.4", 1),
        ("cut-body=0.4", 5),
        ("http-500=0.4", 1),
        ("expire-token=0.3,soap-fault=0.3", 5),
        ("partly=0.5", 5),
        ("duplicate-key=1,lose-answer=0.3", 1),
        ("delay=10m", 5),
        (_ALL, 1),
        (_ALL, 5),
    ],
)
def test_nothing_is_lost_and_nothing_is_doubled(shop: Open, faults: str, batch: int) -> None:
    one = shop(f"{faults},seed=11", batch=batch)
    for _ in range(DAYS):
        for _ in range(2):
            one.sell(PER_DAY // 2)
            one.worker.run_once()
        one.clock.move(days=1)
    one.settle("invoiced")
    one.check()
    assert len(one.running.served.issued()) == one.sold


def test_days_without_a_line_are_caught_up_in_order_of_sale_time(shop: Open) -> None:
    one = shop("down=1m/1m")
    for _ in range(DAYS):
        one.sell(PER_DAY)
        assert one.worker.run_once().problem is not None
        one.clock.move(days=1)
    assert rows(one.store, "SELECT COUNT(*) FROM invoice") == [(0,)]
    one.line_comes_back()
    one.settle("invoiced")
    one.check()
    sold = rows(
        one.store, "SELECT i.number FROM invoice i JOIN sale s ON s.id = i.sale_id ORDER BY s.sold_at"
    )
    assert sold == [(number,) for number in range(1, DAYS * PER_DAY + 1)]
    days = rows(one.store, "SELECT day, COUNT(*) FROM invoice GROUP BY day ORDER BY day")
    assert [count for _, count in days] == [PER_DAY] * DAYS


@pytest.mark.parametrize("name", ["viettel"], indirect=True)
def test_a_provider_of_the_day_itself_gets_the_day_itself(shop: Open) -> None:
    one = shop(switches=Switches(today_only=True), batch=5)
    one.sell(2)
    one.settle("invoiced")
    one.sell(2)
    one.clock.move(days=2)
    one.sell(2)
    one.settle("invoiced")
    one.check()
    days = [day for (day,) in rows(one.store, "SELECT day FROM invoice ORDER BY number")]
    assert days == ["2026-11-23"] * 2 + ["2026-11-25"] * 4
    assert rows(one.store, "SELECT COUNT(*) FROM alarm") == [(0,)]


def test_what_is_refused_is_set_aside_and_the_others_go_on(shop: Open) -> None:
    one = shop("refuse=0.4,seed=3", batch=5)
    one.sell(10)
    one.settle("invoiced", "refused")
    one.check()
    refused = rows(one.store, "SELECT reason FROM invoice_order WHERE state = 'refused'")
    assert 0 < len(refused) < 10
    assert all(REFUSED[one.name] in reason for (reason,) in refused)


def test_a_number_of_another_series_is_attached_to_nothing(shop: Open) -> None:
    one = shop("other-series=1")
    one.sell(1)
    one.settle("held")
    assert rows(one.store, "SELECT COUNT(*) FROM invoice") == [(0,)]
    [(alarm,)] = rows(one.store, "SELECT message FROM alarm WHERE code = 'provider-differs'")
    assert "C26MZZ-1" in alarm


def test_numbers_used_up_hold_everything_and_lose_nothing(shop: Open) -> None:
    one = shop(account=ProviderAccount(tax_code=TAX_CODE, series={"C26MAA": 3}))
    one.sell(5)
    for _ in range(3):
        one.worker.run_once()
        one.clock.move(seconds=301)
    assert rows(one.store, "SELECT COUNT(*) FROM invoice") == [(3,)]
    assert rows(one.store, "SELECT DISTINCT state FROM invoice_order WHERE invoice_id IS NULL") == [
        ("ordered",)
    ]
    assert [code for (code,) in rows(one.store, "SELECT code FROM alarm")] == ["series-stopped"]
    one.numbers_are_bought(100)
    one.settle("invoiced")
    one.check()
    assert rows(one.store, "SELECT COUNT(*) FROM alarm") == [(0,)]


def test_a_password_changed_at_the_provider_holds_everything_until_it_is_changed_here(shop: Open) -> None:
    one = shop(account=ProviderAccount(password="new", tax_code=TAX_CODE))
    one.sell(2)
    done = one.worker.run_once()
    assert LOG_IN[one.name] in str(done.problem)
    one.password_becomes("new")
    one.settle("invoiced")
    one.check()


@pytest.mark.parametrize(
    "correction", [Correction.REPLACE, Correction.REFUND, Correction.INCREASE, Correction.INFORM]
)
def test_corrections_name_what_the_provider_has(shop: Open, correction: Correction) -> None:
    one = shop("lose-answer=0.3,seed=5")
    one.sell(1)
    one.settle("invoiced")
    one.clock.move(days=1)
    right = None if correction is Correction.INFORM else sale(None)
    one.store.run(issue_correction(1, correction, right, BY_PROVIDER, "sai đơn giá"))
    one.settle("invoiced")
    one.check()
    first, second = one.running.served.issued()
    assert second.corrects == f"{first.form};{first.symbol};{first.number}"
    assert second.kind == ("replacement" if correction is Correction.REPLACE else "adjustment")
    total = {Correction.REFUND: -int(first.total), Correction.INFORM: 0}.get(correction, int(first.total))
    assert int(second.total) == total
