"""``thungan gateway test`` on a route where a provider numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from provider_shop import PASSWORD, provider_shop

from agent.asking import ask_route
from agent.cli import main
from agent.config import load_config
from agent.doctor.authority_way import AuthorityWay
from agent.doctor.findings import Level
from agent.setting_checks import check_authority
from authority.sandbox.faults import FaultPlan
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import RunningProvider
from invoice.numbers import Symbol
from invoice.sale_json import VIETNAM


def symbol() -> str:
    return str(Symbol.of_year("AA", datetime.now(UTC).astimezone(VIETNAM).year))


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningProvider]:
    account = ProviderAccount(password=PASSWORD, series={symbol(): 500})
    plan = FaultPlan.parse("clock-ahead=5m")
    with RunningProvider("viettel", tmp_path / "provider", account=account, faults=plan) as provider:
        yield provider


def told(folder: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> dict[str, Any]:
    assert main(["gateway", "test", "--json", "--data", str(folder)]) == code
    shown = capsys.readouterr().out
    assert PASSWORD not in shown
    return json.loads(shown)


def test_it_says_account_clock_series_and_what_is_left(
    tmp_path: Path, running: RunningProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = provider_shop(tmp_path / "shop", running)
    answer = told(folder, capsys)
    assert (answer["route"], answer["account"], answer["numbering"]) == ("viettel", "sandbox", "provider")
    assert answer["series"] == [
        {"form": 1, "symbol": symbol(), "left": 500, "last_number": 0, "last_day": None}
    ]
    assert 290 < answer["clock_ahead_seconds"] < 310
    assert answer["works"]
    assert not running.served.issued()
    assert main(["gateway", "test", "--data", str(folder)]) == 0
    assert f"1{symbol()}: numbers left 500, last 0" in capsys.readouterr().out


def test_what_the_provider_does_not_tell_is_said(
    tmp_path: Path, running: RunningProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = provider_shop(tmp_path / "shop", running)
    with (folder / "config.toml").open("a") as config:
        config.write("\n[viettel]\nseries_status = false\n")
    assert main(["gateway", "test", "--data", str(folder)]) == 0
    assert "numbers left not told by the provider" in capsys.readouterr().out


def test_a_wrong_password_and_a_provider_that_is_away(
    tmp_path: Path, running: RunningProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = provider_shop(tmp_path / "shop", running)
    (folder / "keys" / "provider").write_text("wrong")
    assert "E-AUT-048" in told(folder, capsys, 3)["problem"]
    checked = check_authority(load_config(folder))
    assert not checked.good
    assert "mật khẩu" in checked.vi
    (folder / "keys" / "provider").write_text(PASSWORD)
    assert check_authority(load_config(folder)).en == "The provider answers"
    found = {one.name: one for one in AuthorityWay(load_config(folder)).findings()}
    assert found["authority"].level is Level.OK
    assert "not needed" in found["authority-certificates"].said
    running.stop()
    assert "E-AUT-012" in str(ask_route(load_config(folder)).problem)


def test_vnpt_says_its_accounts_and_that_it_does_not_tell_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account = ProviderAccount(password=PASSWORD)
    with RunningProvider("vnpt", tmp_path / "provider", account=account) as running:
        folder = provider_shop(tmp_path / "shop", running, "vnpt")
        answer = told(folder, capsys)
        assert (answer["route"], answer["account"], answer["may_issue"]) == (
            "vnpt",
            "sandbox / sandbox",
            None,
        )
        assert answer["series"][0]["left"] is None
        assert any("does not tell" in note for note in answer["notes"])
        assert answer["works"]
        assert not running.served.issued()
        with (folder / "config.toml").open("a") as config:
            config.write('\n[vnpt]\nwritten = "regulation"\ncalls = "MTT32"\npattern = "1/002"\nbatch = 7\n')
        assert any("1/002" in note and "MTT32" in note for note in told(folder, capsys)["notes"])
        (folder / "keys" / "provider").write_text("wrong")
        assert "E-AUT-071" in told(folder, capsys, 3)["problem"]
