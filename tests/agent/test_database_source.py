"""A register program's database, from bills to invoices: what changes afterwards, and the password."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from database_servers import PASSWORD, postgresql
from record_shop import Shop, moment, wait_until
from sqlalchemy import text

from agent.config import load_config
from agent.daemon import Daemon

INVOICES = "SELECT COUNT(*) FROM invoice"
QUARANTINED = "SELECT COUNT(*) FROM capture WHERE state = 'quarantined'"
PROBLEMS = "SELECT problems FROM capture WHERE state = 'quarantined'"
LOOKED = "SELECT COUNT(*) FROM setting WHERE name LIKE 'read:%'"
LEAVES = "SELECT kind FROM leaf WHERE kind LIKE 'record.%' ORDER BY seq"
SCHEMA = (
    "CREATE TABLE bill (id INTEGER PRIMARY KEY, bill_no TEXT, closed_at TEXT, total INTEGER, state TEXT)",
    """CREATE TABLE bill_line (id INTEGER PRIMARY KEY, bill_id INTEGER, name TEXT, unit TEXT,
    quantity INTEGER, price INTEGER, amount INTEGER)""",
)


class Pos:
    """A register program with its SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for statement in SCHEMA:
            self.run(statement)

    def run(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            connection.execute(statement, values)

    def bill(self, number: int, total: int = 50_000) -> None:
        at = f"{moment():%Y-%m-%d %H:%M:%S}"
        self.run("INSERT INTO bill VALUES (?, ?, ?, ?, 'paid')", number, f"HD{number}", at, total)
        self.run("INSERT INTO bill_line VALUES (?, ?, 'Phở', 'Tô', 1, ?, ?)", number, number, total, total)


@pytest.fixture
def pos(tmp_path: Path) -> Pos:
    return Pos(tmp_path / "pos.db")


@pytest.fixture
def shop(tmp_path: Path, pos: Pos) -> Shop:
    return Shop(tmp_path / "shop", f"sqlite://{pos.path}?profile=sql-bills&every=1")


def test_a_bill_becomes_an_invoice_once(shop: Shop, pos: Pos) -> None:
    pos.bill(1)
    with shop.open():
        shop.wait_for(1, LOOKED)
        pos.bill(2)
        pos.bill(3, 70_000)
        shop.wait_for(2, INVOICES)
    with shop.open():
        pos.bill(4)
        shop.wait_for(3, INVOICES)
    assert shop.rows("SELECT total FROM invoice ORDER BY id") == [(50_000,), (70_000,), (50_000,)]
    data, form, origin = shop.rows("SELECT data, form, origin FROM capture ORDER BY id")[0]
    assert (form, origin) == ("json", "pos.db row 2")
    assert data.startswith(b'[{"amount":50000,"bill_no":"HD2",')
    assert shop.ledger_holds()


def test_what_changes_or_vanishes_after_the_invoice_is_for_a_person(shop: Shop, pos: Pos) -> None:
    with shop.open():
        shop.wait_for(1, LOOKED)
        pos.bill(1)
        pos.bill(2)
        shop.wait_for(2, INVOICES)
        pos.run("UPDATE bill SET total = 1000 WHERE id = 1")
        pos.run("DELETE FROM bill WHERE id = 2")
        shop.wait_for(2, QUARANTINED)
        said = " ".join(problems for (problems,) in shop.rows(PROBLEMS))
        assert "HD1 has changed in pos.db row 1 after it was invoiced as C26MAA-1" in said
        assert "HD2 is no longer in sqlite:" in said
        assert "2 changed, vanished or edited" in shop.alarms()
        assert shop.rows(LEAVES) == [("record.changed",), ("record.vanished",)]
    assert shop.invoices() == 2
    assert shop.ledger_holds()


def test_a_row_that_comes_back_as_it_was_asks_nobody(shop: Shop, pos: Pos) -> None:
    with shop.open():
        shop.wait_for(1, LOOKED)
        pos.bill(1)
        shop.wait_for(1, INVOICES)
        pos.run("ALTER TABLE bill_line RENAME COLUMN bill_id TO was")
        pos.run("ALTER TABLE bill_line ADD COLUMN bill_id INTEGER")  # the join finds no bill any more
        shop.wait_for(1, QUARANTINED)
        pos.run("UPDATE bill_line SET bill_id = was")
        shop.wait_for(0, QUARANTINED)
        assert shop.alarms() == ""
    assert shop.ledger_holds()


def test_the_password_is_found_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = postgresql()
    monkeypatch.setenv("POS_PASSWORD", PASSWORD)
    try:
        server.start()
        with server.engine().begin() as connection:
            for statement in SCHEMA:
                connection.execute(text(statement))
        shop = Shop(tmp_path / "shop", f"{server.source}?profile=sql-bills&password=env:POS_PASSWORD&every=1")
        with shop.open():
            shop.wait_for(1, LOOKED)
            with server.engine().begin() as connection:
                at = f"{moment():%Y-%m-%d %H:%M:%S}"
                connection.execute(text("INSERT INTO bill VALUES (1, 'HD1', :at, 50000, 'paid')"), {"at": at})
                connection.execute(text("INSERT INTO bill_line VALUES (1, 1, 'Phở', 'Tô', 1, 50000, 50000)"))
            shop.wait_for(1, INVOICES)
        monkeypatch.setenv("POS_PASSWORD", "another " + PASSWORD)
        daemon = Daemon(load_config(shop.folder))
        try:
            daemon.start()
            wait_until(lambda: bool(daemon._away_said))
        finally:
            daemon.stop()
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
    assert "password authentication failed" in caplog.text
    assert PASSWORD not in caplog.text
    for path in shop.folder.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path


def test_a_bill_that_stays_open_is_not_left_behind(tmp_path: Path, pos: Pos) -> None:
    """A table that sits for hours while more bills are made than the window is wide."""
    mapping = tmp_path / "narrow.toml"
    shipped = Path(__file__).parents[2] / "drivers" / "mappings" / "sql-bills.toml"
    mapping.write_text(shipped.read_text("utf-8").replace("window = 500", "window = 2"), "utf-8")
    shop = Shop(tmp_path / "shop", f"sqlite://{pos.path}?profile={mapping}&every=1")
    with shop.open():
        shop.wait_for(1, LOOKED)
        pos.bill(1)
        pos.run("UPDATE bill SET state = 'open' WHERE id = 1")
        shop.wait_for(1, "SELECT COUNT(*) FROM capture WHERE kind = 'provisional'")
        for number in range(2, 9):
            pos.bill(number)
        shop.wait_for(7, INVOICES)
        pos.run("UPDATE bill SET state = 'paid' WHERE id = 1")
        shop.wait_for(8, INVOICES)
    assert shop.one(QUARANTINED) == 0
    assert shop.ledger_holds()
