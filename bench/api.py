"""``make bench``: from a program's POST to its answer, over a real socket, one after another."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from agent.api.tokens import Scope, Tokens
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.web.live import Live
from agent.web.pin import PinLock
from agent.web.server import PageServer
from agent.web.sessions import Sessions
from agent.web.shop import Shop

COUNT = 300


def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        make_folder(folder, demo=True)
        path = folder / "config.toml"
        path.write_text(path.read_text("utf-8").replace("port = 8380", "port = 0"), "utf-8")
        word = Tokens(folder).make("bench", [Scope.SELL], 100_000, "now")
        config, live = load_config(folder), Live()
        daemon = Daemon(config, live.tell)
        server = PageServer(
            Shop(folder, config.page, PinLock(folder), Sessions(), live, daemon, lambda: None)
        )
        server.start()
        try:
            times = sorted(_sell(server.url, word))
        finally:
            server.stop()
            daemon.stop()
    late = times[int(COUNT * 0.99)]
    sys.stdout.write(
        f"api sale to answer    median {statistics.median(times):.1f} ms, p99 {late:.1f} ms ({COUNT} sales)\n"
    )
    return 0


def _sell(url: str, word: str) -> list[float]:
    times = []
    headers = {"Authorization": f"Bearer {word}", "Content-Type": "application/json"}
    with httpx.Client(base_url=url, headers=headers) as client:
        for number in range(COUNT + 10):
            lines = [{"name": "Cà phê sữa đá", "quantity": 2, "unit_price": 25000, "amount": 50000}]
            sale = {"receipt_no": f"HD{number:06d}", "lines": lines, "total": 50000}
            began = time.perf_counter()
            answer = client.post(
                "/v1/sales", content=json.dumps(sale), headers={"Idempotency-Key": f"bench-{number}"}
            )
            answer.raise_for_status()
            times.append((time.perf_counter() - began) * 1000)
    return times[10:]


if __name__ == "__main__":
    sys.exit(main())
