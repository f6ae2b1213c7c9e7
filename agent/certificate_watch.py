"""Whether the seller's certificate still counts for others: its chain to configured roots, and revocation.

===================================  ================================================================
what is found                        what is done
===================================  ================================================================
no [signing] roots                   nothing is asked: there is nobody to begin with
no chain to a root                   an alarm; with ``strict`` nothing more is signed
revoked                              an alarm; nothing more is signed with it, the next key takes over
nobody can say, proof of late        said in the log and by ``thungan keys check``
nobody can say, no proof for a week  the same; with ``strict`` an alarm, and nothing more is signed
===================================  ================================================================

"Nothing more is signed" never stops the shop: receipts print, and are kept or issued without a signature
of their own, as [signing] invoices says; packages wait for a certificate that counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid
from agent.pem_file import read_certificates
from agent.proxy import proxy_address
from signing.errors import (
    CertificateRevoked,
    CertificateUntrusted,
    RevocationUnknown,
    RevocationUnreadable,
    SigningError,
)
from signing.http_fetch import HttpFetch
from signing.revocation import Policy, RevocationChecker
from signing.revocation_memory import AnswerFiles
from signing.trust import check_chain

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import Certificate

    from agent.config import Config
    from signing.revocation import Fetch

FOLDER = "revocation"  # in the data folder


@dataclass(frozen=True, slots=True)
class Verdict:
    """``refusal``: why nothing may be signed with it. ``alarm`` and ``remark``: what a person must know, or
    may want to. ``asked``: whether chain and revocation were looked at."""

    refusal: SigningError | None = None
    alarm: str | None = None
    remark: str | None = None
    asked: bool = False


class CertificateWatch:
    """Judges certificates by the configuration; asks over the network, so not while a customer waits."""

    def __init__(self, config: Config, fetch: Fetch | None = None) -> None:
        self._roots = config.keys.roots
        self._policy = config.keys.revocation
        self._checker = RevocationChecker(
            fetch or _fetch(config),
            self._policy or Policy.LENIENT,
            files=AnswerFiles(config.folder / FOLDER),
        )

    def judge(self, certificate: Certificate, now: datetime) -> Verdict:
        """What is known of a certificate at ``now`` (aware)."""
        if self._roots is None:
            return Verdict()
        strict = self._policy is Policy.STRICT
        try:
            chain = check_chain(certificate, *_issuers(read_certificates(self._roots)), now)
            if self._policy is None:
                return Verdict(asked=True)
            return Verdict(remark=self._checker.check(chain, now).warning, asked=True)
        except CertificateRevoked as error:
            return Verdict(error, str(error), asked=True)
        except (CertificateUntrusted, RevocationUnknown) as error:
            return Verdict(error if strict else None, str(error), asked=True)
        except ConfigInvalid as error:
            untrusted = CertificateUntrusted(error.message)
            return Verdict(untrusted if strict else None, str(error), asked=True)


def _fetch(config: Config) -> Fetch:
    """Through the shop's proxy; where its password cannot be read, nobody can be asked."""
    try:
        return HttpFetch(proxy=proxy_address(config.proxy))
    except SigningError as error:
        why = error.message

    def nobody(url: str, body: bytes | None) -> bytes:
        del url, body
        raise RevocationUnreadable(f"the proxy's password is missing: {why}")

    return nobody


def _issuers(certificates: list[Certificate]) -> tuple[list[Certificate], list[Certificate]]:
    """(between, roots): who issued itself is a root; where nobody did, every one is trusted as it is."""
    roots = [one for one in certificates if one.issuer == one.subject]
    between = [one for one in certificates if one.issuer != one.subject]
    return (between, roots) if roots else ([], certificates)
