"""A disk that fails while the shop sells: printing goes on, nothing is issued, lost, or issued twice.

The faults are real ones where the system lets us make them: a full tmpfs, another program's lock, pages
written over, files deleted and swapped. What a healthy disk cannot be made to do (EIO, EROFS under open
files, slow syncs) is done by a library that is preloaded (faults.c).
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from disk_shop import holds, invoices, settle, take_until_issued
from till_process import receipt

from agent.commands.init import make_folder
from agent.commands.status import collect
from agent.daemon import Daemon
from errors import ThunganError
from outbox.errors import DatabaseSwapped
from outbox.spool import NAME as RESERVE_NAME
from outbox.spool import read_reserve
from outbox.store import Store, open_reader

HERE = Path(__file__).parent
CODE = b"M1-26-SHNDN-"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no small disk here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def older_copy(folder: Path) -> Path:
    """The database as it is now, beside it."""
    older = folder / "older.db"
    with closing(open_reader(folder / "thungan.db")) as source, closing(sqlite3.connect(older)) as copy:
        source.backup(copy)
    return older


def test_a_full_disk_keeps_receipts_in_the_reserve(
    small_disk: Path, open_daemon: Callable[[Path], Daemon]
) -> None:
    folder = small_disk / "shop"
    make_folder(folder, demo=True)
    daemon = open_daemon(folder)
    take_until_issued(daemon, 0)
    ballast = folder.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    # SQLite may have room left in its files: receipts are taken until there is none.
    place, kept = 1, 0
    while not kept:
        daemon.till.take("test", receipt(place))
        place, kept = place + 1, len(read_reserve(folder / RESERVE_NAME))
    daemon.till.take("test", receipt(place))
    daemon.disk.look()
    assert daemon.disk.trouble is not None
    assert daemon.disk.trouble.code == "E-OUT-031"
    assert any("E-OUT-031" in alarm for alarm in collect(daemon.config)["alarms"])
    ballast.unlink()
    settle(daemon, place + 1)
    assert read_reserve(folder / RESERVE_NAME) == []
    assert not any("E-OUT-031" in alarm for alarm in collect(daemon.config)["alarms"])
    holds(folder, place + 1)


def test_another_programs_lock_is_waited_for_in_the_reserve(
    folder: Path, open_daemon: Callable[[Path], Daemon], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outbox.database.WAIT", 0.2)
    daemon = open_daemon(folder)
    take_until_issued(daemon, 0)
    other = sqlite3.connect(folder / "thungan.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert daemon.till.take("test", receipt(1)) == b""
    daemon.disk.look()
    assert daemon.disk.trouble is not None
    assert daemon.disk.trouble.code == "E-OUT-034"
    other.execute("ROLLBACK")
    other.close()
    settle(daemon, 2)
    holds(folder, 2)


@pytest.mark.parametrize("how", ["deleted", "older copy", "another file"])
def test_a_file_that_goes_away_is_put_back(
    folder: Path, open_daemon: Callable[[Path], Daemon], how: str
) -> None:
    daemon = open_daemon(folder)
    take_until_issued(daemon, 0)
    database, older = folder / "thungan.db", older_copy(folder)
    take_until_issued(daemon, 1)
    if how == "deleted":
        database.unlink()
    elif how == "older copy":
        older.replace(database)
    else:
        (folder / "other").write_bytes(b"no database at all")
        (folder / "other").replace(database)
    take_until_issued(daemon, 2)
    settle(daemon, 3)
    holds(folder, 3)
    assert any("put back from memory" in alarm for alarm in collect(daemon.config)["alarms"])
    assert len(list(folder.glob("thungan.db.set-aside-*"))) == (how != "deleted")
    daemon.stop()
    Store(folder).close()
    holds(folder, 3)


@pytest.mark.parametrize("how", ["deleted", "older copy", "another shop's"])
def test_what_was_swapped_while_nothing_ran_is_refused(
    folder: Path, open_daemon: Callable[[Path], Daemon], tmp_path: Path, how: str
) -> None:
    daemon = open_daemon(folder)
    take_until_issued(daemon, 0)
    database, older = folder / "thungan.db", older_copy(folder)
    take_until_issued(daemon, 1)
    daemon.stop()
    database.unlink()
    if how == "older copy":
        older.rename(database)
    elif how == "another shop's":
        make_folder(tmp_path / "another", demo=True)
        (tmp_path / "another" / "thungan.db").rename(database)
    with pytest.raises(DatabaseSwapped):
        Store(folder)
    # The register starts all the same: it prints, and keeps what it reads.
    again = open_daemon(folder)
    assert again.till.take("test", receipt(2)) == b""
    again.disk.look()
    assert again.disk.trouble is not None
    assert again.disk.trouble.code == "E-OUT-036"
    assert len(read_reserve(folder / RESERVE_NAME)) == 1


def test_damaged_pages_stop_issuing_not_printing(folder: Path, open_daemon: Callable[[Path], Daemon]) -> None:
    daemon = open_daemon(folder)
    take_until_issued(daemon, 0)
    daemon.stop()
    database = folder / "thungan.db"
    whole = database.read_bytes()
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(len(whole) - 4096))
    again = open_daemon(folder)
    assert again.till.take("test", receipt(1)) == b""
    again.disk.look()
    assert again.disk.trouble is not None
    assert again.disk.trouble.code == "E-OUT-035"
    assert len(read_reserve(folder / RESERVE_NAME)) == 1
    for ending in ("-wal", "-shm"):
        (folder / f"thungan.db{ending}").unlink(missing_ok=True)
    database.write_bytes(whole)
    settle(again, 2)
    holds(folder, 2)


def test_a_database_written_over_in_place_is_noticed(
    folder: Path, open_daemon: Callable[[Path], Daemon]
) -> None:
    daemon = open_daemon(folder)
    for place in range(3):
        take_until_issued(daemon, place)
    with (folder / "thungan.db").open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(200_000))
    assert daemon.till.take("test", receipt(3)) == b""
    daemon.disk.look()
    assert daemon.disk.trouble is not None
    assert daemon.disk.trouble.code in {"E-OUT-035", "E-OUT-036"}
    assert len(read_reserve(folder / RESERVE_NAME)) == 1


class Process:
    """A daemon under the library of faults."""

    def __init__(self, folder: Path, library: Path, control: Path) -> None:
        control.write_text("0")
        self._control = control
        environment = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "FAULTS_FOLDER": str(folder),
            "FAULTS_CONTROL": str(control),
        }
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "till_process.py"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        assert self._answer() == "ready"

    def fault(self, letter: str) -> None:
        self._control.write_text(letter)

    def ask(self, words: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        assert isinstance(answer, dict)
        return answer

    def settle(self, folder: Path, wanted: int) -> None:
        """As ``settle``: the disk is well again."""
        self.fault("0")
        for _ in range(600):
            if self.ask("look")["trouble"] is None and invoices(folder) == wanted:
                return
            time.sleep(0.1)

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self.fault("0")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        assert self._process.wait(60) == 0
        self._process.stdout.close()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("needs a C compiler and LD_PRELOAD")
    made = tmp_path_factory.mktemp("library") / "faults.so"
    source = str(HERE / "faults.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(made), source, "-ldl"], check=True)
    return made


@pytest.fixture
def process(folder: Path, library: Path, tmp_path: Path) -> Iterator[Process]:
    running = Process(folder, library, tmp_path / "control")
    yield running
    running.close()


@pytest.mark.parametrize(
    ("letter", "code"), [("E", "E-OUT-033"), ("R", "E-OUT-032"), ("F", "E-OUT-031")], ids=["io", "ro", "full"]
)
def test_a_disk_that_takes_nothing_leaves_receipts_in_memory(
    folder: Path, process: Process, letter: str, code: str
) -> None:
    """The reserve is on the same disk and fails with it: the memory is what is left."""
    process.ask("take 0")
    process.fault(letter)
    assert process.ask("take 1")["printed"] == ""
    assert process.ask("take 2")["printed"] == ""
    assert process.ask("look")["trouble"] == code
    process.settle(folder, 3)
    holds(folder, 3)


def test_the_second_place_takes_over_the_reserve(folder: Path, library: Path, tmp_path: Path) -> None:
    """Where a disk fails altogether the receipts are kept beside the backups, and come back from there."""
    (tmp_path / "stick").mkdir()
    path = folder / "config.toml"
    path.write_text(
        path.read_text("utf-8").replace('folder = ""', f'folder = "{tmp_path / "stick"}"'), "utf-8"
    )
    process = Process(folder, library, tmp_path / "control")
    process.ask("take 0")
    process.fault("E")
    assert process.ask("take 1")["printed"] == ""
    (second,) = (tmp_path / "stick").rglob(RESERVE_NAME)
    assert len(read_reserve(second)) == 1
    process.settle(folder, 2)
    assert read_reserve(second) == []
    process.close()
    holds(folder, 2)


def test_a_slow_disk_holds_no_paper_up(folder: Path, process: Process) -> None:
    """Each sync takes three seconds, twice what a cut may wait: the receipts go out as they are."""
    process.ask("take 0")
    process.fault("S")
    assert [process.ask(f"take {place}")["printed"] for place in (1, 2, 3)] == ["", "", ""]
    process.settle(folder, 4)
    holds(folder, 4)


def test_a_sale_over_the_api_is_refused_with_the_reason(folder: Path) -> None:
    """The command ``issue`` with the database locked by another program."""
    other = sqlite3.connect(folder / "thungan.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sale = folder / "sale.json"
    sale.write_text('{"receipt_no": "A1", "total": 15000, "lines": [{"name": "Đá viên", "amount": 15000}]}')
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", "issue", str(sale), "--data", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    other.close()
    assert done.returncode == 3
    assert "E-OUT-034" in done.stderr
    assert invoices(folder) == 0


def test_errors_are_told_apart() -> None:
    """Every kind has advice of its own in both languages."""
    from agent.alarm_words import error_of

    kinds: list[type[ThunganError]] = []
    for number in range(30, 37):
        found = error_of(f"E-OUT-0{number}")
        assert found is not None
        kinds.append(found)
    assert len({kind.advice_vi for kind in kinds}) == len({kind.advice_en for kind in kinds}) == len(kinds)
