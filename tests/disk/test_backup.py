"""Backups that are read back before they count, and restores that give no number twice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from till_process import receipt

from agent.backing_up import BACKUP_ALARM, back_up
from agent.cli import main
from agent.commands.init import make_folder
from agent.config import Config, load_config
from agent.daemon import Daemon
from agent.parts import ledger_key
from audit.ledger_check import check_ledger
from authority.sandbox.server import RunningSandbox
from outbox.alarms import standing_alarms
from outbox.backup import backups, check_backup, make_backup
from outbox.errors import BackupFailed, DatabaseSwapped
from outbox.store import Store, open_reader


@pytest.fixture
def shop(tmp_path: Path) -> Config:
    """A shop with a backup place."""
    folder = tmp_path / "shop"
    make_folder(folder, demo=True)
    path = folder / "config.toml"
    (tmp_path / "stick").mkdir()
    path.write_text(
        path.read_text("utf-8").replace('folder = ""', f'folder = "{tmp_path / "stick"}"'), "utf-8"
    )
    return load_config(folder)


def sell(config: Config, *places: int) -> None:
    daemon = Daemon(config)
    try:
        for place in places:
            daemon.till.take("test", receipt(place))
        daemon.disk.look()
        daemon.till.take_left_over()
    finally:
        daemon.stop()


def numbers(config: Config) -> list[int]:
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        return [row[0] for row in connection.execute("SELECT number FROM invoice ORDER BY number")]


def problems(config: Config) -> tuple[str, ...]:
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        return check_ledger(connection, ledger_key(config.folder).public_key()).problems


def test_a_backup_holds_everything_but_the_secrets(shop: Config) -> None:
    sell(shop, 0, 1)
    made = back_up(shop, datetime.now(UTC))
    check_backup(made.path, made.size)
    with closing(open_reader(made.path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM invoice").fetchone()[0] == 2
    data = made.path.read_bytes()
    for secret in (shop.folder / "keys").iterdir():
        assert secret.read_bytes()[:24] not in data
    assert {path.name for path in made.path.parent.iterdir()} == {made.path.name}


def test_the_schedule_backs_up_what_is_new_and_says_when_it_cannot(shop: Config, tmp_path: Path) -> None:
    sell(shop, 0)
    daemon = Daemon(shop)
    place = shop.backup.place
    assert place is not None
    try:
        now = datetime.now(UTC)
        daemon.backups.run(now)
        daemon.backups.run(now + timedelta(minutes=15))
        assert len(backups(place)) == 1  # nothing was new
        (tmp_path / "stick").rename(tmp_path / "pulled")
        daemon.till.take("test", receipt(1))
        daemon.disk.look()
        daemon.backups.run(now + timedelta(minutes=30))
        assert alarm_stands(daemon)
        (tmp_path / "pulled").rename(tmp_path / "stick")
        daemon.backups.run(now + timedelta(minutes=45))
        assert not alarm_stands(daemon)
        assert len(backups(place)) == 2
    finally:
        daemon.stop()


def alarm_stands(daemon: Daemon) -> bool:
    with closing(daemon.store.reader()) as connection:
        return bool(standing_alarms(connection, [BACKUP_ALARM]))


def test_old_copies_go_and_the_last_of_each_day_stays(shop: Config) -> None:
    sell(shop, 0)
    place = shop.backup.place
    assert place is not None
    place.mkdir()
    began = datetime(2026, 11, 20, 1, tzinfo=UTC)
    for day in range(4):
        for hour in range(3):
            make_backup(shop.folder / "thungan.db", place, began + timedelta(days=day, hours=hour), keep=2)
    assert [f"{one.at:%d-%H}" for one in backups(place)] == ["23-03", "23-02", "22-03"]


@pytest.mark.parametrize("how", ["pages", "one letter of a document"])
def test_a_damaged_copy_is_not_a_backup(shop: Config, how: str) -> None:
    sell(shop, 0)
    made = back_up(shop, datetime.now(UTC))
    data = bytearray(made.path.read_bytes())
    if how == "pages":
        data[8192:] = b"\xff" * (len(data) - 8192)
    else:
        place = data.rindex(b"<SignatureValue>")
        data[place + 30] ^= 1
    made.path.write_bytes(data)
    with pytest.raises(BackupFailed):
        check_backup(made.path, made.size)
    assert main(["restore", str(made.path), "--data", str(shop.folder)]) == 3
    assert numbers(shop) == [1]  # what was there is untouched


def test_a_restore_leaves_numbers_out_and_says_why(shop: Config) -> None:
    sell(shop, 0, 1)
    back_up(shop, datetime.now(UTC))
    sell(shop, 2, 3)
    (shop.folder / "thungan.db").unlink()
    with pytest.raises(DatabaseSwapped):
        Store(shop.folder)
    assert main(["restore", "--data", str(shop.folder), "--margin", "10"]) == 0
    sell(shop, 4)
    assert numbers(shop) == [1, 2, 15]  # the witness knew of 3 and 4; ten more may be on paper somewhere
    assert problems(shop) == ()
    until = f"{datetime.now(UTC) + timedelta(hours=7):%Y-%m-%d}"
    bundle = shop.folder / "evidence.zip"
    words = ["audit", "export", "--from", "2026-01-01", "--to", until, "-o", str(bundle)]
    assert main([*words, "--data", str(shop.folder)]) == 0
    assert main(["audit", "verify", str(bundle)]) == 0


def test_an_older_copy_put_back_by_hand_is_gone_on_with(shop: Config, tmp_path: Path) -> None:
    sell(shop, 0)
    made = back_up(shop, datetime.now(UTC))
    sell(shop, 1)
    shutil.copyfile(made.path, shop.folder / "thungan.db")
    with pytest.raises(DatabaseSwapped):
        Store(shop.folder)
    assert main(["restore", "--here", "--data", str(shop.folder), "--margin", "0", "--last-number", "7"]) == 0
    sell(shop, 2)
    assert numbers(shop) == [1, 8]
    assert problems(shop) == ()


def test_a_hole_without_a_reason_stays_one(shop: Config) -> None:
    sell(shop, 0, 1)
    back_up(shop, datetime.now(UTC))
    (shop.folder / "thungan.db").unlink()
    assert main(["restore", "--data", str(shop.folder), "--margin", "5"]) == 0
    sell(shop, 2, 3)
    store = Store(shop.folder)
    store.run(lambda tx: tx.execute("UPDATE invoice SET number = 11, code = 'x' WHERE number = 9"))
    store.close()
    assert any("a hole" in problem for problem in problems(shop))


def test_on_a_new_machine_somebody_must_know_the_last_number(
    shop: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sell(shop, 0)
    made = back_up(shop, datetime.now(UTC))
    sell(shop, 1)
    new = tmp_path / "new"
    new.mkdir()
    shutil.copytree(shop.folder / "keys", new / "keys")
    shutil.copyfile(shop.folder / "config.toml", new / "config.toml")
    assert main(["restore", str(made.path), "--data", str(new)]) == 3
    assert "E-OUT-038" in capsys.readouterr().err
    assert not (new / "thungan.db").exists()


@pytest.fixture
def authority(shop: Config) -> Iterator[Config]:
    """The shop again, with the sandbox authority on the line."""
    with RunningSandbox(shop.folder / "sandbox") as sandbox:
        path = shop.folder / "config.toml"
        path.write_text(path.read_text("utf-8").replace("https://127.0.0.1:8443", sandbox.url), "utf-8")
        yield load_config(shop.folder)


def test_the_authority_is_asked_for_the_last_number(authority: Config, tmp_path: Path) -> None:
    """The disk is lost; the backup is from before a delivery: what the authority has is not sent again."""
    sell(authority, 0, 1)
    made = back_up(authority, datetime.now(UTC))
    sell(authority, 2)
    daemon = Daemon(authority)
    daemon.sync()
    daemon.sync()
    daemon.stop()
    for path in authority.folder.glob("thungan.*"):
        path.unlink()
    assert main(["restore", str(made.path), "--data", str(authority.folder), "--margin", "0"]) == 0
    sell(authority, 3)
    assert numbers(authority) == [1, 2, 4]
    with closing(open_reader(authority.folder / "thungan.db")) as connection:
        states = connection.execute("SELECT number, state FROM invoice ORDER BY number").fetchall()
    assert [tuple(row) for row in states] == [(1, "held"), (2, "held"), (4, "issued")]
    assert problems(authority) == ()


def test_a_running_daemon_is_not_restored_under(shop: Config) -> None:
    sell(shop, 0)
    back_up(shop, datetime.now(UTC))
    store = Store(shop.folder)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "agent.cli", "restore", "--data", str(shop.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        store.close()
    assert "E-OUT-001" in done.stderr
    assert numbers(shop) == [1]
