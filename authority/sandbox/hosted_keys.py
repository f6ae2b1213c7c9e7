"""Sellers' keys as a provider of the sandbox keeps them: one for each tax code, made when it first signs.

Like the sandbox's other keys they are throw-away keys of its folder, which nothing else in the world trusts.
"""

from __future__ import annotations

import secrets
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from signing.keys import Pkcs12Key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.private_file import write_private
from signing.xmldsig import XmlSigner

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

# A paper is signed as of its issue, which may be long before it is first asked for.
_BEFORE, _DAYS = timedelta(days=200), 565


class HostedKeys:
    """The keys of a folder; safe to ask from several threads."""

    def __init__(self, directory: Path, clock: Callable[[], datetime]) -> None:
        self._directory, self._clock = directory, clock
        self._opened: dict[str, XmlSigner] = {}
        self._lock = threading.Lock()

    def signer(self, tax_code: str) -> XmlSigner:
        """Who signs for that seller."""
        with self._lock:
            if tax_code not in self._opened:
                self._opened[tax_code] = XmlSigner(self._key(tax_code))
            return self._opened[tax_code]

    def _key(self, tax_code: str) -> Pkcs12Key:
        name = "".join(letter for letter in tax_code if letter.isalnum())[:20]
        store, phrase = self._directory / f"hosted-{name}.p12", self._directory / f"hosted-{name}.phrase"
        if not store.exists():
            write_private(phrase, secrets.token_urlsafe(24).encode())
            secret = Secret(phrase.read_text())
            throwaway_pkcs12(
                store, secret, tax_code, f"Khách hàng {tax_code}", self._clock() - _BEFORE, _DAYS
            )
        return Pkcs12Key.open(store, Secret(phrase.read_text()))
