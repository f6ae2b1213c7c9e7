"""Who has given the PIN: sessions in memory, ended by time, by the person, or with the program.

The browser keeps a random word in a cookie; the server keeps only its hash, and with it the token that every
form of that session must bring along.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE = 8 * 3600  # seconds without a request
LONGEST = 20 * 3600  # seconds: the PIN is asked for every day
MOST = 40  # sessions at once; the oldest makes room


@dataclass(slots=True)
class Session:
    """One browser of a person who has given the PIN."""

    token: str  # of its forms, against requests that other sites make a browser send
    began: float
    used: float
    _done: dict[str, str] = field(default_factory=dict)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def done(self, key: str) -> str | None:
        """Where what this form has issued already can be seen."""
        with self._one:
            return self._done.get(key)

    def once(self, key: str, do: Callable[[], str]) -> str:
        """What ``do`` gives; the same form sent again (a double click, a lost answer) gets that, not another.

        ``key`` is the form's own random word; ``do`` issues something and says where it can be seen.
        """
        with self._one:
            if key not in self._done:
                self._done[key] = do()
            return self._done[key]


class Sessions:
    """All sessions of this run."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_hash: dict[bytes, Session] = {}
        self._one = threading.Lock()

    def begin(self) -> str:
        """Open a session; the word for the cookie."""
        word, now = secrets.token_urlsafe(32), self._clock()
        with self._one:
            while len(self._by_hash) >= MOST:
                del self._by_hash[next(iter(self._by_hash))]
            self._by_hash[_hash(word)] = Session(secrets.token_urlsafe(32), now, now)
        return word

    def find(self, word: str | None) -> Session | None:
        """The living session of that cookie."""
        if not word:
            return None
        now = self._clock()
        with self._one:
            session = self._by_hash.get(_hash(word))
            if session is None:
                return None
            if now - session.used > IDLE or now - session.began > LONGEST:
                del self._by_hash[_hash(word)]
                return None
            session.used = now
            return session

    def end(self, word: str | None) -> None:
        """Forget that session."""
        with self._one:
            self._by_hash.pop(_hash(word or ""), None)

    def end_all(self) -> None:
        """Forget all: the PIN has changed."""
        with self._one:
            self._by_hash.clear()


def _hash(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()
