"""What a source of records must remember of what it has given: its sales, its files, how far it has read.

The daemon keeps it in its store (``agent/source_memory.py``); ``Forgetful`` is for trying a source out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file as it was when it had been read to its end. ``modified``: nanoseconds."""

    size: int
    modified: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Position:
    """How far a database has been read. ``floor``: where the first look began; nothing below is taken."""

    floor: int
    last: int


class Memory(Protocol):
    """Of one source; used by that source's own thread."""

    def digest(self, key: str) -> str | None:
        """SHA-256 of a record as it was last taken."""

    def taken(self, part: str, since: int) -> dict[str, str]:
        """Digests by key of the records of a part whose mark is at least ``since`` and that are not gone."""

    def vanished(self, key: str) -> None:
        """A record that was taken is no longer where it was."""

    def file(self, name: str) -> SeenFile | None:
        """The file as it was last read."""

    def files(self, after: str, most: int) -> dict[str, SeenFile]:
        """Files that were read, in the order of their names, from behind ``after`` on."""

    def read(self, name: str, seen: SeenFile) -> None:
        """A file has been read to its end."""

    def edited(self, name: str, seen: SeenFile) -> None:
        """A file that was put away after it had been read is no longer what it was."""

    def oldest_open(self) -> int | None:
        """The least mark of the latest days' records that are no sale yet: open bills, such as could not be
        read."""

    def position(self) -> Position | None:
        """How far the source has been read."""

    def reached(self, position: Position) -> None:
        """It has been read as far as this."""


class Forgetful:
    """A memory of this process only."""

    def __init__(self) -> None:
        self._records: dict[str, tuple[str, str, int]] = {}
        self._files: dict[str, SeenFile] = {}
        self._position: Position | None = None
        self.lost: list[str] = []

    def take(self, key: str, digest: str, part: str, mark: int) -> None:
        """Remember a record."""
        self._records[key] = (digest, part, mark)

    def digest(self, key: str) -> str | None:
        """As ``Memory.digest``."""
        return self._records[key][0] if key in self._records else None

    def taken(self, part: str, since: int) -> dict[str, str]:
        """As ``Memory.taken``."""
        return {
            key: digest
            for key, (digest, where, mark) in self._records.items()
            if where == part and mark >= since and key not in self.lost
        }

    def vanished(self, key: str) -> None:
        """As ``Memory.vanished``."""
        self.lost.append(key)

    def file(self, name: str) -> SeenFile | None:
        """As ``Memory.file``."""
        return self._files.get(name)

    def files(self, after: str, most: int) -> dict[str, SeenFile]:
        """As ``Memory.files``."""
        names = sorted(name for name in self._files if name > after)[:most]
        return {name: self._files[name] for name in names}

    def read(self, name: str, seen: SeenFile) -> None:
        """As ``Memory.read``."""
        self._files[name] = seen

    def edited(self, name: str, seen: SeenFile) -> None:
        """As ``Memory.edited``."""
        self._files[name] = seen

    def oldest_open(self) -> int | None:
        """As ``Memory.oldest_open``; it does not know what its records were read as."""
        return None

    def position(self) -> Position | None:
        """As ``Memory.position``."""
        return self._position

    def reached(self, position: Position) -> None:
        """As ``Memory.reached``."""
        self._position = position
