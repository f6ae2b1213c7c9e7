"""How the ledger commits to captured bytes, pure: with a salt, and without what names a buyer.

The salt is random and stays in the store; why it is needed says docs/decisions/004-redaction.md.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def salted_digest(salt: bytes, data: bytes) -> str:
    """The ledger's commitment (hex) to captured bytes."""
    return sha256(salt + data).hexdigest()


def redacted_capture(data: bytes, salt: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    """The bytes with each span (in order, apart) as ``[sha256:…]``, a hash over salt, place and content."""
    out, place = [], 0
    for start, end in spans:
        hidden = sha256(salt + start.to_bytes(8, "big") + data[start:end]).hexdigest()
        out += [data[place:start], b"[sha256:%b]" % hidden.encode()]
        place = end
    return b"".join((*out, data[place:]))
