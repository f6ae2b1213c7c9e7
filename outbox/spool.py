"""The reserve: captured bytes are kept here while the database cannot take them (promise P1).

``thungan.reserve`` is written full of zeros when the shop is set up, so it has room on a disk that is full.
Where it cannot be written (a disk gone read-only, or failing) a file at a second place takes over, and last
the memory. What is kept is taken into the database once the trouble is over, and once only: every capture
has a key of its own (``outbox.captures``).

A file begins with a header of ``HEADER`` bytes: magic, generation, and why it is used, for people. Records
follow: magic, generation, length, CRC-32, JSON of what is known, newline, bytes. A record of an earlier
generation, or a torn one, ends the file; emptying it is one write of the next generation.
"""

from __future__ import annotations

import json
import logging
import os
import struct
import zlib
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NAME = "thungan.reserve"
RESERVE_USED = "reserve-used"
RESERVE = 8_000_000  # bytes: some 5,000 receipts
HEADER = 4096
MOST_IN_MEMORY = 64_000_000  # bytes
_MAGIC, _RECORD = b"TGRESRV1", b"TGRC"
_KNOWN = ("key", "source", "captured_at", "ended_by", "form", "origin")
_HEAD = struct.Struct(">4sIII")  # magic, generation, length, CRC-32
log = logging.getLogger("thungan.reserve")


@dataclass(frozen=True, slots=True)
class Spooled:
    """One capture as ``outbox.captures.record_capture`` takes it. ``captured_at``: UTC, ISO 8601."""

    key: str
    source: str
    captured_at: str
    ended_by: str
    data: bytes
    form: str
    origin: str


