"""The sandbox authority itself, without a wire: messages in, answers out, time and chance from outside.

>>> from datetime import UTC, datetime
>>> from authority.sandbox.core import Sandbox  # doctest: +SKIP
>>> answer = sandbox.receive(package, datetime.now(UTC))  # doctest: +SKIP

A message is answered with a 999 at once; the checked result (204 to a package, 102, 103 or 301 to a form)
falls due later. The same message again gets the same 999 again and is never registered a second time.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.answer_writing import build_technical
from authority.answers import TechnicalError
from authority.codes import AUTHORITY, is_message_id
from authority.envelope import (
    CORRECTION_OF_MANY,
    PACKAGE,
    REGISTRATION_MESSAGE,
    TECHNICAL,
    Envelope,
    read_envelope,
)
from authority.errors import MessageUnreadable
from authority.gateway import LookUp, NumbersKnown
from authority.sandbox.envelope_rules import REPEATED, TOO_LARGE, UNREADABLE, check_envelope
from authority.sandbox.faults import FaultPlan
from authority.sandbox.notice_desk import NoticeDesk
from authority.sandbox.office import VERSION, Office
from authority.sandbox.package_desk import PackageDesk
from authority.sandbox.registration_desk import RegistrationDesk
from authority.sandbox.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from authority.sandbox.authority_signer import AuthoritySigner
    from authority.sandbox.form_rules import Mentioned
    from authority.sandbox.store import Registered, Store

_LONGEST_CURSOR = 18


@dataclass(frozen=True, slots=True)
class Due:
    """A page of the inbox: (cursor, message), oldest first; ``more`` are due beyond it."""

    entries: tuple[tuple[str, bytes], ...]
    more: bool


class Sandbox:
    """A strict authority around a store; safe to call from several threads."""

    def __init__(
        self,
        store: Store,
        signer: AuthoritySigner,
        *,
        settings: Settings | None = None,
        faults: FaultPlan | None = None,
        new_id: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        """``signer`` holds the sandbox's own throw-away key; ``new_id`` is where randomness comes from."""
        self._office = Office(store, signer, settings or Settings(), faults or FaultPlan(), new_id)
        self._store = store
        self._packages, self._notices = PackageDesk(self._office), NoticeDesk(self._office)
        self._registrations = RegistrationDesk(self._office)

    @property
    def settings(self) -> Settings:
        """Its switches; they may be changed between messages."""
        return self._office.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self._office.settings = settings

    @property
    def faults(self) -> FaultPlan:
        """What it does wrong on purpose."""
        return self._office.faults

    def receive(self, data: bytes, now: datetime) -> bytes | None:
        """Take in one message; the 999 that goes back by return, None where nothing does."""
        if len(data) > self.settings.message_limit:
            error = TechnicalError(TOO_LARGE, f"Thông điệp quá {self.settings.message_limit} byte")
            return self._technical(None, now, (error,))
        try:
            envelope = read_envelope(data)
        except MessageUnreadable as problem:
            return self._technical(None, now, (TechnicalError(UNREADABLE, problem.message),))
        if envelope.header.kind == TECHNICAL:
            with self._store.transaction():
                self._store.count("technical_answers")
            return None
        if not is_message_id(envelope.header.message_id):
            return self._technical(envelope, now, tuple(check_envelope(envelope, self.settings)))
        return self._by_return(self._take_in(data, envelope, now))

    def answers_due(self, code: str, after: str, now: datetime, limit: int = 100) -> Due:
        """What is due for the party ``code`` after a cursor ("" from the beginning)."""
        if after and not (after.isascii() and after.isdigit() and len(after) <= _LONGEST_CURSOR):
            return Due((), more=False)
        rows = self._store.inbox(code, int(after or "0"), now.timestamp(), limit + 1)
        entries = tuple((str(cursor), content) for cursor, content in rows[:limit])
        return Due(entries, more=len(rows) > limit)

    def look_up(self, message_id: str, now: datetime) -> LookUp:
        """Whether a message ever came, and every answer to it that is due, lost ones too."""
        known = self._store.message(message_id)
        if known is None:
            return LookUp(known=False)
        return LookUp(
            known=True, messages=(known.technical, *self._store.answers_to(message_id, now.timestamp()))
        )

    def numbers_known(self, tax_code: str, form: int, symbol: str, after: int) -> NumbersKnown:
        """What is registered of a series above ``after``, for a shop that had to restore a backup."""
        return self._store.numbers_known(tax_code, form, symbol, after)

    def statistics(self) -> dict[str, object]:
        """The figures tests ask for; ``doubly_registered`` must be 0 for ever (promise P3)."""
        counts = self._store.counts()
        return {
            "messages": counts.messages,
            "arrivals": counts.arrivals,
            "invoices": counts.invoices,
            "doubly_registered": counts.doubly_registered,
            "submissions": {
                name: counts.outcomes.get(name, 0) for name in ("valid", "partly", "invalid", "refused")
            },
            "refused": counts.counters.get("refused_invoices", 0),
            "refused_as_duplicate": counts.counters.get("duplicate_invoices", 0),
            "warnings": counts.counters.get("warnings", 0),
            "technical_answers": counts.counters.get("technical_answers", 0),
        }

    def registered(self) -> Iterator[Registered]:
        """Every registered invoice, read page by page."""
        return self._store.registered()

    def ask_review(
        self,
        receiver: str,
        tax_code: str,
        invoices: Sequence[Mentioned],
        why: str,
        now: datetime,
        days: int = 2,
    ) -> bytes:
        """Send a 302 about invoices of a taxpayer to the party ``receiver``; also by return."""
        with self._store.transaction():
            return self._notices.ask_review(receiver, tax_code, invoices, why, days, now)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def _take_in(self, data: bytes, envelope: Envelope, now: datetime) -> bytes:
        header = envelope.header
        with self._store.transaction():
            if (known := self._known(data, envelope, now)) is not None:
                return known
        # Signatures and sums are checked before the transaction: it only asks what the store alone knows.
        errors = tuple(check_envelope(envelope, self.settings))
        decide = None if errors else self._judged(data, envelope, now)
        with self._store.transaction():
            if (known := self._known(data, envelope, now)) is not None:
                return known
            technical = self._technical(envelope, now, errors)
            self._store.add_message(header.message_id, header.sender, data, now.timestamp(), technical)
            if self.settings.technical_answer == "inbox":
                self._store.add_answer(
                    header.sender, header.message_id, now.timestamp(), technical, in_look_up=False
                )
            if decide is not None:
                decide()
        return technical

    def _judged(self, data: bytes, envelope: Envelope, now: datetime) -> Callable[[], None]:
        """What is left to do about a message once its desk has judged it."""
        if envelope.header.kind in {PACKAGE, CORRECTION_OF_MANY}:
            package = self._packages.judge(data, envelope, now)
            return lambda: self._packages.decide(envelope, package, now)
        desk = self._registrations if envelope.header.kind == REGISTRATION_MESSAGE else self._notices
        form = desk.judge(data, envelope, now)
        return lambda: desk.decide(envelope, form, now)

    def _known(self, data: bytes, envelope: Envelope, now: datetime) -> bytes | None:
        """The answer to a message that came before: the same again, unless its bytes are others."""
        known = self._store.message(envelope.header.message_id)
        if known is None:
            return None
        self._store.came_again(known.message_id)
        if known.content != data:
            return self._technical(
                envelope, now, (TechnicalError(REPEATED, "MTDiep đã dùng cho nội dung khác"),)
            )
        if self.settings.duplicate_message == "refuse":
            return self._technical(envelope, now, (TechnicalError(REPEATED, "MTDiep không duy nhất"),))
        return known.technical

    def _technical(
        self, envelope: Envelope | None, now: datetime, errors: tuple[TechnicalError, ...]
    ) -> bytes:
        header = envelope.header if envelope else None
        reply_to = header.message_id if header and is_message_id(header.message_id) else ""
        sender = header.sender if header and len(header.sender) <= 14 else ""
        return build_technical(
            version=VERSION,
            sender=self.settings.tvan_code or AUTHORITY,
            receiver=sender,
            message_id=self._office.new_message_id(),
            reply_to=reply_to,
            original_sender=sender,
            received_at=now,
            errors=errors,
        )

    def _by_return(self, technical: bytes) -> bytes | None:
        return technical if self.settings.technical_answer == "by-return" else None
