"""Speed of evidence: a register's invoices exported as one bundle, and the bundle verified.

``python -m bench.audit --invoices 100000`` issues and packs that many (kept in ``--keep DIR`` and used
again), then measures the export and ``thungan-verify``, with the most memory any of its processes took.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from agent.cli import main as thungan
from agent.commands.init import make_folder
from agent.config import load_config
from agent.key_choice import open_signer
from agent.parts import package_frame, sign_checkpoint
from authority.codes import direct_code
from drivers.reading import read_receipt
from invoice.sale_json import VIETNAM
from outbox.captures import record_capture
from outbox.issuing import issue
from outbox.packages import draft_next, mark_sending, store_package
from outbox.store import Store

DATA = Path(__file__).parent.parent / "tests" / "data" / "receipts"
GROUP = 500


def main() -> int:
    """Make the shop where it is not there, measure, print as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="the shop's folder, used again if it is there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.keep or Path(name)
        if not (folder / "config.toml").exists():
            make_shop(folder, arguments.invoices)
        results = measure(folder)
    sys.stdout.write(json.dumps(results, indent=1) + "\n")
    return 0


def make_shop(folder: Path, count: int) -> None:
    """A shop with that many papers and invoices, in packages that have left."""
    make_folder(folder, demo=True)
    config = load_config(folder)
    signer = open_signer(config)
    store = Store(folder, signer)
    papers = [path.read_bytes() for path in sorted(DATA.glob("*.prn"))]
    known = [(paper, read_receipt(paper)) for paper in papers]
    good = [(paper, reading.sale) for paper, reading in known if reading.sale and not reading.problems]
    for first in range(0, count, GROUP):
        numbers = range(first, min(first + GROUP, count))
        captured = [
            store.submit(record_capture("bench", good[number % len(good)][0], "cut")) for number in numbers
        ]
        issued = []
        for number, capture in zip(numbers, captured, strict=True):
            sale = replace(good[number % len(good)][1], receipt_no=f"B{number}")
            issued.append(store.submit(issue(sale, config.register, capture.result())))
        for future in issued:
            future.result()
        if first % (GROUP * 20) == 0:
            sign_checkpoint(config, store)
    frame = package_frame(config, signer)
    while (draft := store.run(draft_next(frame, direct_code(config.seller.tax_code), uuid4()))) is not None:
        package = store.run(store_package(draft, draft.signed(frame)))
        if package is not None:
            store.run(mark_sending(package, timedelta(hours=1)))
    sign_checkpoint(config, store)
    store.close()


def measure(folder: Path) -> dict[str, Any]:
    """Seconds and memory of both."""
    path, today = folder / "all.zip", datetime.now(UTC).astimezone(VIETNAM).date()
    days = ["--from", str(today - timedelta(days=2)), "--to", str(today + timedelta(days=1))]
    began = time.perf_counter()
    thungan(["audit", "export", "--data", str(folder), *days, "-o", str(path), "--full", "--json"])
    exported = time.perf_counter() - began
    export_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    done = subprocess.run(
        [Path(sys.executable).parent / "thungan-verify", path, "--json"], capture_output=True, check=False
    )
    verified = time.perf_counter() - began
    answer = json.loads(done.stdout)
    return {
        "invoices": next(c["looked_at"] for c in answer["checks"] if c["name"] == "invoices"),
        "leaves": next(c["looked_at"] for c in answer["checks"] if c["name"] == "ledger"),
        "bundle_bytes": path.stat().st_size,
        "export_seconds": round(exported, 1),
        "export_megabytes": round(export_memory / 1024),
        "verify_seconds": round(verified, 1),
        "verify_megabytes": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
        "verdict": answer["verdict"],
        "bad": [check["name"] for check in answer["checks"] if check["verdict"] == "bad"],
        "cores": os.cpu_count(),
    }


if __name__ == "__main__":
    sys.exit(main())
