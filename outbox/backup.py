"""Backups: whole copies of the database in a second place, each read back before it counts.

A copy is made by SQLite's backup from one moment's view, beside the sales, and checked as a restore would
find it: pages whole, every leaf's hash up to the root that was copied, every document by its SHA-256. Keys
and pass phrases are not in the database, so they are in no backup (promise P6).
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from outbox.archived import ARCHIVED_COLUMNS, ARCHIVES
from outbox.database import copy_database, open_reader, sync_folder
from outbox.errors import BackupFailed, DatabaseUnusable
from outbox.ledger import load_frontier
from outbox.merkle import Frontier

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "thungan-"
_NAME = re.compile(r"thungan-(\d{8}T\d{6})Z-(\d+)\.db")
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    """A whole copy: when its moment was (UTC) and how many leaves its ledger has."""

    path: Path
    at: datetime
    size: int


def make_backup(database: Path, place: Path, now: datetime, keep: int = 10) -> Backup:
    """Copy the database to ``place``, check the copy, take the oldest beyond ``keep`` away.

    The last of each of as many earlier days stays as well. Archives are copied with it, once.

    Raises:
        BackupFailed: the place is not there or full, or the copy is not whole; earlier backups stay.
    """
    part = place / f"{PREFIX}new.part"
    try:
        if not place.is_dir():
            raise BackupFailed(f"{place} is not there")
        part.unlink(missing_ok=True)
        with closing(open_reader(database)) as source:
            source.execute("BEGIN")
            size = load_frontier(source).size
            copy_database(source, part)
        check_backup(part, size)
        made = Backup(place / f"{PREFIX}{now.astimezone(UTC):{_STAMP}}Z-{size}.db", now, size)
        part.replace(made.path)
        _copy_archives(database.parent / ARCHIVES, place / ARCHIVES)
        sync_folder(place)
        _prune(place, keep)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{place}: {error}") from error
    return made


def check_backup(path: Path, size: int | None = None) -> None:
    """Read a copy as a restore would; ``size``: the leaves it must have.

    Raises:
        BackupFailed: it is not whole.
    """
    try:
        with closing(open_reader(path)) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise BackupFailed(f"{path.name} is damaged: {found}")
            frontier = Frontier()
            for (digest,) in connection.execute("SELECT hash FROM leaf ORDER BY seq"):
                frontier = frontier.append(bytes(digest))
            if frontier != load_frontier(connection) or frontier.size != (
                frontier.size if size is None else size
            ):
                raise BackupFailed(f"{path.name} does not hold the ledger it was made from")
            _check_documents(connection, path)
    except (sqlite3.Error, DatabaseUnusable) as error:
        raise BackupFailed(f"{path.name} cannot be read: {error}") from error


def _check_documents(connection: sqlite3.Connection, path: Path) -> None:
    """SQLite's own check does not look into blobs: every document is hashed again."""
    tables = {row[0] for row in connection.execute("SELECT name FROM main.sqlite_schema")}
    for table, column in ARCHIVED_COLUMNS.items():
        if table not in tables:
            continue  # a backup that an earlier version has made
        rows = connection.execute(
            f"SELECT id, {column}, sha256 FROM main.{table} WHERE length({column}) > 0"  # noqa: S608
        )
        for row_id, content, digest in rows:
            if sha256(content if isinstance(content, bytes) else str(content).encode()).hexdigest() != digest:
                raise BackupFailed(f"{path.name} is damaged: {table} {row_id} is not what was stored")


def backups(place: Path) -> list[Backup]:
    """The whole backups of a place, newest first; none where it is not there."""
    found = []
    try:
        for path in place.iterdir():
            if match := _NAME.fullmatch(path.name):
                at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
                found.append(Backup(path, at, int(match[2])))
    except OSError:
        return []
    return sorted(found, key=lambda one: (one.at, one.size), reverse=True)


def _copy_archives(source: Path, target: Path) -> None:
    """Archives never change: each is copied once, under another name until it is whole."""
    if not source.is_dir():
        return
    target.mkdir(exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.suffix == ".part" or (target / path.name).exists():
            continue
        part = target / f"{path.name}.part"
        shutil.copyfile(path, part)
        part.replace(target / path.name)


def _prune(place: Path, keep: int) -> None:
    found = backups(place)
    days: dict[str, Path] = {}
    for one in found:
        days.setdefault(f"{one.at:%Y%m%d}", one.path)
    kept = {one.path for one in found[:keep]} | set(list(days.values())[:keep])
    for one in found:
        if one.path not in kept:
            one.path.unlink()
