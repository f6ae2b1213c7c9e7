"""What a certificate says: whose it is, and when it is valid.

A Vietnamese certificate carries the taxpayer in its subject as ``UID=MST:<tax code>`` (attribute
0.9.2342.19200300.100.1.1; profile, section 8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from signing.errors import (
    CertificateExpired,
    CertificateForeign,
    CertificateNotYetValid,
    CertificateUnreadable,
)

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

# 10 digits, 10-3, or the 12-digit citizen number that households use since 1 July 2025.
_TAX_CODE = re.compile(r"\s*MST\s*[:=]\s*([0-9]{10}(?:-?[0-9]{3})?|[0-9]{12})\s*", re.IGNORECASE)
_CARRIERS = (NameOID.USER_ID, NameOID.SERIAL_NUMBER)


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with everything of it read, so that no later step meets a broken part.

    ``subject`` as ``subject_name`` gives it; ``not_before`` and ``not_after`` in UTC, both included;
    ``may_sign`` is whether its key usage allows signatures on documents.
    """

    certificate: x509.Certificate
    public_key: CertificatePublicKeyTypes
    subject: str
    tax_code: str | None
    not_before: datetime
    not_after: datetime
    may_sign: bool

    @staticmethod
    def of(certificate: x509.Certificate) -> Credential:
        """Read all of a certificate.

        Raises:
            CertificateUnreadable: a part of it is broken, or of a kind unknown to us.
        """
        try:
            # The library reads a certificate part by part when asked. The issuer is asked for here
            # because the search for trust begins with it, and broken bytes must not surprise it there.
            _ = certificate.issuer
            return Credential(
                certificate=certificate,
                public_key=certificate.public_key(),
                subject=subject_name(certificate),
                tax_code=tax_code_of(certificate),
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
                may_sign=_may_sign(certificate),
            )
        except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
            raise CertificateUnreadable("the certificate has a part that cannot be read") from error

    @staticmethod
    def from_der(der: bytes) -> Credential:
        """Read a certificate from DER.

        Raises:
            CertificateUnreadable: these bytes are not a certificate.
        """
        try:
            certificate = x509.load_der_x509_certificate(der)
        except (ValueError, x509.InvalidVersion) as error:
            raise CertificateUnreadable("the bytes are not an X.509 certificate") from error
        return Credential.of(certificate)

    def valid_at(self, moment: datetime) -> bool:
        """Whether ``moment`` (aware) lies in the certificate's time."""
        return self.not_before <= moment <= self.not_after


def tax_code_of(certificate: x509.Certificate) -> str | None:
    """The tax code in the subject, as written there (10, 10-3 or 12 digits); None if there is none.

    Two different ones are as good as none: nobody could say whose certificate it is.
    """
    codes = {
        match[1]
        for carrier in _CARRIERS
        for attribute in certificate.subject.get_attributes_for_oid(carrier)
        if isinstance(attribute.value, str) and (match := _TAX_CODE.fullmatch(attribute.value))
    }
    return codes.pop() if len(codes) == 1 else None


def subject_name(certificate: x509.Certificate) -> str:
    """The subject as X509SubjectName shows it (RFC 4514): ``UID=MST:0409990010,C=VN,CN=…``."""
    return certificate.subject.rfc4514_string()


def check_validity(certificate: x509.Certificate, at: datetime) -> None:
    """Before issuing: whether the certificate may sign at that moment (aware).

    Raises:
        CertificateExpired, CertificateNotYetValid: it may not.
    """
    if at > certificate.not_valid_after_utc:
        raise CertificateExpired(f"the certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
    if at < certificate.not_valid_before_utc:
        day = certificate.not_valid_before_utc
        raise CertificateNotYetValid(f"the certificate is valid only from {day:%Y-%m-%d}")


def check_owner(certificate: x509.Certificate, tax_code: str) -> None:
    """Before issuing: whether the certificate is the seller's; the dash of 10-3 codes does not matter.

    Raises:
        CertificateForeign: it carries another tax code, or none.
    """
    carried = tax_code_of(certificate)
    if carried is None:
        raise CertificateForeign("the certificate carries no tax code (UID=MST:…)")
    if carried.replace("-", "") != tax_code.replace("-", ""):
        raise CertificateForeign(f"the certificate is of {carried}, the seller is {tax_code}")


def _may_sign(certificate: x509.Certificate) -> bool:
    """Without the extension every use is allowed (RFC 5280, 4.2.1.3)."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment
