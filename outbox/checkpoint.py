"""Signed checkpoints of the ledger (C2SP tlog-checkpoint, a signed note).

A checkpoint says: at this size the tree had this root. It is signed with the ledger's own Ed25519 key, made
at ``thungan init``; witnesses may add their signature lines (``outbox.note``).
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from outbox.note import NoteKey, signatures_by, signed_note, split_note

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """What is signed: origin, size and root, a line each."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def write_checkpoint(origin: str, size: int, root: bytes, key: Ed25519PrivateKey) -> str:
    """The note, signed under the origin's name."""
    return signed_note(checkpoint_text(origin, size, root), origin, key)


def read_checkpoint(note: str, key: Ed25519PublicKey) -> tuple[str, int, bytes] | None:
    """(origin, size, root) of a note that ``key`` has signed under the origin's name, else None.

    Lines of other keys, such as witnesses', change nothing.
    """
    try:
        origin, size, root = parse_checkpoint(note)
        named = NoteKey(origin, key)
    except ValueError:
        return None
    return (origin, size, root) if signatures_by(note, [named]) else None


def parse_checkpoint(note: str) -> tuple[str, int, bytes]:
    """(origin, size, root) as the note says, whoever signed it.

    Raises:
        ValueError: it is not a checkpoint.
    """
    text, _ = split_note(note)
    lines = text.split("\n")[:-1]
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise ValueError("a checkpoint has an origin, a size, a root, and no empty line")
    root = base64.b64decode(lines[2], validate=True)
    if len(root) != 32:
        raise ValueError("the root is not a SHA-256")
    return lines[0], int(lines[1]), root
