"""Writing XML signatures, canonical from the first byte and without an XML library.

The profile's signature (profile, section 8) has one fixed shape, so it is a template: SignedInfo and
Object are written as Canonical XML 1.0 gives them, hashed and signed as those bytes, and stand in the
document as those bytes less the namespace declaration they inherit from ``Signature``. The result is right
wherever no ancestor of the signature declares a namespace, which holds for all documents we write; tests
hold it against libxml2's canonicalisation, python-xmlsec and xmlsec1.
"""

from __future__ import annotations

import re
from binascii import b2a_base64
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding

from signing.algorithms import C14N, DEFAULT_DIGEST, DIGESTS, DSIG, ENVELOPED
from signing.certificates import subject_name
from signing.errors import SignatureInputInvalid

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from signing.keys import SigningKey

# Legal times are Vietnam's, which has had no summer time since 1945 and is written without suffix.
_VIETNAM = timezone(timedelta(hours=7))
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,254}")
_NAMESPACE = f' xmlns="{DSIG}"'.encode()


def content_digest(canonical: bytes) -> bytes:
    """SHA-256 of the canonical bytes of the element to be signed, as ``XmlSigner.sign`` takes it."""
    return DEFAULT_DIGEST.of(canonical)


class XmlSigner:
    """Signs contents with one key. Nothing in it changes after it is made: any thread may call it."""

    __slots__ = ("_after_value", "_before_references", "_digest", "_key")

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self._digest = _METHODS[key.signature_method]
        self._before_references = (
            f'<CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
            f'<SignatureMethod Algorithm="{key.signature_method}"></SignatureMethod>'
        ).encode()
        der = key.certificate.public_bytes(Encoding.DER)
        self._after_value = b"".join(
            (
                b"</SignatureValue><KeyInfo><X509Data><X509SubjectName>",
                _canonical_text(subject_name(key.certificate)),
                b"</X509SubjectName><X509Certificate>",
                _base64(der),
                b"</X509Certificate></X509Data></KeyInfo>",
            )
        )

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate that signatures of this signer carry."""
        return self._key.certificate

    def close(self) -> None:
        """Give back what the key holds open; afterwards it does not sign."""
        self._key.close()

    def digest(self, canonical: bytes) -> bytes:
        """The digest of a content's canonical bytes by the signer's own hash, for ``sign``."""
        return self._digest.of(canonical)

    def sign(self, digest: bytes, content_id: str, signature_id: str, signing_time: datetime) -> bytes:
        """The whole ``<Signature>`` element, in canonical form.

        ``digest`` is ``content_digest`` of the content element, or the signer's own ``digest`` of it: its
        length tells which. ``content_id`` is the content's Id attribute, ``signature_id`` becomes the
        signature's Id and ``Obj-…`` its object's: all three must be unique in the document.
        ``signing_time`` is aware and written in Vietnam time to the second. Whether the certificate is
        valid at that time is the caller's to ask (``certificates.check_validity``).

        Raises:
            SignatureInputInvalid: a digest of a length that no hash of ours has, an Id that is no plain XML
                name, a time without zone.
            KeyAway, KeyRefused: as ``SigningKey.sign``.
        """
        if len(digest) not in _DIGEST_METHODS:
            lengths = ", ".join(map(str, _DIGEST_METHODS))
            raise SignatureInputInvalid(f"a digest has {lengths} bytes, not {len(digest)}")
        if not _ID.fullmatch(content_id) or not _ID.fullmatch(signature_id):
            raise SignatureInputInvalid(f"{content_id!r} or {signature_id!r} is not a plain XML name")
        if signing_time.utcoffset() is None:
            raise SignatureInputInvalid("a signing time needs a time zone")
        content_name, name = content_id.encode(), signature_id.encode()
        moment = signing_time.astimezone(_VIETNAM).strftime("%Y-%m-%dT%H:%M:%S").encode()
        holder = _OBJECT % (name, name, moment)
        references = _REFERENCES % (
            content_name,
            _DIGEST_METHODS[len(digest)],
            _base64(digest),
            name,
            _DIGEST_METHODS[self._digest.size],
            _base64(self._digest.of(b"<Object" + _NAMESPACE + holder)),
        )
        rest = self._before_references + references
        value = self._key.sign(b"<SignedInfo" + _NAMESPACE + b">" + rest)
        return b"".join(
            (
                b"<Signature" + _NAMESPACE + b' Id="',
                name,
                b'"><SignedInfo>',
                rest,
                b"<SignatureValue>",
                _base64(value),
                self._after_value,
                b"<Object",
                holder,
                b"</Signature>",
            )
        )


_METHODS = {uri: digest for digest in DIGESTS.values() for uri in (digest.rsa_uri, digest.ecdsa_uri)}
_DIGEST_METHODS = {one.size: one.uri.encode() for one in DIGESTS.values()}
_REFERENCE_END = '<DigestMethod Algorithm="%b"></DigestMethod><DigestValue>%b</DigestValue></Reference>'
_REFERENCES = (
    f'<Reference URI="#%b"><Transforms><Transform Algorithm="{ENVELOPED}"></Transform></Transforms>'
    f'{_REFERENCE_END}<Reference URI="#Obj-%b">{_REFERENCE_END}</SignedInfo>'
).encode()
# Without its tag name: in the digest the namespace stands between the two, in the document it does not.
_OBJECT = (
    b' Id="Obj-%b"><SignatureProperties><SignatureProperty Target="#%b"><SigningTime>%b</SigningTime>'
    b"</SignatureProperty></SignatureProperties></Object>"
)


def _base64(data: bytes) -> bytes:
    return b2a_base64(data, newline=False)


def _canonical_text(text: str) -> bytes:
    for character, escape in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#xD;")):
        text = text.replace(character, escape)
    return text.encode()
