"""The doctor in real shops: well, without network, a port that is held, a broken ledger, a wrong key…"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.commands.doctor import examine
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.doctor.findings import Finding, Level
from agent.doctor.machine import check_clock, check_disk
from agent.doctor.register import check_picture_reader
from authority.sandbox.server import RunningSandbox
from drivers.errors import PictureReaderMissing
from drivers.framing import Captured
from drivers.raster import tesseract
from outbox.store import Store

RECEIPT = Path(__file__).parent.parent / "data" / "receipts" / "000-sale-two-line-utf-8-32.prn"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with RunningSandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def line() -> Iterator[str]:
    master, slave = os.openpty()
    yield os.ttyname(slave)
    for descriptor in (master, slave):
        os.close(descriptor)


@pytest.fixture
def shop(tmp_path: Path, sandbox: RunningSandbox, line: str) -> Path:
    folder = tmp_path / "shop"
    make_folder(folder, demo=True, url=sandbox.url, source=f"serial://{line}?baud=9600")
    change(folder, "sandbox/tls.crt.pem", str(sandbox.ca))
    change(folder, "sandbox/authority.crt.pem", str(sandbox.trust))
    return folder


def change(folder: Path, before: str, after: str) -> None:
    path = folder / "config.toml"
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), "utf-8")


def look(folder: Path, **how: bool) -> dict[str, Finding]:
    return {one.name: one for one in examine(folder, **how)}


def test_a_shop_that_is_well(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = look(shop, full=True)
    wrong = {name: one for name, one in found.items() if one.level is Level.FAIL}
    assert not wrong
    assert {name for name, one in found.items() if one.level is Level.WARN} == {"daemon"}
    for name in ("source", "key-opens", "key-signs", "database", "ledger", "dns", "connection", "authority"):
        assert found[name].level is Level.OK, found[name]
    assert "to the authority's" in found["clock"].said
    assert main(["doctor", "--data", str(shop)]) == 0
    said = capsys.readouterr().out
    assert "Khởi động dịch vụ" in said
    assert said.rstrip().endswith("0 wrong")
    assert main(["doctor", "--json", "--offline", "--data", str(shop)]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert {"name", "level", "said", "vi", "en"} == set(told["checks"][0])
    assert "authority" not in {check["name"] for check in told["checks"]}


def test_beside_a_running_daemon(shop: Path) -> None:
    daemon = Daemon(load_config(shop))
    daemon.start()
    try:
        assert daemon.wait_until_listening(20)
        found = look(shop)
        assert found["daemon"].said == "runs"
        assert (found["source"].level, found["source"].said.rpartition(": ")[2]) == (Level.OK, "open")
    finally:
        daemon.stop()


def test_no_network(shop: Path, sandbox: RunningSandbox) -> None:
    change(shop, sandbox.url, "https://no-such-host.invalid")
    found = look(shop)
    assert found["dns"].level is Level.FAIL
    assert "Wi-Fi" in found["dns"].vi
    assert "connection" not in found
    assert "not compared" in found["clock"].said


def test_a_server_that_is_not_there(shop: Path, sandbox: RunningSandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    change(shop, sandbox.url, f"https://127.0.0.1:{port}")
    found = look(shop)
    assert found["dns"].level is Level.OK
    assert found["connection"].level is Level.FAIL


def test_a_server_of_somebody_else(shop: Path, tmp_path: Path) -> None:
    """Another certificate authority than the one configured: a proxy that opens HTTPS looks just so."""
    with RunningSandbox(tmp_path / "other") as other:
        change(shop, f"{load_config(shop).url}", other.url)
        found = look(shop)
    assert found["tls"].level is Level.FAIL
    assert "virus scanner" in found["tls"].en


@pytest.mark.skipif(sys.platform != "linux", reason="the holder of a port is found in /proc")
def test_another_program_holds_the_port(shop: Path, line: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, line], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    try:
        assert holder.stdout.readline() == "held\n"
        found = look(shop, offline=True)["source"]
        assert found.level is Level.FAIL
        assert f"({holder.pid})" in found.said
    finally:
        holder.stdin.close()
        holder.stdout.close()
        holder.wait(30)


HOLD = """
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_port_that_is_not_there(shop: Path, line: str) -> None:
    change(shop, line, "/dev/ttyUSB99")
    found = look(shop, offline=True)["source"]
    assert found.level is Level.FAIL
    assert found.vi


def test_a_key_that_does_not_open(shop: Path) -> None:
    (shop / "keys" / "passphrase").write_text("wrong")
    found = look(shop, offline=True)
    assert found["key-opens"].level is Level.FAIL


def test_keys_that_others_can_read(shop: Path) -> None:
    (shop / "keys").chmod(0o755)
    found = look(shop)
    assert found["folder"].level is Level.FAIL
    assert "chmod 700" in found["folder"].vi


def test_a_ledger_that_was_changed(shop: Path) -> None:
    store = Store(shop)
    store.run(lambda tx: tx.leaf("test", None, word="as it was"))
    store.close()
    connection = sqlite3.connect(shop / "thungan.db")
    connection.execute("UPDATE leaf SET body = replace(body, 'as it was', 'as it was not')")
    connection.commit()
    connection.close()
    assert look(shop, offline=True)["ledger"].level is Level.FAIL


def test_a_database_that_is_none(shop: Path) -> None:
    (shop / "thungan.db").write_bytes(b"not a database, but long enough to look at" * 100)
    assert look(shop, offline=True)["database"].level is Level.FAIL


def test_a_receipt_that_needs_a_person_and_one_that_waits(shop: Path) -> None:
    daemon = Daemon(load_config(shop))
    try:
        data = RECEIPT.read_bytes()
        daemon.till.take("test", Captured(data, "cut"))
        daemon.till.take("test", Captured(data.replace(b"2,113,000", b"2,113,001"), "cut"))
    finally:
        daemon.stop()
    found = look(shop, offline=True)
    assert found["quarantine"].level is Level.WARN
    assert found["queue"].said == "1 issued"


def test_no_shop_and_a_wrong_setting(tmp_path: Path, shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--data", str(tmp_path)]) == 1
    assert "thungan init" in capsys.readouterr().out
    change(shop, "[register]", "[register]\nnonsense = 1")
    assert look(shop)["config"].level is Level.FAIL


def test_who_reads_pictures_is_asked_where_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    (found,) = check_picture_reader({})
    assert (found.level, found.said) == (Level.OK, f"read by {shutil.which('tesseract')}")
    tesseract.program.cache_clear()
    monkeypatch.setattr("shutil.which", lambda _name: None)
    (found,) = check_picture_reader({})
    assert found.level is Level.OK
    assert "not installed" in found.said
    (found,) = check_picture_reader({PictureReaderMissing.code: "a picture waits"})
    assert found.level is Level.FAIL
    assert "tesseract-ocr-vie" in found.vi


def test_clock_and_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert check_clock(None, noon).level is Level.OK
    assert check_clock(60.0, noon).level is Level.WARN
    assert check_clock(-4000.0, noon).level is Level.FAIL
    assert check_clock(None, datetime(2000, 1, 1, tzinfo=UTC)).level is Level.FAIL
    for free, level in ((50_000_000, Level.FAIL), (500_000_000, Level.WARN), (5_000_000_000, Level.OK)):
        usage = shutil._ntuple_diskusage(10**11, 0, free)  # type: ignore[attr-defined]
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
        assert check_disk(tmp_path).level is level
