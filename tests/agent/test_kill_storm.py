"""Kill -9 at random moments of a shop's day: promises P1 to P3, every part real and in its own process.

The register behaves as a shop does: what did not come out whole, with its code, is printed again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import ssl
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agent.commands.init import make_folder
from agent.config import load_config
from agent.parts import ledger_key
from audit.ledger_check import check_ledger
from invoice.sale_json import VIETNAM
from outbox.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))
KILLS = int(os.environ.get("THUNGAN_KILLS", "50"))
BAUD = 115_200
PATIENCE = 4.0  # seconds a cashier waits for paper before printing again
SETTLED = 60.0  # seconds for the last package to be decided


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "agent.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=30)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    plan = "lose-answer=0.2,lose-request=0.1,repeat=0.2,delay=300ms,seed=11"
    process = start("sandbox", "--data", str(tmp_path), "--port", "0", "--json", "--faults", plan)
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())["url"]
    end(process)


class Killer(threading.Thread):
    """Keeps a daemon running, and kills it ``kills`` times at random moments."""

    def __init__(self, folder: Path, kills: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._words = ("run", "--data", str(folder), "--quiet")
        self._chance = random.Random(seed)  # noqa: S311 - chance, not a secret
        self._left = kills
        self.done = 0
        self.process = start(*self._words)

    def run(self) -> None:
        while self.done < self._left:
            time.sleep(self._chance.uniform(0.2, 2.2))
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate()
            assert self.process.returncode == -signal.SIGKILL
            self.process = start(*self._words)
            self.done += 1


def ask(url: str, path: str, ca: Path) -> Any:
    import httpx

    return httpx.get(f"{url}{path}", verify=ssl.create_default_context(cafile=ca)).raise_for_status().json()


def test_fifty_kills_lose_nothing_and_double_nothing(tmp_path: Path, sandbox: str) -> None:
    from agent.virtual_register import VirtualPrinter, VirtualRegister, fresh_receipt

    register, printer = VirtualRegister(BAUD), VirtualPrinter()
    make_folder(
        tmp_path,
        demo=True,
        url=sandbox,
        source=f"serial://{register.path}?baud={BAUD}&printer={printer.path}",
    )
    path = tmp_path / "config.toml"
    path.write_text(path.read_text("utf-8").replace("every = 15", "every = 1"), "utf-8")
    killer = Killer(tmp_path, KILLS, seed=2026)
    killer.start()
    released: list[int] = []
    reprints = 0
    while killer.is_alive() or not released:
        number = len(released) + 1
        receipt = fresh_receipt(RECEIPTS[number % len(RECEIPTS)].read_bytes(), number, datetime.now(VIETNAM))
        while True:
            at, cuts = len(printer.paper), printer.cuts
            register.send(receipt)
            printer.wait_for_cut(cuts + 1, PATIENCE)
            paper = bytes(printer.paper[at:])
            if b"HD%06d" % number in paper and b"-SHNDN-" in paper:
                break
            reprints += 1
        released.append(number)
    until = time.monotonic() + SETTLED
    connection = open_reader(tmp_path / "thungan.db")
    waiting = "SELECT COUNT(*) FROM invoice WHERE state <> 'accepted'"
    while connection.execute(waiting).fetchone()[0] and time.monotonic() < until:
        time.sleep(0.2)
    end(killer.process)
    register.close()
    printer.close()

    assert killer.done == KILLS
    invoices = connection.execute("SELECT number, code, state FROM invoice ORDER BY number").fetchall()
    assert {row["state"] for row in invoices} == {"accepted"}
    # P1: every released receipt has its invoice, and no receipt has two.
    sales = connection.execute("SELECT receipt_no, COUNT(*) FROM sale GROUP BY receipt_no").fetchall()
    assert {row[0] for row in sales} >= {f"HD{number:06d}" for number in released}
    assert {row[1] for row in sales} == {1}
    assert len(invoices) == len(sales)
    # P2: no number or code twice, no hole.
    assert [row["number"] for row in invoices] == list(range(1, len(invoices) + 1))
    assert len({row["code"] for row in invoices}) == len(invoices)
    # P3: registered once each, whatever was lost or repeated.
    config = load_config(tmp_path)
    assert config.ca is not None
    statistics = ask(sandbox, "/v1/statistics", config.ca)
    assert (statistics["doubly_registered"], statistics["refused_as_duplicate"]) == (0, 0)
    assert statistics["invoices"] == len(invoices)
    report = check_ledger(connection, ledger_key(tmp_path).public_key())
    assert report.problems == ()
    quarantined = connection.execute("SELECT COUNT(*) FROM capture WHERE state='quarantined'").fetchone()[0]
    raw = connection.execute("SELECT COUNT(*) FROM capture WHERE state='raw'").fetchone()[0]
    assert raw == 0
    connection.close()
    sys.stdout.write(
        f"{KILLS} kills, {len(invoices)} invoices, {reprints} reprints,"
        f" {quarantined} torn receipts set aside,"
        f" {statistics['arrivals']} arrivals at the authority\n"
    )
