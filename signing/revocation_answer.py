"""What an OCSP responder or a revocation list says of a certificate, and how long it may be believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing.errors import RevocationUnreadable

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

_CLOCKS = timedelta(minutes=10)  # by which the issuer's clock and ours may differ
_WITHOUT_END = timedelta(days=1)  # how long an answer holds that does not say it


class Standing(Enum):
    """Whether a certificate still counts."""

    GOOD = "good"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Answer:
    """A proven answer. ``at`` and ``until`` bound its time (aware); ``revoked_at`` and ``reason`` (RFC 5280,
    5.3.1, e.g. ``keyCompromise``) belong to ``REVOKED``."""

    standing: Standing
    source: str
    at: datetime
    until: datetime
    revoked_at: datetime | None = None
    reason: str | None = None


def checked_time(source: str, at: datetime, until: datetime | None, now: datetime) -> datetime:
    """Until when an answer made ``at`` holds.

    Raises:
        RevocationUnreadable: it is of the future, or its time is over.
    """
    end = until or at + _WITHOUT_END
    if at > now + _CLOCKS:
        raise RevocationUnreadable(f"the {source} is dated {at.isoformat()}, in the future")
    if end < now - _CLOCKS:
        raise RevocationUnreadable(f"the {source} was good until {end.isoformat()} only")
    return end


def check_signed(
    source: str,
    signer: x509.Certificate,
    hashed: hashes.HashAlgorithm | None,
    signature: bytes,
    data: bytes,
) -> None:
    """Hold an answer's signature against who must have made it.

    Raises:
        RevocationUnreadable: not made by that key, or with a hash that can be forged.
    """
    if hashed is None or isinstance(hashed, hashes.SHA1 | hashes.MD5):
        raise RevocationUnreadable(f"the {source} is signed with a hash that can be forged, or none")
    try:
        key = signer.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashed))
        else:
            raise InvalidSignature
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise RevocationUnreadable(f"the {source} is not signed by the certificate's issuer") from None
