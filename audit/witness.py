"""A witness: keeps the newest checkpoint of each ledger and signs that it only grew (C2SP tlog-witness).

A shop's daemon posts its checkpoint with a proof; the witness answers with its own signature line, or says
why not. Who asks the witness later learns what it has seen, so a history that is rewritten with the ledger's
own key is contradicted by somebody who does not sell anything.

The request is text: ``old SIZE``, the lines of a consistency proof (Base64), an empty line, the checkpoint.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from outbox.checkpoint import parse_checkpoint
from outbox.merkle import is_consistent
from outbox.note import COSIGNATURE, NoteKey, cosigned_text, signature_line, signatures_by, split_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MOST_REQUEST = 64_000  # bytes
MOST_STEPS = 63
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    text: str
    kind: str = "text/plain; charset=utf-8"


def witness_request(old: int, proof: Sequence[bytes], note: str) -> str:
    """What is posted to a witness."""
    steps = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof)
    return f"old {old}\n{steps}\n{note}"


class Witness:
    """One witness with its folder, in which a file for each ledger holds the newest checkpoint it has signed.

    Not thread-safe: one request at a time.
    """

    def __init__(self, folder: Path, name: str, key: Ed25519PrivateKey, logs: Iterable[NoteKey]) -> None:
        self._folder = folder
        self._key = key
        self._logs = {log.name: log for log in logs}
        self.vkey = NoteKey(name, key.public_key(), COSIGNATURE)

    def add_checkpoint(self, body: bytes, seconds: int) -> Reply:
        """Answer one request; ``seconds`` is the time (POSIX) that is signed."""
        try:
            old, proof, note = _parts(body)
            origin, size, root = parse_checkpoint(note)
        except ValueError as error:
            return Reply(400, f"{error}\n")
        log = self._logs.get(origin)
        if log is None:
            return Reply(404, f"no ledger {origin} is known here\n")
        if not signatures_by(note, [log]):
            return Reply(403, "the checkpoint is not signed by the ledger's key\n")
        known, known_root = self.newest(origin)
        if old > size:
            return Reply(400, "old is beyond the checkpoint\n")
        if old != known:
            return Reply(409, f"{known}\n", SIZE_TYPE)
        if size == known and known and root != known_root:
            return Reply(409, f"{known}\n", SIZE_TYPE)
        if known and not is_consistent(known, known_root, size, root, proof):
            return Reply(422, "the proof does not show that the ledger only grew\n")
        if not known and proof:
            return Reply(422, "a first checkpoint has no proof\n")
        text, _ = split_note(note)
        signature = seconds.to_bytes(8, "big") + self._key.sign(cosigned_text(text, seconds))
        line = signature_line(self.vkey, signature)
        self._keep(origin, f"{note}{line}")
        return Reply(200, line)

    def newest(self, origin: str) -> tuple[int, bytes]:
        """Size and root of what was signed last for a ledger; (0, "") where nothing was."""
        path = self._file(origin)
        if not path.exists():
            return 0, b""
        _, size, root = parse_checkpoint(path.read_text("utf-8"))
        return size, root

    def _keep(self, origin: str, note: str) -> None:
        """Durable before the answer leaves: a witness that forgets can be made to sign a second history."""
        import os

        path = self._file(origin)
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _file(self, origin: str) -> Path:
        return self._folder / f"{sha256(origin.encode()).hexdigest()[:32]}.note"


def _parts(body: bytes) -> tuple[int, list[bytes], str]:
    if len(body) > MOST_REQUEST:
        raise ValueError("the request is too long")
    head, separator, note = body.decode("utf-8").partition("\n\n")
    first, *steps = head.split("\n")
    found = _OLD.fullmatch(first)
    if not separator or found is None or len(steps) > MOST_STEPS:
        raise ValueError("a request is: old SIZE, a proof, an empty line, a checkpoint")
    proof = [base64.b64decode(step, validate=True) for step in steps]
    if any(len(step) != 32 for step in proof):
        raise ValueError("a step of a proof is a SHA-256")
    return int(found[1]), proof, note
