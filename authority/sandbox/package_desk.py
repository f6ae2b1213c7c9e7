"""The desk that takes packages of invoices (206) and corrections of many (208) in, and answers with a 204."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from authority.answer_parts import InvoiceReference, Reason
from authority.answer_writing import NoticeContent, build_notice
from authority.answers import ALL_VALID, PACKAGE_REFUSED, SOME_REFUSED
from authority.elements import children
from authority.sandbox.list_rules import Listed, judge_relation, listed_invoices
from authority.sandbox.office import VERSION
from authority.sandbox.rules import Candidate, Opinion, judge_invoice
from authority.sandbox.settings import (
    CERTIFICATE,
    CODE_FOREIGN,
    CODE_NOT_UNIQUE,
    LIST,
    NOT_UNIQUE,
    REFUSED_BY_FAULT,
    SELLER,
    Finding,
    Settings,
)
from authority.sandbox.signatures import check_signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cryptography import x509

    from authority.envelope import Envelope
    from authority.sandbox.office import Office

_MOST_REASONS = 100  # of a package refused as a whole


@dataclass(frozen=True, slots=True)
class JudgedPackage:
    """What the rules say before the store is asked."""

    package: tuple[Finding, ...]
    opinions: tuple[Opinion, ...]
    certificate: x509.Certificate | None


class PackageDesk:
    """Judges packages and registers their invoices. ``decide`` runs inside the message's transaction."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def judge(self, data: bytes, envelope: Envelope, now: datetime) -> JudgedPackage:
        """Signatures, fields and sums: all that needs no store."""
        tax_code = envelope.header.tax_code or ""
        signed = check_signatures(data, envelope, now)
        if signed.package:
            return JudgedPackage(signed.package, (), None)
        opinions = []
        invoices = children(envelope.content, "HDon") if envelope.content is not None else ()
        for place, invoice in enumerate(invoices):
            opinion = judge_invoice(invoice, tax_code, self._office.settings, now)
            if place in signed.invoices:
                findings = (*opinion.findings, signed.invoices[place])
                opinion = Opinion(opinion.candidate, findings, opinion.warnings)
            findings = (*opinion.findings, *judge_relation(invoice, envelope))
            opinions.append(Opinion(opinion.candidate, findings, opinion.warnings))
        package = tuple(
            finding for opinion in opinions for finding in _against_package(opinion, self._office.settings)
        )
        return JudgedPackage(package, tuple(opinions), signed.certificate)

    def decide(self, envelope: Envelope, judgement: JudgedPackage, now: datetime) -> None:
        """Register what may be and schedule the notice."""
        header, store = envelope.header, self._office.store
        package = judgement.package or self._against_seller(header.tax_code or "", judgement, now)
        reasons: list[Reason] = []
        accepted = 0
        if not package:
            listed = listed_invoices(envelope)
            given = cache(lambda tax_code: self._office.characters(tax_code, now))
            for opinion in judgement.opinions:
                findings = self._register(opinion, header.message_id, given, listed)
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

    def _against_seller(self, tax_code: str, judgement: JudgedPackage, now: datetime) -> tuple[Finding, ...]:
        """Whether the seller may send at all; an unknown one is given the characters it came with."""
        store = self._office.store
        if self._office.characters(tax_code, now) is None:
            if not self._office.settings.auto_register:
                return (Finding(SELLER, f"MST {tax_code} chưa đăng ký hóa đơn từ máy tính tiền"),)
            for opinion in judgement.opinions:
                if opinion.candidate and not opinion.findings:
                    store.give_characters(tax_code, opinion.candidate.characters)
                    break
        serials, signed_with = store.registered_serials(tax_code, now.timestamp()), judgement.certificate
        if serials is not None and signed_with is not None and signed_with.serial_number not in serials:
            return (Finding(CERTIFICATE, "Chứng thư số ký gói chưa đăng ký (DSCTSSDung)"),)
        return ()

    def _unknown_originals(self, candidate: Candidate, listed: Sequence[Listed]) -> list[Finding]:
        known = self._office.store.is_registered
        return [
            Finding(LIST, f"Hóa đơn {one.symbol}-{one.number} trong bảng kê chưa được tiếp nhận")
            for one in listed
            if not known(candidate.tax_code, one.form, one.symbol, one.number)
        ]

    def _register(
        self,
        opinion: Opinion,
        message_id: str,
        given_to: Callable[[str], str | None],
        listed: Sequence[Listed],
    ) -> tuple[Finding, ...]:
        """Register one invoice, or say why not. ``given_to``: a taxpayer's five characters."""
        candidate = opinion.candidate
        findings = list(opinion.findings)
        if candidate is None:
            return tuple(findings)
        findings += self._unknown_originals(candidate, listed)
        given = given_to(candidate.tax_code)
        if candidate.characters and given and candidate.characters != given:
            findings.append(Finding(CODE_FOREIGN, f"Mã {candidate.code} không dùng 5 ký tự {given} đã cấp"))
        occasion = f"{candidate.tax_code};{candidate.form};{candidate.symbol};{candidate.number}"
        struck = self._office.faults.strikes("refuse", occasion)
        if not findings and not struck and self._office.store.register(candidate, message_id):
            return ()
        if self._office.store.number_taken(candidate):
            self._office.store.count("duplicate_invoices")
            findings.append(_NOT_UNIQUE)
        elif self._office.store.code_taken(candidate):
            findings.append(Finding(CODE_NOT_UNIQUE, f"Mã {candidate.code} không duy nhất"))
        return tuple(findings) or (REFUSED_BY_FAULT,)

    def _schedule(
        self,
        envelope: Envelope,
        kind: int,
        reasons: tuple[Reason, ...],
        judgement: JudgedPackage,
        now: datetime,
    ) -> None:
        office, header = self._office, envelope.header
        candidate = next((opinion.candidate for opinion in judgement.opinions if opinion.candidate), None)
        content = NoticeContent(
            kind=kind,
            number=f"26{office.store.count('notices'):010d}",
            place=office.settings.place,
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
            version=VERSION,
            receiver=header.sender,
            message_id=office.new_message_id(),
            signer=office.signer,
        )
        office.leave(header.sender, header.message_id, notice, office.due(header.message_id, now))


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
