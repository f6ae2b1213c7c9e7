"""Checking signatures in the exact form that ``xmldsig`` writes, over bytes that are canonical as they stand.

For a hundred thousand invoices the strict verifier takes a minute; most are byte for byte what our own writer
makes, and for those nothing needs to be parsed: the signed bytes are hashed as they stand. What is in any
other form is not judged here (None): ``verify.verify_document`` does that.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from signing.algorithms import C14N, DIGESTS, DSIG, ENVELOPED
from signing.certificates import Credential
from signing.errors import CertificateUnreadable

if TYPE_CHECKING:
    from cryptography import x509

_VIETNAM = timezone(timedelta(hours=7))
_LEAST_RSA = 2048
_B64 = r"[A-Za-z0-9+/]+={0,2}"
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,254}"
_METHOD = f'<DigestMethod Algorithm="{re.escape(DIGESTS["sha256"].uri)}"></DigestMethod>'
_FORM = re.compile(
    (
        f'<Signature xmlns="{re.escape(DSIG)}" Id="(?P<name>{_NAME})"><SignedInfo>'
        f'(?P<info><CanonicalizationMethod Algorithm="{re.escape(C14N)}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{re.escape(DIGESTS["sha256"].rsa_uri)}"></SignatureMethod>'
        f'<Reference URI="#(?P<content>{_NAME})"><Transforms><Transform Algorithm="{re.escape(ENVELOPED)}">'
        f"</Transform></Transforms>{_METHOD}<DigestValue>(?P<digest>{_B64})</DigestValue></Reference>"
        f'<Reference URI="#Obj-(?P=name)">{_METHOD}<DigestValue>(?P<own>{_B64})</DigestValue></Reference>)'
        f"</SignedInfo><SignatureValue>(?P<value>{_B64})</SignatureValue><KeyInfo><X509Data>"
        f"<X509SubjectName>[^<]*</X509SubjectName><X509Certificate>(?P<certificate>{_B64})</X509Certificate>"
        "</X509Data></KeyInfo>"
        '<Object(?P<object> Id="Obj-(?P=name)"><SignatureProperties><SignatureProperty Target="#(?P=name)">'
        "<SigningTime>(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})</SigningTime>"
        "</SignatureProperty></SignatureProperties></Object>)</Signature>"
    ).encode()
)
_INFO_OPENS, _INFO_CLOSES = f'<SignedInfo xmlns="{DSIG}">'.encode(), b"</SignedInfo>"
_OBJECT_OPENS = f'<Object xmlns="{DSIG}"'.encode()


@dataclass(frozen=True, slots=True)
class WrittenSignature:
    """A signature in the written form. ``problem`` says why it is not good; None where it is.

    ``digest_agrees`` is apart: whether the signed digest is that of the content (a redacted one has another).
    """

    content_id: str
    digest_agrees: bool
    certificate: x509.Certificate
    signing_time: datetime
    problem: str | None


def check_written(signature: bytes, content_digest: bytes | None) -> WrittenSignature | None:
    """Check one ``<Signature>``; ``content_digest``: SHA-256 of the signed element's bytes, None if unknown.

    None where it is in another form. Whose certificate it is, whether it was valid and whether it is to be
    trusted, is the caller's to ask.
    """
    found = _FORM.fullmatch(signature)
    credential = _credential(found["certificate"]) if found else None
    if found is None or credential is None:
        return None
    public = credential.certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < _LEAST_RSA:
        return None
    try:
        moment = datetime.fromisoformat(found["time"].decode()).replace(tzinfo=_VIETNAM)
        digest, own, value = (b64decode(found[name], validate=True) for name in ("digest", "own", "value"))
    except ValueError:
        return None
    problem = None
    if sha256(_OBJECT_OPENS + found["object"]).digest() != own:
        problem = "the signing time was changed"
    try:
        public.verify(value, _INFO_OPENS + found["info"] + _INFO_CLOSES, PKCS1v15(), SHA256())
    except InvalidSignature:
        problem = "the signature is not that of the certificate's key"
    return WrittenSignature(
        found["content"].decode(), digest == content_digest, credential.certificate, moment, problem
    )


@lru_cache(maxsize=64)
def _credential(encoded: bytes) -> Credential | None:
    try:
        return Credential.from_der(b64decode(encoded, validate=True))
    except (ValueError, CertificateUnreadable):
        return None
