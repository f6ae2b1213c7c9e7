"""The desk that takes forms in: registrations (100) and notices of wrong invoices (300, 303).

A registration is answered with a 102 at once and, if that takes it in, with a 103 later; from the moment the
103 falls due the taxpayer is registered. A notice is answered with a 301. ``ask_review`` sends a 302.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from authority.elements import child, text
from authority.sandbox.form_notices import (
    Addressee,
    write_decision,
    write_receipt,
    write_result,
    write_review,
)
from authority.sandbox.form_rules import (
    Mentioned,
    certificates_after,
    judge_error_notice,
    judge_mentioned,
    judge_registration,
    judge_signer,
    mentioned,
)
from authority.sandbox.form_schema import ERROR_NOTICE_TABLE, REGISTRATION_TABLE, check_form
from authority.sandbox.settings import (
    CERTIFICATE,
    FAULT,
    FORM_CHANGE,
    OTHER_CODE,
    REGISTERED_BEFORE,
    REVIEW,
    SIGNATURE,
    UNKNOWN_INVOICE,
    UNKNOWN_TAXPAYER,
    Finding,
    bad_format,
    broken,
)
from signing.verify import verify_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509
    from lxml.etree import _Element

    from authority.envelope import Envelope
    from authority.sandbox.office import Office

_MOST_FINDINGS = 100
_MOST_REFUSED = 2_000  # listed one by one; an answer must keep to 2 MB too
_FAULT = Finding(FAULT, "Hộp cát từ chối theo kịch bản lỗi")


@dataclass(frozen=True, slots=True)
class JudgedForm:
    """A form as the rules see it before the store is asked. ``certificate`` is None where no signature is
    valid; there are findings then."""

    content: _Element
    findings: tuple[Finding, ...]
    certificate: x509.Certificate | None


class FormDesk:
    """Judges forms and decides about them. ``decide`` runs inside the transaction of the message."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def judge(self, data: bytes, envelope: Envelope, now: datetime) -> JudgedForm:
        """Fields, signature and meaning, in this order: what follows needs what went before."""
        registers = envelope.header.kind == "100"
        root, tag = ("TKhai", "DLTKhai") if registers else ("TBao", "DLTBao")
        content = child(envelope.content, root, tag)
        if content is None:
            empty = envelope.content if envelope.content is not None else envelope.root
            return JudgedForm(empty, (bad_format(f"{root}/{tag}", "thiếu thẻ bắt buộc"),), None)
        report = verify_document(data, now=now)
        signature = report.signatures[0] if report.valid else None
        table = REGISTRATION_TABLE if registers else ERROR_NOTICE_TABLE
        findings = list(islice(check_form(content, table, f"{root}/{tag}"), _MOST_FINDINGS))
        if signature is None or signature.certificate is None:
            problems = [report.problem, *(one.problem for one in report.signatures)]
            why = next((problem for problem in problems if problem), "không có chữ ký")
            findings.append(broken(SIGNATURE, f"{root}/DSCKS/NNT/Signature", f"không hợp lệ: {why}"))
            return JudgedForm(content, tuple(findings), None)
        if not findings:
            header = envelope.header
            meaning = (
                judge_registration(content, header, signature.certificate, now)
                if registers
                else judge_error_notice(content, header, now)
            )
            findings += islice(meaning, _MOST_FINDINGS)
        return JudgedForm(content, tuple(findings), signature.certificate)

    def decide(self, envelope: Envelope, form: JudgedForm, now: datetime) -> None:
        """Answer the form; what is accepted is remembered."""
        decide = self._decide_registration if envelope.header.kind == "100" else self._decide_error_notice
        decide(envelope, form, now)

    def ask_review(
        self, receiver: str, tax_code: str, invoices: Sequence[Mentioned], why: str, days: int, now: datetime
    ) -> bytes:
        """Leave a 302 for the party ``receiver``; the message by return. Runs inside a transaction."""
        to = Addressee(receiver, tax_code, tax_code)
        document, number = write_review(self._office, to, now, invoices, why, days)
        self._office.store.add_review(tax_code, number)
        self._office.store.add_answer(receiver, "", now.timestamp(), document, in_look_up=False)
        return document

    def _decide_registration(self, envelope: Envelope, form: JudgedForm, now: datetime) -> None:
        office, header = self._office, envelope.header
        tax_code = header.tax_code or ""
        is_change = text(form.content, "TTChung", "HThuc") == "2"
        used = office.store.registered_serials(tax_code, now.timestamp())
        findings = form.findings or self._against_registered(form, tax_code, used, now, is_change=is_change)
        to = Addressee(
            header.sender,
            tax_code,
            text(form.content, "TTChung", "TNNT")[:400] or tax_code,
            header.message_id,
        )
        receipt = write_receipt(office, to, now, findings, is_change=is_change)
        office.leave(header.sender, header.message_id, receipt, now)
        refused = office.faults.strikes("refuse-form", header.message_id)
        office.store.decide(header.message_id, "invalid" if findings or refused else "valid", 0)
        if findings:
            return
        due = office.due(header.message_id, now) + office.settings.decision_delay
        given = office.characters(tax_code, now) or office.new_characters(tax_code)
        wanted = text(form.content, "NDTKhai", "HTHDon", "CMTMTTien") == "1"
        decision = write_decision(
            office,
            to,
            due,
            (_FAULT,) if refused else (),
            is_change=is_change,
            characters=given if wanted else "",
            registered_on=now,
        )
        office.leave(header.sender, header.message_id, decision, due)
        if not refused:
            serials = certificates_after(form.content, used or frozenset())
            office.store.add_registration(
                header.message_id, tax_code, given if wanted else "", serials, due.timestamp()
            )

    def _against_registered(
        self,
        form: JudgedForm,
        tax_code: str,
        used: frozenset[int] | None,
        now: datetime,
        *,
        is_change: bool,
    ) -> tuple[Finding, ...]:
        path = "TKhai/DLTKhai/TTChung/HThuc"
        if used is not None and not is_change:
            return (broken(REGISTERED_BEFORE, path, "đã có tờ khai đăng ký được chấp nhận"),)
        if is_change and used is None and not self._office.characters(tax_code, now):
            return (broken(FORM_CHANGE, path, "chưa có tờ khai đăng ký được chấp nhận"),)
        if form.certificate is None:
            return ()
        return tuple(judge_signer(form.content, form.certificate, used or frozenset()))

    def _decide_error_notice(self, envelope: Envelope, form: JudgedForm, now: datetime) -> None:
        office, header = self._office, envelope.header
        tax_code = header.tax_code or ""
        findings = form.findings or self._against_taxpayer(tax_code, form, now)
        refused: list[tuple[Mentioned, tuple[Finding, ...]]] = []
        told = 0
        if not findings:
            seen: set[tuple[str, str, int]] = set()
            for one in mentioned(form.content):
                why = (*judge_mentioned(one, seen, now), *self._against_invoice(tax_code, one))
                told += 1
                if why:
                    refused.append((one, why))
            if office.faults.strikes("refuse-form", header.message_id):
                findings = (_FAULT,)
            elif len(refused) > _MOST_REFUSED:
                path = "TBao/DLTBao/DSHDon"
                findings = (broken(UNKNOWN_INVOICE, path, f"{len(refused)} hóa đơn không được tiếp nhận"),)
        outcome = "invalid" if findings else "partly" if refused else "valid"
        office.store.decide(header.message_id, outcome, 0)
        if not findings:
            office.store.count("wrong_invoices", told - len(refused))
        to = Addressee(
            header.sender, tax_code, text(form.content, "TNNT")[:400] or tax_code, header.message_id
        )
        due = office.due(header.message_id, now)
        result = write_result(
            office,
            to,
            due,
            findings,
            () if findings else refused,
            received_at=now,
            told_on=text(form.content, "NTBao")[:10],
        )
        office.leave(header.sender, header.message_id, result, due)

    def _against_taxpayer(self, tax_code: str, form: JudgedForm, now: datetime) -> tuple[Finding, ...]:
        store = self._office.store
        findings = []
        if not self._office.settings.auto_register and not self._office.characters(tax_code, now):
            findings.append(broken(UNKNOWN_TAXPAYER, "TBao/DLTBao/MST", "chưa đăng ký hóa đơn điện tử"))
        serials = store.registered_serials(tax_code, now.timestamp())
        if serials is not None and form.certificate and form.certificate.serial_number not in serials:
            path = "TBao/DSCKS/NNT/Signature"
            findings.append(broken(CERTIFICATE, path, "chứng thư số chưa đăng ký (DSCTSSDung)"))
        number = text(form.content, "So")
        if number and not store.review_known(tax_code, number):
            findings.append(broken(REVIEW, "TBao/DLTBao/So", "không có thông báo rà soát số này"))
        return tuple(findings)

    def _against_invoice(self, tax_code: str, one: Mentioned) -> tuple[Finding, ...]:
        form = int(one.form) if one.form.isascii() and one.form.isdigit() and len(one.form) == 1 else 0
        code = self._office.store.code_of(tax_code, form, one.symbol, one.number)
        if code is None:
            return (broken(UNKNOWN_INVOICE, f"{one.path}/SHDon", "cơ quan thuế không có hóa đơn này"),)
        if code != one.code:
            return (broken(OTHER_CODE, f"{one.path}/MCCQT", f"hóa đơn này có mã {code}"),)
        return ()
