"""Verifying the signatures of an invoice, package, notice or form, strictly.

>>> from signing.verify import report_to_json, verify_document
>>> report = verify_document(b"<TDiep><TTChung><MLTDiep>999</MLTDiep></TTChung><DLieu></DLieu></TDiep>")
>>> report_to_json(report)
{'valid': False, 'signatures': [], 'problem': 'no signature'}

The answer is yes only if every signature that must be there is there, every signature that is there is
valid, and each signs exactly the element it must sign. In order: safe reading (``safe_xml``), the
document as a whole (``document_checks``), the places of signatures (``places``), the shape of each
signature (``signature_reading``), its meaning (``profile_checks``). Work is linear in the document's size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from signing.algorithms import DIGESTS, RSA_SHA1
from signing.document_checks import check_document, check_places
from signing.errors import SignatureRefused, XmlRefused
from signing.places import invoices_by_package, local_name, places_of
from signing.profile_checks import SHA1_PROBLEM, Case, check_signature, uses_sha1
from signing.safe_xml import parse
from signing.signature_reading import read_signature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509
    from lxml.etree import _Element

    from signing.places import Place

_SHORT_NAMES = {RSA_SHA1: "rsa-sha1"} | {
    uri: uri.rpartition("#")[2] for digest in DIGESTS.values() for uri in (digest.rsa_uri, digest.ecdsa_uri)
}


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """The answer about one signature.

    ``covers`` is the path of what stands at its place to be signed. ``subject``, ``signing_time`` (aware),
    ``algorithm``, ``certificate`` and ``tax_code`` are what the signature says of itself: proven only if
    ``valid``; empty or None where it could not be read. ``problem`` says why it is not valid; beside
    ``valid`` it is a warning (SHA-1 that was allowed).
    """

    covers: str
    subject: str
    signing_time: datetime | None
    algorithm: str
    valid: bool
    problem: str | None
    certificate: x509.Certificate | None = None
    tax_code: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The answer about a document.

    ``root`` is the root's local name, "" if it could not be read. ``problem`` is about the document as a
    whole: then ``signatures`` is empty, for none of them would prove anything. ``by_package``: the paths of
    invoices without a signature of their own, which their package's signature covers.
    """

    valid: bool
    root: str
    signatures: tuple[SignatureReport, ...]
    problem: str | None
    by_package: tuple[str, ...] = ()


def verify_document(
    data: bytes,
    *,
    trust: Sequence[x509.Certificate] = (),
    now: datetime | None = None,
    allow_sha1: bool = False,
) -> Report:
    """Verify all signatures of a document; never raises for what is in it.

    With ``trust``, every signer's certificate must be one of these or issued by one of these; without,
    a valid signature proves that somebody with such a certificate signed, not who issued it. ``now``
    (aware) refuses signing times more than a day ahead. ``allow_sha1`` takes SHA-1 with a warning.
    """
    try:
        document = parse(data)
    except XmlRefused as error:
        return Report(valid=False, root="", signatures=(), problem=error.message)
    return verify_read(document, data, trust=trust, now=now, allow_sha1=allow_sha1)


def verify_read(
    document: _Element,
    data: bytes,
    *,
    trust: Sequence[x509.Certificate] = (),
    now: datetime | None = None,
    allow_sha1: bool = False,
) -> Report:
    """``verify_document`` for who has read ``data`` by ``safe_xml.parse`` and has not changed it."""
    root = local_name(document)
    try:
        check_document(document, data)
        places = places_of(document)
        check_places(document, places)
    except (SignatureRefused, XmlRefused) as error:
        return Report(valid=False, root=root, signatures=(), problem=error.message)
    signatures = tuple(_verify(place, trust=trust, now=now, allow_sha1=allow_sha1) for place in places)
    valid = bool(signatures) and all(signature.valid for signature in signatures)
    return Report(
        valid, root, signatures, None if signatures else "no signature", invoices_by_package(document)
    )


def report_to_json(report: Report) -> dict[str, Any]:
    """The contract of ``thungan verify --json``; times as ISO 8601 with their offset. ``by_package`` is there
    only where a package has invoices without a signature of their own."""
    return {
        "valid": report.valid,
        "signatures": [
            {
                "covers": signature.covers,
                "subject": signature.subject,
                "signing_time": signature.signing_time.isoformat() if signature.signing_time else None,
                "algorithm": signature.algorithm,
                "valid": signature.valid,
                "problem": signature.problem,
            }
            for signature in report.signatures
        ],
        "problem": report.problem,
    } | ({"by_package": list(report.by_package)} if report.by_package else {})


def _verify(
    place: Place,
    *,
    trust: Sequence[x509.Certificate],
    now: datetime | None,
    allow_sha1: bool,
) -> SignatureReport:
    try:
        signature = read_signature(place.signature)
    except SignatureRefused as error:
        return SignatureReport(place.covers, "", None, "", valid=False, problem=error.message)
    problem = SHA1_PROBLEM if uses_sha1(signature) else None
    valid = True
    try:
        check_signature(Case(place, signature, trust, now, allow_sha1))
    except (SignatureRefused, XmlRefused) as error:
        valid, problem = False, error.message
    return SignatureReport(
        covers=place.covers,
        subject=signature.credential.subject,
        signing_time=signature.signing_time,
        algorithm=_SHORT_NAMES.get(signature.method, signature.method[:80]),
        valid=valid,
        problem=problem,
        certificate=signature.credential.certificate,
        tax_code=signature.credential.tax_code,
    )
