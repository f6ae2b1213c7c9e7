"""The daemon itself catching up: how much memory ``thungan run`` takes while it delivers a backlog. Linux.

``python -m bench.draining --count 100000`` for the long form. The sandbox is a process of its own beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from agent.commands.init import make_folder
from agent.config import load_config
from agent.key_choice import open_signer
from bench.backlog import issue_backlog, start_sandbox
from bench.progress import Progress
from outbox.store import Store, open_reader

COUNT, MOST_SECONDS = 6000, 1800.0
GOAL_MEMORY = 150
_OPEN = "SELECT COUNT(*) FROM invoice WHERE state IN ('issued', 'packed', 'sent', 'received')"


def measure(count: int = COUNT) -> dict[str, Any]:
    """Issue ``count`` invoices, start the daemon, wait until all are decided."""
    if not sys.platform.startswith("linux"):
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "shop"
        sandbox, address = start_sandbox(folder)
        try:
            make_folder(folder, demo=True, url=address)
            config = folder / "config.toml"
            config.write_text(config.read_text("utf-8").replace("on = true", "on = false"), "utf-8")
            shop = load_config(folder)
            with closing(Store(folder, open_signer(shop))) as store:
                issue_backlog(store, shop.register, count)
            seconds, peak, left = _drain(folder, count)
        finally:
            sandbox.terminate()
            sandbox.wait()
    load = os.getloadavg()[0]
    return {
        "daemon_while_draining": {"value": peak, "unit": f"MB resident at most (goal {GOAL_MEMORY})"},
        "daemon_drained": {
            "value": count - left,
            "unit": f"invoices in {seconds:.0f} s, a pass of 64 packages each 15 s; load {load:.1f}",
        },
    }


def _drain(folder: Path, count: int) -> tuple[float, int, int]:
    daemon = subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "run", "--data", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    progress, began, left = Progress("delivered", count), time.perf_counter(), count
    try:
        with closing(open_reader(folder / "thungan.db")) as reader:
            while left and time.perf_counter() - began < MOST_SECONDS:
                time.sleep(0.5)
                left = reader.execute(_OPEN).fetchone()[0]
                progress.at(count - left)
        return time.perf_counter() - began, _most_resident(daemon.pid), left
    finally:
        daemon.terminate()
        daemon.wait(60)


def _most_resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def main() -> int:
    """Alone, with the count that is asked for."""
    from bench.report import show

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    return show(measure(parser.parse_args().count))


if __name__ == "__main__":
    sys.exit(main())
