"""A key in the Windows certificate store (CNG): of this user, of the computer, or on a card behind it.

The setting names the certificate by its thumbprint, as the certificate manager shows it::

    windows:thumbprint=0A1B2C…            this user's certificates
    windows:thumbprint=0A1B2C…;store=machine

The secret, where it is not empty, is a smart card's PIN; keys that Windows itself keeps need none. Cards
whose maker has only a CSP of the old kind, not a CNG provider, are opened by ``pkcs11:``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha1
from threading import Lock
from typing import TYPE_CHECKING, NoReturn, Protocol

from cryptography import x509

from signing.certificates import subject_name
from signing.errors import (
    KeyAway,
    KeyRefused,
    KeySettingInvalid,
    PinLocked,
    PinWrong,
    PrivateKeyMissing,
    SigningError,
)
from signing.pin_guard import PinGuard
from signing.signing_key import afresh, kind_of, public_key_of, signature_fits
from signing.windows_store import CngFailed, WindowsStore

if TYPE_CHECKING:
    from pathlib import Path

    from signing.algorithms import Digest
    from signing.passphrase import Secret

_THUMBPRINT = re.compile(r"[0-9A-F]{40}")
# What Windows answers (winerror.h) and what a shop has to do. All others may pass: KeyAway.
_MEANING: dict[int, type[SigningError]] = {
    0x80092004: PrivateKeyMissing,  # CRYPT_E_NOT_FOUND: no such certificate
    0x8009200B: PrivateKeyMissing,  # CRYPT_E_NO_KEY_PROPERTY: a certificate without key
    0x80090010: KeyRefused,  # NTE_PERM: this account may not use the key
    0x80090014: KeyRefused,  # NTE_BAD_PROV_TYPE: a CSP of the old kind
    0x80090022: KeyRefused,  # NTE_SILENT_CONTEXT: it wants to show a window
    0x80090029: KeyRefused,  # NTE_NOT_SUPPORTED
    0x8010006B: PinWrong,  # SCARD_W_WRONG_CHV
    0x8010006C: PinLocked,  # SCARD_W_CHV_BLOCKED
    0x80100070: KeyRefused,  # SCARD_W_CARD_NOT_AUTHENTICATED: a PIN is wanted and none was given
}


class CertificateStore(Protocol):
    """What is asked of Windows; ``windows_store.WindowsStore``."""

    def open(self, thumbprint: bytes, *, machine: bool) -> tuple[bytes, int]: ...
    def set_pin(self, key: int, pin: str) -> None: ...
    def sign(self, key: int, hashed: bytes, pkcs1: str | None) -> bytes: ...
    def free(self, key: int) -> None: ...


@dataclass(frozen=True, slots=True)
class StoreSetting:
    """A setting taken apart."""

    thumbprint: bytes
    machine: bool

    @staticmethod
    def parse(text: str) -> StoreSetting:
        """Read a setting; blanks and colons in the thumbprint do not matter.

        Raises:
            KeySettingInvalid: no thumbprint of 40 digits, or an unknown part.
        """
        pairs = [part.partition("=")[::2] for part in text.removeprefix("windows:").split(";") if part]
        parts = dict(pairs)
        # The certificate manager's own text begins with an invisible mark, which people copy along.
        digits = re.sub(r"[\s:\u200e]", "", parts.pop("thumbprint", "")).upper()
        store = parts.pop("store", "user")
        if not _THUMBPRINT.fullmatch(digits):
            raise KeySettingInvalid("a windows: setting needs thumbprint= with 40 hexadecimal digits")
        if parts or len(pairs) > 2 or store not in ("user", "machine"):
            raise KeySettingInvalid("a windows: setting has thumbprint= and store=user or store=machine")
        return StoreSetting(bytes.fromhex(digits), store == "machine")


class WindowsKey:
    """A key of the store. Threads sign one after the other: behind the key there may be a card."""

    def __init__(
        self,
        setting: StoreSetting,
        secret: Secret,
        folder: Path,
        digest: Digest,
        store: CertificateStore | None = None,
    ) -> None:
        """Find the certificate and its key; ``folder`` keeps the count of wrong PINs.

        Raises:
            PrivateKeyMissing: no such certificate, or it has no private key.
            KeyAway, KeyRefused, KeyUnsupported: the key cannot be used now, at all, or here.
        """
        self._store = store or WindowsStore()
        self._setting, self._pin, self._digest = setting, secret, digest
        self._guard = PinGuard(folder / f".pin-tries-{setting.thumbprint.hex()[:16]}")
        self._lock = Lock()
        self._refused: KeyRefused | None = None
        self._proven = not secret
        self._told = False  # whether this handle has the PIN
        self._handle: int | None = None
        self.certificate = self._connect()
        kind = kind_of(public_key_of(self.certificate))
        self._pkcs1 = digest.name.upper() if kind == "rsa" else None
        self.signature_method = digest.method(kind)

    def sign(self, data: bytes) -> bytes:
        """As ``SigningKey.sign``; the global interpreter lock is released meanwhile."""
        hashed = self._digest.of(data)
        with self._lock:
            if self._refused is not None:
                raise afresh(self._refused)
            if self._handle is not None:
                try:
                    return self._ask(hashed)
                except KeyAway:
                    self._drop()  # a card put back wants a new handle
            self._connect()
            return self._ask(hashed)

    def close(self) -> None:
        """Give the handle back. Afterwards signing is refused."""
        with self._lock:
            self._refused = KeyRefused("the key of the Windows store has been closed")
            self._drop()

    def __repr__(self) -> str:
        return f"WindowsKey({subject_name(self.certificate)!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a key's handle and PIN are not written anywhere: they cannot be pickled")

    def _connect(self) -> x509.Certificate:
        try:
            der, self._handle = self._store.open(self._setting.thumbprint, machine=self._setting.machine)
        except CngFailed as error:
            raise _meaning(error) from None
        self._told = False
        # The thumbprint is Windows' name of the certificate, nothing is believed because of it.
        if sha1(der, usedforsecurity=False).digest() != self._setting.thumbprint:
            self._drop()
            raise PrivateKeyMissing("the Windows store gives another certificate than was asked for")
        return x509.load_der_x509_certificate(der)

    def _ask(self, hashed: bytes) -> bytes:
        """One signature; while the PIN has not been taken once, tries are counted."""
        try:
            if self._proven:
                return self._signature(hashed)
            with self._guard.one_try():
                value = self._signature(hashed)
            self._proven = True
        except KeyRefused as error:
            self._refused = error
            self._drop()
            raise
        return value

    def _signature(self, hashed: bytes) -> bytes:
        handle = self._handle or 0
        try:
            if self._pin and not self._told:
                self._store.set_pin(handle, self._pin.reveal())
                self._told = True
            value = self._store.sign(handle, hashed, self._pkcs1)
        except CngFailed as error:
            raise _meaning(error) from None
        if not signature_fits(self.certificate, self._digest, hashed, value):
            raise KeyRefused("what the Windows store gives is not a signature by the certificate's key")
        return value

    def _drop(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            self._store.free(handle)


def open_setting(setting: str, secret: Secret, folder: Path, digest: Digest) -> WindowsKey:
    """As ``keys.open_key`` for ``windows:``."""
    return WindowsKey(StoreSetting.parse(setting), secret, folder, digest)


def _meaning(error: CngFailed) -> SigningError:
    return _MEANING.get(error.status, KeyAway)(f"the Windows store answers {error}")
