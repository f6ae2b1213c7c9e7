"""The sandbox's own keys, made on first start: one to sign notices, one for HTTPS on loopback.

Both are throw-away keys of this folder only; nothing else in the world trusts them.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from authority.sandbox.authority_signer import AuthoritySigner
from signing.keys import Pkcs12Key, throwaway_authority, throwaway_tls
from signing.passphrase import Secret

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_DAYS = 365


@dataclass(frozen=True, slots=True)
class SandboxKeys:
    """The opened signing key, and where the rest lies.

    ``trust``: the authority's certificate (PEM), which proves its notices. ``ca``: the certificate (PEM)
    that HTTPS clients must trust; ``tls_key`` its key.
    """

    signer: AuthoritySigner
    trust: Path
    ca: Path
    tls_key: Path


def open_keys(directory: Path, host: str, now: datetime) -> SandboxKeys:
    """The keys of that folder, made if they are not there yet.

    Raises:
        SigningError: a key file that is there cannot be opened.
        OSError: the folder cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    store, phrase = directory / "authority.p12", directory / "authority.phrase"
    ca, tls_key, trust = directory / "tls.crt.pem", directory / "tls.key.pem", directory / "authority.crt.pem"
    if not store.exists():
        _write_private(phrase, secrets.token_urlsafe(24))
        throwaway_authority(store, Secret(phrase.read_text()), now, _DAYS)
    key = Pkcs12Key.open(store, Secret(phrase.read_text()))
    trust.write_bytes(key.certificate.public_bytes(Encoding.PEM))
    if not ca.exists() or not tls_key.exists():
        throwaway_tls(ca, tls_key, host, now, _DAYS)
    return SandboxKeys(AuthoritySigner(key), trust, ca, tls_key)


def _write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, from its first moment on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
