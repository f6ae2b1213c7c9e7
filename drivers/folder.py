"""A folder that a register program exports files into.

A file is taken when nobody has written to it for a while and it is whole. Its sales are taken one by one;
then it is moved into the folder's ``processed`` (or remembered, where it must stay), never deleted. What was
put away is looked at again: an edited file is reported, and its sales are compared.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.errors import DriverError, FileUnfit
from drivers.memory import SeenFile
from drivers.tables.files import ENDINGS, check_whole, records_of
from drivers.tables.record import captured, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.captured import Captured
    from drivers.memory import Memory
    from drivers.tables.mapping import Mapping
    from drivers.uri import FolderAddress

PROCESSED = "processed"
_UNDONE = ("~$*", ".*", "*.tmp", "*.part", "*.partial", "*.crdownload", "*.lock")
CHUNK = 1 << 20
MOST_AGAIN = 100  # files that were put away, in one look: there may be years of them
UNFINISHED = 10  # times as long is waited for the end of a last row


@dataclass(frozen=True, slots=True)
class _Stamp:
    size: int
    modified: int


class FolderWatcher:
    """Looks into one folder. ``take`` gets each record; ``touch``: files may be moved."""

    def __init__(
        self,
        address: FolderAddress,
        mapping: Mapping,
        memory: Memory,
        take: Callable[[Captured], object],
        *,
        touch: bool = True,
    ) -> None:
        self.every = address.every
        self._folder = Path(address.path)
        self._address, self._mapping, self._memory, self._take = address, mapping, memory, take
        self._keep = address.keep or not touch
        self._seen: dict[str, tuple[_Stamp, float]] = {}  # since when a file has been as it is
        self._unfit: dict[str, tuple[_Stamp, str]] = {}
        self._read: dict[str, _Stamp] = {}  # of those that stay, as they were read
        self._moving: dict[str, tuple[_Stamp, str]] = {}  # taken, and still in its place
        self._looked_at = ""  # the last file that was looked at again

    def look(self) -> None:
        """Take the files that are done, oldest first; as ``Watcher.look``."""
        problems = self._look_again()
        for path, stamp in self._done():
            try:
                self._import(path, stamp)
            except FileUnfit as error:
                self._unfit[path.name] = (stamp, error.message)
            except OSError as error:  # in use by another program, no rights: tried again
                problems.append(f"{path.name}: {error.strerror or error}")
        problems += [f"{name}: {words}" for name, (_, words) in sorted(self._unfit.items())]
        if problems:
            raise FileUnfit("; ".join(problems[:5]))

    def close(self) -> None:
        """Nothing stays open between looks."""

    def _done(self) -> list[tuple[Path, _Stamp]]:
        """Files that have not changed for the time set, and are not known as they are; the oldest first."""
        now, there = time.monotonic(), {}
        with os.scandir(self._folder) as entries:
            names = [entry.name for entry in entries if entry.is_file() and self._is_ours(entry.name)]
        for name in names:
            # Not what the folder's list says: Windows does not bring it up to date while a file is written.
            with contextlib.suppress(FileNotFoundError):
                there[name] = _stamp(self._folder / name)
        self._seen = {
            name: seen if (seen := self._seen.get(name)) and seen[0] == stamp else (stamp, now)
            for name, stamp in there.items()
        }
        self._unfit = {name: known for name, known in self._unfit.items() if there.get(name) == known[0]}
        self._read = {name: known for name, known in self._read.items() if there.get(name) == known}
        done = [
            (self._folder / name, stamp)
            for name, (stamp, since) in self._seen.items()
            if name not in self._unfit and name not in self._read
            if now - since >= self._address.settle * (1 if self._is_finished(name) else UNFINISHED)
            if not self._is_known(name, stamp)
        ]
        return sorted(done, key=lambda one: (one[1].modified, one[0].name))

    def _is_known(self, name: str, stamp: _Stamp) -> bool:
        """Whether a file that stays in its place was read as it is."""
        read = self._memory.file(name) if self._keep else None
        if read is None or _Stamp(read.size, read.modified) != stamp:
            return False
        self._read[name] = stamp
        return True

    def _is_finished(self, name: str) -> bool:
        """Whether a CSV ends with the end of a row: one that does not may be in the middle of a name."""
        if self._mapping.format != "csv":
            return True
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(-min(2, file.seek(0, os.SEEK_END)), os.SEEK_END)
                return b"\n" in file.read()
        except OSError:
            return True  # reading it will say what is wrong

    def _is_ours(self, name: str) -> bool:
        folded = name.lower()
        if any(fnmatch(folded, pattern) for pattern in _UNDONE):
            return False
        if self._address.match != "*":
            return fnmatch(folded, self._address.match.lower())
        return folded.endswith(ENDINGS[self._mapping.format])

    def _import(self, path: Path, stamp: _Stamp) -> None:
        """Take a file's sales, then put it away, unless it was written to meanwhile."""
        part = path.name if self._keep else self._free_name(path.name)
        if self._moving.get(path.name, (None, ""))[0] != stamp:
            digest = _digest(path)
            before = self._memory.file(path.name) if self._keep else None
            if before is None or before.sha256 != digest:
                self._check(path, stamp)
                if _stamp(path) != stamp:
                    return
                self._compare(part, self._take_all(path, part))
            if _stamp(path) != stamp:
                return  # written to while it was read: what is new in it comes with the next look
            self._moving[path.name] = (stamp, digest)  # not read again where it cannot be moved yet
        _, digest = self._moving[path.name]
        if not self._keep:
            target = self._folder / part
            target.parent.mkdir(exist_ok=True)
            path.rename(target)
            stamp = _stamp(target)
        del self._moving[path.name]
        self._memory.read(part, SeenFile(stamp.size, stamp.modified, digest))

    def _check(self, path: Path, stamp: _Stamp) -> None:
        """Go through the whole of a file; whatever goes wrong in reading is its own fault, and it waits."""
        self._unfit[path.name] = (stamp, "it could not be read")
        try:
            check_whole(path, self._mapping)
        except OSError:
            del self._unfit[path.name]
            raise
        del self._unfit[path.name]

    def _take_all(self, path: Path, part: str) -> dict[str, int]:
        """The keys of a file's sales with their times; each sale that is not known is taken."""
        keys: dict[str, int] = {}
        for found in records_of(path, self._mapping):
            one = captured(found, self._mapping, datetime.now(UTC), part)
            assert one.identity is not None  # noqa: S101 - for the type checker: captured gives each its identity
            if key_of(found.record, self._mapping) is not None and one.identity.mark:
                keys[one.identity.key] = one.identity.mark
            if self._memory.digest(one.identity.key) != hashlib.sha256(one.data).hexdigest():
                self._take(one)
        return keys

    def _compare(self, part: str, keys: dict[str, int]) -> None:
        """A sale that stood in this file before, and is later than the oldest that does now, has vanished.

        A list that begins anew each day, or shows the last week, loses its oldest: that is no vanishing.
        """
        if not keys:
            return
        for key in self._memory.taken(part, min(keys.values()) + 1):
            if key not in keys:
                self._memory.vanished(key)

    def _look_again(self) -> list[str]:
        """Files that were put away and are no longer what they were."""
        problems: list[str] = []
        if self._keep:
            return problems
        some = self._memory.files(self._looked_at, MOST_AGAIN)
        self._looked_at = max(some, default="") if len(some) == MOST_AGAIN else ""
        for name, seen in some.items():
            path = self._folder / name
            try:
                stamp = _stamp(path)
                if stamp == _Stamp(seen.size, seen.modified):
                    continue
                digest = _digest(path)
                now = SeenFile(stamp.size, stamp.modified, digest)
                if digest == seen.sha256:
                    self._memory.read(name, now)  # only its time was touched
                    continue
                self._memory.edited(name, now)
                check_whole(path, self._mapping)
                self._compare(name, self._take_all(path, name))
            except FileNotFoundError:
                continue  # put into an archive: the store has what it said
            except (FileUnfit, OSError) as error:
                problems.append(f"{name}: {error.message if isinstance(error, DriverError) else error}")
        return problems

    def _free_name(self, name: str) -> str:
        """A name in ``processed`` that no file has: nothing is ever overwritten."""
        stem, dot, ending = name.rpartition(".")
        number = 1
        while True:
            put = name if number == 1 else f"{stem} ({number}){dot}{ending}"
            part = f"{PROCESSED}/{put}"
            if self._memory.file(part) is None and not (self._folder / part).exists():
                return part
            number += 1


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return _Stamp(status.st_size, status.st_mtime_ns)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
