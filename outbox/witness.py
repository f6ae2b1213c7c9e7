"""The witness: a small file beside the database that says how far the ledger had come.

After every commit it is told the ledger's size, its last leaf and the counters. It is not made durable (that
would cost a second write to the disk for every group), so after a power cut it may lag behind the database,
but the database never behind it: one that is, or that has another leaf at that place, is an older copy or
another shop's, and its numbers would be given twice (promise P2). Two slots in turn, each with its hash: a
torn one leaves the other.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAME = "thungan.witness"
SLOT = 4096  # bytes
_DIGEST = 64  # hexadecimal characters


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen committed: ``size`` leaves, the last with that hash (hex), the counters as they were."""

    size: int
    leaf: str
    counters: dict[str, int]


class Witness:
    """The file, open for writing."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    def write(self, seen: Seen) -> None:
        """Remember; raises OSError where the disk does not take it."""
        body = json.dumps({"size": seen.size, "leaf": seen.leaf, "counters": seen.counters}, sort_keys=True)
        data = sha256(body.encode()).hexdigest().encode() + body.encode()
        os.lseek(self._handle, (seen.size % 2) * SLOT, os.SEEK_SET)
        os.write(self._handle, data.ljust(SLOT))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


def read_witness(folder: Path) -> Seen | None:
    """The newest that was remembered; None where there is no file, or none of it can be read."""
    try:
        data = (folder / NAME).read_bytes()[: 2 * SLOT]
    except OSError:
        return None
    found = [seen for place in (0, SLOT) if (seen := _read(data[place : place + SLOT])) is not None]
    return max(found, key=lambda seen: seen.size, default=None)


def _read(slot: bytes) -> Seen | None:
    digest, body = slot[:_DIGEST], slot[_DIGEST:].rstrip()
    if sha256(body).hexdigest().encode() != digest:
        return None
    try:
        fields = json.loads(body)
        counters = {str(name): int(value) for name, value in fields["counters"].items()}
        return Seen(int(fields["size"]), str(fields["leaf"]), counters)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
