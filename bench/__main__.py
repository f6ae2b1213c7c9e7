"""``make bench``: all benches of the store; each speed is a ratio to something measured in the same run.

Writes ``bench/latest.json``: ``{name: {value, unit, ratios, goals}}`` with cores and versions.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from pathlib import Path

from bench import backlog, daemon, draining, issuing, standing
from bench.report import show

LATEST = Path(__file__).parent / "latest.json"


def main() -> int:
    """Measure, print, write."""
    results = {}
    for part in (issuing, backlog, draining, standing, daemon):
        found = part.measure()
        show(found)
        results.update(found)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    LATEST.write_text(json.dumps({**results, "machine": machine}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
