"""A shop with its page, really served on loopback, and a person's client."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from agent.daemon import Daemon
from agent.web.server import PageServer
from drivers.framing import Captured

PIN = "482913"


@dataclass
class Served:
    """A daemon with its page. ``restarts`` counts how often a page asked for a new start."""

    folder: Path
    daemon: Daemon
    server: PageServer
    restarts: list[None]
    clients: list[httpx.Client] = field(default_factory=list)
    stopped: bool = False
    printer: socket.socket | None = None  # of the shop, where it was asked for

    @property
    def port(self) -> int:
        return self.server.shop.page.port

    def take(self, *receipts: bytes, ended_by: str = "cut") -> list[bytes]:
        return [self.daemon.till.take("test", Captured(one, ended_by)) for one in receipts]

    def stop(self) -> None:
        """Everything; once."""
        for client in self.clients:
            client.close()
        if not self.stopped:
            self.stopped = True
            self.server.stop()
            self.daemon.stop()
        if self.printer is not None:
            self.printer.close()

    def client(self) -> httpx.Client:
        """A browser that has not given the PIN."""
        self.clients.append(httpx.Client(base_url=self.server.url, timeout=30))
        return self.clients[-1]

    def person(self) -> Person:
        """A browser that has."""
        client = self.client()
        assert client.post("/enter", data={"pin": PIN}).status_code == 303
        return Person(client)


class Person:
    """Sends forms as a browser does, with the token of the page they are on."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.get("/"))
        assert found
        return found[1]

    def post(self, path: str, data: dict[str, str] | None = None, **more: object) -> httpx.Response:
        sent = {"token": self.token(), **(data or {})}
        return self.client.post(path, data=sent, **more)  # type: ignore[arg-type]


Serve = Callable[..., Served]


def shown_value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def sale_fields(page: str) -> dict[str, list[str]]:
    """What a browser would send of the form's lines, as it was filled in for the person."""
    columns = ("of", "name", "unit", "quantity", "unit_price", "amount", "vat_rate")
    sent = {name: re.findall(rf'name="{name}" value="([^"]*)"', page) for name in columns}
    return {**sent, **{name: [shown_value(page, name)] for name in ("total", "receipt_no", "discount")}}
