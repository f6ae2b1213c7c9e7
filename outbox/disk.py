"""What is wrong with the disk or the database's file, told from SQLite's and the system's errors.

Each has its own error, so that a shop is told what to do about it. All are ``DatabaseUnusable``: what was
asked is not done, nothing of it is kept, and it can be asked again once the trouble is over.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from typing import TYPE_CHECKING

from outbox.errors import (
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseUnusable,
    DiskFailing,
    DiskFull,
    DiskReadOnly,
)

if TYPE_CHECKING:
    from pathlib import Path

FULL = 256_000  # bytes free; below, an error of the disk is one of space (SQLite grows its files by pages)
_PRIMARY = 0xFF  # the low byte of an extended result code (sqlite.org/rescode.html)

_BY_CODE: dict[int, type[DatabaseUnusable]] = {
    sqlite3.SQLITE_FULL: DiskFull,
    sqlite3.SQLITE_READONLY: DiskReadOnly,
    sqlite3.SQLITE_IOERR: DiskFailing,
    sqlite3.SQLITE_CANTOPEN: DiskFailing,
    sqlite3.SQLITE_BUSY: DatabaseLocked,
    sqlite3.SQLITE_LOCKED: DatabaseLocked,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
}
_BY_ERRNO: dict[int | None, type[DatabaseUnusable]] = {
    errno.ENOSPC: DiskFull,
    errno.EDQUOT: DiskFull,
    errno.EROFS: DiskReadOnly,
    errno.EACCES: DiskReadOnly,
    errno.EPERM: DiskReadOnly,
    errno.EIO: DiskFailing,
}


def database_error(error: sqlite3.Error | OSError, path: Path) -> DatabaseUnusable:
    """The error to raise in its place; ``path`` is the database's."""
    if isinstance(error, OSError):
        kind = _BY_ERRNO.get(error.errno, DatabaseUnusable)
    else:
        code = getattr(error, "sqlite_errorcode", None)
        kind = DatabaseUnusable if code is None else _BY_CODE.get(code & _PRIMARY, DatabaseUnusable)
    if kind is DiskFailing:  # SQLite says no more than that a write failed
        kind = DiskFull if is_full(path) else DiskReadOnly if _is_read_only(path) else DiskFailing
    found = kind(f"{path}: {error}")
    found.__cause__ = error
    return found


def is_full(path: Path) -> bool:
    """Whether the disk of that file has no room left; False where that cannot be known."""
    try:
        return shutil.disk_usage(path.parent).free < FULL
    except OSError:
        return False


def _is_read_only(path: Path) -> bool:
    return path.parent.exists() and not os.access(path.parent, os.W_OK)
