"""Which of the seller's keys signs now: the current one, or the next one once it is its turn.

The two overlap: the next key is configured, and registered with the tax authority, while the current one
still signs. It takes over at ``next_key.from``, or, where no time is given, when the current certificate
has expired or is revoked. A key that is only away is not over: a token that was pulled out does not make
the next certificate sign, which the authority may not know yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.key_settings import KeySetting, Role
from signing.certificates import check_owner, check_validity
from signing.errors import CertificateExpired, CertificateRevoked, SigningError
from signing.keys import open_key
from signing.passphrase import read_passphrase
from signing.xmldsig import XmlSigner

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryptography.x509 import Certificate

    from agent.config import Config


@dataclass(frozen=True, slots=True)
class Chosen:
    """The key that signs. ``problem``: why it is not the one whose turn it is, or None."""

    role: Role
    signer: XmlSigner
    problem: SigningError | None = None


def open_setting(config: Config, setting: KeySetting) -> XmlSigner:
    """One of the configured keys, ready to sign.

    Raises:
        SigningError: saying what is wrong with it.
    """
    key = open_key(
        setting.key, read_passphrase(setting.passphrase), folder=config.folder, digest=setting.digest
    )
    try:
        check_owner(key.certificate, config.seller.tax_code)
    except SigningError:
        key.close()
        raise
    return XmlSigner(key)


def choose(config: Config, now: datetime, revoked: Collection[int] = ()) -> Chosen:
    """The key that signs at ``now`` (aware); ``revoked`` has serial numbers of certificates.

    A certificate that is over is given all the same where there is no other: signing with it says why not.

    Raises:
        SigningError: it cannot be opened.
    """
    keys = config.keys
    if keys.next is None:
        return Chosen(Role.CURRENT, open_setting(config, keys.current))
    if keys.since is not None and now >= keys.since:
        return _due(config, keys.current, keys.next, now, revoked)
    current = open_setting(config, keys.current)
    if is_over(current.certificate, now, revoked) is None:
        return Chosen(Role.CURRENT, current)
    try:
        following = open_setting(config, keys.next)
        check_validity(following.certificate, now)
    except SigningError as error:
        return Chosen(Role.CURRENT, current, error)
    current.close()
    return Chosen(Role.NEXT, following)


def open_signer(config: Config) -> XmlSigner:
    """The seller's key that signs now.

    Raises:
        SigningError: saying what is wrong with it.
    """
    return choose(config, datetime.now(UTC)).signer


def is_over(certificate: Certificate, now: datetime, revoked: Collection[int]) -> SigningError | None:
    """Why a certificate will never sign again, or None."""
    if certificate.serial_number in revoked:
        return CertificateRevoked("the certificate is revoked")
    try:
        check_validity(certificate, now)
    except CertificateExpired as error:
        return error
    except SigningError:
        pass
    return None


def _due(
    config: Config, current: KeySetting, following: KeySetting, now: datetime, revoked: Collection[int]
) -> Chosen:
    """The next key; while the overlap lasts, the current one if the next cannot sign."""
    try:
        signer = open_setting(config, following)
        check_validity(signer.certificate, now)
        problem = is_over(signer.certificate, now, revoked)
    except SigningError as error:
        signer, problem = None, error
    if problem is not None:
        try:
            old = open_setting(config, current)
            check_validity(old.certificate, now)
            if is_over(old.certificate, now, revoked) is None:
                if signer is not None:
                    signer.close()
                return Chosen(Role.CURRENT, old, problem)
        except SigningError:
            pass  # what is wrong with the key whose turn it is is said below
    if signer is None:
        assert problem is not None  # noqa: S101 - for the type checker: one of the two is there
        raise problem
    return Chosen(Role.NEXT, signer, problem)
