"""What a source of records remembers, kept in the store (drivers/memory.py says what)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from drivers.memory import Position, SeenFile
from outbox.records import (
    FileRead,
    digest_of,
    file_edited,
    file_read,
    files_read,
    oldest_open,
    read_position,
    record_vanished,
    remember_file,
    remember_position,
    taken_records,
)

if TYPE_CHECKING:
    import sqlite3

    from outbox.store import Store


class StoredMemory:
    """The memory of one source; for that source's own thread."""

    def __init__(self, store: Store, source: str, name: str) -> None:
        self._store, self._source, self._name = store, source, name
        self._connection: sqlite3.Connection | None = None

    @property
    def _read(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._store.reader()
        return self._connection

    def digest(self, key: str) -> str | None:
        """As ``Memory.digest``."""
        return digest_of(self._read, self._name, key)

    def taken(self, part: str, since: int) -> dict[str, str]:
        """As ``Memory.taken``."""
        return taken_records(self._read, self._name, part, since)

    def vanished(self, key: str) -> None:
        """As ``Memory.vanished``."""
        self._store.run(record_vanished(self._source, self._name, key))

    def file(self, name: str) -> SeenFile | None:
        """As ``Memory.file``."""
        found = file_read(self._read, self._name, name)
        return None if found is None else _seen(found)

    def files(self, after: str, most: int) -> dict[str, SeenFile]:
        """As ``Memory.files``."""
        found = files_read(self._read, self._name, after, most)
        return {name: _seen(one) for name, one in found.items()}

    def read(self, name: str, seen: SeenFile) -> None:
        """As ``Memory.read``."""
        self._store.run(remember_file(self._name, name, _kept(seen)))

    def edited(self, name: str, seen: SeenFile) -> None:
        """As ``Memory.edited``."""
        self._store.run(file_edited(self._source, self._name, name, _kept(seen)))

    def oldest_open(self) -> int | None:
        """As ``Memory.oldest_open``."""
        return oldest_open(self._read, self._name, datetime.now(UTC))

    def position(self) -> Position | None:
        """As ``Memory.position``."""
        found = read_position(self._read, self._name)
        return None if found is None else Position(*found)

    def reached(self, position: Position) -> None:
        """As ``Memory.reached``."""
        self._store.run(remember_position(self._name, position.floor, position.last))

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()


def _seen(kept: FileRead) -> SeenFile:
    return SeenFile(kept.size, kept.modified, kept.sha256)


def _kept(seen: SeenFile) -> FileRead:
    return FileRead(seen.size, seen.modified, seen.sha256)
