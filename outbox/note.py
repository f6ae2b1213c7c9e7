"""Signed notes (C2SP signed-note): text, an empty line, one signature line for each who signed.

>>> from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
>>> from outbox.note import NoteKey, signed_note, signers
>>> key = Ed25519PrivateKey.from_private_bytes(bytes(32))
>>> note = signed_note("hello\\n", "shop.example", key)
>>> signers(note, [NoteKey("shop.example", key.public_key())])
['shop.example']

Signature types: 0x01 Ed25519 over the text; 0x04 (C2SP tlog-cosignature, "cosignature/v1") Ed25519 by a
witness over a time and the text. Lines of unknown keys are ignored, as the specification demands; a line of a
known key that does not verify makes the note bad.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519, COSIGNATURE = 0x01, 0x04
_LONGEST = 64_000  # characters; a note is short
_MOST_LINES = 100
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})\n")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A key that notes are verified with: its name, the public key and the type of its signatures."""

    name: str
    key: Ed25519PublicKey
    kind: int = ED25519

    @property
    def id(self) -> bytes:
        """The four bytes in front of each of its signatures."""
        return key_id(self.name, self.key.public_bytes_raw(), self.kind)

    def __str__(self) -> str:
        """The vkey form: ``name+id+base64``."""
        material = bytes([self.kind]) + self.key.public_bytes_raw()
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(material).decode()}"

    @staticmethod
    def parse(text: str) -> NoteKey:
        """Read a vkey.

        Raises:
            ValueError: it is none, or of a kind we do not know.
        """
        name, _, rest = text.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        material = base64.b64decode(encoded, validate=True)
        if not _is_name(name) or len(material) != 33 or material[0] not in {ED25519, COSIGNATURE}:
            raise ValueError(f"{text[:80]!r} is not a verifier key")
        found = NoteKey(name, Ed25519PublicKey.from_public_bytes(material[1:]), material[0])
        if identity != found.id.hex():
            raise ValueError(f"{text[:80]!r}: the key's id is not {identity}")
        return found


def key_id(name: str, material: bytes, kind: int) -> bytes:
    """SHA-256 of name, newline, type and key: its first four bytes."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + material).digest()[:4]


def signed_note(text: str, name: str, key: Ed25519PrivateKey) -> str:
    """The note with one Ed25519 signature.

    Raises:
        ValueError: the text does not end with a newline, or the name cannot name a key.
    """
    if not text.endswith("\n") or not _is_name(name):
        raise ValueError("a note's text ends with a newline, its key has a name without blanks and +")
    return f"{text}\n{signature_line(NoteKey(name, key.public_key()), key.sign(text.encode()))}"


def signature_line(key: NoteKey, signature: bytes) -> str:
    """One signature line; ``signature`` without the key's id."""
    return f"— {key.name} {base64.b64encode(key.id + signature).decode()}\n"


def split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and signatures (name; id and signature bytes) of a note.

    Raises:
        ValueError: it has not the form of a note.
    """
    if len(note) > _LONGEST or any(ord(letter) < 32 and letter != "\n" for letter in note):
        raise ValueError("a note is shorter, and has no control characters")
    text, separator, rest = note.rpartition("\n\n")
    lines = rest.splitlines(keepends=True)
    if not separator or not text or not 1 <= len(lines) <= _MOST_LINES:
        raise ValueError("a note has a text, an empty line, and signature lines")
    found = []
    for line in lines:
        match = _LINE.fullmatch(line)
        signature = base64.b64decode(match[2], validate=True) if match else b""
        if match is None or len(signature) < 5:
            raise ValueError(f"{line[:80]!r} is not a signature line")
        found.append((match[1], signature))
    return text + "\n", found


def signers(note: str, keys: Sequence[NoteKey]) -> list[str]:
    """The names of those of ``keys`` who signed the note; empty where none did, or one did not verify."""
    return [name for name, _ in signatures_by(note, keys)]


def signatures_by(note: str, keys: Sequence[NoteKey]) -> list[tuple[str, int | None]]:
    """As ``signers``, with the time (POSIX seconds) that a witness gave; None for plain signatures."""
    try:
        text, lines = split_note(note)
    except ValueError:
        return []
    known = {(key.name, key.id): key for key in keys}
    found: list[tuple[str, int | None]] = []
    for name, signature in lines:
        key = known.get((name, signature[:4]))
        if key is None:
            continue
        try:
            found.append((name, _verify(key, text, signature[4:])))
        except (InvalidSignature, UnicodeEncodeError):
            return []
    return found


def cosigned_text(text: str, seconds: int) -> bytes:
    """What a witness signs: the word, its time, the note's text."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _verify(key: NoteKey, text: str, signature: bytes) -> int | None:
    if key.kind == ED25519:
        key.key.verify(signature, text.encode())
        return None
    if len(signature) != 72:
        raise InvalidSignature
    seconds = int.from_bytes(signature[:8], "big")
    key.key.verify(signature[8:], cosigned_text(text, seconds))
    return seconds


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)
