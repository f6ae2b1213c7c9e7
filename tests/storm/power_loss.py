"""What a disk may hold after the power was cut, made from the record of what was written to it.

``recorder.c`` writes down each write, truncation, sync, rename and removal in a folder. ``Disk`` plays them
back: what came before a file's sync is durable; of the rest a power loss takes what ``lose_power`` draws:

- everything that was not synced; or everything after some moment, the write at that moment torn; or any
  sectors (512 bytes) of any writes, so that an earlier write may be missing behind a later one and two writes
  to one sector may leave either. Where a file had grown, what was lost reads as zeros or as garbage.
- names (made, renamed, removed) that no sync of the folder has made durable go backwards from the last one,
  as a journalling file system loses them.

Not drawn: a disk that says "synced" and has not, a synced sector that goes bad, bytes of a sector that were
not written (SQLite's "powersafe overwrite", which it takes for granted on every disk).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECTOR = 512
_HEAD = struct.Struct("<cBQQQ")


@dataclass(slots=True)
class _Change:
    """A write or truncation that is not synced; ``data`` None: the file is cut (or grown) to ``place``."""

    file: int
    place: int
    data: bytes | None

    def pieces(self) -> Iterator[_Change]:
        """The same change sector by sector."""
        if self.data is None:
            yield self
            return
        at = 0
        while at < len(self.data):
            length = SECTOR - (self.place + at) % SECTOR
            yield _Change(self.file, self.place + at, self.data[at : at + length])
            at += length


def _apply(content: bytearray, change: _Change, filler: Random | None = None) -> None:
    if change.data is None:
        del content[change.place :]
        content.extend(bytes(change.place - len(content)))
        return
    gap = change.place - len(content)
    if gap > 0:
        content.extend(filler.randbytes(gap) if filler else bytes(gap))
    content[change.place : change.place + len(change.data)] = change.data


@dataclass(slots=True)
class Lost:
    """What one power loss took."""

    style: str
    changes: int  # writes and truncations that were not synced
    kept: int  # of them (or of their sectors) that came through
    names: int  # names made, renamed or removed that did not come through


@dataclass(slots=True)
class Disk:
    """A folder's files as they are durably, and what is not yet."""

    folder: Path
    record: Path
    _read: int = 0
    _files_made: int = 0
    _file_of: dict[int, int] = field(default_factory=dict)  # an inode's file: its number may be used again
    _durable: dict[int, bytearray] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)
    _durable_names: dict[str, int] = field(default_factory=dict)
    _name_changes: list[dict[str, int]] = field(default_factory=list)
    _changes: list[_Change] = field(default_factory=list)
    _before_last: tuple[dict[str, int], int, int] | None = None
    operations: int = 0  # recorded since the beginning
    checkpoints: int = 0  # syncs of the database file itself: a checkpoint of its WAL

    def __post_init__(self) -> None:
        self._take_as_durable()

    def _files(self) -> list[Path]:
        return [
            path for path in sorted(self.folder.rglob("*")) if path.is_file() and path.suffix != ".db-shm"
        ]

    def _take_as_durable(self) -> None:
        """What the folder holds now is what it will hold: the beginning, or the end of a power loss."""
        self._names = {}
        for path in self._files():
            file = self._names[str(path.relative_to(self.folder))] = self._made(path.stat().st_ino)
            self._durable[file] = bytearray(path.read_bytes())
        self._durable_names = dict(self._names)
        self._name_changes, self._changes = [], []
        self.record.write_bytes(b"")
        self._read = 0

    def catch_up(self) -> None:
        """Read what was recorded since the last time."""
        with self.record.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        at = 0
        while at + _HEAD.size <= len(data):
            operation, name_length, inode, place, size = _HEAD.unpack_from(data, at)
            begins = at + _HEAD.size + name_length
            if begins + size > len(data):
                break
            name = data[at + _HEAD.size : begins].decode()
            self._happened(operation, name, inode, place, data[begins : begins + size])
            at = begins + size
            self.operations += 1
        self._read += at
        os.truncate(self.record, self._read)  # a record that a kill has cut short was never done

    def _happened(self, operation: bytes, name: str, inode: int, place: int, data: bytes) -> None:
        synced = operation in {b"d", b"s"}
        self._before_last = None if synced else (self._names, len(self._name_changes), len(self._changes))
        if operation == b"d":
            self._durable_names, self._name_changes = dict(self._names), []
        elif operation == b"u":
            self._rename({other: to for other, to in self._names.items() if other != name})
        elif operation == b"r":
            moved = self._names.get(name, -1)
            others = {other: to for other, to in self._names.items() if other not in {name, data.decode()}}
            self._rename({**others, data.decode(): moved})
        elif operation == b"s":
            self.checkpoints += name == "thungan.db"
            file = self._known(name, inode)
            for change in self._changes:
                if change.file == file:
                    _apply(self._durable[file], change)
            self._changes = [change for change in self._changes if change.file != file]
        else:
            file = self._known(name, inode)
            self._changes.append(_Change(file, place, data if operation == b"w" else None))

    def _known(self, name: str, inode: int) -> int:
        """The file of that inode; one met under a name for the first time was made since."""
        file = self._file_of.get(inode)
        if file is None or self._names.get(name) != file:
            file = self._made(inode)
            self._rename({**self._names, name: file})
        return file

    def _made(self, inode: int) -> int:
        self._files_made += 1
        self._file_of[inode] = self._files_made
        self._durable[self._files_made] = bytearray()
        return self._files_made

    def _rename(self, names: dict[str, int]) -> None:
        self._names = names
        self._name_changes.append(names)

    def missed(self) -> list[str]:
        """Files that are not what the record says they must be: the recorder has missed something.

        What is recorded last may have been done in part, or not at all: the process was killed in between.
        """
        if self._differing() and self._before_last is not None:
            names, name_changes, changes = self._before_last
            if self._changes[changes:] and (data := self._changes[-1].data):
                self._changes[-1].data = data[: self._in_common(self._changes[-1], data)]
            else:
                self._names = names
                del self._name_changes[name_changes:], self._changes[changes:]
        return self._differing()

    def _in_common(self, change: _Change, data: bytes) -> int:
        """How many bytes of the last write are on the disk."""
        name = next(name for name, file in self._names.items() if file == change.file)
        path = self.folder / name
        there = path.read_bytes()[change.place : change.place + len(data)] if path.exists() else b""
        return next((at for at, byte in enumerate(there) if byte != data[at]), len(there))

    def _differing(self) -> list[str]:
        now = {file: bytearray(content) for file, content in self._durable.items()}
        for change in self._changes:
            _apply(now[change.file], change)
        wrong = []
        for path in self._files():
            content, file = path.read_bytes(), self._names.get(str(path.relative_to(self.folder)))
            if content != (b"" if file is None else bytes(now[file])):
                wrong.append(path.name)
        return wrong

    def lose_power(self, dice: Random) -> Lost:
        """Cut the power: the folder now holds what a disk may hold."""
        content = {file: bytearray(durable) for file, durable in self._durable.items()}
        lost = Lost(dice.choice(["all", "after", "any"]), len(self._changes), 0, 0)
        names = self._durable_names
        if lost.style != "all" and self._name_changes:
            through = dice.randint(0, len(self._name_changes))
            lost.names = len(self._name_changes) - through
            names = self._name_changes[through - 1] if through else names
        else:
            lost.names = len(self._name_changes)
        if lost.style == "after":
            moment = dice.randint(0, len(self._changes))
            for change in self._changes[:moment]:
                _apply(content[change.file], change)
            for change in self._changes[moment : moment + 1]:
                pieces = list(change.pieces())
                for piece in pieces[: dice.randint(0, len(pieces))]:
                    _apply(content[change.file], piece)
            lost.kept = moment
        elif lost.style == "any":
            through = dice.choice([0.1, 0.5, 0.9])
            filler = Random(dice.random()) if dice.random() < 0.5 else None  # noqa: S311 - dice, not a secret
            for change in self._changes:
                for piece in change.pieces():
                    if dice.random() < through:
                        _apply(content[change.file], piece, filler)
                        lost.kept += 1
        for path in self._files():
            if str(path.relative_to(self.folder)) not in names:
                path.unlink()
        if dice.random() < 0.5:
            (self.folder / "thungan.db-shm").unlink(missing_ok=True)  # memory: it may be there, or not
        for name, file in names.items():
            path = self.folder / name
            if not path.exists() or path.read_bytes() != content[file]:
                path.write_bytes(content[file])
        self._durable.clear()
        self._take_as_durable()
        return lost
