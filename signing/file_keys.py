"""Keys that live in a file: PKCS#12 (.p12, .pfx), and PEM with key and certificate.

>>> from signing.file_keys import Pkcs12Key
>>> from signing.passphrase import read_passphrase
>>> key = Pkcs12Key.open(path, read_passphrase("env:THUNGAN_PIN"))  # doctest: +SKIP
>>> key.certificate.not_valid_after_utc  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

from signing.algorithms import DEFAULT_DIGEST, Digest
from signing.certificates import subject_name
from signing.errors import KeyFileInvalid, KeyUnsupported, PassphraseWrong, PrivateKeyMissing
from signing.private_file import read_private
from signing.signing_key import belonging, kind_of, raw_ecdsa

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from signing.passphrase import Secret

_LARGEST_FILE = 1024 * 1024
_PADDING = PKCS1v15()
_ENCRYPTED = (b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED")


class FileKey:
    """A key in this process's memory: RSA of 2048 to 4096 bits, or ECDSA on P-256."""

    __slots__ = ("_ecdsa", "_hash", "_key", "certificate", "signature_method")

    def __init__(
        self,
        key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
        digest: Digest = DEFAULT_DIGEST,
    ) -> None:
        """Take an opened key.

        Raises:
            KeyUnsupported: not of the kinds above.
        """
        self.signature_method = digest.method(kind_of(key))
        self.certificate = certificate
        self._key = key
        self._hash = digest.algorithm
        self._ecdsa = ec.ECDSA(digest.algorithm)

    def sign(self, data: bytes) -> bytes:
        """As ``SigningKey.sign``; the global interpreter lock is released meanwhile."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, _PADDING, self._hash)
        return raw_ecdsa(self._key.sign(data, self._ecdsa))

    def close(self) -> None:
        """Nothing is held open: the file was read once."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({subject_name(self.certificate)!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a private key is not written anywhere: it cannot be pickled")

    @classmethod
    def _of(
        cls,
        path: Path,
        key: PrivateKeyTypes | None,
        certificates: list[x509.Certificate],
        digest: Digest,
    ) -> Self:
        if key is None:
            raise PrivateKeyMissing(f"{path} holds no private key")
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise KeyUnsupported(f"{path} holds a {type(key).__name__}")
        certificate = belonging(key.public_key(), certificates)
        if certificate is None:
            raise PrivateKeyMissing(f"{path} holds no certificate of its private key")
        return cls(key, certificate, digest)


class Pkcs12Key(FileKey):
    """A key from a PKCS#12 file (.p12, .pfx)."""

    __slots__ = ()

    @classmethod
    def open(cls, path: Path, secret: Secret, digest: Digest = DEFAULT_DIGEST) -> Pkcs12Key:
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
        entries = [store.cert, *store.additional_certs]
        return cls._of(path, store.key, [entry.certificate for entry in entries if entry], digest)


class PemKey(FileKey):
    """A key from a PEM file: a private key and its certificate in one file, others may follow."""

    __slots__ = ()

    @classmethod
    def open(cls, path: Path, secret: Secret, digest: Digest = DEFAULT_DIGEST) -> PemKey:
        """Open a key file; the file must be readable by its owner only (POSIX).

        ``secret`` is not looked at where the key in the file is not encrypted.

        Raises:
            As ``Pkcs12Key.open``.
        """
        data = read_private(path, _LARGEST_FILE)
        if b"-----BEGIN " not in data:
            raise KeyFileInvalid(f"{path} is not a PEM file")
        if b"PRIVATE KEY-----" not in data:
            raise PrivateKeyMissing(f"{path} holds no private key")
        encrypted = any(mark in data for mark in _ENCRYPTED)
        try:
            key = load_pem_private_key(data, secret.reveal().encode() if encrypted else None)
        except (ValueError, TypeError):
            if encrypted:
                raise PassphraseWrong(f"{path} does not open: wrong pass phrase, or a damaged file") from None
            raise KeyFileInvalid(f"{path} holds a damaged private key") from None
        except UnsupportedAlgorithm:
            raise KeyUnsupported(f"{path} is encrypted in a way that is no longer supported") from None
        try:
            certificates = x509.load_pem_x509_certificates(data)
        except (ValueError, x509.InvalidVersion):
            raise PrivateKeyMissing(f"{path} holds no certificate of its private key") from None
        return cls._of(path, key, certificates, digest)


def _looks_like_pkcs12(data: bytes) -> bool:
    """Whether the bytes begin as PFX does (RFC 7292): SEQUENCE { version INTEGER 3, … }."""
    if len(data) < 8 or data[0] != 0x30:
        return False
    length_bytes = data[1] & 0x7F if data[1] & 0x80 else 0
    return data[2 + length_bytes :].startswith(b"\x02\x01\x03")
