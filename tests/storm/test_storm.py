"""The storm's short form, and the proof that it would notice (``make storm`` is the long one)."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("cc") is None, reason="LD_PRELOAD, a C compiler"
)

STORM = Path(__file__).with_name("storm.py")


def storm(*words: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, str(STORM), "--json", *words],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("route", "crashes", "ways"), [("direct", 200, "1"), ("tvan", 120, "0"), ("provider", 120, "0")]
)
def test_crashes_and_power_cuts_lose_nothing_and_double_nothing(route: str, crashes: int, ways: str) -> None:
    code, counts = storm("--crashes", str(crashes), "--seed", "1", "--sweep", ways, "--route", route)
    assert counts["findings"] == []
    assert (code, counts["wrong"]) == (0, {})
    assert sum(counts["crashes"].values()) >= crashes
    totals = counts["totals"]
    assert totals["receipts given out"] == totals["receipts rung up"] == totals["invoices"]
    assert totals["registered"] + totals.get("refused by the authority", 0) == totals["invoices"]
    assert totals["unsynced writes at a power loss"] > 0
    assert totals["checkpoints of the database"] > 0


@pytest.mark.parametrize(
    ("sabotage", "ways"), [("no-sync", "0"), ("answer-early", "0"), ("trust-the-wal", "1")]
)
def test_the_storm_notices_a_program_that_is_wrong(sabotage: str, ways: str) -> None:
    code, counts = storm("--crashes", "400", "--sabotage", sabotage, "--sweep", ways)
    assert code == 1
    # A database that has lost commits may also be refused by its witness before anybody else notices.
    refused = any("E-OUT-036" in finding for finding in counts["findings"])
    assert refused or counts["wrong"].keys() & {"lost", "twice", "doubled"}
