"""Signing keys: what a key can do, and the one that lives in a PKCS#12 file.

>>> from signing.keys import Pkcs12Key
>>> from signing.passphrase import read_passphrase
>>> key = Pkcs12Key.open(path, read_passphrase("env:THUNGAN_PIN"))  # doctest: +SKIP
>>> key.certificate.not_valid_after_utc  # doctest: +SKIP

Keys of other places (USB token, remote service) are further classes of the same form as ``SigningKey``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import pkcs12

from signing.algorithms import ECDSA_SHA256, RSA_SHA256
from signing.certificates import check_validity, subject_name, tax_code_of
from signing.errors import KeyFileInvalid, KeyUnsupported, PassphraseWrong, PrivateKeyMissing
from signing.private_file import read_private
from signing.throwaway import throwaway_authority, throwaway_pkcs12, throwaway_tls

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

    from signing.passphrase import Secret

__all__ = [
    "MIN_RSA_BITS",
    "Pkcs12Key",
    "SigningKey",
    "check_validity",
    "subject_name",
    "tax_code_of",
    "throwaway_authority",
    "throwaway_pkcs12",
    "throwaway_tls",
]

MIN_RSA_BITS = 2048
_LARGEST_FILE = 1024 * 1024
_COORDINATE = 32  # bytes of r and of s on P-256


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
            SigningError: the key cannot be used now (token pulled out, service not there).
        """


class Pkcs12Key:
    """A key from a PKCS#12 file (.p12, .pfx): RSA of at least 2048 bits, or ECDSA on P-256."""

    __slots__ = ("_key", "certificate", "signature_method")

    def __init__(
        self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> None:
        """Take an opened key.

        Raises:
            KeyUnsupported: not of the kinds above.
        """
        if isinstance(key, rsa.RSAPrivateKey):
            if key.key_size < MIN_RSA_BITS:
                raise KeyUnsupported(f"an RSA key of {key.key_size} bits is too short to sign with")
            method = RSA_SHA256
        elif isinstance(key.curve, ec.SECP256R1):
            method = ECDSA_SHA256
        else:
            raise KeyUnsupported(f"the curve {key.curve.name} is not P-256")
        self._key = key
        self.certificate = certificate
        self.signature_method = method

    @classmethod
    def open(cls, path: Path, secret: Secret) -> Pkcs12Key:
        """Open a key file; the file must be readable by its owner only (POSIX).

        Raises:
            KeyFileMissing, SecretFileExposed, KeyFileInvalid: the file.
            PassphraseWrong: it does not open with this pass phrase.
            PrivateKeyMissing: it holds no key, or not the key's certificate.
            KeyUnsupported: a kind or size of key, or an encryption, that is not supported.
        """
        data = read_private(path, _LARGEST_FILE)
        if not _looks_like_pkcs12(data):
            raise KeyFileInvalid(f"{path} is not a PKCS#12 file")
        try:
            store = pkcs12.load_pkcs12(data, secret.reveal().encode())
        except ValueError:
            # The library gives one error for a wrong pass phrase and for damaged bytes. The file has the
            # right beginning, so the phrase is the likelier cause. "from None": no detail can leak.
            raise PassphraseWrong(f"{path} does not open: wrong pass phrase, or a damaged file") from None
        except UnsupportedAlgorithm:
            raise KeyUnsupported(f"{path} is encrypted in a way that is no longer supported") from None
        if store.key is None:
            raise PrivateKeyMissing(f"{path} holds no private key")
        if not isinstance(store.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyUnsupported(f"{path} holds a {type(store.key).__name__}")
        entries = [store.cert, *store.additional_certs]
        certificate = _belonging(store.key.public_key(), (entry.certificate for entry in entries if entry))
        if certificate is None:
            raise PrivateKeyMissing(f"{path} holds no certificate of its private key")
        return cls(store.key, certificate)

    def sign(self, data: bytes) -> bytes:
        """As ``SigningKey.sign``; the global interpreter lock is released meanwhile."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, _PADDING, _HASH)
        r, s = decode_dss_signature(self._key.sign(data, _ECDSA))
        return r.to_bytes(_COORDINATE) + s.to_bytes(_COORDINATE)

    def __repr__(self) -> str:
        return f"Pkcs12Key({subject_name(self.certificate)!r})"


_PADDING, _HASH, _ECDSA = PKCS1v15(), SHA256(), ec.ECDSA(SHA256())


def _belonging(key: PublicKeyTypes, certificates: Iterable[x509.Certificate]) -> x509.Certificate | None:
    """The key's own certificate: files made by some tools mark an issuer's as the first."""
    for certificate in certificates:
        try:
            if certificate.public_key() == key:
                return certificate
        except (ValueError, UnsupportedAlgorithm):
            continue
    return None


def _looks_like_pkcs12(data: bytes) -> bool:
    """Whether the bytes begin as PFX does (RFC 7292): SEQUENCE { version INTEGER 3, … }."""
    if len(data) < 8 or data[0] != 0x30:
        return False
    length_bytes = data[1] & 0x7F if data[1] & 0x80 else 0
    return data[2 + length_bytes :].startswith(b"\x02\x01\x03")
