"""Bringing a backup back without giving a number twice (promise P2).

The backup does not know what was issued after it. Where a provider numbers, it is asked about each order that
waits. Where the register does, who may know is asked: the witness beside the database, the damaged database
itself, the authority, a person with the last receipt in hand. The series go on behind the highest of these
and a margin, and the ledger says why there is a hole (``numbers.jumped``).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from invoice.numbers import MAX_NUMBER, REGISTER_COUNTERS, AuthorityCode, Symbol
from outbox.alarms import put_alarm
from outbox.backup import check_backup
from outbox.database import BESIDE, NAME, sync_folder
from outbox.disk import database_error
from outbox.errors import NumberTaken
from outbox.numbering import code_counter, number_counter
from outbox.orders import move_order
from outbox.packages import INVOICE_HELD
from outbox.states import InvoiceState, OrderState
from outbox.witness import NAME as WITNESS
from outbox.witness import read_witness

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from outbox.numbering import Register
    from outbox.store import Job, Tx

MARGIN = 1000  # numbers: what a busy register issues in a day or two, offline
KNOWN_ALREADY = "the authority has it already: it was delivered after the backup that was restored"


@dataclass(frozen=True, slots=True)
class LastSeen:
    """The highest number and code of a series that somebody knows of. ``who``: for the ledger, in words."""

    who: str
    number: int
    code: int


def seen_beside(folder: Path, register: Register, year: int) -> list[LastSeen]:
    """What the witness and the database that is there, however damaged, know of the series."""
    found = []
    names = number_counter(register, Symbol.of_year(register.letters, year)), code_counter(register, year)
    if (witness := read_witness(folder)) is not None:
        found.append(LastSeen("witness", *(witness.counters.get(name, 0) for name in names)))
    try:
        uri = f"{(folder / NAME).absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            values = dict(connection.execute("SELECT name, value FROM counter").fetchall())
        found.append(LastSeen("the database that was there", *(int(values.get(name, 0)) for name in names)))
    except (sqlite3.Error, OSError, ValueError):
        pass  # nothing can be read of it: that is why a backup is wanted
    return found


def put_in_place(folder: Path, backup: Path, mark: str) -> list[Path]:
    """Make a checked backup the database; what was there is set aside, and its new names given.

    The witness stays: until ``jump_numbers`` has been done and ``forget_witness`` called, the database is
    refused, so that a power cut in between cannot let it issue.

    Raises:
        BackupFailed: the backup is not whole.
        DatabaseUnusable: the disk refuses.
    """
    check_backup(backup)
    path, part = folder / NAME, folder / f"{NAME}.restored"
    try:
        shutil.copyfile(backup, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        there = [name for name in (NAME, *(NAME + ending for ending in BESIDE)) if (folder / name).exists()]
        aside = [(folder / name).rename(folder / f"{name}.set-aside-{mark}") for name in there]
        part.replace(path)
        sync_folder(folder)
    except OSError as error:
        raise database_error(error, path) from error
    return aside


def forget_witness(folder: Path) -> None:
    """The database counts from now on, whatever was seen before it."""
    (folder / WITNESS).unlink(missing_ok=True)
    sync_folder(folder)


def jump_numbers(
    register: Register, year: int, seen: Collection[LastSeen], margin: int, why: str
) -> Job[tuple[int, int] | None]:
    """The job that goes on behind what anybody has seen; the numbers left out (first, last), if any.

    Raises from the job:
        NumberTaken: there are not so many numbers in the series.
    """
    symbol = Symbol.of_year(register.letters, year)

    def job(tx: Tx) -> tuple[int, int] | None:
        names = number_counter(register, symbol), code_counter(register, year)
        before = [int(tx.counters.get(name) or 0) for name in names]
        highest = [
            max([before[0], *(one.number for one in seen)]),
            max([before[1], *(one.code for one in seen)]),
        ]
        after = [value + margin for value in highest]
        if after[0] >= MAX_NUMBER or after[1] >= REGISTER_COUNTERS - 1:
            raise NumberTaken(f"symbol {symbol} has no room behind number {highest[0]}: take new letters")
        for name, value in zip(names, after, strict=True):
            tx.counters.put(name, value)
        tx.leaf(
            "numbers.jumped",
            None,
            form=int(register.terms.form),
            symbol=str(symbol),
            first=before[0] + 1,
            last=after[0],
            last_code=after[1],
            why=why,
            seen={one.who: one.number for one in seen},
        )
        return (before[0] + 1, after[0]) if after[0] > before[0] else None

    return job


def hold_known(register: Register, year: int, numbers: Collection[int]) -> Job[int]:
    """The job that sets aside what would be sent again and the authority has already (P3); how many."""
    symbol = str(Symbol.of_year(register.letters, year))

    def job(tx: Tx) -> int:
        rows = tx.execute(
            "SELECT id, number FROM invoice WHERE state = 'issued' AND form = ? AND symbol = ?",
            (int(register.terms.form), symbol),
        ).fetchall()
        known = [invoice_id for invoice_id, number in rows if number in numbers]
        for invoice_id in known:
            tx.execute(
                "UPDATE invoice SET state = ?, state_at = ?, reason = ? WHERE id = ?",
                (InvoiceState.HELD, tx.stamp, KNOWN_ALREADY, invoice_id),
            )
            tx.leaf("invoice.held", invoice_id, invoice=invoice_id, reason=KNOWN_ALREADY)
        if known:
            put_alarm(tx, INVOICE_HELD, f"{len(known)} invoices: {KNOWN_ALREADY}")
        return len(known)

    return job


def doubt_orders(why: str) -> Job[int]:
    """The job for the orders of a backup: any of them may have been numbered after it, so each is looked up
    at the provider before it is asked for (P3); how many."""

    def job(tx: Tx) -> int:
        rows = tx.execute("SELECT id FROM invoice_order WHERE state = ?", (OrderState.ORDERED,)).fetchall()
        for (order_id,) in rows:
            move_order(tx, order_id, OrderState.ASKED, why)
            tx.execute(
                # Under which day it was asked for is not known either.
                "UPDATE invoice_order SET attempts = attempts + 1, asked_day = NULL, due_at = ? WHERE id = ?",
                (tx.stamp, order_id),
            )
        tx.leaf("orders.doubted", None, orders=len(rows), why=why)
        return len(rows)

    return job


def code_count(code: str) -> int:
    """The last eight of the code's eleven digits: what the register counts by."""
    return AuthorityCode.parse(code).counter % REGISTER_COUNTERS
