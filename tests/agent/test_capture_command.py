"""``thungan capture test`` on every kind of source: what is heard is shown at once; nothing is kept."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from database_servers import free_port
from fiscal_device import Device, Program
from lines import PATIENCE, Pty
from record_shop import HEADING, moment, rows_of_sale
from sign_and_words import picture

from agent.cli import main
from drivers.raster import tesseract

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))


class Listening:
    """The command, running; its lines as they come."""

    def __init__(self, *words: str, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "capture", "test", *words, "--json", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def close(self) -> None:
        """End it in any way."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def next(self, key: str) -> dict[str, Any]:
        """The next line that has a key."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            assert line.startswith("{"), line
            found: dict[str, Any] = json.loads(line)
            if key in found:
                return found

    def end(self) -> int:
        """End it as a person does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@contextmanager
def listening(data: Path, *words: str) -> Iterator[Listening]:
    heard = Listening(*words, data=data)
    try:
        yield heard
    finally:
        heard.close()


def test_a_serial_line(tmp_path: Path) -> None:
    line = Pty()
    try:
        with listening(tmp_path, f"serial://{line.path}?baud=115200") as command:
            assert command.next("state")["state"] == "open"
            line.write(RECEIPTS[0].read_bytes())
            heard = command.next("kind")
            assert heard["kind"] == "sale"
            assert heard["total"] == json.loads(RECEIPTS[0].with_suffix(".json").read_text("utf-8"))["total"]
            line.write(b"nothing that is a receipt\n\x1dV\x00")
            assert command.next("kind")["problems"]
            assert command.end() == 3
    finally:
        line.close()
    assert list(tmp_path.iterdir()) == []


def test_a_network_line(tmp_path: Path) -> None:
    port = free_port()
    with listening(tmp_path, f"tcp://127.0.0.1:{port}") as command:
        assert command.next("state")["state"] == "open"
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as register:
            register.sendall(RECEIPTS[1].read_bytes())
        assert command.next("kind")["kind"] == "sale"
        assert command.end() == 0


