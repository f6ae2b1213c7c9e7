"""A key at a remote signing service over HTTPS (CSC API v2, hash signing).

The setting is the service's base address and what is asked of it::

    csc+https://sign.example.vn/csc/v2?credential=ID&client=NAME&pin=env:NAME&ca=keys/service.pem

``credential`` is the credential's Id. With ``client`` the secret is that client's (OAuth 2.0 client
credentials), without it the secret is an access token itself. ``pin`` is where the credential's PIN is, as
``passphrase.read_passphrase`` reads it; ``ca`` a PEM file to trust instead of the system's certificates.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qsl, urlsplit

import httpx

from signing.errors import KeyAway, KeyRefused, KeySettingInvalid, PinLocked, PinWrong
from signing.passphrase import Secret, Unshown, read_passphrase
from signing.pin_guard import PinGuard
from signing.remote_protocol import (
    LARGEST_ANSWER,
    TOKEN_REFUSED,
    authorize_call,
    info_call,
    read_access_token,
    read_activation,
    read_info,
    read_signature,
    refusal,
    sign_call,
)
from signing.signing_key import afresh, kind_of, public_key_of

if TYPE_CHECKING:
    from pathlib import Path

    from signing.algorithms import Digest
    from signing.errors import SigningError

_SECONDS = 10.0  # for one answer as a whole; a signature takes two of them
_REFUSES = "the signing service refuses, in words that are not repeated"
_PARTS = {"credential", "client", "pin", "ca"}


@dataclass(frozen=True, slots=True)
class ServiceSetting:
    """A setting taken apart. ``base`` ends without slash."""

    base: str
    credential: str
    client: str | None
    pin_source: str | None
    ca: str | None

    @staticmethod
    def parse(text: str) -> ServiceSetting:
        """Read a setting.

        Raises:
            KeySettingInvalid: no address, no credential, an unknown or repeated part, or a user in it.
        """
        try:
            address = urlsplit(text.removeprefix("csc+"))
            pairs = parse_qsl(address.query, keep_blank_values=True, strict_parsing=True)
            host = address.netloc if address.hostname and address.port != 0 else ""
        except ValueError:
            raise KeySettingInvalid("a csc+https: setting is an address with ?credential=") from None
        parts = dict(pairs)
        if address.scheme != "https" or not host or "@" in host or address.fragment:
            raise KeySettingInvalid("a csc+https: setting is a plain https address of the service")
        if len(parts) != len(pairs) or not parts.keys() <= _PARTS:
            raise KeySettingInvalid(f"a csc+https: setting has {', '.join(sorted(_PARTS))}, each once")
        if not parts.get("credential"):
            raise KeySettingInvalid("a csc+https: setting needs ?credential=")
        return ServiceSetting(
            base=f"https://{host}{address.path.rstrip('/')}",
            credential=parts["credential"],
            client=parts.get("client"),
            pin_source=parts.get("pin"),
            ca=parts.get("ca"),
        )


class RemoteKey:
    """A key at a service. Several threads sign at the same time, each over a connection of its own."""

    def __init__(self, setting: ServiceSetting, secret: Secret, folder: Path, digest: Digest) -> None:
        """Ask the service for the credential.

        ``folder`` keeps the count of wrong PINs, and ``ca`` is relative to it.

        Raises:
            KeyAway, KeyRefused, PrivateKeyMissing, KeyUnsupported: as ``remote_protocol.read_info``.
            KeySettingInvalid: ``ca`` is not a file of certificates.
            PassphraseSourceInvalid, PassphraseMissing: of ``pin``.
        """
        self._setting, self._secret, self._digest = setting, secret, digest
        self._pin = read_passphrase(setting.pin_source) if setting.pin_source else None
        name = sha256(f"{setting.base}\0{setting.credential}".encode()).hexdigest()[:16]
        self._guard = PinGuard(folder / f".pin-tries-{name}")
        self._pin_proven = False
        self._refused: KeyRefused | None = None
        self._token: Secret | None = None if setting.client else secret
        self._lock, self._first = Lock(), Lock()
        # What is compressed has no known size.
        plain = {"Accept-Encoding": "identity"}
        self._client = httpx.Client(timeout=_SECONDS, verify=_trust(folder, setting.ca), headers=plain)
        try:
            info = self._call("credentials/info", info_call(setting.credential))
            self._credential = read_info(info, digest)
            if self._credential.needs_pin and self._pin is None:
                raise KeySettingInvalid("the signing service wants a PIN: name its source with &pin=")
        except BaseException:
            self._client.close()
            raise
        self.certificate = self._credential.certificate
        self.signature_method = digest.method(kind_of(public_key_of(self.certificate)))

    def sign(self, data: bytes) -> bytes:
        """As ``SigningKey.sign``: two questions to the service, and its answer is held against the key."""
        if self._refused is not None:
            raise afresh(self._refused)
        setting, digest, hashed = self._setting, self._digest, self._digest.of(data)
        activation = self._authorize(hashed)
        call = sign_call(setting.credential, activation, hashed, digest, self._credential.algorithm)
        return read_signature(self._call("signatures/signHash", call), self.certificate, hashed, digest)

    def close(self) -> None:
        """Close the connections. Afterwards signing is refused."""
        self._refused = KeyRefused("the signing service's key has been closed")
        self._client.close()

    def __repr__(self) -> str:
        # Not its certificate: it may be shown before it has one.
        return f"RemoteKey({self._setting.base!r}, {self._setting.credential!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("secrets of a signing service are not written anywhere: they cannot be pickled")

    def _authorize(self, hashed: bytes) -> str:
        credential, pin = self._credential, None
        if credential.needs_pin and self._pin is not None:
            pin = (credential.pin_id, self._pin)
        call = authorize_call(self._setting.credential, hashed, self._digest, pin)
        if pin is None or self._pin_proven:
            return self._activation(call)
        # Until the PIN has been taken once, tries are counted and made one after the other: services lock
        # credentials as tokens lock themselves, and ten threads would be ten tries.
        with self._first:
            if self._refused is not None:
                raise afresh(self._refused)
            with self._guard.one_try():
                activation = self._activation(call)
            self._pin_proven = True
            return activation

    def _activation(self, call: dict[str, Any]) -> str:
        try:
            return read_activation(self._call("credentials/authorize", call))
        except (PinLocked, PinWrong) as error:
            self._refused = error
            raise

    def _call(self, path: str, call: dict[str, Any]) -> bytes:
        token = self._access()
        status, data = self._ask(path, call, token)
        if status == TOKEN_REFUSED and self._setting.client:
            # Tokens end after some minutes. A second refusal is the service's answer.
            token = self._access(instead_of=token)
            status, data = self._ask(path, call, token)
        if status != httpx.codes.OK:
            raise self._told(refusal(status, data))
        return data

    def _told(self, error: SigningError) -> SigningError:
        """What the service says goes into logs: not where it repeats what it was told in confidence."""
        secrets = [one.reveal() for one in (self._secret, self._pin, self._token) if one]
        return type(error)(_REFUSES) if any(one in error.message for one in secrets) else error

    def _access(self, instead_of: Secret | None = None) -> Secret:
        """The access token; a new one if there is none yet, or only the one that was refused."""
        with self._lock:
            if self._token is None or self._token is instead_of:
                form = Unshown(
                    grant_type="client_credentials",
                    client_id=self._setting.client,
                    client_secret=self._secret.reveal(),
                    scope="service",
                )
                status, data = self._post("oauth2/token", Unshown(data=form))
                if status != httpx.codes.OK:
                    raise self._told(refusal(status, data))
                self._token = Secret(read_access_token(data))
            return self._token

    def _ask(self, path: str, call: dict[str, Any], token: Secret) -> tuple[int, bytes]:
        headers = Unshown(Authorization=f"Bearer {token.reveal()}")
        return self._post(path, Unshown(json=call, headers=headers))

    def _post(self, path: str, content: Unshown) -> tuple[int, bytes]:
        end = time.monotonic() + _SECONDS
        host = urlsplit(self._setting.base).hostname
        try:
            with self._client.stream("POST", f"{self._setting.base}/{path}", **content) as response:
                data = bytearray()
                for chunk in response.iter_raw():
                    data += chunk
                    if len(data) > LARGEST_ANSWER:
                        raise KeyRefused(f"{host} answers more than {LARGEST_ANSWER} bytes")
                    if time.monotonic() > end:
                        raise KeyAway(f"{host} takes longer than {_SECONDS:.0f} seconds")
                return response.status_code, bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Its text may quote what was sent: only the kind is told.
            raise KeyAway(f"the signing service {host} does not answer: {type(error).__name__}") from None


def open_setting(setting: str, secret: Secret, folder: Path, digest: Digest) -> RemoteKey:
    """As ``keys.open_key`` for ``csc+https:``."""
    return RemoteKey(ServiceSetting.parse(setting), secret, folder, digest)


def _trust(folder: Path, ca: str | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if ca is None else str(folder / ca))
    except (OSError, ssl.SSLError):
        raise KeySettingInvalid(f"{ca} is not a PEM file of certificates") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
