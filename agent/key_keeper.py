"""The seller's keys of a running register: opened, watched, changed over; never a reason to stop selling.

``look_after`` runs every minute and puts right what it can: it opens a key that was missing, tries one that
has failed, changes over to the next key when its time has come. ``watch`` runs every hour and asks what
others say of the certificate. Both tell the shop by alarms.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from threading import RLock
from typing import TYPE_CHECKING

from agent.certificate_watch import CertificateWatch
from agent.key_choice import choose, is_over, open_setting
from agent.key_settings import Role
from agent.parts import package_frame
from errors import ThunganError
from outbox.alarms import clear_alarm, raise_alarm
from outbox.settings import read_setting, write_setting
from signing.certificates import subject_name
from signing.errors import (
    CertificateNotYetValid,
    CertificateRevoked,
    KeyRefused,
    RevocationUnreadable,
    SigningError,
)
from signing.expiry import days_left, expiry_alarm

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.x509 import Certificate

    from agent.certificate_watch import Verdict
    from agent.config import Config
    from agent.key_choice import Chosen
    from outbox.delivery import Delivery
    from outbox.store import Job, Store, Tx
    from signing.revocation import Fetch

KEY_ALARM = "key-away"  # the key does not sign now
EXPIRY_ALARM = "certificate-expires"
STANDING_ALARM = "certificate-standing"  # revoked, or no chain to a configured root
NEXT_ALARM = "next-key"  # the renewed key cannot take over as configured
_IN_USE = "certificate_in_use"  # setting: serial number of the certificate that signs
log = logging.getLogger("thungan")


class KeyKeeper:
    """One register's. Any thread may call it; the network is asked while nobody waits for it."""

    def __init__(self, config: Config, store: Store, fetch: Fetch | None = None) -> None:
        self._config = config
        self._store = store
        self._watch = CertificateWatch(config, fetch)
        self._chosen: Chosen | None = None
        self._delivery: Delivery | None = None
        self._framed = False
        self._revoked: set[int] = set()
        self._refusal: SigningError | None = None
        self._said: dict[str, str | None] = {}
        self._packing: str | None = None
        self._lock = RLock()

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that signs; None while no key could be opened."""
        return self._chosen.signer.certificate if self._chosen else None

    def serve(self, delivery: Delivery | None) -> None:
        """Sign this delivery's packages too."""
        with self._lock:
            self._delivery, self._framed = delivery, False
            self._frame()

    def packing_failed(self, problem: str | None) -> None:
        """What the last pass of delivery said of the key; None where packages are signed."""
        with self._lock:
            if problem != self._packing:
                self._packing = problem
                self._say_key()

    def look_after(self, now: datetime | None = None) -> None:
        """Open, try again, change over; the alarm of the key says how it stands."""
        now = now or datetime.now(UTC)
        with self._lock:
            problem = self._store.desk.problem
            chosen = self._chosen
            if chosen is None or chosen.problem or isinstance(problem, KeyRefused) or self._due(now):
                self._open(now)
            if self._refusal is None:
                self._store.desk.try_again(now)
            self._frame()
            self._say_key()

    def watch(self, now: datetime | None = None) -> None:
        """Expiry, chain and revocation of the certificate that signs, and of the one that is to follow."""
        now = now or datetime.now(UTC)
        for _ in Role:
            certificate = self.certificate
            if certificate is None:
                return
            verdict = self._watch.judge(certificate, now)
            with self._lock:
                if self.certificate == certificate:
                    self._take(verdict, certificate, now)
                    self._watch_expiry(now)
                if self.certificate == certificate:
                    return  # else the next key has taken over: what is known of its certificate?

    def _take(self, verdict: Verdict, certificate: Certificate, now: datetime) -> None:
        """What a verdict does: alarm, refusal to sign, the next key's turn."""
        self._say(STANDING_ALARM, verdict.alarm)
        if verdict.remark:
            log.warning("%s", verdict.remark)
        self._refusal = verdict.refusal
        self._store.desk.refuse(verdict.refusal)
        if isinstance(verdict.refusal, CertificateRevoked):
            self._revoked.add(certificate.serial_number)
            if self._due(now):
                self._open(now)
        else:
            self._revoked.discard(certificate.serial_number)
        self._frame()
        self._say_key()

    def _watch_expiry(self, now: datetime) -> None:
        certificate, keys = self.certificate, self._config.keys
        if certificate is None:
            return
        self._watch_next(now)
        alarm = expiry_alarm(days_left(certificate, now))
        followed = keys.next is not None and self._chosen is not None and self._chosen.role is Role.CURRENT
        if alarm is None or (followed and self._said.get(NEXT_ALARM) is None):
            self._say(EXPIRY_ALARM, None)
        else:
            self._say(EXPIRY_ALARM, f"{alarm.text_vi} / {alarm.text_en}")

    def _watch_next(self, now: datetime) -> None:
        """Whether the next key will be able to take over: better to know weeks before."""
        keys = self._config.keys
        if keys.next is None or self._chosen is None:
            return
        problem = self._chosen.problem
        if problem is None and self._chosen.role is Role.CURRENT:
            try:
                following = open_setting(self._config, keys.next)
                problem = is_over(following.certificate, now, self._revoked)
                starts = max(now, keys.since or self._chosen.signer.certificate.not_valid_after_utc)
                following.close()
                if problem is None and following.certificate.not_valid_before_utc > starts:
                    day = following.certificate.not_valid_before_utc
                    problem = CertificateNotYetValid(
                        f"the next certificate is valid only from {day:%Y-%m-%d}"
                    )
            except SigningError as error:
                problem = error
        self._say(NEXT_ALARM, None if problem is None else str(problem))

    def _due(self, now: datetime) -> bool:
        """Whether the other key's turn has come since the last choice."""
        keys, chosen = self._config.keys, self._chosen
        if keys.next is None or chosen is None or chosen.role is Role.NEXT:
            return False
        if keys.since is not None and now >= keys.since:
            return True
        return is_over(chosen.signer.certificate, now, self._revoked) is not None

    def _open(self, now: datetime) -> None:
        """Choose and open; what was there before goes on where nothing better can be opened."""
        try:
            chosen = choose(self._config, now, self._revoked)
        except SigningError as error:
            if self._chosen is None:
                log.warning("%s", error)
                self._say(KEY_ALARM, str(error))
            return
        if chosen.signer.certificate != self.certificate:
            kept = CertificateWatch(self._config, _nobody)
            self._refusal = kept.judge(chosen.signer.certificate, now).refusal
            self._store.desk.refuse(self._refusal)
            self._store.run(_put_in_use(chosen))
        self._chosen = chosen  # not before it stands in the ledger: a store that is away takes it later
        self._store.use_signer(chosen.signer)
        self._framed = False
        self._watch_expiry(now)

    def _frame(self) -> None:
        """Give delivery the key, or take it away where it must not sign."""
        if self._delivery is None or self._chosen is None:
            return
        if self._refusal is not None:
            self._delivery.use_frame(None)
            self._framed = False
        elif not self._framed:
            try:
                self._delivery.use_frame(package_frame(self._config, self._chosen.signer))
                self._framed = True
            except SigningError as error:
                self._packing = str(error)

    def _say_key(self) -> None:
        if self._chosen is None:
            return  # why it cannot be opened has been said
        problem = self._store.desk.problem
        words = str(problem) if problem is not None else self._packing
        # What a refused certificate is refused for has its own alarm.
        self._say(KEY_ALARM, words if self._refusal is None else None)

    def _say(self, code: str, words: str | None) -> None:
        """Raise or clear an alarm where it has changed; what an earlier run has left is cleared too."""
        if code in self._said and self._said[code] == words:
            return
        self._said[code] = words
        job: Job[None] = clear_alarm(code) if words is None else raise_alarm(code, words)
        try:
            self._store.run(job)
        except ThunganError:
            del self._said[code]
            raise


def _nobody(url: str, body: bytes | None) -> bytes:
    """Answers that are kept have to do while a customer may be waiting."""
    del url, body
    raise RevocationUnreadable("it has not been asked yet")


def _put_in_use(chosen: Chosen) -> Callable[[Tx], None]:
    """The ledger keeps which certificate signed from when on."""
    certificate = chosen.signer.certificate
    serial = f"{certificate.serial_number:X}"

    def job(tx: Tx) -> None:
        before = read_setting(tx, _IN_USE)
        if before == serial:
            return
        write_setting(tx, _IN_USE, serial)
        tx.leaf(
            "key.in-use",
            None,
            serial=serial,
            certificate=subject_name(certificate),
            until=certificate.not_valid_after_utc.isoformat(),
            before=before,
        )
        log.info("signing with the certificate %s", serial)

    return job
