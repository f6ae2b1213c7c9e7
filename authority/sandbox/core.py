"""The sandbox authority itself, without a wire: messages in, answers out, time and chance from outside.

>>> from datetime import UTC, datetime
>>> from authority.sandbox.core import Sandbox  # doctest: +SKIP
>>> answer = sandbox.receive(package, datetime.now(UTC))  # doctest: +SKIP

A message is answered with a 999 at once; the checked result, a 204, falls due later. The same message
again gets the same 999 again and is never registered a second time.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from authority.answer_writing import NoticeContent, build_notice, build_technical
from authority.answers import (
    ALL_VALID,
    PACKAGE_REFUSED,
    SOME_REFUSED,
    InvoiceReference,
    Reason,
    TechnicalError,
)
from authority.codes import AUTHORITY, is_message_id, new_message_id
from authority.elements import children
from authority.envelope import TECHNICAL, Envelope, read_envelope
from authority.errors import MessageUnreadable
from authority.gateway import LookUp
from authority.sandbox.envelope_rules import REPEATED, TOO_LARGE, UNREADABLE, check_envelope
from authority.sandbox.faults import FaultPlan
from authority.sandbox.rules import Candidate, Opinion, judge_invoice
from authority.sandbox.settings import (
    CODE_FOREIGN,
    CODE_NOT_UNIQUE,
    FAULT,
    NOT_UNIQUE,
    SELLER,
    Finding,
    Settings,
)
from authority.sandbox.signatures import check_signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from authority.sandbox.store import Registered, Store
    from signing.xmldsig import XmlSigner

_VERSION = "2.1.0"
_LONGEST_CURSOR = 18
_MOST_REASONS = 100  # of a package refused as a whole


@dataclass(frozen=True, slots=True)
class Due:
    """A page of the inbox: (cursor, message), oldest first; ``more`` are due beyond it."""

    entries: tuple[tuple[str, bytes], ...]
    more: bool


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What the rules say before the store is asked."""

    package: tuple[Finding, ...]
    opinions: tuple[Opinion, ...]


