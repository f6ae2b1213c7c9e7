"""The real program under a clock that is wrong (libfaketime), and held against time servers."""

import doctest
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from time_server import TimeServer

from agent import clock_watch
from agent.cli import main
from agent.clock_watch import compare_with_time_servers
from agent.config import load_config
from agent.errors import ConfigInvalid
from outbox.alarms import standing_alarms
from outbox.store import Store

SALE = '{"total": 15000, "receipt_no": "A1", "lines": [{"name": "Đá viên", "amount": 15000}]}'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert main(["init", "--data", str(folder), "--profile", "demo"]) == 0
    (tmp_path / "sale.json").write_text(SALE, "utf-8")
    return folder


def issue_at(
    shop: Path, moment: str, receipt: str = "A1", zone: str = "UTC"
) -> subprocess.CompletedProcess[str]:
    """The real program at ``moment`` (UTC), on a computer that believes it is in ``zone``."""
    sale = shop.parent / "sale.json"
    sale.write_text(SALE.replace("A1", receipt), "utf-8")
    shown = datetime.fromisoformat(f"{moment}+00:00").astimezone(ZoneInfo(zone))
    words = ["faketime", "-f", f"@{shown:%Y-%m-%d %H:%M:%S}", sys.executable, "-m", "agent.cli", "issue"]
    return subprocess.run(
        [*words, str(sale), "--json", "--data", str(shop)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "TZ": zone},
    )


def issued(done: subprocess.CompletedProcess[str]) -> tuple[str, int, str]:
    """Symbol, number and day."""
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return said["symbol"], said["number"], said["day"]


def test_the_example() -> None:
    assert doctest.testmod(clock_watch).failed == 0


@pytest.mark.parametrize("moment", ["2000-01-01 07:00:00", "1980-01-01 00:00:10", "2026-10-31 12:00:00"])
def test_a_computer_without_its_battery_issues_nothing(shop: Path, moment: str) -> None:
    done = issue_at(shop, moment)
    assert done.returncode == 3
    assert done.stderr.startswith("E-OUT-020: ")


def test_the_new_year_begins_at_midnight_in_viet_nam(shop: Path) -> None:
    assert issued(issue_at(shop, "2026-12-31 16:59:30")) == ("C26MAA", 1, "2026-12-31")
    assert issued(issue_at(shop, "2026-12-31 17:00:30", "A2")) == ("C27MAA", 1, "2027-01-01")
    back = issue_at(shop, "2026-12-31 15:00:00", "A3")
    assert back.returncode == 3
    assert back.stderr.startswith("E-OUT-005: ")


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_the_computers_zone_does_not_matter(shop: Path, zone: str) -> None:
    """Late in the evening of the 24th in Viet Nam, whatever the computer believes."""
    assert issued(issue_at(shop, "2026-12-24 16:30:00", zone=zone))[2] == "2026-12-24"
    assert issued(issue_at(shop, "2026-12-24 17:30:00", "A2", zone=zone))[2] == "2026-12-25"


def test_a_clock_that_leaps_into_next_year_and_back(shop: Path) -> None:
    assert issued(issue_at(shop, "2026-12-01 03:00:00")) == ("C26MAA", 1, "2026-12-01")
    ahead = issue_at(shop, "2027-12-02 03:00:00", "A2")
    assert ahead.returncode == 3
    assert ahead.stderr.startswith("E-OUT-020: ")
    assert "is the year right" in ahead.stderr
    assert issued(issue_at(shop, "2026-12-02 03:00:00", "A2")) == ("C26MAA", 2, "2026-12-02")


def test_a_clock_that_jumps_forward_by_days_and_back(shop: Path) -> None:
    """What was issued while it was ahead stands; the series waits until that time has come."""
    assert issued(issue_at(shop, "2026-12-01 03:00:00"))[1] == 1
    assert issued(issue_at(shop, "2026-12-04 03:00:00", "A2")) == ("C26MAA", 2, "2026-12-04")
    back = issue_at(shop, "2026-12-01 04:00:00", "A3")
    assert back.returncode == 3
    assert back.stderr.startswith("E-OUT-005: ")
    assert issued(issue_at(shop, "2026-12-04 04:00:00", "A3")) == ("C26MAA", 3, "2026-12-04")


@pytest.fixture
def time_server() -> Iterator[Callable[..., TimeServer]]:
    made: list[TimeServer] = []

    def start(**by: float) -> TimeServer:
        made.append(TimeServer.ahead(**by))
        return made[-1]

    yield start
    for server in made:
        server.close()


def test_the_daemon_asks_its_time_servers(shop: Path, time_server: Callable[..., TimeServer]) -> None:
    """From config.toml over UDP to the alarm, and to issuing that stops and goes on."""
    right, wrong = time_server(), time_server(days=2)
    path = shop / "config.toml"
    text = path.read_text("utf-8")
    assert '# ntp = ["vn.pool.ntp.org"]' in text

    def alarms(*servers: TimeServer) -> set[str]:
        names = ", ".join(f'"{one.name}"' for one in servers)
        path.write_text(f"{text}\n[clock]\nntp = [{names}]\n", "utf-8")
        store = Store(shop)
        compare_with_time_servers(store, load_config(shop).time_servers)
        connection = store.reader()
        found = standing_alarms(connection, ["clock-off"])
        connection.close()
        store.close()
        return found

    assert alarms(wrong) == {"clock-off"}
    refused = main(["issue", str(shop.parent / "sale.json"), "--data", str(shop)])
    assert refused == 3
    assert alarms(right, wrong) == {"clock-off"}, "servers that disagree tell nothing"
    assert alarms(right) == set()
    assert main(["issue", str(shop.parent / "sale.json"), "--data", str(shop)]) == 0
    assert right.questions
    assert wrong.questions


@pytest.mark.parametrize("name", ["", "a b", "x:99999"])
def test_a_time_server_that_is_none(shop: Path, name: str) -> None:
    path = shop / "config.toml"
    path.write_text(f'{path.read_text("utf-8")}\n[clock]\nntp = ["{name}"]\n', "utf-8")
    with pytest.raises(ConfigInvalid):
        load_config(shop)
