"""A shop whose T-VAN is called over SOAP: receipts become accepted invoices, with a password that changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from key_samples import RECEIPTS

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.config_writing import change_config
from agent.daemon import Daemon
from agent.errors import ConfigInvalid
from authority.sandbox.server import RunningSandbox
from authority.sandbox.settings import Settings
from drivers.captured import Captured
from signing.private_file import write_private

PASSWORD = "mật khẩu T-VAN"
TVAN = "0109990002"


@pytest.fixture
def tvan(tmp_path: Path) -> Iterator[RunningSandbox]:
    settings = Settings(tvan_code=TVAN, soap_account=("tiem", PASSWORD))
    with RunningSandbox(tmp_path / "tvan", settings=settings) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, tvan: RunningSandbox) -> Path:
    folder = tmp_path / "shop"
    make_folder(folder, demo=True)
    write_private(folder / "keys" / "tvan", PASSWORD.encode())
    change_config(
        folder,
        {
            "authority.route": "tvan",
            "authority.tvan_code": TVAN,
            "authority.transport": "soap",
            "authority.url": f"{tvan.url}/soap",
            "authority.user": "tiem",
            "authority.password": "file:keys/tvan",
            "authority.ca": str(tvan.ca),
            "authority.trust": str(tvan.trust),
            "source.hold_ms": 10_000,
        },
    )
    return folder


def accepted(daemon: Daemon) -> int:
    with closing(daemon.store.reader()) as connection:
        query = "SELECT COUNT(*) FROM invoice WHERE state = 'accepted'"
        return int(connection.execute(query).fetchone()[0])


def test_receipts_become_accepted_invoices(folder: Path, tvan: RunningSandbox) -> None:
    daemon = Daemon(load_config(folder))
    try:
        for path in RECEIPTS[:3]:
            assert daemon.till.take("test", Captured(path.read_bytes(), "cut"))
        while accepted(daemon) < 3:
            assert daemon.sync() is None
        assert [invoice.number for invoice in tvan.sandbox.registered()] == [1, 2, 3]
        write_private(folder / "keys" / "tvan", b"wrong now")
        daemon.till.take("test", Captured(RECEIPTS[3].read_bytes(), "cut"))
        daemon.stop()
        daemon = Daemon(load_config(folder))
        assert "E-AUT-031" in (daemon.sync() or "")
        write_private(folder / "keys" / "tvan", PASSWORD.encode())
        while accepted(daemon) < 4:
            daemon.look_after()
            daemon.sync()
    finally:
        daemon.stop()


def test_gateway_test_says_how_it_goes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gateway", "test", "--json", "--data", str(folder)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["route"], said["transport"], said["account"]) == ("tvan", "soap", "tiem")
    assert said["works"]
    write_private(folder / "keys" / "tvan", b"wrong")
    assert main(["gateway", "test", "--json", "--data", str(folder)]) != 0
    said = json.loads(capsys.readouterr().out)
    assert "E-AUT-031" in said["problem"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"authority.transport": "pigeon"}, 'must be "https" or "soap"'),
        ({"authority.user": ""}, "needs authority.user and authority.password"),
        ({"authority.transport": "https"}, "belong to authority.route"),
    ],
)
def test_a_wrong_set_up_is_named(folder: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words):
        change_config(folder, changes)
