"""Whether a certificate comes from somebody who is trusted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_MOST_ISSUERS = 4


def is_trusted(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    trust: Sequence[x509.Certificate],
    at: datetime,
) -> bool:
    """Whether ``certificate`` is in ``trust``, or issued by one in it, perhaps by way of ``others``.

    Issuers must be certificate authorities, valid at that moment (aware). Revocation is not looked up:
    a signature is judged offline and by its own time.
    """
    current = certificate
    for below in range(_MOST_ISSUERS):
        if current in trust or any(_issuer_at(current, one, below, at) for one in trust):
            return True
        issuer = next((other for other in others if _issuer_at(current, other, below, at)), None)
        if issuer is None or issuer == current:
            return False
        current = issuer
    return False


def _issuer_at(certificate: x509.Certificate, issuer: x509.Certificate, below: int, at: datetime) -> bool:
    try:
        named = certificate.issuer == issuer.subject
        valid = issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc
    except ValueError:
        return False
    return named and valid and _issued(certificate, issuer, below)


# Packages and notices carry the same few certificates thousands of times.
@lru_cache(maxsize=256)
def _issued(certificate: x509.Certificate, issuer: x509.Certificate, below: int) -> bool:
    """Whether ``issuer`` may issue with ``below`` authorities under it, and has issued this one."""
    try:
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca or (constraints.path_length is not None and constraints.path_length < below):
            return False
        try:
            if not issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign:
                return False
        except x509.ExtensionNotFound:
            pass  # without that extension every use is allowed (RFC 5280, 4.2.1.3)
        certificate.verify_directly_issued_by(issuer)
    except (
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        ValueError,
        TypeError,
        InvalidSignature,
        UnsupportedAlgorithm,
    ):
        return False
    return True
