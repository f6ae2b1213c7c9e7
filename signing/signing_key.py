"""What every key can do, wherever it lives, and which kinds of key sign here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from signing.errors import KeyUnsupported

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from signing.algorithms import Digest, KeyKind
    from signing.errors import KeyRefused

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 4096  # above, one signature takes a cash register a tenth of a second and more
COORDINATE = 32  # bytes of r and of s on P-256


class SigningKey(Protocol):
    """A private key with its certificate. Implementations may be called from several threads at once."""

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate that is put beside each signature."""

    @property
    def signature_method(self) -> str:
        """The algorithm's URI in XML Signature."""

    def sign(self, data: bytes) -> bytes:
        """Hash and sign; the signature as XML Signature wants it (for ECDSA r||s, not DER).

        Raises:
            KeyAway: the key cannot be reached now (token pulled out, service not there): try again.
            KeyRefused: it will not sign until a person has done something.
        """

    def close(self) -> None:
        """Give back what the key holds open (session, connection). Afterwards it does not sign."""


def kind_of(key: object) -> KeyKind:
    """The kind of a public or private key.

    Raises:
        KeyUnsupported: neither RSA of 2048 to 4096 bits nor ECDSA on P-256.
    """
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            size = "short" if key.key_size < MIN_RSA_BITS else "long"
            raise KeyUnsupported(f"an RSA key of {key.key_size} bits is too {size} to sign with")
        return "rsa"
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        if not isinstance(key.curve, ec.SECP256R1):
            raise KeyUnsupported(f"the curve {key.curve.name} is not P-256")
        return "ecdsa"
    raise KeyUnsupported(f"a {type(key).__name__} is neither RSA nor ECDSA")


def public_key_of(certificate: x509.Certificate) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    """A certificate's key.

    Raises:
        KeyUnsupported: of a kind that does not sign here.
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise KeyUnsupported("the certificate has a key of an unknown kind") from None
    kind_of(key)
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise KeyUnsupported(f"a {type(key).__name__} does not sign here")
    return key


def belonging(key: object, certificates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """The public key's own certificate: files made by some tools have an issuer's as the first."""
    for certificate in certificates:
        try:
            if certificate.public_key() == key:
                return certificate
        except (ValueError, UnsupportedAlgorithm):
            continue
    return None


def signature_fits(certificate: x509.Certificate, digest: Digest, hashed: bytes, value: bytes) -> bool:
    """Whether ``value`` (for ECDSA r||s) is the certificate's signature of that hash."""
    key = public_key_of(certificate)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, hashed, PKCS1v15(), Prehashed(digest.algorithm))
        elif len(value) != 2 * COORDINATE:
            return False
        else:
            r, s = (int.from_bytes(part) for part in (value[:COORDINATE], value[COORDINATE:]))
            key.verify(encode_dss_signature(r, s), hashed, ec.ECDSA(Prehashed(digest.algorithm)))
    except InvalidSignature:
        return False
    return True


def raw_ecdsa(der: bytes) -> bytes:
    """r||s of an ECDSA signature on P-256 in DER.

    Raises:
        ValueError: it is not one.
    """
    try:
        return b"".join(number.to_bytes(COORDINATE) for number in decode_dss_signature(der))
    except OverflowError:
        raise ValueError("a number of the signature is larger than P-256 has") from None


def afresh(refused: KeyRefused) -> KeyRefused:
    """The same error, to be raised once more: one that is raised again and again grows with each time."""
    return type(refused)(refused.message)
