"""Who signs for the store: which invoices, for how long at most, and what is done while the key is away.

A cash-register invoice needs no signature of its own (Decree 123/2020, article 10.14, as amended): the
package that carries it is signed, and that signature covers it. So the shop may choose, and a slow or
absent key need not stop its issuing (docs/decisions/005-signing-by-configuration.md).

Signing takes place inside the writer's transaction, so its time is bounded from three sides: groups are as
large as the key can sign in ``GROUP_SECONDS``; with ``WHEN_THERE`` an invoice goes without signature after
``PATIENCE``; and a key that has failed is asked again only after ten times the time that its failing took.

A quick key is given a few signatures at once: to hand each over to another thread and to be woken by it costs
a third of what the signature costs. For the same reason the writer signs some itself: what it would wait for
at once, and what comes while both threads have enough to do (only where it has to wait without end anyway).
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import TYPE_CHECKING

from errors import ThunganError
from outbox.errors import NoSigningKey
from signing.certificates import check_validity
from signing.errors import KeyAway, SignatureInputInvalid, SigningError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from signing.xmldsig import XmlSigner

THREADS = 2
GROUP_SECONDS = 0.5  # of signing in one transaction: what is captured meanwhile waits so long to be stored
MOST_TOGETHER = 256
PATIENCE = 1.0  # seconds; the paper waits 1.5 s for its code (promise P8)
REST_FACTOR = 10  # a key that fails takes at most a tenth of the writer's time
LONGEST_REST = 60.0  # seconds
_FIRST_GUESS = 0.05  # seconds a signature takes, until one has been made
QUICK = 0.005  # seconds of a signature; tokens and services are slower
BUNDLE = 4  # signatures of a quick key that are handed over together
ENOUGH = 2  # bundles that the threads have to do: the next is the writer's


class EachInvoice(StrEnum):
    """Whether each invoice is signed by itself."""

    ALWAYS = "always"  # without the key nothing is issued: receipts are kept until it is back
    WHEN_THERE = "when-there"  # signed if the key signs in time, else the package's signature has to do
    NEVER = "never"  # only packages are signed


@dataclass(frozen=True, slots=True)
class ToSign:
    """What a job wants signed: SHA-256 of canonical content, its Id, the signature's Id and time.

    ``spare``: the document counts without it too, so the answer may be empty (an invoice, never a list).
    """

    digest: bytes
    content_id: str
    signature_id: str
    at: datetime
    spare: bool = False


class _Bundle:
    """Signatures that are made one after the other; ``made`` is there once they were handed over."""

    __slots__ = ("made", "wanted")

    def __init__(self) -> None:
        self.wanted: list[ToSign] = []
        self.made: Future[list[bytes | ThunganError]] | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A signature that is being made, or will be with others; ``bundle`` is None where none is wanted."""

    bundle: _Bundle | None
    place: int
    spare: bool
    began: float

    @property
    def wanted(self) -> bool:
        """Whether it is a signature at all."""
        return self.bundle is not None

    @property
    def ready(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.bundle is None or (self.bundle.made is not None and self.bundle.made.done())


class SigningDesk:
    """The key of one store and the threads that use it. ``use`` and ``refuse`` may come from any thread."""

    def __init__(
        self,
        signer: XmlSigner | None = None,
        rule: EachInvoice = EachInvoice.ALWAYS,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._signer = signer
        self._rule = rule
        self._monotonic = monotonic
        self._pool = ThreadPoolExecutor(THREADS, "sign")
        self._lock = Lock()
        self._refusal: ThunganError | None = None
        self._failure: SigningError | None = None
        self._rests_until = 0.0
        self._last_signed = float("-inf")
        self._seconds = _FIRST_GUESS
        self._open: _Bundle | None = None
        self._out: deque[Future[list[bytes | ThunganError]]] = deque()

    @property
    def problem(self) -> ThunganError | None:
        """Why the key does not sign at the moment; None where the last signature was made."""
        return self._refusal or self._failure or (NoSigningKey(_NO_KEY) if self._signer is None else None)

    def use(self, signer: XmlSigner | None) -> None:
        """Change the key: a token that came back, a renewed certificate, or None."""
        with self._lock:
            self._signer, self._failure, self._rests_until = signer, None, 0.0

    def refuse(self, why: ThunganError | None) -> None:
        """Sign nothing more with this key (a revoked certificate), until it is taken back with None."""
        self._refusal = why

    def most_together(self) -> int:
        """How many signatures one transaction may wait for."""
        return max(1, min(MOST_TOGETHER, round(GROUP_SECONDS / self._seconds)))

    def begin_group(self) -> int:
        """A group of jobs begins and may wait for so many; what a broken one had asked for is forgotten."""
        self._open = None
        return self.most_together()

    def begin(self, wanted: ToSign) -> Pending:
        """Have it signed, if it is to be signed: in another thread, and perhaps with those asked for next."""
        began = self._monotonic()
        if wanted.spare and self._rule is EachInvoice.NEVER:
            return Pending(None, 0, wanted.spare, began)
        bundle = self._open = self._open or _Bundle()
        pending = Pending(bundle, len(bundle.wanted), wanted.spare, began)
        bundle.wanted.append(wanted)
        if len(bundle.wanted) >= (BUNDLE if self._seconds < QUICK else 1):
            self._hand_over(bundle)
        return pending

    def _hand_over(self, bundle: _Bundle, *, awaited: bool = False) -> Future[list[bytes | ThunganError]]:
        self._open = None
        while self._out and self._out[0].done():
            self._out.popleft()
        waits_anyway = self._rule is EachInvoice.ALWAYS and self._seconds < QUICK
        if (failure := self._resting()) is not None:
            # Not in the queue behind a thread that hangs in the key: nobody should wait for this answer.
            bundle.made = Future()
            bundle.made.set_result([_again(failure) for _ in bundle.wanted])
        elif waits_anyway and (awaited or len(self._out) >= ENOUGH):
            bundle.made = Future()
            bundle.made.set_result(self._sign_all(bundle))
        else:
            bundle.made = self._pool.submit(self._sign_all, bundle)
            self._out.append(bundle.made)
        return bundle.made

    def end(self, pending: Pending) -> bytes:
        """The signature; empty where the document goes without.

        Raises:
            SigningError, NoSigningKey: it cannot be made, and the document does not count without it.
        """
        bundle = pending.bundle
        if bundle is None:
            return b""
        made = bundle.made or self._hand_over(bundle, awaited=True)
        if not (pending.spare and self._rule is EachInvoice.WHEN_THERE):
            return _given(made.result()[pending.place])
        left = max(0.0, pending.began + PATIENCE - self._monotonic())
        try:
            return _given(made.result(left)[pending.place])
        except (Late, CancelledError):
            made.cancel()
            if self._last_signed < pending.began:
                self._failed(KeyAway(f"the key has not signed within {PATIENCE:.0f} second"), pending.began)
        except SignatureInputInvalid:
            raise  # a mistake of ours, which no other key would mend
        except (SigningError, NoSigningKey):
            pass  # kept as ``problem``
        return b""

    def try_again(self, at: datetime) -> None:
        """Ask a key that has failed for one signature, outside any transaction: is it back?

        It is asked whether it rests or not: nobody waits for this answer, and a token that has been put back
        need not wait for the end of its rest.
        """
        if self._failure is not None:
            trial = ToSign(bytes(32), "trial", "trial-signature", at)
            with suppress(SigningError, NoSigningKey):
                self._pool.submit(self._sign, trial, rested=True).result()

    def close(self) -> None:
        """End the threads; a signature that nobody waits for any more is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _sign_all(self, bundle: _Bundle) -> list[bytes | ThunganError]:
        made: list[bytes | ThunganError] = []
        for wanted in bundle.wanted:
            try:
                made.append(self._sign(wanted))
            except ThunganError as error:
                made.append(error)
        return made

    def _sign(self, wanted: ToSign, *, rested: bool = False) -> bytes:
        began = self._monotonic()
        with self._lock:
            signer = self._signer
        if self._refusal is not None:
            raise _again(self._refusal)
        if signer is None:
            raise NoSigningKey(_NO_KEY)
        if not rested and (failure := self._resting()) is not None:
            raise _again(failure)
        try:
            check_validity(signer.certificate, wanted.at)
            value = signer.sign(wanted.digest, wanted.content_id, wanted.signature_id, wanted.at)
        except SigningError as error:
            self._failed(error, began)
            raise
        self._signed(self._monotonic() - began)
        return value

    def _resting(self) -> SigningError | None:
        """Why the key is not asked at the moment."""
        with self._lock:
            return self._failure if self._monotonic() < self._rests_until else None

    def _signed(self, seconds: float) -> None:
        with self._lock:
            known = self._last_signed > float("-inf")
            each = seconds / THREADS  # the threads sign at the same time, or wait for each other at a token
            self._seconds = max(1e-6, 0.7 * self._seconds + 0.3 * each if known else each)
            self._failure, self._rests_until = None, 0.0
            self._last_signed = self._monotonic()

    def _failed(self, error: SigningError, began: float) -> None:
        now = self._monotonic()
        with self._lock:
            self._failure = type(error)(error.message)
            self._rests_until = now + min(LONGEST_REST, REST_FACTOR * (now - began))


def _again(error: ThunganError) -> ThunganError:
    """The same for another who waits: an error that is raised in several places grows with each."""
    return type(error)(error.message)


def _given(made: bytes | ThunganError) -> bytes:
    if isinstance(made, ThunganError):
        raise made
    return made


_NO_KEY = "there is no signing key at the moment"
