"""Tokens of programs: a name, scopes, and the SHA-256 of 32 random bytes; never the token itself.

They stand in a private file of the data folder. A token is as random as a key, so a plain hash is enough:
there is nothing to guess (unlike the page's PIN, which has scrypt).
"""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING

from agent.api.errors import TokenInvalid
from signing.errors import KeyFileMissing
from signing.private_file import read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOKENS_FILE = "keys/api-tokens.json"
PREFIX = "thg_"  # so that a token is known for one where it was left lying
PER_MINUTE = 600  # requests a token may make, unless it is given another limit
MOST_TOKENS = 100
_MOST_BYTES = 100_000


class Scope(StrEnum):
    """What a token may do."""

    SELL = "sell"  # issue invoices, and ask what became of them
    READ = "read"  # all invoices, papers, status and events
    CORRECT = "correct"  # replace and adjust
    PEER = "peer"  # how the register stands in figures, and nothing else: for the shop's other registers


@dataclass(frozen=True, slots=True)
class Token:
    """A program's right."""

    name: str
    digest: str
    scopes: tuple[str, ...]
    per_minute: int
    made_at: str


class Tokens:
    """The tokens of one data folder; what another program changes is seen at the next request."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / TOKENS_FILE
        self._one = threading.Lock()

    def all(self) -> list[Token]:
        """Every token, by name.

        Raises:
            SigningError: the file can be read by others, or is none of ours.
        """
        try:
            found = json.loads(read_private(self._path, _MOST_BYTES))
        except KeyFileMissing:
            return []
        return sorted((Token(**{**one, "scopes": tuple(one["scopes"])}) for one in found), key=_name)

    def find(self, word: str) -> Token | None:
        """The token of that word."""
        digest = sha256(word.encode()).hexdigest()
        found = [one for one in self.all() if compare_digest(one.digest, digest)]
        return found[0] if found else None

    def make(self, name: str, scopes: Sequence[Scope], per_minute: int, now: str) -> str:
        """Make a token; its word, which is shown this once.

        Raises:
            TokenInvalid: the name is taken or cannot be one.
        """
        if not name or len(name) > 40 or not name.isprintable():
            raise TokenInvalid("a token's name has 1 to 40 characters")
        with self._one:
            known = self.all()
            if any(one.name == name for one in known):
                raise TokenInvalid(f"there is a token named {name!r} already")
            if len(known) >= MOST_TOKENS:
                raise TokenInvalid(f"there are {MOST_TOKENS} tokens already")
            word = PREFIX + secrets.token_urlsafe(32)
            digest = sha256(word.encode()).hexdigest()
            self._write([*known, Token(name, digest, tuple(map(str, scopes)), per_minute, now)])
        return word

    def revoke(self, name: str) -> None:
        """End a token at once.

        Raises:
            TokenInvalid: there is none of that name.
        """
        with self._one:
            known = self.all()
            left = [one for one in known if one.name != name]
            if len(left) == len(known):
                raise TokenInvalid(f"there is no token named {name!r}")
            self._write(left)

    def _write(self, tokens: list[Token]) -> None:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(self._path, json.dumps([asdict(one) for one in tokens], indent=1).encode())


def _name(token: Token) -> str:
    return token.name
