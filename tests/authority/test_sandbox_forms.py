"""The sandbox's way with forms: what is accepted, what follows from it, and every rule that refuses."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from authority_samples import NOW, SENDER, TAX_CODE, message_id, package, vat_invoice
from cryptography import x509
from form_samples import DAY, OFFICE, SELLER, WRONG, error_notice, posting, registration
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_forms import NOTICES, REGISTRATIONS

from authority.answers import Notice, TechnicalAnswer, parse_answer
from authority.elements import parse_document
from authority.errors import NoticeNotProven
from authority.form_answers import (
    ErrorNoticeResult,
    FormAnswer,
    RegistrationDecision,
    RegistrationReceipt,
    ReviewRequest,
)
from authority.forms.error_notice import ERROR_NOTICE, ErrorNotice, NoticeReason, fill_error_notice
from authority.forms.fields import write_form
from authority.forms.message import _message, build_error_notice, build_registration
from authority.forms.registration import (
    REGISTRATION,
    CertificateUse,
    Purpose,
    RegisteredCertificate,
    Registration,
)
from authority.notice_check import check_form_answer
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.form_rules import Mentioned
from authority.sandbox.form_schema import ERROR_NOTICE_TABLE, REGISTRATION_TABLE, check_form
from authority.sandbox.settings import Settings
from signing.xmldsig import XmlSigner

NewSandbox = Callable[..., Sandbox]
Kind = TypeVar("Kind", bound=FormAnswer)
LATER = NOW + timedelta(hours=1)
STRICT = Settings(auto_register=False)


@pytest.fixture
def send(trust: list[x509.Certificate]) -> Callable[..., list[FormAnswer]]:
    """Sends a form that must be taken in as a message, and gives its proven answers that are due."""

    def send(sandbox: Sandbox, data: bytes, due: datetime = NOW) -> list[FormAnswer]:
        technical = parse_answer(sandbox.receive(data, NOW) or b"")
        assert isinstance(technical, TechnicalAnswer)
        assert technical.ok, technical.errors
        return [
            check_form_answer(content, trust, tax_code=TAX_CODE, submission_id=technical.reply_to, now=LATER)
            for content in sandbox.look_up(technical.reply_to, due).messages[1:]
        ]

    return send


Send = Callable[..., list[FormAnswer]]


def only(kind: type[Kind], answers: list[FormAnswer]) -> Kind:
    (found,) = [answer for answer in answers if isinstance(answer, kind)]
    return found


def findings(answer: FormAnswer) -> list[tuple[str, str]]:
    """(code, path) of each reason."""
    return [
        (reason.code, reason.description.replace("Sai định dạng dữ liệu\n", "").partition(" : ")[0])
        for reason in answer.reasons
    ]


# Registration


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


# The rules of a registration, each broken alone


def changed(change: Callable[[Registration], Registration]) -> Callable[[XmlSigner], bytes]:
    return lambda signer: write_form(REGISTRATION, change(registration(signer)), "_" + message_id(1)[-32:])


def edited(*changes: tuple[str, str]) -> Callable[[XmlSigner], bytes]:
    def edit(signer: XmlSigner) -> bytes:
        text = changed(lambda form: form)(signer).decode()
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new, 1)
        return text.encode()

    return edit


def first_certificate(**values: object) -> Callable[[XmlSigner], bytes]:
    return changed(lambda form: replace(form, certificates=(replace(form.certificates[0], **values),)))


GENERAL, DETAILS = "TKhai/DLTKhai/TTChung", "TKhai/DLTKhai/NDTKhai"
CARRIER = "<TCTN><TTCTN>A</TTCTN><MSTTCTN>0107001729</MSTTCTN><TNgay>2026-11-23</TNgay>{}</TCTN>"
END = "</NDTKhai>"
OTHER_CERTIFICATE = (
    "<CTS><TTChuc>A</TTChuc><Seri>0A</Seri><TNgay>2026-11-23T00:00:00</TNgay>"
    "<DNgay>2026-11-22T00:00:00</DNgay><HThuc>1</HThuc></CTS>"
)
BROKEN_REGISTRATIONS = [
    (edited(("<PBan>2.1.0", "<PBan>2.0.0")), ("20001", f"{GENERAL}/PBan")),
    (edited(("<MSo>01/", "<MSo>04/")), ("20001", f"{GENERAL}/MSo")),
    (edited(("<HThuc>1", "<HThuc>3")), ("20001", f"{GENERAL}/HThuc")),
    (edited(("<DDanh>Đà Nẵng</DDanh>", "")), ("20001", f"{GENERAL}/DDanh")),
    (edited(("<DDanh>Đà Nẵng<", "<DDanh> <")), ("20001", f"{GENERAL}/DDanh")),
    (edited(("<DDanh>Đà Nẵng<", "<DDanh>" + "x" * 51 + "<")), ("20001", f"{GENERAL}/DDanh")),
    (edited(("<CCCDan>0", "<CCCDan>x")), ("20001", f"{GENERAL}/CCCDan")),
    (edited(("<NLap>2026-11-23", "<NLap>23/11/2026")), ("20001", f"{GENERAL}/NLap")),
    (edited(("<GTinh>0", "<GTinh>2")), ("20001", f"{GENERAL}/GTinh")),
    (edited(("<DDanh>", "<GChu>x</GChu><DDanh>")), ("20001", f"{GENERAL}/GChu")),
    (edited(("<DDanh>", "x<DDanh>")), ("20001", GENERAL)),
    (edited(("<DDanh>Đà", "<DDanh><b></b>Đà")), ("20001", f"{GENERAL}/DDanh")),
    (edited(("<DDanh>", "<DDanh>x</DDanh><DDanh>")), ("20001", f"{GENERAL}/DDanh")),
    (
        edited(("<CMa>0</CMa>", ""), ("<KCMa>", "<CMa>0</CMa><KCMa>")),
        ("20001", f"{DETAILS}/HTHDon/CMa"),
    ),
    (edited(("<CMTMTTien>1", "<CMTMTTien>2")), ("20001", f"{DETAILS}/HTHDon/CMTMTTien")),
    (edited(("<TNgay>2026-11-22T", "<TNgay>2026-11-22 ")), ("20001", f"{DETAILS}/DSCTSSDung/CTS[1]/TNgay")),
    (first_certificate(use=CertificateUse.STOPPED), ("S3104", f"{DETAILS}/DSCTSSDung")),
    (first_certificate(serial="0A"), ("S3104", f"{DETAILS}/DSCTSSDung")),
    (first_certificate(valid_from=NOW), ("S3104", f"{DETAILS}/DSCTSSDung/CTS[1]/TNgay")),
    (first_certificate(valid_until=LATER), ("S3104", f"{DETAILS}/DSCTSSDung/CTS[1]/DNgay")),
    (
        changed(lambda form: replace(form, certificates=form.certificates * 2)),
        ("S3109", f"{DETAILS}/DSCTSSDung/CTS[2]/Seri"),
    ),
    (edited(("<DDanh>Đà Nẵng<", "<DDanh><")), ("20001", f"{GENERAL}/DDanh")),
    (edited(("</CTS>", f"</CTS>{OTHER_CERTIFICATE}")), ("S3105", f"{DETAILS}/DSCTSSDung/CTS[2]/DNgay")),
    (edited(("<NLap>2026-11-23", "<NLap>2026-11-24")), ("S3102", f"{GENERAL}/NLap")),
    (edited(("<NSDDPLuat>1980", "<NSDDPLuat>2980")), ("S3102", f"{GENERAL}/NSDDPLuat")),
    (edited(("<CCCDan>048180000001</CCCDan>", "")), ("S3107", f"{GENERAL}/CCCDan")),
    (edited(("shop@example.com", "shop")), ("S3107", f"{GENERAL}/DCTDTu")),
    (edited(("<CMTMTTien>1", "<CMTMTTien>0")), ("S3103", f"{DETAILS}/HTHDon")),
    (edited(("<CDLTTDCQT>1", "<CDLTTDCQT>0")), ("S3103", f"{DETAILS}/HTGDLHDDT")),
    (edited(("<CDDu>1", "<CDDu>0")), ("S3103", f"{DETAILS}/PThuc")),
    (edited(("<HDGTGT>1", "<HDGTGT>0")), ("S3103", f"{DETAILS}/LHDSDung")),
    (edited(("<CBTHop>0", "<CBTHop>1")), ("S3103", f"{DETAILS}/PThuc/CBTHop")),
    (edited(("<CDLQTCTN>0", "<CDLQTCTN>1")), ("S3106", f"{DETAILS}/TTTCTN")),
    (edited((END, f"<TTTCTN>{CARRIER.format('')}</TTTCTN>{END}")), ("S3106", f"{DETAILS}/TTTCTN")),
    (
        edited(
            ("<CDLQTCTN>0", "<CDLQTCTN>1"),
            (END, f"<TTTCTN>{CARRIER.format('<DNgay>2026-11-22</DNgay>')}</TTTCTN>{END}"),
        ),
        ("S3105", f"{DETAILS}/TTTCTN/TCTN[1]/DNgay"),
    ),
]


@pytest.mark.parametrize(("content", "expected"), BROKEN_REGISTRATIONS)
def test_every_rule_of_a_registration(
    content: Callable[[XmlSigner], bytes],
    expected: tuple[str, str],
    new_sandbox: NewSandbox,
    signer: XmlSigner,
    send: Send,
) -> None:
    sandbox = new_sandbox()
    data = _message("100", "TKhai", content(signer), TAX_CODE, posting(signer))
    (receipt,) = send(sandbox, data, LATER)
    assert isinstance(receipt, RegistrationReceipt)
    assert not receipt.accepted
    assert findings(receipt) == [expected]


def test_a_form_without_its_content(new_sandbox: NewSandbox, signer: XmlSigner, send: Send) -> None:
    for data, path in (
        (build_registration(registration(signer), posting(signer)), "TKhai/DLTKhai"),
        (build_error_notice(error_notice(), posting(signer)), "TBao/DLTBao"),
    ):
        renamed = data.replace(path.rpartition("/")[2].encode(), b"DLKhac")
        (answer,) = send(new_sandbox(), renamed)
        assert findings(answer) == [("20001", path)]


def test_an_optional_field_may_be_empty(new_sandbox: NewSandbox, signer: XmlSigner, send: Send) -> None:
    content = edited(("<NLHe>Nguyễn Thị &lt;Hàn&gt; &amp; con<", "<NLHe><"))(signer)
    answers = send(new_sandbox(), _message("100", "TKhai", content, TAX_CODE, posting(signer)))
    assert only(RegistrationDecision, answers).accepted


def test_a_provider_must_be_named_as_carrier(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send, trust: list[x509.Certificate]
) -> None:
    content = edited(("<CDLQTCTN>0", "<CDLQTCTN>1"), (END, f"<TTTCTN>{CARRIER.format('')}</TTTCTN>{END}"))(
        signer
    )
    for sender, expected in (
        ("V0107001729", []),
        ("V0101010101", [("S3106", f"{DETAILS}/TTTCTN")]),
    ):
        way = replace(posting(signer), sender=sender, message_id=sender + message_id(1)[-32:])
        sandbox = new_sandbox()
        assert findings(send(sandbox, _message("100", "TKhai", content, TAX_CODE, way))[0]) == expected


def test_a_form_of_another_taxpayer_or_without_signature(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    data = build_registration(registration(signer), posting(signer))
    start, end = data.index(b"<DSCKS>"), data.index(b"</DSCKS>") + len(b"</DSCKS>")
    for bad in (data[:start] + data[end:], data.replace(b"<HThuc>1", b"<HThuc>2", 1)):
        (answer,) = send(new_sandbox(), bad)
        assert findings(answer) == [("S2301", "TKhai/DSCKS/NNT/Signature")]
    other = data.replace(b"<MST>0409990010</MST><CQTQLy>", b"<MST>0107001729</MST><CQTQLy>")
    assert [code for code, _ in findings(send(new_sandbox(), other)[0])] == ["S2301"]


ENVELOPES = [
    ((b"<DLieu>", b"<DLieu><x></x>"), "S002"),
    ((b"<SLuong>1", b"<SLuong>2"), "S006"),
    ((b"<MLTDiep>100", b"<MLTDiep>303"), "S002"),
    ((b"<MLTDiep>100", b"<MLTDiep>101"), "S004"),
    ((b"</DLieu>", b"</DLieu><CKSNNT></CKSNNT>"), "S002"),
]


@pytest.mark.parametrize(("change", "code"), ENVELOPES)
def test_the_envelope_of_a_form(
    change: tuple[bytes, bytes], code: str, new_sandbox: NewSandbox, signer: XmlSigner
) -> None:
    data = build_registration(registration(signer), posting(signer))
    assert change[0] in data
    answer = parse_answer(new_sandbox().receive(data.replace(*change), NOW) or b"")
    assert isinstance(answer, TechnicalAnswer)
    assert (answer.ok, answer.errors[0].code) == (False, code)


def test_two_forms_in_one_message_are_refused(new_sandbox: NewSandbox, signer: XmlSigner) -> None:
    data = build_error_notice(error_notice(), posting(signer))
    form = data[data.index(b"<TBao>") : data.index(b"</DLieu>")]
    doubled = data.replace(b"</DLieu>", form + b"</DLieu>").replace(b"<SLuong>1", b"<SLuong>2")
    answer = parse_answer(new_sandbox().receive(doubled, NOW) or b"")
    assert isinstance(answer, TechnicalAnswer)
    assert [error.code for error in answer.errors] == ["S006"]


# Notices of wrong invoices

REVIEWED = Mentioned("", WRONG.code, "1", WRONG.symbol, WRONG.number, WRONG.day.isoformat(), "1")
NOTICE, INVOICE = "TBao/DLTBao", "TBao/DLTBao/DSHDon/HDon[1]"


@pytest.fixture
def selling(new_sandbox: NewSandbox, frame: PackageFrame) -> Sandbox:
    """A sandbox with invoices 128 and 129 registered."""
    sandbox = new_sandbox()
    sandbox.receive(package(frame, 90, vat_invoice(128), vat_invoice(129)), NOW)
    assert sandbox.statistics()["invoices"] == 2
    return sandbox


@pytest.mark.parametrize("kind", ["300", "303"])
def test_a_notice_is_accepted(selling: Sandbox, signer: XmlSigner, send: Send, kind: str) -> None:
    result = only(ErrorNoticeResult, send(selling, build_error_notice(error_notice(), posting(signer), kind)))
    assert (result.accepted, result.refused, result.submission_id) == (True, (), message_id(1))
    assert result.received_on == DAY


def test_a_notice_is_accepted_but_for_some_invoices(selling: Sandbox, signer: XmlSigner, send: Send) -> None:
    unknown = replace(WRONG, number=130, code=WRONG.code[:-3] + "130")
    miscoded = replace(WRONG, number=129)
    notice = error_notice(WRONG, unknown, miscoded, WRONG)
    result = only(ErrorNoticeResult, send(selling, build_error_notice(notice, posting(signer))))
    assert result.accepted
    told = [(str(one.reference), one.reasons[0].code, one.reasons[0].description) for one in result.refused]
    assert [(name, code, words.partition(" : ")[0]) for name, code, words in told] == [
        ("1;C26MAA;130", "S3301", "TBao/DLTBao/DSHDon/HDon[2]/SHDon"),
        ("1;C26MAA;129", "S3302", "TBao/DLTBao/DSHDon/HDon[3]/MCCQT"),
        ("1;C26MAA;128", "S3109", "TBao/DLTBao/DSHDon/HDon[4]/SHDon"),
    ]


def test_too_many_unknown_invoices_refuse_the_notice(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    notice = error_notice(*(replace(WRONG, number=number) for number in range(1, 2_050)))
    result = only(ErrorNoticeResult, send(new_sandbox(), build_error_notice(notice, posting(signer))))
    assert findings(result) == [("S3301", "TBao/DLTBao/DSHDon")]


def test_a_review_is_asked_and_explained(
    selling: Sandbox, signer: XmlSigner, send: Send, trust: list[x509.Certificate]
) -> None:
    selling.ask_review(SENDER, TAX_CODE, [REVIEWED], "Sai thuế suất", NOW, days=3)
    entries = selling.answers_due(SENDER, "", NOW).entries
    request = check_form_answer(entries[-1][1], trust, tax_code=TAX_CODE, now=NOW)
    assert isinstance(request, ReviewRequest)
    (invoice,) = request.invoices
    assert (str(invoice.reference), invoice.day, request.days) == ("1;C26MAA;128", DAY, 3)
    assert invoice.reasons[0].description == "Sai thuế suất"
    explained = fill_error_notice(SELLER, OFFICE, [WRONG], place="Đà Nẵng", day=DAY, review=request)
    assert (explained.reason, explained.review_number) == (NoticeReason.EXPLANATION, request.number)
    assert only(ErrorNoticeResult, send(selling, build_error_notice(explained, posting(signer)))).accepted
    invented = replace(explained, review_number="1")
    refused = only(ErrorNoticeResult, send(selling, build_error_notice(invented, posting(signer, 2))))
    assert findings(refused) == [("S3201", f"{NOTICE}/So")]
    misdated = replace(explained, review_day=DAY - timedelta(days=1))
    refused = only(ErrorNoticeResult, send(selling, build_error_notice(misdated, posting(signer, 3))))
    assert findings(refused) == [("S3201", f"{NOTICE}/NTBCCQT")]


def noticed(*changes: tuple[str, str], notice: ErrorNotice | None = None) -> bytes:
    text = write_form(ERROR_NOTICE, notice or error_notice(), "_" + message_id(1)[-32:]).decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


BROKEN_NOTICES = [
    (noticed(("<PBan>2.1.0", "<PBan>2.0.1")), ("20001", f"{NOTICE}/PBan")),
    (noticed(("<Loai>1</Loai>", "")), ("20001", f"{NOTICE}/Loai")),
    (noticed(("<MCQT>50101", "<MCQT>501011")), ("20001", f"{NOTICE}/MCQT")),
    (
        noticed(("<LADHDDT>1</LADHDDT>", "<LADHDDT>1</LADHDDT><TCTBao>2</TCTBao>")),
        ("20001", f"{INVOICE}/TCTBao"),
    ),
    (noticed(("<MCCQT>M1-26-SHNDN-00100000128</MCCQT>", "")), ("20001", f"{INVOICE}/MCCQT")),
    (noticed(("<SHDon>128", "<SHDon>-128")), ("20001", f"{INVOICE}/SHDon")),
    (noticed(("<LADHDDT>1", "<LADHDDT>9")), ("20001", f"{INVOICE}/LADHDDT")),
    (noticed(("<NTBao>2026-11-23", "<NTBao>2026-11-24")), ("S3102", f"{NOTICE}/NTBao")),
    (noticed(("<Loai>1", "<Loai>2"), ("<MST>", "<So>1</So><MST>")), ("S3201", f"{NOTICE}/NTBCCQT")),
    (noticed(("<MST>", "<So>1</So><MST>")), ("S3201", f"{NOTICE}/So")),
]


@pytest.mark.parametrize(("content", "expected"), BROKEN_NOTICES)
def test_every_rule_of_a_notice(
    content: bytes, expected: tuple[str, str], selling: Sandbox, signer: XmlSigner, send: Send
) -> None:
    data = _message("303", "TBao", content, TAX_CODE, posting(signer))
    result = only(ErrorNoticeResult, send(selling, data))
    assert findings(result) == [expected]
    assert result.refused == ()


BROKEN_INVOICES = [
    (noticed(("<Ngay>2026-11-23", "<Ngay>2026-11-24")), ("S3102", f"{INVOICE}/Ngay")),
    (noticed(("<Ngay>2026", "<Ngay>2025")), ("S3102", f"{INVOICE}/Ngay")),
    (noticed(("<LADHDDT>1", "<LADHDDT>3")), ("S3302", f"{INVOICE}/LADHDDT")),
    (noticed(("<KHMSHDon>1", "<KHMSHDon>01GTKT0/001")), ("S3301", f"{INVOICE}/SHDon")),
    (noticed(("00128</MCCQT>", "00129</MCCQT>")), ("S3302", f"{INVOICE}/MCCQT")),
]


@pytest.mark.parametrize(("content", "expected"), BROKEN_INVOICES)
def test_every_rule_of_an_invoice_in_a_notice(
    content: bytes, expected: tuple[str, str], selling: Sandbox, signer: XmlSigner, send: Send
) -> None:
    result = only(
        ErrorNoticeResult, send(selling, _message("303", "TBao", content, TAX_CODE, posting(signer)))
    )
    ((invoice,)) = result.refused
    ((reason,)) = invoice.reasons
    assert (reason.code, reason.description.partition(" : ")[0]) == expected


def test_only_registered_taxpayers_tell_of_errors_where_that_is_asked(
    new_sandbox: NewSandbox, signer: XmlSigner, send: Send
) -> None:
    notice = build_error_notice(error_notice(), posting(signer))
    result = only(ErrorNoticeResult, send(new_sandbox(settings=STRICT), notice))
    assert findings(result) == [("S3202", f"{NOTICE}/MST")]


# Two readings of the same tables


@given(st.data())
def test_the_sandbox_finds_nothing_in_the_fields_of_what_can_be_written(data: st.DataObject) -> None:
    table, root, form = data.draw(
        st.tuples(st.just(REGISTRATION), st.just(REGISTRATION_TABLE), REGISTRATIONS)
        | st.tuples(st.just(ERROR_NOTICE), st.just(ERROR_NOTICE_TABLE), NOTICES)
    )
    assert list(check_form(parse_document(write_form(table, form, "_1")), root, table.tag)) == []


@given(st.data())
def test_no_field_that_the_writer_has_is_free_in_the_sandbox(data: st.DataObject) -> None:
    written = write_form(ERROR_NOTICE, data.draw(NOTICES), "_1").decode()
    leaf = data.draw(st.sampled_from(re.findall(r"<([A-Za-z]+)>[^<]*</\1>", written)))
    broken = re.sub(rf"<{leaf}>[^<]*<", f"<{leaf}>{'x' * 500}<", written, count=1)
    assert list(check_form(parse_document(broken.encode()), ERROR_NOTICE_TABLE, "DLTBao"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["100", "303"]), place=st.integers(0, 6_000), damage=st.binary(max_size=4))
def test_damage_is_answered_and_never_raises(
    kind: str, place: int, damage: bytes, new_sandbox: NewSandbox, signer: XmlSigner
) -> None:
    form = (
        build_registration(registration(signer), posting(signer))
        if kind == "100"
        else build_error_notice(error_notice(), posting(signer))
    )
    answer = parse_answer(new_sandbox().receive(form[:place] + damage + form[place + 2 :], NOW) or b"")
    assert isinstance(answer, TechnicalAnswer)
