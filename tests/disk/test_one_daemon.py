"""One daemon for each data folder, whatever became of the last; upgrades of the schema that are cut off."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database
from till_process import receipt

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from outbox.errors import DatabaseNewer
from outbox.migrations import MIGRATIONS
from outbox.schema_steps import DEFINED
from outbox.store import Store, open_reader

OLD = "m007_order_of_delivery"  # a database of an earlier program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path / "shop", demo=True)
    path = tmp_path / "shop" / "config.toml"
    path.write_text(path.read_text("utf-8").replace("port = 8380", "port = 0"), "utf-8")
    return tmp_path / "shop"


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "run", "--data", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_daemon_is_refused_until_the_first_is_dead(folder: Path) -> None:
    first = start(folder)
    assert first.stdout is not None
    assert first.stdout.readline().startswith("thungan runs")
    second = start(folder)
    _, said = second.communicate(timeout=120)
    assert second.returncode != 0
    assert "E-OUT-001" in said
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)
    third = start(folder)  # a lock that a killed process leaves is no lock
    assert third.stdout is not None
    assert third.stdout.readline().startswith("thungan runs")
    third.terminate()
    third.communicate(timeout=120)
    assert third.returncode == 0


def test_every_step_of_the_schema_has_its_name_among_the_known(folder: Path) -> None:
    assert steps(folder / "thungan.db") == DEFINED


def test_todays_schema_is_opened_without_the_library_of_migrations(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from outbox.store import Store\n"
        "Store(Path(sys.argv[1])).close(); print('sqlite_utils' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, check=True)
    assert ran.stdout.strip() == b"False"


def older_database(folder: Path) -> None:
    """As a program of some steps ago left it, with a ledger."""
    for path in folder.glob("thungan.*"):
        path.unlink()
    with closing(sqlite3.connect(folder / "thungan.db", isolation_level=None)) as connection:
        names = [migration.name for migration in MIGRATIONS.pending(Database(connection))]
        MIGRATIONS.apply(Database(connection), stop_before=names[names.index(OLD) + 1])
        connection.execute("INSERT INTO leaf VALUES (0, 'old', NULL, '{}', zeroblob(32))")
        connection.execute("INSERT INTO setting VALUES ('kept', 'yes')")


def steps(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {migration.name for migration in MIGRATIONS.applied(Database(connection))}


def test_the_database_is_copied_before_its_schema_changes(folder: Path) -> None:
    older_database(folder)
    before = steps(folder / "thungan.db")
    Store(folder).close()
    (copy,) = folder.glob("thungan.db.before-*")
    assert steps(copy) == before
    assert steps(folder / "thungan.db") > before
    with closing(open_reader(folder / "thungan.db")) as connection:
        assert connection.execute("SELECT value FROM setting WHERE name = 'kept'").fetchone()[0] == "yes"


_CUT_OFF = """
import os, signal, sys
from pathlib import Path
import outbox.migrations as migrations
count = [int(sys.argv[2])]
run = migrations._run
def cut(db, script):
    run(db, script)
    count[0] -= 1
    if count[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
migrations._run = cut
from outbox.store import Store
Store(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("step", [1, 3])
def test_an_upgrade_that_is_cut_off_goes_on(folder: Path, step: int) -> None:
    older_database(folder)
    done = subprocess.run([sys.executable, "-c", _CUT_OFF, str(folder), str(step)], check=False)
    assert done.returncode == -signal.SIGKILL
    Store(folder).close()
    with closing(open_reader(folder / "thungan.db")) as connection:
        assert connection.execute("SELECT value FROM setting WHERE name = 'kept'").fetchone()[0] == "yes"
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    first = min(folder.glob("thungan.db.before-*"), key=os.path.getmtime)
    assert OLD in steps(first)


def test_a_newer_database_is_refused_and_printing_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(folder / "thungan.db")) as connection:
        connection.execute("UPDATE _sqlite_migrations SET name = 'm999_of_tomorrow' WHERE name LIKE 'm001%'")
        connection.commit()
    with pytest.raises(DatabaseNewer, match="m999_of_tomorrow"):
        Store(folder)
    sale = folder / "sale.json"
    sale.write_text('{"receipt_no": "A1", "total": 15000, "lines": [{"name": "Đá viên", "amount": 15000}]}')
    assert main(["issue", str(sale), "--data", str(folder)]) == 3
    assert "E-OUT-003" in capsys.readouterr().err
    daemon = Daemon(load_config(folder))
    daemon.till.keeper.spool.prepare()
    assert daemon.till.take("test", receipt(0)) == b""
    daemon.disk.look()
    assert daemon.disk.trouble is not None
    assert daemon.disk.trouble.code == "E-OUT-003"
    assert len(daemon.till.keeper.spool.kept()) == 1
    daemon.stop()
