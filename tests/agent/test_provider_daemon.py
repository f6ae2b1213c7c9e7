"""The daemon on a provider's route: receipts over a serial line, orders over HTTPS, days without a line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from key_samples import RECEIPTS
from provider_shop import PASSWORD, provider_shop
from test_secrets import search, written
from test_token_in_service import wait_for

from agent.config import load_config
from agent.daemon import Daemon
from agent.parts import ledger_key
from agent.virtual_register import VirtualPrinter, VirtualRegister
from audit.ledger_check import check_ledger
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import PROVIDERS, RunningProvider
from invoice.references import spoken


class Shop:
    """A daemon between a register, a printer and a provider that can be switched off."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self._name = folder, name
        self.provider = self._open(0)
        self._port = self.provider.address.port
        self.register, self.printer = VirtualRegister(115_200), VirtualPrinter()
        source = f"serial://{self.register.path}?baud=115200&printer={self.printer.path}"
        more = {"source.uri": source, "source.hold_ms": 10_000}
        provider_shop(folder / "shop", self.provider, name, **more)
        self.daemon = Daemon(load_config(folder / "shop"))
        self.daemon.start()
        assert self.daemon.wait_until_listening(30)
        self.sold = 0

    def _open(self, port: int) -> RunningProvider:
        account = ProviderAccount(password=PASSWORD)
        return RunningProvider(self._name, self.folder / "provider", port, account=account)

    def switch_off(self) -> None:
        self.provider.stop()

    def switch_on(self) -> None:
        self.provider = self._open(self._port)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self.daemon.store.reader()) as reader:
            return [tuple(row) for row in reader.execute(sql)]

    def sell(self, count: int) -> None:
        """Print receipts until each has come out of the printer."""
        for _ in range(count):
            self.register.send(RECEIPTS[self.sold].read_bytes())
            self.sold += 1
            assert self.printer.wait_for_cut(self.sold, 120)

    def deliver(self) -> None:
        def delivered() -> bool:
            self.daemon.sync()
            return self.rows("SELECT DISTINCT state FROM invoice_order") == [("invoiced",)]

        wait_for(delivered)

    def check(self) -> None:
        """What the provider has is what was sold, once, and all of it is proven."""
        issued = self.provider.served.issued()
        theirs = [(str(UUID(one.key)), one.number, int(one.total)) for one in issued]
        ours = self.rows(
            "SELECT o.key, i.number, i.total FROM invoice_order o JOIN invoice i ON i.id = o.invoice_id"
            " ORDER BY i.number"
        )
        assert theirs == ours
        assert [number for _, number, _ in ours] == list(range(1, self.sold + 1))
        self.daemon.checkpoint()
        with closing(self.daemon.store.reader()) as reader:
            key = ledger_key(self.folder / "shop").public_key()
            assert check_ledger(reader, key).problems == ()

    def close(self) -> None:
        self.daemon.stop()
        self.provider.stop()
        self.register.close()
        self.printer.close()


@pytest.fixture(params=PROVIDERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shops(tmp_path: Path) -> Iterator[list[Shop]]:
    opened: list[Shop] = []
    yield opened
    for shop in opened:
        shop.close()


def test_a_shop_sells_without_a_line_and_catches_up(tmp_path: Path, name: str, shops: list[Shop]) -> None:
    shops.append(shop := Shop(tmp_path, name))
    shop.sell(2)
    shop.deliver()
    shop.switch_off()
    shop.sell(3)
    shop.daemon.sync()
    assert shop.rows("SELECT COUNT(*) FROM invoice") == [(2,)]
    references = {reference for (reference,) in shop.rows("SELECT reference FROM invoice_order")}
    assert len(references) == 5
    paper = bytes(shop.printer.paper)
    assert all(spoken(reference).encode() in paper for reference in references)
    shop.switch_on()
    shop.deliver()
    shop.check()


def test_password_and_tokens_are_written_nowhere(tmp_path: Path, name: str, shops: list[Shop]) -> None:
    shops.append(shop := Shop(tmp_path, name))
    shop.sell(2)
    shop.deliver()
    secrets = {"password": PASSWORD.encode()}
    if name == "viettel":
        tokens = list(shop.provider.served.desk._tokens)
        secrets |= {f"token {place}": token.encode() for place, token in enumerate(tokens)}
        assert len(secrets) > 1
    assert search(secrets, written(tmp_path / "shop")) > 3
