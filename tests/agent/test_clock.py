"""The daemon's commands under a clock that is wrong, by libfaketime."""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent import clock_watch
from agent.cli import main

SALE = '{"total": 15000, "receipt_no": "A1", "lines": [{"name": "Đá viên", "amount": 15000}]}'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert main(["init", "--data", str(folder), "--profile", "demo"]) == 0
    (tmp_path / "sale.json").write_text(SALE, "utf-8")
    return folder


def issue_at(shop: Path, moment: str) -> subprocess.CompletedProcess[str]:
    words = ["faketime", "-f", f"@{moment}", sys.executable, "-m", "agent.cli", "issue"]
    sale = shop.parent / "sale.json"
    return subprocess.run(
        [*words, str(sale), "--json", "--data", str(shop)], capture_output=True, text=True, timeout=60
    )


def test_the_example() -> None:
    assert doctest.testmod(clock_watch).failed == 0


@pytest.mark.parametrize("moment", ["2000-01-01 07:00:00", "1980-01-01 00:00:10", "2026-10-31 12:00:00"])
def test_a_computer_without_its_battery_issues_nothing(shop: Path, moment: str) -> None:
    done = issue_at(shop, moment)
    assert done.returncode == 3
    assert done.stderr.startswith("E-OUT-020: ")


def test_the_new_year_begins_at_midnight_in_viet_nam(shop: Path) -> None:
    before, after = issue_at(shop, "2026-12-31 16:59:30"), None
    assert json.loads(before.stdout)["symbol"] == "C26MAA"
    (shop.parent / "sale.json").write_text(SALE.replace("A1", "A2"), "utf-8")
    after = issue_at(shop, "2026-12-31 17:00:30")
    assert (json.loads(after.stdout)["symbol"], json.loads(after.stdout)["number"]) == ("C27MAA", 1)
    (shop.parent / "sale.json").write_text(SALE.replace("A1", "A3"), "utf-8")
    back = issue_at(shop, "2026-12-31 15:00:00")
    assert back.returncode == 3
    assert back.stderr.startswith("E-OUT-005: ")
