"""Whether a chain of certificates is revoked: OCSP first, then the list, remembered, by a clear policy.

>>> checker = RevocationChecker(HttpFetch())  # doctest: +SKIP
>>> checker.check(chain_of(certificate, (), roots, now), now).warning  # doctest: +SKIP

What happens when nobody can be reached: the last proven answer is used for another ``grace`` (7 days);
after that, or without one, ``LENIENT`` (the default) goes on with a warning and ``STRICT`` stops. A cash
register is meant to work offline, and the authority looks at the certificate again when it takes an
invoice: stopping a shop because a responder is down would protect nobody.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256

from signing.certificates import subject_name
from signing.crl import crl_urls, read_crl
from signing.errors import CertificateRevoked, RevocationUnknown, RevocationUnreadable
from signing.ocsp import ocsp_request, ocsp_urls, read_ocsp
from signing.revocation_answer import Answer, Standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509

    from signing.revocation_memory import AnswerFiles

# A URL and what to post (None: get) → the bytes of the answer. Raises RevocationUnreadable.
Fetch = Callable[[str, bytes | None], bytes]

_MOST_REMEMBERED = 1024  # certificates
_MOST_SOURCES = 2  # addresses of each kind asked for one certificate
_RETRY = timedelta(minutes=10)  # a shop without network must not wait for time-outs at every sale


class Policy(Enum):
    """What to do when nobody can say."""

    LENIENT = "lenient"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Nothing in the chain is known to be revoked. ``answers`` go with the chain less its root; None where
    nobody could say. ``warning`` is for status and log, None if all is proven and fresh."""

    answers: tuple[Answer | None, ...]
    warning: str | None


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Answer | None
    asked_at: datetime
    why: str = ""


class RevocationChecker:
    """Asks and remembers. May be called from several threads; ``fetch`` then too."""

    def __init__(
        self,
        fetch: Fetch,
        policy: Policy = Policy.LENIENT,
        grace: timedelta = timedelta(days=7),
        *,
        files: AnswerFiles | None = None,
    ) -> None:
        """``files`` keeps answers beyond the end of this process."""
        self._fetch, self._policy, self._grace, self._files = fetch, policy, grace, files
        self._known: OrderedDict[bytes, _Entry] = OrderedDict()
        self._lock = Lock()

    def check(
        self, chain: Sequence[x509.Certificate], now: datetime, *, signed_at: datetime | None = None
    ) -> Outcome:
        """Judge a chain as ``trust.chain_of`` gives it: the certificate first, the trusted one last.

        The trusted one is not asked about. With ``signed_at`` (aware) a revocation after it does not
        count, unless the key was compromised: then nobody knows since when.

        Raises:
            CertificateRevoked: one of them is revoked.
            RevocationUnknown: nobody can say of one of them, and the policy is strict.
        """
        answers: list[Answer | None] = []
        warnings: list[str] = []
        for certificate, issuer in pairwise(chain):
            entry = self._entry(certificate, issuer, now)
            answer, name = entry.answer, subject_name(certificate)
            if answer is not None and _counts(answer, signed_at):
                when = f" since {answer.revoked_at:%Y-%m-%d}" if answer.revoked_at else ""
                reason = f" ({answer.reason})" if answer.reason else ""
                raise CertificateRevoked(f"the certificate of {name} is revoked{when}{reason}")
            if answer is None or answer.until + self._grace < now:
                if self._policy is Policy.STRICT:
                    raise RevocationUnknown(f"nobody can say whether {name} is revoked: {entry.why}")
                warnings.append(f"nobody can say whether {name} is revoked: {entry.why}")
            elif answer.until < now:
                warnings.append(f"that {name} is not revoked was last proven on {answer.at:%Y-%m-%d}")
            answers.append(answer)
        return Outcome(tuple(answers), "; ".join(warnings) or None)

    def _entry(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> _Entry:
        name = certificate.fingerprint(SHA256())
        with self._lock:
            known = self._known.get(name)
        if known is None and self._files is not None and (kept := self._files.load(certificate, issuer)):
            known = _Entry(kept[0], kept[1])
        if known is not None and (
            (known.answer is not None and known.answer.until >= now)
            or known.asked_at <= now < known.asked_at + _RETRY
        ):
            return known
        # Outside the lock: another thread that asks the same does no harm, one that waits does.
        entry = self._ask(certificate, issuer, now)
        if entry.answer is None and known is not None:
            entry = _Entry(known.answer, now, entry.why)
        with self._lock:
            self._known[name] = entry
            self._known.move_to_end(name)
            while len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)
        return entry

    def _ask(self, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> _Entry:
        question = ocsp_request(certificate, issuer)
        sources = [("ocsp", url, question, read_ocsp) for url in ocsp_urls(certificate)]
        lists = [("crl", url, None, read_crl) for url in crl_urls(certificate)]
        problems = []
        for kind, url, body, read in (*sources[:_MOST_SOURCES], *lists[:_MOST_SOURCES]):
            try:
                data = self._fetch(url, body)
                answer = read(data, certificate, issuer, now)
            except RevocationUnreadable as error:
                problems.append(error.message)
                continue
            if self._files is not None:
                self._files.keep(certificate, kind, data, now)
            return _Entry(answer, now)
        return _Entry(None, now, "; ".join(problems) or "it names nobody to ask")


def _counts(answer: Answer, signed_at: datetime | None) -> bool:
    if answer.standing is not Standing.REVOKED:
        return False
    if signed_at is None or answer.revoked_at is None or answer.reason in ("keyCompromise", "cACompromise"):
        return True
    return answer.revoked_at <= signed_at
