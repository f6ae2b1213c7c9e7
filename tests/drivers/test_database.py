"""A register program's database, on real servers: each bill once, also late ones; changes seen; only read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from database_servers import KINDS, PASSWORD, Server
from sqlalchemy import text

from drivers.captured import Captured
from drivers.database import DatabaseWatcher
from drivers.errors import DatabaseAway
from drivers.memory import Forgetful
from drivers.reading import Reading
from drivers.tables.mapping import Mapping, Query
from drivers.understanding import load_any, understand
from drivers.uri import DatabaseAddress, RecordsAddress, parse_source
from invoice.sale import Kind
from invoice.sale_json import VIETNAM

BILLS = load_any("sql-bills")


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = KINDS[request.param]()
    try:
        if made._words:
            made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(made.folder, ignore_errors=True)


class Program:
    """The register program: it makes bills."""

    def __init__(self, server: Server) -> None:
        self.engine = server.engine()
        self.run("DROP TABLE IF EXISTS bill_line", "DROP TABLE IF EXISTS bill")
        moment = "TEXT" if server.url.drivername == "sqlite" else "TIMESTAMP"
        self.run(
            f"CREATE TABLE bill (id INTEGER PRIMARY KEY, bill_no VARCHAR(20), closed_at {moment},"
            " total NUMERIC(15, 2), state VARCHAR(10))",
            "CREATE TABLE bill_line (id INTEGER PRIMARY KEY, bill_id INTEGER, name VARCHAR(100),"
            " unit VARCHAR(20), quantity NUMERIC(12, 3), price NUMERIC(15, 2), amount NUMERIC(15, 2))",
        )
        self.lines = 0

    def run(self, *statements: str, **values: object) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def bill(self, number: int, total: int = 50_000, state: str = "paid", lines: int = 1) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("INSERT INTO bill VALUES (:id, :no, :at, :total, :state)"),
                {
                    "id": number,
                    "no": f"HD{number}",
                    "at": f"{datetime.now(VIETNAM):%Y-%m-%d %H:%M:%S}",
                    "total": total,
                    "state": state,
                },
            )
        for _ in range(lines):
            self.line(number, total // lines)

    def line(self, number: int, amount: int) -> None:
        self.lines += 1
        self.run(
            "INSERT INTO bill_line VALUES (:id, :bill, 'Cà phê sữa', 'Ly', 2, :price, :amount)",
            id=self.lines,
            bill=number,
            price=amount / 2,
            amount=amount,
        )


class Looker:
    """A watcher with its memory, and what it has taken."""

    def __init__(self, server: Server, mapping: Mapping | None = None, secret: str = PASSWORD) -> None:
        assert isinstance(BILLS, Mapping)
        address = parse_source(f"{server.source}{'&' if '?' in server.source else '?'}profile=sql-bills")
        assert isinstance(address, RecordsAddress)
        assert isinstance(address.place, DatabaseAddress)
        self.mapping = mapping or BILLS
        self.memory, self.taken = Forgetful(), list[Captured]()
        self.watcher = DatabaseWatcher(address.place, self.mapping, self.memory, self.take, lambda: secret)

    def take(self, captured: Captured) -> None:
        from hashlib import sha256

        assert captured.identity is not None
        digest = sha256(captured.data).hexdigest()
        self.memory.take(captured.identity.key, digest, captured.identity.part, captured.identity.mark)
        self.taken.append(captured)

    def look(self, times: int = 2) -> list[Reading]:
        """What new records that many looks have brought."""
        before = len(self.taken)
        for _ in range(times):
            self.watcher.look()
        return [understand(one.form, one.data, self.mapping) for one in self.taken[before:]]


@pytest.fixture
def program(server: Server) -> Program:
    return Program(server)


def numbers(readings: list[Reading]) -> list[str | None]:
    return [reading.sale.receipt_no if reading.sale else None for reading in readings]


def test_bills_are_taken_once_and_history_is_left(server: Server, program: Program) -> None:
    program.bill(1)
    looker = Looker(server)
    assert looker.look() == []
    program.bill(2, 60_000, lines=2)
    program.bill(3)
    second, third = looker.look()
    assert second.kind is third.kind is Kind.SALE
    assert second.sale is not None
    assert second.sale.receipt_no == "HD2"
    assert [(line.name, line.quantity, line.amount) for line in second.sale.lines] == [
        ("Cà phê sữa", 2, 30_000),
        ("Cà phê sữa", 2, 30_000),
    ]
    assert looker.look(3) == []
    assert [one.origin.partition(" ")[2] for one in looker.taken] == ["row 2", "row 3"]


def test_a_bill_is_not_taken_while_it_is_written(server: Server, program: Program) -> None:
    looker = Looker(server)
    looker.look()
    program.bill(1, 60_000, lines=0)
    looker.look()
    program.line(1, 30_000)
    assert looker.look(1) == []
    program.line(1, 30_000)
    assert looker.look(1) == []
    (whole,) = looker.look(1)
    assert whole.kind is Kind.SALE


def test_late_rows_and_gaps_are_met_in_the_window(server: Server, program: Program) -> None:
    looker = Looker(server)
    looker.look()
    for number in (1, 4, 9):
        program.bill(number)
    assert numbers(looker.look()) == ["HD1", "HD4", "HD9"]
    program.bill(3)
    program.bill(10)
    assert numbers(looker.look()) == ["HD3", "HD10"]


def test_a_bill_out_of_order_is_not_left_behind(server: Server, program: Program) -> None:
    """A new bill that is not settled holds the window, even where later ones are a window ahead."""
    assert isinstance(BILLS, Mapping)
    assert BILLS.query is not None
    narrow = replace(BILLS, query=replace(BILLS.query, window=2))
    looker = Looker(server, narrow)
    looker.look()
    program.bill(1)
    looker.look(1)
    for number in range(2, 30):
        program.bill(number)
    program.run("UPDATE bill SET total = 70000 WHERE id = 1")
    program.run("UPDATE bill_line SET amount = 70000, price = 35000 WHERE bill_id = 1")
    assert numbers(looker.look(4)) == [f"HD{number}" for number in range(1, 30)]
    assert looker.look(2) == []


def test_an_open_bill_becomes_a_sale_when_it_is_paid(server: Server, program: Program) -> None:
    looker = Looker(server)
    looker.look()
    program.bill(1, state="open")
    (seen,) = looker.look()
    assert seen.kind is Kind.PROVISIONAL
    program.run("UPDATE bill SET state = 'paid'")
    (paid,) = looker.look()
    assert paid.kind is Kind.SALE


def test_what_changes_and_what_vanishes_is_noticed(server: Server, program: Program) -> None:
    looker = Looker(server)
    looker.look()
    for number in (1, 2, 3):
        program.bill(number)
    looker.look()
    program.run("UPDATE bill SET total = 1 WHERE id = 2")
    (changed,) = looker.look()
    assert changed.kind is Kind.QUARANTINED
    program.run("DELETE FROM bill WHERE id = 1")
    looker.look(1)
    assert looker.memory.lost == []  # one look may be wrong
    looker.look(1)
    assert looker.memory.lost == ["HD1"]


def test_nothing_can_be_written(server: Server, program: Program) -> None:
    program.bill(1)
    looker = Looker(server)
    looker.look()
    for statement in ("DELETE FROM bill", "UPDATE bill SET total = 0", "CREATE TABLE x (a INTEGER)"):
        with pytest.raises(DatabaseAway):
            looker.watcher._ask(statement, None)
    assert len(looker.watcher._ask("SELECT id FROM bill WHERE total = 50000", None)) == 1


def test_a_backlog_is_taken_in_pieces(
    server: Server, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.database.MOST_ROWS", 7)
    looker = Looker(server)
    looker.look()
    for number in range(1, 24):
        program.bill(number, 60_000, lines=1 + number % 3)
    assert numbers(looker.look(24)) == [f"HD{number}" for number in range(1, 24)]


def test_marks_may_be_times(server: Server, program: Program) -> None:
    assert isinstance(BILLS, Mapping)
    query = Query(
        "SELECT closed_at AS mark, bill_no, closed_at, total, state, name, unit, quantity, price, amount"
        " FROM bill JOIN bill_line ON bill_id = bill.id WHERE closed_at > :mark ORDER BY closed_at, bill.id",
        "mark",
        by_time=True,
        window=3600,
        start=None,
        newest="SELECT MAX(closed_at) FROM bill",
    )
    program.bill(1)
    program.run("UPDATE bill SET closed_at = '2020-01-01 08:00:00'")
    looker = Looker(server, replace(BILLS, query=query))
    looker.look()
    program.bill(2)
    assert numbers(looker.look()) == ["HD2"]
    program.bill(3)
    program.bill(4)
    assert numbers(looker.look()) == ["HD3", "HD4"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT nothing FROM bill WHERE id > :mark", "nothing"),
        ("SELECT bill_no, bill_no, id AS mark FROM bill WHERE id > :mark", "two columns"),
        ("SELECT bill_no FROM bill WHERE id > :mark", "mark"),
        ("SELECT bill_no AS mark, bill_no FROM bill WHERE id > :mark", "is no mark"),
    ],
)
def test_a_query_that_is_wrong_is_said(server: Server, program: Program, sql: str, said: str) -> None:
    assert isinstance(BILLS, Mapping)
    assert BILLS.query is not None
    looker = Looker(server, replace(BILLS, query=replace(BILLS.query, sql=sql, start=0, newest="")))
    program.bill(1)
    with pytest.raises(DatabaseAway, match=said):
        looker.look()


def test_a_server_that_goes_away_comes_back(server: Server, program: Program, tmp_path: Path) -> None:
    looker = Looker(server)
    looker.look()
    program.bill(1)
    looker.look(1)
    path = Path(str(server.url.database))
    if server.url.drivername == "sqlite":
        path.rename(tmp_path / "away.db")
    else:
        server.stop()
    with pytest.raises(DatabaseAway) as error:
        looker.look()
    assert PASSWORD not in str(error.value)
    if server.url.drivername == "sqlite":
        (tmp_path / "away.db").rename(path)
    else:
        server.start()
    assert numbers(looker.look()) == ["HD1"]


def test_a_wrong_password_is_not_repeated(server: Server, program: Program) -> None:
    if server.url.drivername == "sqlite":
        return
    looker = Looker(server, secret="wrong-secret-0815")
    with pytest.raises(DatabaseAway) as error:
        looker.look()
    assert "wrong-secret-0815" not in str(error.value)
    assert "pos" in str(error.value)


def test_a_server_on_a_socket(server: Server, program: Program) -> None:
    if server.url.drivername != "postgresql+psycopg":
        return
    looker = Looker(server)
    address = parse_source(f"postgresql://pos@:{server.url.port}/postgres?socket={server.folder}&profile=x")
    assert isinstance(address, RecordsAddress)
    assert isinstance(address.place, DatabaseAddress)
    assert isinstance(BILLS, Mapping)
    watcher = DatabaseWatcher(address.place, BILLS, looker.memory, looker.take, lambda: PASSWORD)
    program.bill(1)
    watcher.look()
    program.bill(2)
    watcher.look()
    watcher.look()
    assert len(looker.taken) == 1
