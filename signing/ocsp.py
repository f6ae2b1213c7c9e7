"""Asking an OCSP responder about a certificate (RFC 6960), without the asking itself.

>>> body = ocsp_request(certificate, issuer)  # doctest: +SKIP
>>> answer = read_ocsp(fetch(url, body), certificate, issuer, now)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from signing.errors import RevocationUnreadable
from signing.revocation_answer import Answer, Standing, check_signed, checked_time

if TYPE_CHECKING:
    from datetime import datetime

_SOURCE = "OCSP answer"


def ocsp_urls(certificate: x509.Certificate) -> list[str]:
    """Where the certificate says that questions are answered; only http and https."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    return [
        one.access_location.value
        for one in access
        if one.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
        and one.access_location.value.lower().startswith(("http://", "https://"))
    ]


def ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    """The question in DER, to be posted as ``application/ocsp-request``."""
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, SHA256()).build()
    return request.public_bytes(Encoding.DER)


def read_ocsp(data: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
    """What an answer proves.

    Raises:
        RevocationUnreadable: not an answer, not about this certificate, not signed by its issuer or by
            whom the issuer lets answer, out of date, or "unknown".
    """
    try:
        response = ocsp.load_der_ocsp_response(data)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise RevocationUnreadable(f"the OCSP responder says {response.response_status.name.lower()}")
        signer = _signer(response, issuer, now)
        check_signed(
            _SOURCE,
            signer,
            response.signature_hash_algorithm,
            response.signature,
            response.tbs_response_bytes,
        )
        single = next((one for one in response.responses if _is_about(one, certificate, issuer)), None)
        if single is None:
            raise RevocationUnreadable("the OCSP answer is about other certificates")
        until = checked_time(_SOURCE, single.this_update_utc, single.next_update_utc, now)
        if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            raise RevocationUnreadable("the OCSP responder does not know the certificate")
        revoked = single.certificate_status is ocsp.OCSPCertStatus.REVOKED
        return Answer(
            Standing.REVOKED if revoked else Standing.GOOD,
            _SOURCE,
            single.this_update_utc,
            until,
            single.revocation_time_utc,
            single.revocation_reason.value if single.revocation_reason else None,
        )
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RevocationUnreadable(f"the bytes are not an OCSP answer: {type(error).__name__}") from None


def _signer(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> x509.Certificate:
    """The issuer itself, or a certificate in the answer that the issuer has made for answering."""
    name = response.responder_name
    if name == issuer.subject or response.responder_key_hash == _key_hash(issuer):
        return issuer
    for one in response.certificates:
        if (name == one.subject or response.responder_key_hash == _key_hash(one)) and _may_answer(
            one, issuer, now
        ):
            return one
    raise RevocationUnreadable("the OCSP answer is not by the issuer, nor by one whom it lets answer")


def _may_answer(certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError, TypeError, InvalidSignature):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _is_about(
    single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    if single.serial_number != certificate.serial_number:
        return False
    if not isinstance(single.hash_algorithm, SHA1 | SHA256):
        return False
    # The library computes an Id only for a question: so the question that would have this Id is asked.
    question = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, single.hash_algorithm).build()
    return (question.issuer_name_hash, question.issuer_key_hash) == (
        single.issuer_name_hash,
        single.issuer_key_hash,
    )


def _key_hash(certificate: x509.Certificate) -> bytes:
    """SHA-1 of the public key's bits, by which responders name themselves (RFC 6960, 4.2.2.3)."""
    return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
