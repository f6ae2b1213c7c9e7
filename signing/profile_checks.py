"""The checks of one signature, in order (profile, section 8).

Cheap and structural ones come first: what is signed, by its place, before whether the numbers fit. Each
raises ``SignatureRefused`` with its own reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha1
from hmac import compare_digest
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1 as SHA1_HASH

from signing.algorithms import C14N, DIGESTS, ENVELOPED, EXCLUSIVE_C14N, RSA_SHA1, SHA1
from signing.canonical import canonical
from signing.errors import SignatureRefused
from signing.trust import is_trusted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509
    from lxml.etree import _Element

    from signing.places import Place
    from signing.signature_reading import Reference, XmlSignature

_RSA_BITS = range(2048, 8192 + 1)  # below: can be broken; above: costs more than any real one
# Clocks of shop, provider and authority differ; a day also covers a register set to a wrong time zone.
_CLOCK_TOLERANCE = timedelta(days=1)
# SHA-1 is only reached where the asker allows it, to read old files (sha1_is_not_used).
_DIGEST_METHODS = {digest.uri: digest.of for digest in DIGESTS.values()} | {
    SHA1: lambda data: sha1(data, usedforsecurity=False).digest()
}
_RSA_METHODS = {digest.rsa_uri: digest.algorithm for digest in DIGESTS.values()} | {
    RSA_SHA1: SHA1_HASH()  # noqa: S303 - as above
}
_ECDSA_METHODS = {digest.ecdsa_uri: ec.ECDSA(digest.algorithm) for digest in DIGESTS.values()}
_CANONICALIZATIONS = {C14N, EXCLUSIVE_C14N}
SHA1_PROBLEM = "it is signed with SHA-1, which can be forged"


@dataclass(frozen=True, slots=True)
class Case:
    """A signature at its place, and what the asker brings: trust, the time now, whether SHA-1 will do."""

    place: Place
    signature: XmlSignature
    trust: Sequence[x509.Certificate]
    now: datetime | None
    allow_sha1: bool


def check_signature(case: Case) -> None:
    """Run all checks in order.

    Raises:
        SignatureRefused: the first that fails.
    """
    for check in CHECKS:
        check(case)


def references_are_the_contents_and_the_object(case: Case) -> None:
    """One reference to each content of the place and one to the signature's Object, no other, no fewer.

    Ids are unique (``document_checks``), so a reference by Id of the element at the place is a reference
    to that element.
    """
    found = [reference.uri for reference in case.signature.references]
    for path, element in _targets(case):
        name = element.get("Id")
        if not name:
            raise SignatureRefused(f"{path} has no Id")
        if f"#{name}" not in found:
            shown = ", ".join(repr((uri or "")[:80]) for uri in found)
            raise SignatureRefused(f"no reference leads to {path} (Id {name!r}), but to {shown}")
    if len(found) != len(_targets(case)):
        raise SignatureRefused(f"the signature has {len(found)} references instead of {len(_targets(case))}")


def transforms_are_known(case: Case) -> None:
    """Nothing or one canonicalisation; before it, for a content, enveloped-signature, which has no effect.

    For the Object it would have one: the signature would be taken out and nothing would be left to sign.
    """
    for reference in case.signature.references:
        steps = list(reference.transforms)
        if steps and steps[0] == ENVELOPED and reference.uri != f"#{case.signature.holder.get('Id')}":
            steps.pop(0)
        if len(steps) > 1 or not _CANONICALIZATIONS.issuperset(steps):
            raise SignatureRefused(f"the transforms {', '.join(reference.transforms)[:200]} are not allowed")


def algorithms_are_known(case: Case) -> None:
    """Canonicalisation, digest and signature methods of the profile; never one that takes a shared key."""
    signature = case.signature
    if signature.canonicalization not in _CANONICALIZATIONS:
        raise SignatureRefused(f"the canonicalisation {signature.canonicalization[:80]!r} is not allowed")
    if signature.method not in _RSA_METHODS and signature.method not in _ECDSA_METHODS:
        raise SignatureRefused(f"the signature method {signature.method[:80]!r} is not allowed")
    for reference in signature.references:
        if reference.digest_method not in _DIGEST_METHODS:
            raise SignatureRefused(f"the digest method {reference.digest_method[:80]!r} is not allowed")


def sha1_is_not_used(case: Case) -> None:
    """Old files have it; whoever wants to read them says so."""
    if uses_sha1(case.signature) and not case.allow_sha1:
        raise SignatureRefused(SHA1_PROBLEM)


def key_fits_the_method(case: Case) -> None:
    """The certificate's key is of the method's kind and of a size that can be trusted."""
    key = case.signature.credential.public_key
    if case.signature.method in _ECDSA_METHODS:
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise SignatureRefused("the certificate's key is not an ECDSA key on P-256")
    elif not isinstance(key, rsa.RSAPublicKey):
        raise SignatureRefused("the certificate's key is not an RSA key")
    elif key.key_size not in _RSA_BITS:
        raise SignatureRefused(f"the certificate's key has {key.key_size} bits, not 2048 to 8192")


def content_is_unchanged(case: Case) -> None:
    """The digest of each content, as it stands at the place."""
    for content in case.place.contents:
        if not _digest_fits(case.signature, content.element):
            raise SignatureRefused(f"the content has been changed: the digest of {content.path} does not fit")


def signing_time_is_unchanged(case: Case) -> None:
    """The digest of the Object that holds SigningTime."""
    if not _digest_fits(case.signature, case.signature.holder):
        raise SignatureRefused("the signing time has been changed: the digest of Object does not fit")


def signature_value_fits(case: Case) -> None:
    """The certificate's key has signed these references."""
    signature = case.signature
    signed = canonical(signature.signed_info, exclusive=signature.canonicalization == EXCLUSIVE_C14N)
    key = signature.credential.public_key
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature.value, signed, PKCS1v15(), _RSA_METHODS[signature.method])
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_as_der(signature.value), signed, _ECDSA_METHODS[signature.method])
        else:
            raise InvalidSignature
    except InvalidSignature:
        raise SignatureRefused("the signature does not fit: not signed by this certificate's key") from None
    except UnsupportedAlgorithm:
        raise SignatureRefused("the signature method is not supported on this computer") from None


