"""A copy of the database for the length of an update, and whether anything was sold since it was made.

The copy lies beside the database, on the same disk: it is against a new program that fails, not against a
disk that does (that is the backup's matter).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from outbox.errors import DatabaseUnusable
from outbox.store import open_reader

if TYPE_CHECKING:
    from pathlib import Path

DATABASE, COPY = "thungan.db", "before-update.db"
# What stands beside the database and says how far it had come; it must not say more than the copy holds.
WITNESS, WITNESS_COPY = "thungan.witness", "before-update.witness"


def save_copy(folder: Path) -> Path:
    """Copy the database of a stopped daemon, durably.

    Raises:
        DatabaseUnusable: it cannot be read, or the copy cannot be written.
    """
    target = folder / COPY
    part = target.with_suffix(".part")
    try:
        part.unlink(missing_ok=True)
        with closing(open_reader(folder / DATABASE)) as source, closing(sqlite3.connect(part)) as copy:
            source.backup(copy)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
        _copy(folder / WITNESS, folder / WITNESS_COPY)
        sync_folder(folder)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseUnusable(f"{target}: {error}") from error
    return target


def sold_since_copy(folder: Path) -> bool:
    """Whether anything was captured or issued since ``save_copy``; yes, too, where that cannot be known."""
    try:
        with closing(open_reader(folder / DATABASE)) as now, closing(open_reader(folder / COPY)) as then:
            return _last_rows(now) != _last_rows(then)
    except (DatabaseUnusable, sqlite3.Error):
        return True


def put_copy_back(folder: Path) -> None:
    """Make the copy the database again, durably. The owner and the rights of the file stay.

    Raises:
        DatabaseUnusable: there is no copy, or the disk refuses.
    """
    try:
        with (folder / COPY).open("rb") as copy, (folder / DATABASE).open("rb+") as file:
            for tail in ("-wal", "-shm"):
                (folder / (DATABASE + tail)).unlink(missing_ok=True)
            shutil.copyfileobj(copy, file)
            file.truncate()
            os.fsync(file.fileno())
        _copy(folder / WITNESS_COPY, folder / WITNESS)
        sync_folder(folder)
    except OSError as error:
        raise DatabaseUnusable(f"{folder / COPY}: {error}") from error


def _copy(source: Path, target: Path) -> None:
    """The target becomes what the source is, also where that is nothing."""
    if source.exists():
        shutil.copyfile(source, target)
    else:
        target.unlink(missing_ok=True)


def _last_rows(connection: sqlite3.Connection) -> tuple[int, int]:
    capture = connection.execute("SELECT COALESCE(MAX(id), 0) FROM capture").fetchone()[0]
    invoice = connection.execute("SELECT COALESCE(MAX(id), 0) FROM invoice").fetchone()[0]
    return int(capture), int(invoice)


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable, where the system knows how."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
