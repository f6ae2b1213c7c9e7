"""Names of XML Signature's namespace, methods and transforms (W3C REC-xmldsig-core, RFC 6931, RFC 9231).

The only thing that writing and verifying signatures have in common. SHA-1's names are here for reading;
``DIGESTS``, of which writing takes, does not have it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cryptography.hazmat.primitives import hashes

if TYPE_CHECKING:
    from collections.abc import Callable

DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"

DigestName = Literal["sha256", "sha384", "sha512"]
KeyKind = Literal["rsa", "ecdsa"]


@dataclass(frozen=True, slots=True)
class Digest:
    """A hash that signatures may be made with, under all the names that its users have for it.

    ``uri``, ``rsa_uri`` and ``ecdsa_uri`` are XML Signature's; ``algorithm`` is cryptography's; ``prefix``
    is DER before the hash in PKCS#1 v1.5 (RFC 8017, 9.2, note 1); ``oid`` the hash's and ``rsa_oid`` and
    ``ecdsa_oid`` the signature's, as services want them.
    """

    name: DigestName
    size: int  # bytes
    uri: str
    rsa_uri: str
    ecdsa_uri: str
    new: Callable[[bytes], hashlib._Hash]
    algorithm: hashes.HashAlgorithm
    oid: str
    rsa_oid: str
    ecdsa_oid: str
    prefix: bytes

    def of(self, data: bytes) -> bytes:
        """The hash of some bytes."""
        return self.new(data).digest()

    def method(self, kind: KeyKind) -> str:
        """The URI of signing with this hash and such a key."""
        return self.rsa_uri if kind == "rsa" else self.ecdsa_uri


_MORE = "http://www.w3.org/2001/04/xmldsig-more#"


def _digest(
    name: DigestName,
    uri: str,
    new: Callable[[bytes], hashlib._Hash],
    algorithm: hashes.HashAlgorithm,
    arc: int,
) -> Digest:
    size = algorithm.digest_size
    return Digest(
        name=name,
        size=size,
        uri=uri,
        rsa_uri=f"{_MORE}rsa-{name}",
        ecdsa_uri=f"{_MORE}ecdsa-{name}",
        new=new,
        algorithm=algorithm,
        oid=f"2.16.840.1.101.3.4.2.{arc}",
        rsa_oid=f"1.2.840.113549.1.1.{10 + arc}",
        ecdsa_oid=f"1.2.840.10045.4.3.{1 + arc}",
        prefix=bytes.fromhex(f"30{17 + size:02x}300d060960864801650304020{arc}050004{size:02x}"),
    )


DIGESTS: dict[DigestName, Digest] = {
    digest.name: digest
    for digest in (
        _digest("sha256", SHA256, hashlib.sha256, hashes.SHA256(), 1),
        _digest("sha384", SHA384, hashlib.sha384, hashes.SHA384(), 2),
        _digest("sha512", SHA512, hashlib.sha512, hashes.SHA512(), 3),
    )
}
DEFAULT_DIGEST = DIGESTS["sha256"]
