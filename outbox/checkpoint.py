"""Signed checkpoints of the ledger in the C2SP signed-note form (tlog-checkpoint).

A checkpoint says: at this size the tree had this root. It is signed with the ledger's own Ed25519 key,
made at ``thungan init``.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"  # the algorithm byte of signed notes


def write_checkpoint(origin: str, size: int, root: bytes, key: Ed25519PrivateKey) -> str:
    """The note: origin, size and root, an empty line, one signature line."""
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = _key_id(origin, key.public_key()) + key.sign(body.encode())
    return f"{body}\n— {origin} {base64.b64encode(signature).decode()}\n"


def read_checkpoint(note: str, key: Ed25519PublicKey) -> tuple[str, int, bytes] | None:
    """(origin, size, root) of a note whose signature is good, else None."""
    try:
        body, _, signatures = note.partition("\n\n")
        origin, size, root = body.split("\n")[:3]
        line, newline, rest = signatures.partition("\n")
        if not newline or rest:
            return None
        dash, name, encoded = line.split(" ")
        signature = base64.b64decode(encoded, validate=True)
        if dash != "—" or name != origin or signature[:4] != _key_id(origin, key):
            return None
        key.verify(signature[4:], (body + "\n").encode())
        return origin, int(size), base64.b64decode(root, validate=True)
    except (ValueError, InvalidSignature):
        return None


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]
