"""The database's file: opening it to write and to read, the folder's lock, and whether it is still the one.

The file is watched while it is open: deleted, moved away or swapped for another it is put back from the open
connection, which still has all of it, before anything more is committed.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outbox.archived import look_into_archives
from outbox.disk import database_error
from outbox.errors import DatabaseNewer, DatabaseSwapped, DatabaseUnusable, DataFolderBusy
from outbox.schema_steps import DEFINED, applied_steps
from outbox.witness import read_witness

if TYPE_CHECKING:
    from pathlib import Path

NAME = "thungan.db"
LOCK = "thungan.lock"
WAIT = 5.0  # seconds for another program's lock
BESIDE = ("-wal", "-shm")  # SQLite's own files beside the database


@dataclass(frozen=True, slots=True)
class FileMark:
    """Which file it is, and when it was last written to (nanoseconds; in WAL mode only by checkpoints)."""

    device: int
    inode: int
    written: int
    size: int

    @staticmethod
    def of(path: Path) -> FileMark | None:
        """The mark of the file of that name; None where there is none.

        Raises:
            OSError: the disk does not say.
        """
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        return FileMark(status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size)

    def same_file(self, other: FileMark | None) -> bool:
        """Whether both are marks of one file, whatever was written to it between them."""
        return other is not None and (self.device, self.inode) == (other.device, other.inode)


def open_writing(path: Path, *, believed: bool = False) -> sqlite3.Connection:
    """Open, or make, the database and bring its schema up to date (after a backup of it).

    ``believed``: whatever the witness has seen (a restore).

    Raises:
        DatabaseUnusable: and its kinds (``outbox.disk``); DatabaseSwapped where the witness has seen more.
        DatabaseNewer: a newer program made it.
    """
    try:
        _finish_putting_back(path)
        if not believed:
            _look_for_file(path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=WAIT)
        try:
            _prepare(connection, path, believed=believed)
            _make_durable(path)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, OSError) as error:
        raise database_error(error, path) from error
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection to a thungan database.

    Raises:
        DatabaseUnusable: no such file, or not a database.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)
        connection.execute("SELECT 1 FROM leaf LIMIT 1")
        look_into_archives(connection, path.parent)
    except sqlite3.Error as error:
        raise database_error(error, path) from error
    connection.row_factory = sqlite3.Row
    return connection


def lock_folder(folder: Path) -> Any:
    """An exclusive lock on the folder that the operating system drops when the process ends, however.

    Raises:
        DataFolderBusy: another process has it.
        DatabaseUnusable: the disk does not let a lock be made; try again.
    """
    try:
        handle = (folder / LOCK).open("a+b")
    except OSError as error:
        raise database_error(error, folder / LOCK) from error
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise DataFolderBusy(f"{folder} is in use by another thungan") from None
    return handle


def still_holds(path: Path, size: int, leaf: str) -> bool:
    """Whether the file, read anew, is whole and has exactly that ledger: somebody has written to it.

    Raises:
        DatabaseUnusable: it cannot even be read.
    """
    try:
        connection = open_reader(path)
        try:
            count = connection.execute("SELECT COUNT(*) FROM leaf").fetchone()[0]
            whole = connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
            return bool(whole and count == size and last_leaf(connection, size) == leaf)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise database_error(error, path) from error


def put_back(connection: sqlite3.Connection, path: Path, mark: str) -> Path | None:
    """Write the open database to its name again; what stands there is set aside and its new name given.

    The connection is closed; the caller opens the file anew. ``mark`` makes the name of what is set aside.

    Raises:
        DatabaseUnusable: the disk does not take it; the connection is still open then.
    """
    rescued, aside = _rescued(path), None
    try:
        rescued.unlink(missing_ok=True)
        copy_database(connection, rescued)
        if path.exists():
            aside = path.with_name(f"{path.name}.set-aside-{mark}")
            path.replace(aside)
        connection.close()  # it takes its -wal and -shm with it, by name
        for ending in BESIDE:
            path.with_name(path.name + ending).unlink(missing_ok=True)
        rescued.replace(path)
        sync_folder(path.parent)
    except (sqlite3.Error, OSError) as error:
        raise database_error(error, path) from error
    return aside


def copy_database(source: sqlite3.Connection, path: Path) -> None:
    """A whole, durable copy by SQLite's backup, as one file (no WAL beside it).

    Raises:
        sqlite3.Error, OSError: what the disk says.
    """
    copy = sqlite3.connect(path, isolation_level=None)
    try:
        copy.execute("PRAGMA locking_mode=EXCLUSIVE")  # no -shm beside it while it is made
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        copy.close()
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename in that folder durable, where the system has a way to."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def last_leaf(connection: sqlite3.Connection, size: int) -> str:
    """The hash (hex) of the last of ``size`` leaves; empty where it is not there."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'leaf'").fetchone():
        return ""
    row = connection.execute("SELECT hash FROM leaf WHERE seq = ?", (size - 1,)).fetchone()
    return bytes(row[0]).hex() if row else ""