def certificate_may_sign(case: Case) -> None:
    """A certificate for other ends, say of a server or for encryption, signs no document."""
    if not case.signature.credential.may_sign:
        raise SignatureRefused("the certificate's key usage does not allow signatures")


def certificate_was_valid(case: Case) -> None:
    """At SigningTime, as the profile asks; that it has expired since does not matter."""
    credential, moment = case.signature.credential, case.signature.signing_time
    if not credential.valid_at(moment):
        raise SignatureRefused(
            f"the certificate was not valid at {moment.isoformat()}: only from "
            f"{credential.not_before:%Y-%m-%d} to {credential.not_after:%Y-%m-%d}"
        )


def signing_time_is_not_in_the_future(case: Case) -> None:
    """Only asked where the time now is given."""
    moment = case.signature.signing_time
    if case.now is not None and moment > case.now + _CLOCK_TOLERANCE:
        raise SignatureRefused(f"the signing time {moment.isoformat()} lies in the future")


def certificate_is_the_sellers(case: Case) -> None:
    """A seller signs with a certificate of its own tax code; the authority has none."""
    wanted, carried = case.place.tax_code, case.signature.credential.tax_code
    if wanted is None:
        return
    if carried is None:
        raise SignatureRefused("the certificate carries no tax code (UID=MST:…)")
    if not wanted or carried.replace("-", "") != wanted.replace("-", ""):
        raise SignatureRefused(f"the certificate is of {carried}, the document of {wanted or 'nobody'}")


def certificate_is_trusted(case: Case) -> None:
    """Only asked where trusted certificates are given."""
    signature = case.signature
    others = [other.certificate for other in signature.others]
    if case.trust and not is_trusted(
        signature.credential.certificate, others, case.trust, signature.signing_time
    ):
        raise SignatureRefused("the certificate is not among those trusted, nor issued by one of them")


CHECKS = (
    references_are_the_contents_and_the_object,
    transforms_are_known,
    algorithms_are_known,
    sha1_is_not_used,
    key_fits_the_method,
    content_is_unchanged,
    signing_time_is_unchanged,
    signature_value_fits,
    certificate_may_sign,
    certificate_was_valid,
    signing_time_is_not_in_the_future,
    certificate_is_the_sellers,
    certificate_is_trusted,
)


def uses_sha1(signature: XmlSignature) -> bool:
    """Whether any part of the signature rests on SHA-1."""
    return signature.method == RSA_SHA1 or any(one.digest_method == SHA1 for one in signature.references)


def _targets(case: Case) -> list[tuple[str, _Element]]:
    return [
        *((content.path, content.element) for content in case.place.contents),
        ("its Object", case.signature.holder),
    ]


def _digest_fits(signature: XmlSignature, element: _Element) -> bool:
    reference = _reference_to(signature, element)
    data = canonical(element, exclusive=EXCLUSIVE_C14N in reference.transforms)
    return compare_digest(_DIGEST_METHODS[reference.digest_method](data), reference.digest)


def _reference_to(signature: XmlSignature, element: _Element) -> Reference:
    uri = f"#{element.get('Id')}"
    return next(reference for reference in signature.references if reference.uri == uri)


def _as_der(value: bytes) -> bytes:
    """r||s of XML Signature as the DER that the library wants."""
    if len(value) != 64:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(value[:32]), int.from_bytes(value[32:]))
