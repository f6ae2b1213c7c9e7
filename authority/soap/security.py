"""The Security header of a call: who asks, proven by a digest, and until when (WS-Security 1.1).

UsernameToken Profile 1.1, section 3.1: PasswordDigest = Base64(SHA-1(nonce + created + password)). The
password itself never goes over the line; nonce and time make each header count once.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha1
from typing import TYPE_CHECKING

from invoice.document import canonical_text

if TYPE_CHECKING:
    from datetime import datetime

    from signing.passphrase import Secret

_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = f"{_OASIS}wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}wssecurity-utility-1.0.xsd"
DIGEST = f"{_OASIS}username-token-profile-1.0#PasswordDigest"
BASE64 = f"{_OASIS}soap-message-security-1.0#Base64Binary"
LASTING = timedelta(minutes=5)
NONCE = 16  # bytes


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the T-VAN's service."""

    user: str
    password: Secret


def digest_of(nonce: bytes, created: str, password: str) -> str:
    """The PasswordDigest, in Base64."""
    # SHA-1 is the profile's; what is hashed holds a fresh nonce, and the line is TLS.
    return b64encode(
        sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    ).decode()


def security_header(account: Account, now: datetime) -> str:
    """``wsse:Security`` with Timestamp and UsernameToken. ``now`` is aware, UTC."""
    nonce = secrets.token_bytes(NONCE)
    created, expires = (f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z" for at in (now, now + LASTING))
    digest = digest_of(nonce, created, account.password.reveal())
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" env:mustUnderstand="true">'
        f"<wsu:Timestamp><wsu:Created>{created}</wsu:Created><wsu:Expires>{expires}</wsu:Expires></wsu:Timestamp>"
        f"<wsse:UsernameToken><wsse:Username>{canonical_text(account.user)}</wsse:Username>"
        f'<wsse:Password Type="{DIGEST}">{digest}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{BASE64}">{b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )
