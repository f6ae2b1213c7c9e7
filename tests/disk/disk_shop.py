"""A shop on a disk that is to fail, and what must hold of it afterwards."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from till_process import receipt

from agent.parts import ledger_key
from audit.ledger_check import check_ledger
from outbox.store import open_reader

if TYPE_CHECKING:
    from pathlib import Path

    from agent.daemon import Daemon

CODE = b"M1-26-SHNDN-"


def take_until_issued(daemon: Daemon, place: int) -> None:
    """On a busy machine the store may be late: then the reserve brings it in."""
    if CODE not in daemon.till.take("test", receipt(place)):
        daemon.disk.look()
        daemon.till.take_left_over()


def settle(daemon: Daemon, wanted: int) -> None:
    """What the schedule does every few seconds, until the shop is well."""
    for _ in range(600):
        daemon.disk.look()
        daemon.till.take_left_over()
        if daemon.disk.trouble is None and invoices(daemon.config.folder) == wanted:
            return
        time.sleep(0.1)
    raise AssertionError(f"{invoices(daemon.config.folder)} invoices, {daemon.disk.trouble}")


def invoices(folder: Path) -> int:
    connection = open_reader(folder / "thungan.db")
    try:
        return int(connection.execute("SELECT COUNT(*) FROM invoice").fetchone()[0])
    finally:
        connection.close()


def holds(folder: Path, wanted: int) -> None:
    """So many invoices, numbered without holes, each of another receipt; ledger and documents agree."""
    connection = open_reader(folder / "thungan.db")
    try:
        numbers = [row[0] for row in connection.execute("SELECT number FROM invoice ORDER BY number")]
        assert numbers == list(range(1, wanted + 1))
        assert connection.execute("SELECT COUNT(*) FROM capture").fetchone()[0] == wanted
        assert connection.execute("SELECT COUNT(DISTINCT sale_id) FROM capture").fetchone()[0] == wanted
        report = check_ledger(connection, ledger_key(folder).public_key())
        assert report.problems == ()
    finally:
        connection.close()