def test_a_folder_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "a.csv").write_text(HEADING + rows_of_sale("HD01"), "utf-8")
    with listening(tmp_path, f"folder://{exports}?settle=0", "--profile", "csv-lines") as command:
        assert command.next("kind")["receipt_no"] == "HD01"
        (exports / "b.csv").write_text(HEADING + rows_of_sale("HD02"), "utf-8")
        heard = command.next("kind")
        assert (heard["receipt_no"], heard["origin"]) == ("HD02", "b.csv row 2")
        assert command.end() == 0
    assert sorted(path.name for path in exports.iterdir()) == ["a.csv", "b.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["exports"]


def test_a_database_shows_its_latest_bills(tmp_path: Path) -> None:
    from contextlib import closing
    from sqlite3 import connect

    path = tmp_path / "pos.db"
    at = f"{moment():%Y-%m-%d %H:%M:%S}"
    with closing(connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE bill (id INTEGER, bill_no TEXT, closed_at TEXT, total INT, state TEXT)"
        )
        connection.execute(
            "CREATE TABLE bill_line (id INTEGER, bill_id INTEGER, name TEXT, unit TEXT, quantity INT,"
            " price INT, amount INT)"
        )
        connection.execute("INSERT INTO bill VALUES (7, 'HD7', ?, 50000, 'paid')", (at,))
        connection.execute("INSERT INTO bill_line VALUES (1, 7, 'Phở', 'Tô', 1, 50000, 50000)")
    with listening(tmp_path, f"sqlite://{path}?profile=sql-bills&every=1") as command:
        assert command.next("kind")["receipt_no"] == "HD7"
        assert command.end() == 0


def test_frames_pass_and_are_read(tmp_path: Path) -> None:
    line, behind = Pty(), Pty()
    try:
        with listening(tmp_path, f"frames+serial://{line.path}?baud=115200&printer={behind.path}") as command:
            assert command.next("state")["state"] == "open"
            device, program = Device(), Program()
            frames = [
                program.frame(0x30, b"1,1,1"),
                program.frame(0x31, program.sale("Phở bò", 50_000)),
                program.pay(b"P", 50_000),
                program.frame(0x38),
            ]
            for frame in frames:
                line.write(frame)
                assert behind.read(len(frame)) == frame
                answer = device.feed(frame)
                behind.write(answer)
                assert line.read(len(answer)) == answer
            assert command.next("kind")["total"] == 50_000
            assert command.end() == 0
    finally:
        line.close()
        behind.close()


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str, str], Path]:
    def made(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return made


def test_files_without_listening(
    sample: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["capture", "test", str(RECEIPTS[0])]) == 0
    assert "1 heard, 1 read, 0 for a person" in capsys.readouterr().out
    broken = rows_of_sale("HD02").replace(";2;", ";3;")
    path = sample("x.csv", HEADING + rows_of_sale("HD01") + broken)
    assert main(["capture", "test", str(path), "--profile", "csv-lines"]) == 3
    out = capsys.readouterr().out
    assert "sale         HD01  50,000  (x.csv row 2)" in out
    assert "problem: line 1" in out
    transcript = Path(__file__).parent.parent / "data" / "frames" / "receipt-classic.txt"
    assert main(["capture", "test", str(transcript)]) == 0
    assert "sale" in capsys.readouterr().out


def test_a_picture_is_read_and_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line, drawn = Pty(), tmp_path / "drawn"
    try:
        with listening(tmp_path, f"serial://{line.path}?baud=115200", "--png", str(drawn)) as command:
            assert command.next("state")["state"] == "open"
            line.write(picture(7))
            heard = command.next("kind")
            assert (heard["kind"], heard["receipt_no"], heard["picture"]) == ("sale", "HD000007", True)
            line.write(RECEIPTS[0].read_bytes())
            assert command.next("kind")["picture"] is False
            assert command.end() == 0
    finally:
        line.close()
    assert sorted(path.name for path in drawn.iterdir()) == ["1.png", "2.png"]
    path = tmp_path / "receipt.prn"
    path.write_bytes(picture(8))
    assert main(["capture", "test", str(path), "--png", str(path)]) == 0
    said = capsys.readouterr()
    assert "it is a picture, read in" in said.out
    assert "not drawn" in said.err
    tesseract.program.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert main(["capture", "test", str(path)]) == 3
    assert "E-DRV-033" in capsys.readouterr().out


def test_nothing_heard_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = f"serial://{tmp_path / 'missing'}?baud=9600"
    assert main(["capture", "test", uri, "--seconds", "0.5", "--data", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "E-DRV-003" in out
    assert "nothing was heard" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serial//x"], "E-DRV-001"),
        (["folder:///tmp"], "E-DRV-001"),
        (["folder:///tmp", "--profile", "general"], "E-DRV-020"),
        (["folder:///tmp", "--profile", "sql-bills"], "E-DRV-020"),
        (["sqlite:///tmp/x.db", "--profile", "csv-lines"], "E-DRV-020"),
        (["postgresql://pos:geheim@localhost/x", "--profile", "sql-bills"], "E-DRV-001"),
        (["postgresql://pos@localhost/x?password=geheim", "--profile", "sql-bills"], "E-DRV-001"),
    ],
)
def test_wrong_sources(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capture", "test", *words, "--seconds", "0.1"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "geheim" not in err


def test_profiles_of_records_and_frames_are_listed_and_tested(
    sample: Callable[[str, str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["profile", "list"]) == 0
    out = capsys.readouterr().out
    assert "csv-lines      csv " in out
    assert "sql-bills      database" in out
    path = sample("x.csv", HEADING + rows_of_sale("HD01") + rows_of_sale("HD02"))
    test = ["profile", "test", "--profile", "csv-lines", str(path)]
    assert main(test) == 0
    assert "x.csv row 3: sale 50,000" in capsys.readouterr().out
    sample("x.json", '[{"receipt_no": "HD01"}, {"receipt_no": "HD03"}]')
    assert main(test) == 1
    out = capsys.readouterr().out
    assert "row 2: sale 50,000 as wanted" in out
    assert "row 3: sale 50,000 NOT as wanted" in out
    sample("x.json", "[]")
    assert main(test) == 2
    device = sample("device.toml", 'kind = "frames"\n[tax]\nB = "8%"\n')
    transcript = Path(__file__).parent.parent / "data" / "frames" / "receipt-classic.txt"
    assert main(["profile", "test", "--profile", str(device), str(transcript)]) == 0
    assert "sale" in capsys.readouterr().out
