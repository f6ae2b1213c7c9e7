"""Whether a certificate comes from somebody who is trusted."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes

from signing.certificates import subject_name
from signing.errors import CertificateUntrusted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_MOST_ISSUERS = 4
# Two certificates can be made that share one such hash: what was issued to one would hold for the other.
_BROKEN = (hashes.SHA1, hashes.MD5)


def is_trusted(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    trust: Sequence[x509.Certificate],
    at: datetime,
) -> bool:
    """Whether ``certificate`` is in ``trust``, or issued by one in it, perhaps by way of ``others``.

    Issuers must be certificate authorities, valid at that moment (aware), and must not have issued with
    SHA-1. Revocation is another question (``revocation``): a signature is judged offline, by its own time.
    """
    return chain_of(certificate, others, trust, at) is not None


def chain_of(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    trust: Sequence[x509.Certificate],
    at: datetime,
    *,
    below: int = 0,
) -> tuple[x509.Certificate, ...] | None:
    """The way from ``certificate``, which comes first, to one in ``trust``, the last; None: there is none.

    ``below`` is how many authorities stand under this one already.
    """
    if certificate in trust:
        return (certificate,)
    for root in trust:
        if _issuer_at(certificate, root, below, at):
            return (certificate, root)
    for other in others:
        if below + 1 < _MOST_ISSUERS and other != certificate and _issuer_at(certificate, other, below, at):
            above = chain_of(other, others, trust, at, below=below + 1)
            if above is not None:
                return (certificate, *above)
    return None


def check_chain(
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate],
    trust: Sequence[x509.Certificate],
    at: datetime,
) -> tuple[x509.Certificate, ...]:
    """Before issuing: ``chain_of``, for ``revocation`` to go on with.

    Raises:
        CertificateUntrusted: there is none.
    """
    chain = chain_of(certificate, others, trust, at)
    if chain is None:
        name = subject_name(certificate)
        raise CertificateUntrusted(f"no chain leads from the certificate of {name} to a configured root")
    return chain


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
        if isinstance(certificate.signature_hash_algorithm, _BROKEN):
            return False
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
