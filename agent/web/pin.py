"""The PIN of the page: scrypt of it in a private file, and a lock that grows with every wrong try.

Tries are counted in two places, *here* (loopback) and *beyond* (the network), so that nobody on the shop's
Wi-Fi can lock the till's own screen. A try is written down before it is looked at: neither a crash nor many
tries at once are free.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from contextlib import suppress
from hmac import compare_digest
from typing import TYPE_CHECKING

from agent.web.errors import LockedOut, PinInvalid, PinWrong
from signing.errors import KeyFileMissing
from signing.private_file import read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PIN_FILE = "keys/page.pin"
TRIES_FILE = "keys/page.tries"
FREE_TRIES = 5
FIRST_WAIT = 30  # seconds after the last free try; doubles with each further one
LONGEST_WAIT = 3600
SHORTEST, LONGEST = 6, 64
_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB, some 50 ms on a small computer
_EASY = "0123456789" * 2 + "9876543210" * 2


class PinLock:
    """The PIN of one data folder. Safe to use from many threads; one PIN is looked at at a time."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = folder / PIN_FILE
        self._tries = folder / TRIES_FILE
        self._clock = clock
        self._one = threading.Lock()

    @property
    def is_set(self) -> bool:
        """Whether somebody has chosen a PIN."""
        return self._file.exists()

    def choose(self, pin: str) -> None:
        """Set the PIN, or set it anew; the lock is opened.

        Raises:
            PinInvalid: too short, too long, or too easy to guess.
        """
        if not SHORTEST <= len(pin) <= LONGEST or not pin.isprintable():
            raise PinInvalid(f"a PIN has {SHORTEST} to {LONGEST} characters")
        if len(set(pin)) < 3 or pin in _EASY:
            raise PinInvalid("this PIN is too easy to guess")
        salt = secrets.token_bytes(16)
        kept = {"scrypt": _COST, "salt": salt.hex(), "hash": _scrypt(pin, salt, _COST).hex()}
        with self._one:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(self._file, json.dumps(kept).encode())
            self._tries.unlink(missing_ok=True)

    def check(self, pin: str, *, beyond: bool) -> None:
        """Let the right PIN pass.

        Raises:
            PinWrong: it is not.
            LockedOut: it was not looked at.
        """
        place = "beyond" if beyond else "here"
        with self._one:
            tries = self._read_tries()
            count, until = tries.get(place, (0, 0.0))
            now = self._clock()
            if until > now:
                # A clock that was set back must not lock the shop out for longer than the longest wait.
                raise LockedOut(int(min(until - now, LONGEST_WAIT)) + 1)
            count += 1
            tries[place] = (count, now + _wait(count))
            write_private(self._tries, json.dumps(tries).encode())
            kept = json.loads(read_private(self._file, 4096))
            given = _scrypt(pin[:LONGEST], bytes.fromhex(kept["salt"]), kept["scrypt"])
            if len(pin) > LONGEST or not compare_digest(given.hex(), kept["hash"]):
                raise PinWrong("this is not the PIN")
            tries.pop(place)
            write_private(self._tries, json.dumps(tries).encode())

    def _read_tries(self) -> dict[str, tuple[int, float]]:
        with suppress(KeyFileMissing, ValueError, AttributeError):
            found = json.loads(read_private(self._tries, 4096))
            now = self._clock()
            return {
                place: (int(count), min(float(until), now + LONGEST_WAIT))
                for place, (count, until) in found.items()
            }
        return {}


def _wait(count: int) -> float:
    if count < FREE_TRIES:
        return 0.0
    return float(min(FIRST_WAIT * 2 ** min(count - FREE_TRIES, 16), LONGEST_WAIT))


def _scrypt(pin: str, salt: bytes, cost: dict[str, int]) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, maxmem=64 * 1024 * 1024, **cost)
