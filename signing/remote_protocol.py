"""What is said to a remote signing service and what it answers (CSC API v2), without the network.

Calls are JSON posted to a path below the service's base address, answers are JSON too; errors come as a
status with ``{"error": …, "error_description": …}``. Every reader here bounds and checks what it takes.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509

from signing.errors import (
    KeyAway,
    KeyRefused,
    KeyUnsupported,
    PinLocked,
    PinWrong,
    PrivateKeyMissing,
    SigningError,
)
from signing.passphrase import Unshown
from signing.signing_key import kind_of, public_key_of, raw_ecdsa, signature_fits

if TYPE_CHECKING:
    from signing.algorithms import Digest
    from signing.passphrase import Secret

LARGEST_ANSWER = 256 * 1024  # bytes; a chain of certificates has some 10,000
TOKEN_REFUSED = 401
_AGAIN = {408, 425, 429}  # and all from 500: the same question may be answered later
_PIN_WRONG = {"invalid_pin", "invalid_otp"}
_PIN_LOCKED = {"pin_locked", "locked_pin", "credential_locked"}
_PLAIN_RSA = "1.2.840.113549.1.1.1"
_LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True)
class RemoteCredential:
    """What the service says of a credential. ``algorithm`` is the OID to sign with; ``needs_pin`` whether
    each authorisation wants the PIN, under the name ``pin_id``."""

    certificate: x509.Certificate
    algorithm: str
    needs_pin: bool
    pin_id: str


def info_call(credential: str) -> dict[str, Any]:
    """For ``credentials/info``."""
    return {"credentialID": credential, "certificates": "chain", "certInfo": True, "authInfo": True}


def read_info(data: bytes, digest: Digest) -> RemoteCredential:
    """The answer of ``credentials/info``.

    Raises:
        KeyRefused: key or certificate are not enabled, or not an answer of such a service.
        PrivateKeyMissing: no certificate in it.
        KeyUnsupported: another kind of key, of algorithm or of authorisation (a browser) than ours.
    """
    answer = _object(data)
    key, certificates, authorisation = (_part(answer, name) for name in ("key", "cert", "auth"))
    for name, part, good in (("key", key, "enabled"), ("certificate", certificates, "valid")):
        if part.get("status", good) != good:
            raise KeyRefused(f"the signing service says that the {name} is {_shown(part['status'])}")
    chain = certificates.get("certificates")
    try:
        certificate = x509.load_der_x509_certificate(b64decode(chain[0], validate=True))  # type: ignore[index]
    except (TypeError, LookupError, ValueError, x509.InvalidVersion):
        raise PrivateKeyMissing("the signing service gives no certificate of the credential") from None
    kind = kind_of(public_key_of(certificate))
    offered = key.get("algo")
    wanted = [digest.rsa_oid, _PLAIN_RSA] if kind == "rsa" else [digest.ecdsa_oid]
    algorithm = next((one for one in wanted if isinstance(offered, list) and one in offered), None)
    if algorithm is None:
        raise KeyUnsupported(f"the signing service does not sign with {kind} and {digest.name}")
    mode = authorisation.get("mode", "implicit")
    if mode not in ("implicit", "explicit"):
        raise KeyUnsupported(f"the signing service wants a person for each signature ({_shown(mode)})")
    objects = authorisation.get("objects")
    passwords = [one for one in objects if isinstance(one, dict)] if isinstance(objects, list) else []
    if mode == "explicit" and any(one.get("type", "Password") != "Password" for one in passwords):
        raise KeyUnsupported("the signing service wants a one-time code for each signature")
    pin_id = next((str(one["id"]) for one in passwords if "id" in one), "PIN")
    return RemoteCredential(certificate, algorithm, mode == "explicit", pin_id)


def authorize_call(
    credential: str, hashed: bytes, digest: Digest, pin: tuple[str, Secret] | None
) -> dict[str, Any]:
    """For ``credentials/authorize``: one signature of this very hash. ``pin`` is its name and itself."""
    call = Unshown(
        credentialID=credential,
        numSignatures=1,
        hashes=[b64encode(hashed).decode()],
        hashAlgorithmOID=digest.oid,
    )
    if pin is not None:
        call["authData"] = [{"id": pin[0], "value": pin[1].reveal()}]
    return call


def read_activation(data: bytes) -> str:
    """The signature activation data (SAD) in the answer of ``credentials/authorize``.

    Raises:
        KeyRefused: there is none.
    """
    return _needed(data, "SAD")


def sign_call(
    credential: str, activation: str, hashed: bytes, digest: Digest, algorithm: str
) -> dict[str, Any]:
    """For ``signatures/signHash``."""
    return {
        "credentialID": credential,
        "SAD": activation,
        "hashes": [b64encode(hashed).decode()],
        "hashAlgorithmOID": digest.oid,
        "signAlgo": algorithm,
        "operationMode": "S",
    }


def read_signature(data: bytes, certificate: x509.Certificate, hashed: bytes, digest: Digest) -> bytes:
    """The signature in the answer of ``signatures/signHash``, as XML Signature wants it.

    Raises:
        KeyRefused: there is none, or it is not the certificate's signature of that hash.
    """
    signatures = _object(data).get("signatures")
    try:
        value = b64decode(signatures[0], validate=True)  # type: ignore[index]
    except (TypeError, LookupError, ValueError):
        raise KeyRefused("the signing service gives no signature") from None
    candidates = [value]
    if kind_of(public_key_of(certificate)) == "ecdsa":
        with suppress(ValueError):  # some services give r||s already
            candidates.insert(0, raw_ecdsa(value))
    for candidate in candidates:
        if signature_fits(certificate, digest, hashed, candidate):
            return candidate
    raise KeyRefused("what the signing service gives is not a signature by its own certificate")


def read_access_token(data: bytes) -> str:
    """The token in the answer of ``oauth2/token`` (RFC 6749, 5.1).

    Raises:
        KeyRefused: there is none.
    """
    return _needed(data, "access_token")


def refusal(status: int, data: bytes) -> SigningError:
    """What an answer other than 200 means for the shop."""
    try:
        answer = _object(data)
    except KeyRefused:
        answer = {}
    error = answer.get("error")
    code = error if isinstance(error, str) else ""
    said = f"the signing service answers {status}" + (f" {_shown(code)}" if code else "")
    if status >= 500 or status in _AGAIN:
        return KeyAway(said)
    if code in _PIN_LOCKED:
        return PinLocked(said)
    if code in _PIN_WRONG:
        return PinWrong(said)
    return KeyRefused(said)


def _needed(data: bytes, name: str) -> str:
    value = _object(data).get(name)
    # A header is made of it: nothing but visible characters may stand there.
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value.strip():
        raise KeyRefused(f"the signing service gives no {name}")
    return value


def _object(data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise KeyRefused("what answers is not a signing service")
    return answer


def _part(answer: dict[str, Any], name: str) -> dict[str, Any]:
    part = answer.get(name)
    return part if isinstance(part, dict) else {}


def _shown(text: object) -> str:
    """Somebody else's text, fit for our log."""
    return repr(str(text)[:_LONGEST_TEXT])
