"""A shop whose API is served for real: daemon, socket, uvicorn, token file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from agent.api.tokens import Scope, Tokens
from agent.config import load_config
from agent.daemon import Daemon
from agent.web.live import Live
from agent.web.pin import PinLock
from agent.web.server import PageServer
from agent.web.sessions import Sessions
from agent.web.shop import Shop

SALE: dict[str, Any] = {
    "receipt_no": "HD000128",
    "sold_at": "2026-11-23T09:15:00+07:00",
    "lines": [{"name": "Cà phê sữa đá", "quantity": 2, "unit": "Ly", "unit_price": 25000, "amount": 50000}],
    "total": 50000,
    "payments": [{"method": "cash", "amount": 50000}],
}


@dataclass
class Api:
    """The served API of one shop."""

    folder: Path
    daemon: Daemon
    server: PageServer
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.server.url.rstrip("/")

    def token(self, *scopes: Scope, per_minute: int = 100_000) -> str:
        wanted = scopes or tuple(Scope)
        return Tokens(self.folder).make(uuid4().hex, wanted, per_minute, "2026-11-24T00:00:00.000Z")

    def client(self, *scopes: Scope, per_minute: int = 100_000) -> httpx.Client:
        word = self.token(*scopes, per_minute=per_minute)
        made = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {word}"}, timeout=60)
        self.clients.append(made)
        return made


def receipt(number: int, **more: Any) -> dict[str, Any]:
    """A sale of its own."""
    return {**SALE, "receipt_no": f"HD{number:06d}", **more}


def sell(client: httpx.Client, sale: dict[str, Any], key: str | None = None) -> httpx.Response:
    return client.post(
        "/v1/sales",
        content=json.dumps(sale),
        headers={"Idempotency-Key": key or str(uuid4()), "Content-Type": "application/json"},
    )


def serve(folder: Path) -> Api:
    config = load_config(folder)
    live = Live()
    daemon = Daemon(config, live.tell)
    shop = Shop(folder, config.page, PinLock(folder), Sessions(), live, daemon, lambda: None)
    server = PageServer(shop)
    server.start()
    return Api(folder, daemon, server)


def end(api: Api) -> None:
    for client in api.clients:
        client.close()
    api.server.stop()
    api.daemon.stop()
