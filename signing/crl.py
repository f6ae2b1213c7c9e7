"""Reading certificate revocation lists (RFC 5280, 5), without fetching them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from signing.errors import RevocationUnreadable
from signing.revocation_answer import Answer, Standing, check_signed, checked_time

if TYPE_CHECKING:
    from datetime import datetime

_SOURCE = "revocation list"


def crl_urls(certificate: x509.Certificate) -> list[str]:
    """Where the certificate says that its issuer's complete list is; only http and https."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return []
    # A point that is for some reasons only, or kept by somebody else, could not answer the question.
    whole = [point for point in points if not point.reasons and not point.crl_issuer]
    names = [name for point in whole for name in point.full_name or ()]
    return [url for url in _urls(names) if url.lower().startswith(("http://", "https://"))]


def read_crl(data: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> Answer:
    """What a list (DER or PEM) says of a certificate.

    Raises:
        RevocationUnreadable: not a list, not of this issuer, out of date, or one that covers other
            certificates (a delta, some reasons only, another part of a divided list).
    """
    try:
        pem = data.lstrip().startswith(b"-----BEGIN")
        crl = x509.load_pem_x509_crl(data) if pem else x509.load_der_x509_crl(data)
        if crl.issuer != issuer.subject or not _may_list(issuer):
            raise RevocationUnreadable("the revocation list is of another issuer")
        check_signed(_SOURCE, issuer, crl.signature_hash_algorithm, crl.signature, crl.tbs_certlist_bytes)
        until = checked_time(_SOURCE, crl.last_update_utc, crl.next_update_utc, now)
        if not _covers(crl, certificate):
            raise RevocationUnreadable("the revocation list does not cover the certificate")
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is None:
            return Answer(Standing.GOOD, _SOURCE, crl.last_update_utc, until)
        return Answer(
            Standing.REVOKED, _SOURCE, crl.last_update_utc, until, entry.revocation_date_utc, _reason(entry)
        )
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise RevocationUnreadable(f"the bytes are not a revocation list: {type(error).__name__}") from None


def _may_list(issuer: x509.Certificate) -> bool:
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True  # without that extension every use is allowed (RFC 5280, 4.2.1.3)


def _covers(crl: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    for extension in crl.extensions:
        point = extension.value
        if not isinstance(point, x509.IssuingDistributionPoint):
            # A delta list's mark is critical like any other that changes what the list means.
            if extension.critical:
                return False
            continue
        if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
            return False
        if point.only_contains_ca_certs and not _is_authority(certificate):
            return False
        if point.only_contains_user_certs and _is_authority(certificate):
            return False
        # A divided list: whoever stands between could hand out the part in which the number is not.
        if point.full_name and not set(_urls(point.full_name)) & set(crl_urls(certificate)):
            return False
    return True


def _urls(names: list[x509.GeneralName]) -> list[str]:
    return [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _reason(entry: x509.RevokedCertificate) -> str | None:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return None
