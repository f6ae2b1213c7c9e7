"""The desk that takes notices of wrong invoices in (300, 303), answers with a 301, and asks for reviews."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from authority.elements import VIETNAM, text
from authority.sandbox.form_notices import Addressee, write_result, write_review
from authority.sandbox.form_rules import Mentioned, judge_error_notice, judge_mentioned, mentioned
from authority.sandbox.form_schema import ERROR_NOTICE_TABLE
from authority.sandbox.settings import (
    CERTIFICATE,
    OTHER_CODE,
    REFUSED_BY_FAULT,
    REVIEW,
    UNKNOWN_INVOICE,
    UNKNOWN_TAXPAYER,
    Finding,
    broken,
)
from authority.sandbox.signed_form import MOST_FINDINGS, SignedForm, open_form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from authority.envelope import Envelope
    from authority.sandbox.office import Office

_MOST_REFUSED = 2_000  # listed one by one; an answer must keep to 2 MB too


class NoticeDesk:
    """Judges notices and decides about them; what writes runs inside the message's transaction."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def judge(self, data: bytes, envelope: Envelope, now: datetime) -> SignedForm:
        """Fields, signature and meaning: what follows needs what went before."""
        form = open_form(data, envelope, "TBao", "DLTBao", ERROR_NOTICE_TABLE, now)
        if form.findings:
            return form
        broken_rules = judge_error_notice(form.content, envelope.header, now)
        return replace(form, findings=tuple(islice(broken_rules, MOST_FINDINGS)))

    def decide(self, envelope: Envelope, form: SignedForm, now: datetime) -> None:
        """Answer the notice, invoice by invoice."""
        office, header = self._office, envelope.header
        tax_code = header.tax_code or ""
        findings = form.findings or self._against_taxpayer(tax_code, form, now)
        refused = [] if findings else self._refused(tax_code, form, now)
        if not findings and office.faults.strikes("refuse-form", header.message_id):
            findings = (REFUSED_BY_FAULT,)
        elif len(refused) > _MOST_REFUSED:
            path = "TBao/DLTBao/DSHDon"
            findings = (broken(UNKNOWN_INVOICE, path, f"{len(refused)} hóa đơn không được tiếp nhận"),)
        outcome = "invalid" if findings else "partly" if refused else "valid"
        office.store.decide(header.message_id, outcome, 0)
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

    def ask_review(
        self, receiver: str, tax_code: str, invoices: Sequence[Mentioned], why: str, days: int, now: datetime
    ) -> bytes:
        """Leave a 302 for the party ``receiver``; the message by return."""
        to = Addressee(receiver, tax_code, tax_code)
        document, number = write_review(self._office, to, now, invoices, why, days)
        self._office.store.add_review(tax_code, number, now.astimezone(VIETNAM).date().isoformat())
        self._office.store.add_answer(receiver, "", now.timestamp(), document, in_look_up=False)
        return document

    def _refused(
        self, tax_code: str, form: SignedForm, now: datetime
    ) -> list[tuple[Mentioned, tuple[Finding, ...]]]:
        """The invoices of the notice that are not taken in, each with its reasons."""
        seen: set[tuple[str, str, int]] = set()
        judged = (
            (one, (*judge_mentioned(one, seen, now), *self._against_invoice(tax_code, one)))
            for one in mentioned(form.content)
        )
        return [(one, why) for one, why in judged if why]

    def _against_taxpayer(self, tax_code: str, form: SignedForm, now: datetime) -> tuple[Finding, ...]:
        store = self._office.store
        findings = []
        if not self._office.settings.auto_register and not self._office.characters(tax_code, now):
            findings.append(broken(UNKNOWN_TAXPAYER, "TBao/DLTBao/MST", "chưa đăng ký hóa đơn điện tử"))
        serials = store.registered_serials(tax_code, now.timestamp())
        if serials is not None and form.certificate and form.certificate.serial_number not in serials:
            path = "TBao/DSCKS/NNT/Signature"
            findings.append(broken(CERTIFICATE, path, "chứng thư số chưa đăng ký (DSCTSSDung)"))
        if number := text(form.content, "So"):
            asked_on = store.review_day(tax_code, number)
            if asked_on is None:
                findings.append(broken(REVIEW, "TBao/DLTBao/So", "không có thông báo rà soát số này"))
            elif asked_on != text(form.content, "NTBCCQT"):
                what = f"thông báo {number} là ngày {asked_on}"
                findings.append(broken(REVIEW, "TBao/DLTBao/NTBCCQT", what))
        return tuple(findings)

    def _against_invoice(self, tax_code: str, one: Mentioned) -> tuple[Finding, ...]:
        form = int(one.form) if one.form.isascii() and one.form.isdigit() and len(one.form) == 1 else 0
        code = self._office.store.code_of(tax_code, form, one.symbol, one.number)
        if code is None:
            return (broken(UNKNOWN_INVOICE, f"{one.path}/SHDon", "cơ quan thuế không có hóa đơn này"),)
        if code != one.code:
            return (broken(OTHER_CODE, f"{one.path}/MCCQT", f"hóa đơn này có mã {code}"),)
        return ()
