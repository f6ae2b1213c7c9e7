"""A shop whose register program exports files or has a database: the real daemon with its real store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.parts import ledger_key
from agent.till import Taken
from audit.ledger_check import check_ledger
from drivers.record_source import RecordSource
from invoice.sale_json import VIETNAM

PATIENCE = 30.0  # seconds a test waits for what must come
HEADING = "Số HĐ;Ngày;Tên hàng;ĐVT;SL;Đơn giá;Thành tiền;Tổng tiền\n"


def moment(ago: timedelta = timedelta()) -> datetime:
    """Now, as a register of the shop would say it."""
    return datetime.now(VIETNAM) - ago


def rows_of_sale(number: str, price: int = 25_000, name: str = "Cà phê sữa", days: float = 0) -> str:
    """One sale of one line as the mapping csv-lines has it."""
    amount = f"{2 * price:,}".replace(",", ".")
    single = f"{price:,}".replace(",", ".")
    at = f"{moment(timedelta(days=days)):%d/%m/%Y %H:%M}"
    return f"{number};{at};{name};Ly;2;{single};{amount};{amount}\n"


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what a thread of the daemon must come to."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it has not come"
        time.sleep(0.05)


class Shop:
    """A data folder with one source, and what is in its store."""

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        make_folder(folder, demo=True, source=source)
        self.daemon: Daemon | None = None
        self.taken: list[Taken] = []

    @contextmanager
    def open(self) -> Iterator[Daemon]:
        """The daemon, running."""
        self.daemon = Daemon(load_config(self.folder), self.taken.append)
        self.daemon.start()
        for source in self.daemon._sources:
            if isinstance(source, RecordSource):
                source._watcher.every = 0.1  # a shop has more time than a test
        try:
            yield self.daemon
        finally:
            self.daemon.stop()
            self.daemon = None

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query of the store gives."""
        from outbox.store import open_reader

        connection = open_reader(self.folder / "thungan.db")
        try:
            return [tuple(row) for row in connection.execute(sql)]
        finally:
            connection.close()

    def one(self, sql: str) -> Any:
        """The one value of a query."""
        return self.rows(sql)[0][0]

    def wait_for(self, value: object, sql: str) -> None:
        """Wait until a query gives a value."""
        wait_until(lambda: self.one(sql) == value)

    def invoices(self) -> int:
        """How many invoices there are."""
        return int(self.one("SELECT COUNT(*) FROM invoice"))

    def alarms(self) -> str:
        """All alarms that stand, but that of a demo without its sandbox."""
        return " ".join(
            f"{code}: {said}"
            for code, said in self.rows(
                "SELECT * FROM (SELECT code, message FROM alarm) WHERE code <> 'set-up'"
            )
        )

    def ledger_holds(self) -> bool:
        """Whether the offline check finds nothing wrong."""
        from outbox.store import open_reader

        connection = open_reader(self.folder / "thungan.db")
        try:
            report = check_ledger(connection, ledger_key(self.folder).public_key())
        finally:
            connection.close()
        assert report.problems == ()
        return report.verified
