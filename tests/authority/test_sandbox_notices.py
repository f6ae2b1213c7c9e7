"""Notices of wrong invoices at the sandbox, and the reviews that it asks for."""

from dataclasses import replace
from datetime import timedelta

import pytest
from authority_samples import NOW, SENDER, TAX_CODE, message_id
from cryptography import x509
from form_samples import DAY, OFFICE, SELLER, WRONG, error_notice, posting
from form_steps import REVIEWED, STRICT, NewSandbox, Send, findings, only

from authority.form_answers import (
    ErrorNoticeResult,
    ReviewRequest,
)
from authority.forms.error_notice import ERROR_NOTICE, ErrorNotice, NoticeReason, fill_error_notice
from authority.forms.fields import write_form
from authority.forms.message import _message, build_error_notice
from authority.notice_check import check_form_answer
from authority.sandbox.core import Sandbox
from signing.xmldsig import XmlSigner

NOTICE, INVOICE = "TBao/DLTBao", "TBao/DLTBao/DSHDon/HDon[1]"


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
