"""Registrations at the sandbox: what is accepted, and what follows from it."""

import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from authority_samples import NOW, SENDER, TAX_CODE, message_id, package, vat_invoice
from cryptography import x509
from form_samples import DAY, error_notice, posting, registration
from form_steps import DETAILS, LATER, REVIEWED, STRICT, NewSandbox, Send, findings, only

from authority.answers import Notice, parse_answer
from authority.errors import NoticeNotProven
from authority.form_answers import (
    ErrorNoticeResult,
    RegistrationDecision,
    RegistrationReceipt,
)
from authority.forms.message import build_error_notice, build_registration
from authority.forms.registration import (
    CertificateUse,
    Purpose,
    RegisteredCertificate,
)
from authority.notice_check import check_form_answer
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.settings import Settings
from signing.xmldsig import XmlSigner


def test_a_registration_is_received_at_once_and_accepted_later(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    sandbox = new_sandbox(settings=Settings(decision_delay=timedelta(minutes=5)))
    data = build_registration(registration(signer), posting(signer))
    receipt = only(RegistrationReceipt, send(sandbox, data))
    assert (receipt.accepted, receipt.is_change, receipt.taxpayer) == (
        True,
        False,
        "CỬA HÀNG TẠP HÓA SÔNG HÀN",
    )
    assert len(send(sandbox, data, NOW + timedelta(minutes=4))) == 1
    decision = only(RegistrationDecision, send(sandbox, data, NOW + timedelta(minutes=5)))
    assert (decision.accepted, decision.registered_on, decision.reply_to) == (True, DAY, message_id(1))
    assert decision.characters is not None
    assert decision.number
    assert len(sandbox.answers_due(SENDER, "", LATER).entries) == 2


def test_registration_is_required_only_when_told_so(
    new_sandbox: NewSandbox, signer: XmlSigner, frame: PackageFrame, send: Send
) -> None:
    def refusals(sandbox: Sandbox, count: int, characters: str, moment: datetime) -> list[str]:
        invoice = vat_invoice(count, ("SHNDN", characters))
        sandbox.receive(package(frame, count, invoice), moment)
        notice = parse_answer(sandbox.look_up(message_id(count), LATER).messages[1])
        assert isinstance(notice, Notice)
        return [reason.code for reason in notice.reasons]

    assert refusals(new_sandbox(), 10, "SHNDN", NOW) == []
    sandbox = new_sandbox(settings=replace(STRICT, decision_delay=timedelta(minutes=5)))
    assert refusals(sandbox, 10, "SHNDN", NOW) == ["S2107"]
    data = build_registration(registration(signer), posting(signer))
    characters = only(RegistrationDecision, send(sandbox, data, LATER)).characters or ""
    assert refusals(sandbox, 11, characters, NOW + timedelta(minutes=4)) == ["S2107"]
    assert refusals(sandbox, 12, characters, LATER) == []
    assert refusals(sandbox, 13, "AAAAA", LATER) == ["S2102"]


def test_packages_must_be_signed_with_a_registered_certificate(
    new_sandbox: NewSandbox,
    signer: XmlSigner,
    second_signer: XmlSigner,
    frame: PackageFrame,
    send: Send,
) -> None:
    sandbox = new_sandbox()
    send(sandbox, build_registration(registration(second_signer), posting(second_signer)))
    sandbox.receive(package(frame, 9, vat_invoice()), NOW)
    notice = parse_answer(sandbox.look_up(message_id(9), NOW).messages[1])
    assert isinstance(notice, Notice)
    assert (notice.package_refused, notice.reasons[0].code) == (True, "S2302")
    result = only(ErrorNoticeResult, send(sandbox, build_error_notice(error_notice(), posting(signer, 2))))
    assert findings(result) == [("S2302", "TBao/DSCKS/NNT/Signature")]


def test_a_certificate_is_replaced_by_changes(
    new_sandbox: NewSandbox, signer: XmlSigner, second_signer: XmlSigner, send: Send
) -> None:
    sandbox = new_sandbox()
    send(sandbox, build_registration(registration(signer), posting(signer, 1)))
    change = registration(second_signer, Purpose.CHANGE)
    added = send(sandbox, build_registration(change, posting(signer, 2)))  # the old key signs for the new
    assert only(RegistrationDecision, added).accepted
    used = RegisteredCertificate.of(signer.certificate, CertificateUse.STOPPED)
    stop = replace(change, certificates=(used,))
    stopped = send(sandbox, build_registration(stop, posting(signer, 3)))
    assert only(RegistrationDecision, stopped).accepted
    refused = send(sandbox, build_registration(change, posting(signer, 4)))
    assert findings(refused[0]) == [("S3104", f"{DETAILS}/DSCTSSDung")]
    assert only(
        RegistrationDecision, send(sandbox, build_registration(change, posting(second_signer, 5)))
    ).accepted


def test_the_characters_given_before_stay(
    new_sandbox: NewSandbox, signer: XmlSigner, frame: PackageFrame, send: Send
) -> None:
    sandbox = new_sandbox()
    sandbox.receive(package(frame, 9, vat_invoice()), NOW)
    data = build_registration(registration(signer), posting(signer))
    assert only(RegistrationDecision, send(sandbox, data)).characters == "SHNDN"


def test_new_comes_once_and_change_comes_after_it(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    sandbox = new_sandbox()
    change = registration(signer, Purpose.CHANGE)
    early = send(sandbox, build_registration(change, posting(signer, 1)))
    assert [type(answer) for answer in early] == [RegistrationReceipt]
    assert (early[0].reasons[0].code, only(RegistrationReceipt, early).is_change) == ("S3108", True)
    first = send(sandbox, build_registration(registration(signer), posting(signer, 2)))
    again = send(sandbox, build_registration(registration(signer), posting(signer, 3)))
    assert findings(again[0]) == [("9992", "TKhai/DLTKhai/TTChung/HThuc")]
    later = only(RegistrationDecision, send(sandbox, build_registration(change, posting(signer, 4))))
    assert (later.accepted, later.is_change) == (True, True)
    assert later.characters == only(RegistrationDecision, first).characters
    assert sandbox.statistics()["submissions"] == {"valid": 2, "partly": 0, "invalid": 2, "refused": 0}


def test_a_registration_may_be_refused_by_fault(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    sandbox = new_sandbox(faults=FaultPlan.parse("refuse-form=1,delay=5m"))
    data = build_registration(registration(signer), posting(signer))
    assert only(RegistrationReceipt, send(sandbox, data)).accepted
    decision = only(RegistrationDecision, send(sandbox, data, LATER))
    assert (decision.accepted, decision.characters, decision.reasons[0].code) == (False, None, "S2999")
    notice = build_error_notice(error_notice(), posting(signer, 2))
    assert only(ErrorNoticeResult, send(sandbox, notice, LATER)).refused == ()


def test_the_same_form_again_gets_the_same_answers(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    sandbox = new_sandbox()
    data = build_registration(registration(signer), posting(signer))
    assert send(sandbox, data) == send(sandbox, data)
    assert len(sandbox.answers_due(SENDER, "", LATER).entries) == 2


def test_two_taxpayers_are_given_different_characters(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    sandbox = new_sandbox()
    given = {sandbox._office.new_characters(f"{number:010d}") for number in range(200)}
    assert len(given) == 200
    taken = sandbox._office.new_characters(TAX_CODE)
    sandbox.settings = Settings(taxpayers={"0107001729": taken})
    data = build_registration(registration(signer), posting(signer))
    assert only(RegistrationDecision, send(sandbox, data)).characters not in {None, taken}


def test_others_verify_what_the_authority_signs(
    new_sandbox: NewSandbox, signer: XmlSigner, trust: list[x509.Certificate], tmp_path: Path
) -> None:
    sandbox = new_sandbox()
    sandbox.receive(build_registration(registration(signer), posting(signer)), NOW)
    documents = [content for _, content in sandbox.answers_due(SENDER, "", NOW).entries]
    documents.append(sandbox.ask_review(SENDER, TAX_CODE, [REVIEWED], "Sai thuế suất", NOW))
    ids = [word for tag in ("DLTBao", "STBao") for word in ("--id-attr:Id", tag)]
    object_id = ["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object"]
    for document, references in zip(documents, (2, 3, 3), strict=True):
        path = tmp_path / "answer.xml"
        path.write_bytes(document)
        subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
        done = subprocess.run(
            ["xmlsec1", "--verify", "--insecure", *ids, *object_id, path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert f"{references}/{references}" in done.stderr + done.stdout
        for old in (TAX_CODE.encode() + b"</MST><TNNT>", b"<So>26", b"<NTBao>2026"):
            if old in document:
                with pytest.raises(NoticeNotProven):
                    check_form_answer(document.replace(old, b"9" + old), trust, tax_code=TAX_CODE, now=NOW)


def test_a_signed_notice_cannot_be_shown_as_an_answer_of_another_kind(
    selling: Sandbox, signer: XmlSigner, trust: list[x509.Certificate]
) -> None:
    """The type of a message stands outside of what is signed."""
    notice = selling.look_up(message_id(90), NOW).messages[1]
    selling.receive(build_registration(registration(signer), posting(signer)), NOW)
    receipt, decision = selling.look_up(message_id(1), NOW).messages[1:]
    for document, kind in ((notice, "204"), (receipt, "102"), (decision, "103")):
        for other in {"102", "103", "104", "301", "302"} - {kind}:
            shown = document.replace(f"<MLTDiep>{kind}<".encode(), f"<MLTDiep>{other}<".encode(), 1)
            assert shown != document
            with pytest.raises(NoticeNotProven):
                check_form_answer(shown, trust, tax_code=TAX_CODE, now=NOW)


def test_answers_about_others_are_not_proven(
    new_sandbox: NewSandbox, signer: XmlSigner, trust: list[x509.Certificate]
) -> None:
    sandbox = new_sandbox()
    sandbox.receive(build_registration(registration(signer), posting(signer)), NOW)
    receipt, decision = sandbox.look_up(message_id(1), NOW).messages[1:]
    with pytest.raises(NoticeNotProven, match="is about"):
        check_form_answer(receipt, trust, tax_code=TAX_CODE, submission_id=message_id(2), now=NOW)
    for document in (receipt, decision):
        with pytest.raises(NoticeNotProven, match="taxpayer"):
            check_form_answer(document, trust, tax_code="0107001729", now=NOW)
