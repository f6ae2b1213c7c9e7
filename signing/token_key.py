"""A key on a USB token or HSM, by PKCS#11.

One session is kept open. A session that is lost (token pulled out and put back, driver restarted) is
opened again within the same call; while the token is away every call says so with ``KeyAway``. The data is
hashed here and the token only gets the hash: the cheapest ones know no other way, and USB is slow.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from threading import RLock
from typing import TYPE_CHECKING, NoReturn

from pkcs11 import Mechanism, TokenFlag
from pkcs11 import exceptions as ck
from pkcs11.types import PROTECTED_AUTH

from signing.certificates import subject_name
from signing.errors import KeyAway, KeyRefused, KeySettingInvalid, PinLocked, PinWrong
from signing.pin_guard import PinGuard
from signing.signing_key import afresh, kind_of, public_key_of, signature_fits
from signing.token_objects import TokenPair, error_name, load_module, matching_tokens, pick_pair
from signing.token_uri import TokenUri

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography import x509
    from pkcs11 import Session, Token

    from signing.algorithms import Digest
    from signing.passphrase import Secret

_PATIENCE = 10.0  # seconds to wait for other threads' signatures; a slow token makes ten in one
_MECHANISMS = {"rsa": Mechanism.RSA_PKCS, "ecdsa": Mechanism.ECDSA}
_WRONG_PIN = (ck.PinIncorrect, ck.PinInvalid, ck.PinLenRange)
# Answers that will be the same tomorrow. All others may be a token that is being pulled out: makers
# report that as whatever they like (device error, general error, object handle invalid …).
_FINAL = (
    ck.DataInvalid,
    ck.DataLenRange,
    ck.FunctionNotSupported,
    ck.KeySizeRange,
    ck.KeyTypeInconsistent,
    ck.MechanismInvalid,
    ck.PinExpired,
    ck.UserPinNotInitialized,
)
# By module: its functions act on the whole process, and re-initialising it ends everybody's sessions.
_LOCKS: defaultdict[str, RLock] = defaultdict(RLock)


@dataclass(frozen=True, slots=True)
class _Open:
    session: Session
    pair: TokenPair


class TokenKey:
    """A key on a token. Calls from several threads wait for each other: a token does one thing at a time."""

    def __init__(self, uri: TokenUri, pin: Secret, folder: Path, digest: Digest) -> None:
        """Log in and find the key.

        ``folder`` keeps the count of wrong PINs. An empty ``pin`` is for tokens with a keypad of their own.

        Raises:
            KeyAway: the token is not there, or its library does not answer.
            PinWrong, PinLocked, KeyRefused: the token says no.
            KeySettingInvalid: the library cannot be loaded, or several tokens or keys fit.
            PrivateKeyMissing: no private key with a certificate of it fits.
            KeyUnsupported: a kind or size of key that is not supported.
        """
        self._uri, self._pin, self._folder, self._digest = uri, pin, folder, digest
        self._refused: KeyRefused | None = None
        self._open: _Open | None = None
        with self._alone():
            self._open = self._connect()
        self.certificate = self._open.pair.certificate
        kind = kind_of(public_key_of(self.certificate))
        self._mechanism = _MECHANISMS[kind]
        self._prefix = digest.prefix if kind == "rsa" else b""
        self.signature_method = digest.method(kind)
        self._prove()

    def sign(self, data: bytes) -> bytes:
        """As ``SigningKey.sign``; the global interpreter lock is released meanwhile."""
        return self._sign(self._digest.of(data))

    def close(self) -> None:
        """Log out and close the session. Afterwards signing is refused."""
        with self._alone():
            self._refused = KeyRefused("the token's key has been closed")
            self._drop()

    def __repr__(self) -> str:
        return f"TokenKey({subject_name(self.certificate)!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a token's session and PIN are not written anywhere: they cannot be pickled")

    def _sign(self, hashed: bytes) -> bytes:
        with self._alone():
            if self._refused is not None:
                # The answer of a person is needed; asking the token again could only do harm.
                raise afresh(self._refused)
            if self._open is not None:
                try:
                    return self._ask(self._open, hashed)
                except ck.PKCS11Error as error:
                    self._drop()
                    if isinstance(error, _FINAL):
                        self._refused = KeyRefused(f"the token does not sign: {error_name(error)}")
                        raise self._refused from None
            self._open = self._connect(self.certificate)
            try:
                return self._ask(self._open, hashed)
            except ck.PKCS11Error as error:
                self._drop()
                raise KeyAway(f"the token does not sign now: {error_name(error)}") from None

    def _ask(self, opened: _Open, hashed: bytes) -> bytes:
        value: bytes = opened.pair.private.sign(self._prefix + hashed, mechanism=self._mechanism)
        return value

    def _prove(self) -> None:
        """One signature on trial: that two Ids are equal does not make the certificate the key's."""
        hashed = self._digest.of(secrets.token_bytes(32))
        if not signature_fits(self.certificate, self._digest, hashed, self._sign(hashed)):
            self.close()
            raise KeyRefused(f"on the token ({self._uri}) the certificate is not that of the private key")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = _LOCKS[self._uri.module]
        if not lock.acquire(timeout=_PATIENCE):
            raise KeyAway(f"the token ({self._uri}) has been busy for {_PATIENCE:.0f} seconds")
        try:
            yield
        finally:
            lock.release()

    def _connect(self, known: x509.Certificate | None = None) -> _Open:
        try:
            return self._opened(known)
        except _FINAL as error:
            refused, why = True, error_name(error)
        except ck.PKCS11Error as error:
            refused, why = False, error_name(error)
        except KeyRefused as error:
            self._refused = error
            raise
        # Not raised above: an error kept alive there would keep the library's search alive, which is then
        # ended at any later time, perhaps in the middle of the next session's.
        if not refused:
            raise KeyAway(f"the token ({self._uri}) does not answer: {why}")
        self._refused = KeyRefused(f"the token ({self._uri}) refuses: {why}")
        raise self._refused

    def _opened(self, known: x509.Certificate | None) -> _Open:
        session = self._login(self._find())
        try:
            opened = _Open(session, pick_pair(session, self._uri, known))
            if known is not None and opened.pair.certificate != known:
                raise KeyRefused(f"another certificate is now on the token ({self._uri})")
        except BaseException:
            _close(session)
            raise
        return opened

    def _find(self) -> Token:
        library = load_module(self._uri.module)
        found = matching_tokens(library, self._uri)
        if not found:
            # Some libraries look for tokens only when they start, and miss one that is put back.
            library.reinitialize()
            found = matching_tokens(library, self._uri)
        if not found:
            raise KeyAway(f"the token is not there ({self._uri})")
        if len(found) > 1:
            raise KeySettingInvalid(f"{len(found)} tokens fit ({self._uri}): add serial= or slot-id=")
        return found[0]

    def _login(self, token: Token) -> Session:
        if TokenFlag.USER_PIN_LOCKED in token.flags:
            raise PinLocked(f"the PIN of the token ({self._uri}) is locked")
        if TokenFlag.USER_PIN_FINAL_TRY in token.flags:
            raise PinLocked(f"the token ({self._uri}) has one PIN try left, which is not risked")
        keypad = TokenFlag.PROTECTED_AUTHENTICATION_PATH in token.flags
        if not self._pin and not keypad:
            raise PinWrong(f"there is no PIN for the token ({self._uri})")
        name = sha256(f"{self._uri.module}\0{token.label}\0".encode() + token.serial).hexdigest()[:16]
        try:
            with PinGuard(self._folder / f".pin-tries-{name}").one_try():
                return self._log_in(token)
        except ck.UserAlreadyLoggedIn:
            # Logging in is the process's, not the session's: another key on the token has done it. The
            # PIN has not been looked at, so the count stays as it was.
            return token.open()

    def _log_in(self, token: Token) -> Session:
        try:
            return token.open(user_pin=self._pin.reveal() or PROTECTED_AUTH)
        except _WRONG_PIN:
            raise PinWrong(f"the token ({self._uri}) does not take the PIN") from None
        except ck.PinLocked:
            raise PinLocked(f"the PIN of the token ({self._uri}) is locked") from None

    def _drop(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            _close(opened.session)


def _close(session: Session) -> None:
    with suppress(ck.PKCS11Error):
        session.close()


def open_setting(setting: str, secret: Secret, folder: Path, digest: Digest) -> TokenKey:
    """As ``keys.open_key`` for ``pkcs11:``."""
    return TokenKey(TokenUri.parse(setting), secret, folder, digest)
