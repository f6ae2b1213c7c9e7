"""The desk that takes registrations (100) in.

A 102 answers at once and, if it takes the form in, a 103 decides later; from the moment the 103 falls due
the taxpayer is registered, with its certificates and its five characters.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from authority.elements import text
from authority.sandbox.form_notices import Addressee, write_decision, write_receipt
from authority.sandbox.form_rules import certificates_after, judge_registration, judge_signer
from authority.sandbox.form_schema import REGISTRATION_TABLE
from authority.sandbox.settings import FORM_CHANGE, REFUSED_BY_FAULT, REGISTERED_BEFORE, Finding, broken
from authority.sandbox.signed_form import MOST_FINDINGS, SignedForm, open_form

if TYPE_CHECKING:
    from datetime import datetime

    from authority.envelope import Envelope
    from authority.sandbox.office import Office


class RegistrationDesk:
    """Judges registrations and decides about them; ``decide`` runs inside the message's transaction."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def judge(self, data: bytes, envelope: Envelope, now: datetime) -> SignedForm:
        """Fields, signature and meaning: what follows needs what went before."""
        form = open_form(data, envelope, "TKhai", "DLTKhai", REGISTRATION_TABLE, now)
        if form.findings or form.certificate is None:
            return form
        broken_rules = judge_registration(form.content, envelope.header, form.certificate, now)
        return replace(form, findings=tuple(islice(broken_rules, MOST_FINDINGS)))

    def decide(self, envelope: Envelope, form: SignedForm, now: datetime) -> None:
        """Answer the form; what is accepted is remembered."""
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
            (REFUSED_BY_FAULT,) if refused else (),
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
        form: SignedForm,
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
