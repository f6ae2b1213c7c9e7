"""Every rule of a registration has a case that breaks it, and only it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from authority_samples import NOW, TAX_CODE, message_id
from cryptography import x509
from form_samples import error_notice, posting, registration
from form_steps import DETAILS, GENERAL, LATER, NewSandbox, Send, findings, only

from authority.answers import TechnicalAnswer, parse_answer
from authority.form_answers import (
    RegistrationDecision,
    RegistrationReceipt,
)
from authority.forms.fields import write_form
from authority.forms.message import _message, build_error_notice, build_registration
from authority.forms.registration import (
    CertificateUse,
    Registration,
)
from authority.forms.registration_table import REGISTRATION
from signing.xmldsig import XmlSigner


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