class ReserveFile:
    """One file of the reserve. ``fixed``: it never grows beyond what was set aside for it."""

    def __init__(self, path: Path, *, fixed: bool) -> None:
        self.path = path
        self._fixed = fixed
        self._handle: int | None = None
        self._generation = 0
        self._end = HEADER
        self._why = ""

    def prepare(self) -> None:
        """Make the file, or find the end of what an earlier run has kept in it; raises OSError."""
        if self._handle is None:
            if not self._fixed:
                self.path.parent.mkdir(mode=0o700, exist_ok=True)
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        if os.fstat(self._handle).st_size < (RESERVE if self._fixed else HEADER):
            self._fill()
        data = self._read()
        self._generation = _generation(data)
        self._end = HEADER + sum(_HEAD.size + len(body) for body in _bodies(data, self._generation))

    def close(self) -> None:
        """Let go of the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def append(self, one: Spooled) -> None:
        """Keep it durably; raises OSError where the file does not take it."""
        if self._handle is None:
            self.prepare()
        body = _body(one)
        record = _HEAD.pack(_RECORD, self._generation, len(body), zlib.crc32(body)) + body
        if self._fixed and self._end + len(record) > RESERVE:
            raise OSError(f"{self.path} is full")
        self._write(self._end, record)
        self._end += len(record)

    def kept(self) -> list[Spooled]:
        """What is kept in it, oldest first; raises OSError."""
        if self._handle is None and not self.path.exists():
            return []
        return read_reserve(self.path)

    def empty(self) -> None:
        """Forget all of it: it is in the database. Raises OSError."""
        if self._end == HEADER:
            return
        self._write(0, _header(self._generation + 1, self._why))
        self._generation, self._end = self._generation + 1, HEADER

    def say_why(self, why: str) -> None:
        """Write down for people what is wrong; raises OSError. No file is made for it."""
        if self._handle is None:
            return
        self._why = why
        self._write(0, _header(self._generation, why))

    def _fill(self) -> None:
        """Zeros, really written: a hole in a file has no room on a full disk."""
        assert self._handle is not None  # noqa: S101 - for the type checker: only prepare calls
        size = os.fstat(self._handle).st_size
        if size < HEADER:
            self._write(0, _header(0, ""))
            size = HEADER
        while self._fixed and size < RESERVE:
            zeros = bytes(min(1 << 20, RESERVE - size))
            self._write(size, zeros)
            size += len(zeros)

    def _read(self) -> bytes:
        assert self._handle is not None  # noqa: S101 - for the type checker: only prepare calls
        os.lseek(self._handle, 0, os.SEEK_SET)
        parts = []
        while part := os.read(self._handle, 1 << 20):
            parts.append(part)
        return b"".join(parts)

    def _write(self, place: int, data: bytes) -> None:
        assert self._handle is not None  # noqa: S101 - for the type checker: prepared before
        os.lseek(self._handle, place, os.SEEK_SET)
        view = memoryview(data)
        while view:
            view = view[os.write(self._handle, view) :]
        os.fsync(self._handle)


@dataclass(slots=True)
class Spool:
    """The reserve in its places, tried in order. Any thread may use it; one at a time does."""

    files: Sequence[ReserveFile]
    _memory: list[Spooled] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _used: bool = False
    _said: str = ""

    @staticmethod
    def of(folder: Path, second: Path | None = None) -> Spool:
        """The reserve of a data folder; ``second`` is a folder on another disk."""
        places = [ReserveFile(folder / NAME, fixed=True)]
        if second is not None:
            places.append(ReserveFile(second / NAME, fixed=False))
        return Spool(places)

    def prepare(self) -> None:
        """Set the room aside, if it is not there yet, and see whether an earlier run has kept anything."""
        with self._lock:
            try:
                self.files[0].prepare()
            except OSError as error:
                log.warning("no reserve could be set aside: %s", error)
            self._used = any(self._kept_in(file) for file in self.files)

    def keep(self, one: Spooled) -> Path | None:
        """Keep a capture in the first place that takes it: its file, or None for the memory."""
        with self._lock:
            self._used = True
            for file in self.files:
                try:
                    file.append(one)
                except OSError as error:
                    log.warning("%s takes nothing: %s", file.path, error)
                    continue
                return file.path
            if sum(len(kept.data) for kept in self._memory) + len(one.data) <= MOST_IN_MEMORY:
                self._memory.append(one)
            else:
                log.error("nothing can keep a capture of %d bytes from %s", len(one.data), one.source)
            return None

    def say_why(self, why: str) -> None:
        """For people who look from outside: what is wrong with the store; empty where nothing is."""
        with self._lock:
            if why == self._said:
                return
            self._said = why
            for file in self.files:
                try:
                    file.say_why(why)
                except OSError as error:
                    log.warning("%s: %s", file.path, error)

    @property
    def used(self) -> bool:
        """Whether anything may be kept."""
        return self._used

    def kept(self) -> list[Spooled]:
        """All that is kept, oldest first."""
        with self._lock:
            found = [one for file in self.files for one in self._kept_in(file)]
            return sorted((*found, *self._memory), key=lambda one: one.captured_at)

    def forget(self, taken: Sequence[Spooled]) -> None:
        """What was taken into the database; places that hold nothing else are emptied."""
        keys = {one.key for one in taken}
        with self._lock:
            self._memory = [one for one in self._memory if one.key not in keys]
            left = bool(self._memory)
            for file in self.files:
                kept = self._kept_in(file)
                if any(one.key not in keys for one in kept):
                    left = True
                elif kept:
                    try:
                        file.prepare()
                        file.empty()
                    except OSError as error:  # taken in again next time, by key
                        log.warning("%s: %s", file.path, error)
                        left = True
            self._used = left

    def close(self) -> None:
        """Let go of the files."""
        for file in self.files:
            file.close()

    def _kept_in(self, file: ReserveFile) -> list[Spooled]:
        try:
            return file.kept()
        except OSError as error:
            log.warning("%s cannot be read: %s", file.path, error)
            return []


def read_reserve(path: Path) -> list[Spooled]:
    """What a file of the reserve keeps, oldest first; raises OSError."""
    with path.open("rb") as file:
        data = file.read(HEADER + _HEAD.size)
        if data[HEADER : HEADER + 4] != _RECORD:
            return []  # the usual case, and the file is large
        data += file.read()
    return [one for body in _bodies(data, _generation(data)) if (one := _spooled(body)) is not None]


def reserve_alarms(folder: Path, second: Path | None = None) -> list[dict[str, str]]:
    """What a look from outside finds: what is wrong with the store, and how many receipts wait for it.

    As ``outbox.reports.standing`` gives the store's own alarms. A data folder that is read-only by now cannot
    tell: then the ``second`` place does.
    """
    why, waiting = "", 0
    for place in (folder, second):
        try:
            if place is not None:
                why = why or why_reserved(place / NAME)
                waiting += len(read_reserve(place / NAME))
        except OSError:
            continue
    found = []
    if why:
        code, _, message = why.partition(": ")
        found.append({"code": code, "message": message})
    if waiting:
        said = f"{waiting} phiếu chờ lập hóa đơn / {waiting} receipts wait to be invoiced"
        found.append({"code": RESERVE_USED, "message": said})
    return found


def why_reserved(path: Path) -> str:
    """Why the reserve is used, in words; empty where it is not known. Raises OSError."""
    with path.open("rb") as file:
        header = file.read(HEADER)
    return header[16:].rstrip(b"\0").decode("utf-8", "replace")


def _header(generation: int, why: str) -> bytes:
    words = why.encode()[: HEADER - 20]
    return (_MAGIC + struct.pack(">II", generation, zlib.crc32(str(generation).encode())) + words).ljust(
        HEADER, b"\0"
    )


def _generation(data: bytes) -> int:
    """Of a good header; else that of the first record, so that nothing is lost with a torn header."""
    if data[:8] == _MAGIC and len(data) >= 16:
        generation, check = struct.unpack(">II", data[8:16])
        if check == zlib.crc32(str(generation).encode()):
            return int(generation)
    first = data[HEADER : HEADER + _HEAD.size]
    return int(_HEAD.unpack(first)[1]) if len(first) == _HEAD.size and first[:4] == _RECORD else 0


def _bodies(data: bytes, generation: int) -> Iterator[bytes]:
    place = HEADER
    while place + _HEAD.size <= len(data):
        magic, of, length, check = _HEAD.unpack_from(data, place)
        body = data[place + _HEAD.size : place + _HEAD.size + length]
        if magic != _RECORD or of != generation or len(body) != length or zlib.crc32(body) != check:
            return
        yield body
        place += _HEAD.size + length


def _body(one: Spooled) -> bytes:
    known = {name: getattr(one, name) for name in _KNOWN}
    return json.dumps(known, ensure_ascii=True).encode() + b"\n" + one.data


def _spooled(body: bytes) -> Spooled | None:
    head, _, data = body.partition(b"\n")
    try:
        known = json.loads(head)
        return Spooled(data=data, **{name: str(known[name]) for name in _KNOWN})
    except (ValueError, KeyError, TypeError):
        return None
