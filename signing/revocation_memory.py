"""Answers about revocation kept as files, so that a shop that starts without network still has its proof.

What is kept is the responder's own bytes, and they are proven again when they are read: a file that somebody
has changed proves nothing. Its first line says what it is and when it was asked for; a certificate has one
file, named by its SHA-256.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256

from signing.crl import read_crl
from signing.errors import RevocationUnreadable
from signing.ocsp import read_ocsp
from signing.private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

    from signing.revocation_answer import Answer

_READERS = {"ocsp": read_ocsp, "crl": read_crl}
_LONGEST_LINE = 64


@dataclass(frozen=True, slots=True)
class AnswerFiles:
    """The folder of such files; made when it is needed."""

    folder: Path

    def load(self, certificate: x509.Certificate, issuer: x509.Certificate) -> tuple[Answer, datetime] | None:
        """The kept answer and when it was asked for; None where there is none that proves anything."""
        try:
            line, _, data = self._path(certificate).read_bytes().partition(b"\n")
            kind, _, moment = line[:_LONGEST_LINE].decode("ascii").partition(" ")
            asked_at = datetime.fromisoformat(moment)
            if asked_at.tzinfo is None or kind not in _READERS:
                return None
            return _READERS[kind](data, certificate, issuer, asked_at), asked_at
        except (OSError, ValueError, RevocationUnreadable):
            return None

    def keep(self, certificate: x509.Certificate, kind: str, data: bytes, asked_at: datetime) -> None:
        """Keep an answer; where the disk does not take it, it is asked for again another time."""
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            write_private(self._path(certificate), f"{kind} {asked_at.isoformat()}\n".encode() + data)

    def _path(self, certificate: x509.Certificate) -> Path:
        return self.folder / certificate.fingerprint(SHA256()).hex()