def _rescued(path: Path) -> Path:
    return path.with_name(f"{path.name}.rescued")


def _finish_putting_back(path: Path) -> None:
    """A ``put_back`` that was cut off between its last two steps."""
    rescued, seen = _rescued(path), read_witness(path.parent)
    if path.exists() or seen is None or not rescued.exists():
        return
    connection = sqlite3.connect(rescued, timeout=WAIT)
    try:
        whole = last_leaf(connection, seen.size) == seen.leaf
    finally:
        connection.close()
    if whole:
        rescued.replace(path)


def _look_for_file(path: Path) -> None:
    """A file that is gone must not be made anew, empty, where the witness has seen a ledger."""
    seen = read_witness(path.parent)
    if seen is not None and seen.size and not path.exists():
        raise DatabaseSwapped(f"{path} is gone; its ledger had {seen.size} entries")


def _look_at_witness(connection: sqlite3.Connection, path: Path) -> None:
    """The database must have come at least as far as the witness saw it."""
    seen = read_witness(path.parent)
    if seen is not None and seen.size and last_leaf(connection, seen.size) != seen.leaf:
        raise DatabaseSwapped(
            f"{path} is an older copy, or another shop's: the ledger had {seen.size} entries"
        )


def _prepare(connection: sqlite3.Connection, path: Path, *, believed: bool) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    if not believed:
        _look_at_witness(connection, path)
    applied = applied_steps(connection)
    if unknown := applied - DEFINED:
        raise DatabaseNewer(
            f"{path} was made by a newer thungan; it has the unknown steps {', '.join(sorted(unknown))}"
        )
    if applied == DEFINED:
        return
    if applied and connection.execute("SELECT 1 FROM leaf LIMIT 1").fetchone():
        _back_up_first(connection, path, min(DEFINED - applied))
    # late: together they cost an old PC a good part of its start, and are wanted once for each new version
    from sqlite_utils import Database

    from outbox.migrations import MIGRATIONS

    MIGRATIONS.apply(Database(connection))


def _make_durable(path: Path) -> None:
    """Sync what a killed process may have written and never synced.

    SQLite takes such a commit for done when it opens its WAL again, though a power cut could still take it
    away: without this a number might be told to a second asker and then be lost.
    """
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists():
        with wal.open("r+b") as file:
            os.fsync(file.fileno())
    sync_folder(path.parent)


def _back_up_first(connection: sqlite3.Connection, path: Path, step: str) -> None:
    """Before the schema changes: the database as it is, beside it. A name that is there is whole."""
    kept = path.with_name(f"{path.name}.before-{step}")
    if kept.exists():
        return
    part = kept.with_name(kept.name + ".part")
    part.unlink(missing_ok=True)
    copy_database(connection, part)
    check = sqlite3.connect(part)
    try:
        if (found := check.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise DatabaseUnusable(f"{path}: the copy made before the upgrade is not whole: {found}")
    finally:
        check.close()
    part.replace(kept)
    sync_folder(path.parent)
