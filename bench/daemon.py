"""The daemon at rest: seconds from its start to ready, resident memory, share of one processor. Linux."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from agent.commands.init import make_folder
from bench.backlog import processor

STARTS = 3
IDLE_SECONDS = 20.0
GOAL_START, GOAL_MEMORY, GOAL_PROCESSOR = 1.0, 80, 0.5


def measure() -> dict[str, Any]:
    """Start ``thungan run`` some times, let the last one rest; with and without its page."""
    if not sys.platform.startswith("linux"):
        return {}
    results: dict[str, Any] = {}
    for label, page in (("", False), ("_with_page", True)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "shop"
            make_folder(folder, demo=True)
            _set(folder, page=page)
            seconds, worked, memory, processor = _rest(folder)
        results |= {
            f"cold_start{label}": {"value": seconds, "unit": f"s to ready (goal {GOAL_START})"},
            f"cold_start_work{label}": {"value": worked, "unit": "s of the processor until then"},
            f"idle_memory{label}": {"value": memory, "unit": f"MB resident (goal {GOAL_MEMORY})"},
            f"idle_processor{label}": {"value": processor, "unit": f"% of one (goal {GOAL_PROCESSOR})"},
        }
    return results


def _set(folder: Path, *, page: bool) -> None:
    path = folder / "config.toml"
    text = path.read_text("utf-8").replace('url = "https://127.0.0.1:8443"', 'url = ""')
    text = text.replace("port = 8380", "port = 0") if page else text.replace("on = true", "on = false")
    path.write_text(text, "utf-8")


def _rest(folder: Path) -> tuple[float, float, int, float]:
    starts, worked = [], []
    for left in range(STARTS, 0, -1):
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "run", "--data", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        out = process.stdout
        assert out is not None
        try:
            assert out.readline(), "the daemon ended before it was ready"
            starts.append(time.perf_counter() - began)
            worked.append(processor(process.pid))
            if left == 1:
                time.sleep(3.0)
                used = processor(process.pid)
                time.sleep(IDLE_SECONDS)
                share = (processor(process.pid) - used) / IDLE_SECONDS * 100
                return round(min(starts), 2), round(min(worked), 2), _resident(process.pid), round(share, 2)
        finally:
            process.terminate()
            process.wait(30)
            out.close()
    raise AssertionError("unreachable")


def _resident(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


if __name__ == "__main__":
    from bench.report import show

    sys.exit(show(measure()))