class Sandbox:
    """A strict authority around a store; safe to call from several threads."""

    def __init__(
        self,
        store: Store,
        signer: XmlSigner,
        *,
        settings: Settings | None = None,
        faults: FaultPlan | None = None,
        new_id: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        """``signer`` holds the sandbox's own throw-away key; ``new_id`` is where randomness comes from."""
        self.settings = settings or Settings()
        self.faults = faults or FaultPlan()
        self._store = store
        self._signer = signer
        self._new_id = new_id

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
        judgement = None if errors else self._judge(data, envelope, now)
        with self._store.transaction():
            if (known := self._known(data, envelope, now)) is not None:
                return known
            technical = self._technical(envelope, now, errors)
            self._store.add_message(header.message_id, header.sender, data, now.timestamp(), technical)
            if self.settings.technical_answer == "inbox":
                self._store.add_answer(
                    header.sender, header.message_id, now.timestamp(), technical, in_look_up=False
                )
            if judgement is not None:
                self._decide(envelope, judgement, now)
        return technical

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

    def _judge(self, data: bytes, envelope: Envelope, now: datetime) -> _Judgement:
        tax_code = envelope.header.tax_code or ""
        signed = check_signatures(data, envelope, now)
        if signed.package:
            return _Judgement(signed.package, ())
        opinions = []
        invoices = children(envelope.content, "HDon") if envelope.content is not None else ()
        for place, invoice in enumerate(invoices):
            opinion = judge_invoice(invoice, tax_code, self.settings, now)
            if place in signed.invoices:
                findings = (*opinion.findings, signed.invoices[place])
                opinion = Opinion(opinion.candidate, findings, opinion.warnings)
            opinions.append(opinion)
        package = tuple(
            finding for opinion in opinions for finding in _against_package(opinion, self.settings)
        )
        return _Judgement(package, tuple(opinions))

    def _decide(self, envelope: Envelope, judgement: _Judgement, now: datetime) -> None:
        """Register what may be and schedule the notice; runs inside the transaction of the message."""
        header, store = envelope.header, self._store
        package = judgement.package or self._stranger(header.tax_code or "", judgement)
        reasons: list[Reason] = []
        accepted = 0
        if not package:
            for opinion in judgement.opinions:
                findings = self._register(opinion, header.message_id)
                accepted += not findings
                reasons += _reasons(findings, opinion.candidate)
        kind = PACKAGE_REFUSED if package else SOME_REFUSED if reasons else ALL_VALID
        if package:
            reasons = _reasons(package[:_MOST_REASONS], None)
        refused = len(judgement.opinions) - accepted
        if refused:
            store.count("refused_invoices", refused)
        if warnings := sum(len(opinion.warnings) for opinion in judgement.opinions):
            store.count("warnings", warnings)
        outcome = {ALL_VALID: "valid", SOME_REFUSED: "partly", PACKAGE_REFUSED: "invalid"}[kind]
        store.decide(header.message_id, outcome, accepted)
        self._schedule(envelope, kind, tuple(reasons), judgement, now)

    def _stranger(self, tax_code: str, judgement: _Judgement) -> tuple[Finding, ...]:
        """Whether the seller may send at all; an unknown one is given the characters it came with."""
        if self._characters(tax_code) is not None:
            return ()
        if not self.settings.auto_register:
            return (Finding(SELLER, f"MST {tax_code} chưa đăng ký hóa đơn từ máy tính tiền"),)
        for opinion in judgement.opinions:
            if opinion.candidate and not opinion.findings:
                self._store.give_characters(tax_code, opinion.candidate.characters)
                break
        return ()

    def _characters(self, tax_code: str) -> str | None:
        return self.settings.taxpayers.get(tax_code) or self._store.characters_of(tax_code)

    def _register(self, opinion: Opinion, message_id: str) -> tuple[Finding, ...]:
        """Register one invoice, or say why not."""
        candidate = opinion.candidate
        findings = list(opinion.findings)
        if candidate is None:
            return tuple(findings)
        given = self._characters(candidate.tax_code)
        if candidate.characters and given and candidate.characters != given:
            findings.append(Finding(CODE_FOREIGN, f"Mã {candidate.code} không dùng 5 ký tự {given} đã cấp"))
        if self._store.number_taken(candidate):
            self._store.count("duplicate_invoices")
            findings.append(_NOT_UNIQUE)
        elif self._store.code_taken(candidate):
            findings.append(Finding(CODE_NOT_UNIQUE, f"Mã {candidate.code} không duy nhất"))
        occasion = f"{candidate.tax_code};{candidate.form};{candidate.symbol};{candidate.number}"
        if not findings and self.faults.strikes("refuse", occasion):
            findings.append(Finding(FAULT, "Hộp cát từ chối theo kịch bản lỗi"))
        if not findings:
            self._store.register(candidate, message_id)
        return tuple(findings)

    def _schedule(
        self,
        envelope: Envelope,
        kind: int,
        reasons: tuple[Reason, ...],
        judgement: _Judgement,
        now: datetime,
    ) -> None:
        header = envelope.header
        candidate = next((opinion.candidate for opinion in judgement.opinions if opinion.candidate), None)
        late = timedelta(seconds=self.faults.later(header.message_id))
        due = now + self.settings.notice_delay + late
        content = NoticeContent(
            kind=kind,
            number=f"26{self._store.count('notices'):010d}",
            place=self.settings.place,
            tax_code=header.tax_code or "",
            taxpayer=candidate.seller if candidate else header.tax_code or "",
            submission_id=header.message_id,
            count=len(judgement.opinions) or header.count or 0,
            received_at=now,
            noticed_at=now,
            reasons=reasons,
        )
        notice = build_notice(
            content,
            version=_VERSION,
            receiver=header.sender,
            message_id=new_message_id(AUTHORITY, self._new_id()),
            signer=self._signer,
        )
        lost = self.faults.strikes("lose-notice", header.message_id)
        self._store.add_answer(header.sender, header.message_id, due.timestamp(), notice, in_inbox=not lost)
        if not lost and self.faults.strikes("repeat", header.message_id):
            self._store.add_answer(
                header.sender, header.message_id, due.timestamp(), notice, in_look_up=False
            )

    def _technical(
        self, envelope: Envelope | None, now: datetime, errors: tuple[TechnicalError, ...]
    ) -> bytes:
        header = envelope.header if envelope else None
        reply_to = header.message_id if header and is_message_id(header.message_id) else ""
        sender = header.sender if header and len(header.sender) <= 14 else ""
        return build_technical(
            version=_VERSION,
            sender=AUTHORITY,
            receiver=sender,
            message_id=new_message_id(AUTHORITY, self._new_id()),
            reply_to=reply_to,
            original_sender=sender,
            received_at=now,
            errors=errors,
        )

    def _by_return(self, technical: bytes) -> bytes | None:
        return technical if self.settings.technical_answer == "by-return" else None


_NOT_UNIQUE = Finding(
    NOT_UNIQUE,
    "Bộ MST, ký hiệu mẫu số, ký hiệu và số hóa đơn không duy nhất",
    "Kiểm tra lại định dạng dữ liệu",
)


def _against_package(opinion: Opinion, settings: Settings) -> tuple[Finding, ...]:
    """Findings that refuse the whole package: format errors by default, and an invoice without a name."""
    if settings.format_refusal == "package" or opinion.candidate is None:
        return tuple(
            finding for finding in opinion.findings if finding.is_format or opinion.candidate is None
        )
    return ()


def _reasons(findings: tuple[Finding, ...], candidate: Candidate | None) -> list[Reason]:
    named = InvoiceReference(candidate.form, candidate.symbol, candidate.number) if candidate else None
    return [Reason(finding.code, finding.text, finding.handling, named) for finding in findings]
