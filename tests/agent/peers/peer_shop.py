"""Registers of one shop, really served on loopback, and a stranger that answers as it likes."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.peers.invitation import Invitation, invite
from agent.web.live import Live
from agent.web.pin import PinLock
from agent.web.server import PageServer
from agent.web.sessions import Sessions
from agent.web.shop import Shop
from invoice.sale_json import VIETNAM
from signing.throwaway import throwaway_tls

PIN = "482913"


@dataclass
class Register:
    """One register. ``start`` after ``stop`` is a new run on the same port."""

    folder: Path
    port: int = 0
    daemon: Daemon | None = None
    server: PageServer | None = None

    def start(self) -> Register:
        config = load_config(self.folder)
        lock = PinLock(self.folder)
        if not lock.is_set:
            lock.choose(PIN)
        live = Live()
        self.daemon = Daemon(config, live.tell)
        shop = Shop(self.folder, config.page, lock, Sessions(), live, self.daemon, lambda: None)
        self.server = PageServer(shop)
        if not self.port:
            self.port = self.server.shop.page.port
            path = self.folder / "config.toml"
            path.write_text(path.read_text("utf-8").replace("port = 0", f"port = {self.port}"), "utf-8")
        self.server.start()
        self.daemon.peers.start()
        return self

    def stop(self) -> None:
        if self.server is not None and self.daemon is not None:
            self.server.stop()
            self.daemon.stop()
            self.server = self.daemon = None

    def invitation(self) -> Invitation:
        return invite(load_config(self.folder))


def make_register(folder: Path, number: int, *, tls: bool = False) -> Register:
    """A demo register of the shop with its own number and symbol, not started yet."""
    make_folder(folder, demo=True, source="")
    path = folder / "config.toml"
    text = path.read_text("utf-8").replace("port = 8380", "port = 0")
    text = text.replace("number = 1 ", f"number = {number} ")
    text = text.replace('letters = "AA"', f'letters = "A{chr(ord("A") + number - 1)}"')
    for key in ("url", "ca"):  # nowhere to deliver to: what is issued waits, and that is no alarm yet
        text = re.sub(rf'^{key} = "[^"]+"', f'{key} = ""', text, flags=re.MULTILINE)
    if tls:
        throwaway_tls(folder / "own.crt", folder / "own.key", "localhost", datetime.now(UTC), 30)
        text = text.replace("\non = true\n", '\non = true\ncertificate = "own.crt"\nkey = "own.key"\n')
    path.write_text(text, "utf-8")
    return Register(folder)


def told(**changes: Any) -> dict[str, Any]:
    """A report as it travels."""
    return {
        "at": "2026-11-25T02:00:00.000Z", "version": "0.1.0", "ledger": "ab" * 16, "run": "1234abcd",
        "seller": "CỬA HÀNG", "tax_code": "0409990010", "register": 2, "symbol": "C26MAB", "light": "good",
        "day": f"{datetime.now(VIETNAM):%Y-%m-%d}", "sales": 3, "total": 150000,
        "queue": {"issued": 0, "packed": 0, "sent": 0, "received": 0, "refused": 0, "held": 0, "ordered": 0},
        "waiting": 0, "oldest_unsent": None, "last_contact": "2026-11-25T01:59:00.000Z",
        "certificate_days": 300, "quarantined": 0, "alarms": [], **changes,
    }  # fmt: skip


def http(status: str, body: bytes, *headers: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"))
    return head.encode() + b"\r\n" + body


def ok(**changes: Any) -> bytes:
    return http("200 OK", json.dumps(told(**changes)).encode(), "Content-Type: application/json")


@dataclass
class Stranger:
    """Takes connections and answers each with ``answer``; ``then`` goes on and on (drip or flood)."""

    answer: bytes
    then: bytes = b""
    every: float = 0.0
    tls: ssl.SSLContext | None = None
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        self._ended.set()
        with suppress(OSError):  # a listening socket is woken by it where the system can
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(30)
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                self.asked.append(connection.recv(65_536))
                connection.sendall(self.answer)
                while self.then and not self._ended.is_set():
                    connection.sendall(self.then)
                    self._ended.wait(self.every)
        except OSError:
            pass  # who asked has gone
