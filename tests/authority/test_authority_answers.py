from datetime import date, datetime

import pytest
from authority_samples import NOW, SAMPLES, SENDER, TAX_CODE, message_id
from cryptography import x509
from hypothesis import example, given
from hypothesis import strategies as st

from authority.answer_writing import NoticeContent, build_notice, build_technical
from authority.answers import (
    InvoiceReference,
    Notice,
    OtherAnswer,
    Reason,
    TechnicalAnswer,
    TechnicalError,
    parse_answer,
)
from authority.errors import MessageUnreadable, NoticeNotProven
from authority.notice_check import check_notice
from authority.sandbox.keys import SandboxKeys

SUBMISSION = "K0409990010F6CA05C0FAD546FCA237A8E930E7CB49"
SAMPLE_NOW = datetime.fromisoformat("2026-11-24T00:00:00+07:00")


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


@pytest.fixture(scope="module")
def sample_trust() -> list[x509.Certificate]:
    return [x509.load_pem_x509_certificate(sample("authority.crt.pem"))]


def test_sample_999_without_error() -> None:
    assert parse_answer(sample("999-ok.xml")) == TechnicalAnswer(
        kind="999",
        message_id="TCT" + "0D" * 16,
        reply_to=SUBMISSION,
        sender="TCT",
        received_at=datetime.fromisoformat("2026-11-23T09:15:03+07:00"),
        ok=True,
    )


def test_sample_999_with_error() -> None:
    answer = parse_answer(sample("999-error.xml"))
    assert isinstance(answer, TechnicalAnswer)
    assert not answer.ok
    assert answer.errors == (TechnicalError("0001", "Sai định dạng thông điệp"),)


def test_sample_204_all_valid() -> None:
    answer = parse_answer(sample("204-all-valid.xml"))
    assert answer == Notice(
        message_id="TCT" + "9F" * 16,
        reply_to=SUBMISSION,
        submission_id=SUBMISSION,
        kind=2,
        count=2,
        number="261499634619",
        noticed_on=date(2026, 11, 23),
        tax_code=TAX_CODE,
        reasons=(),
    )
    assert isinstance(answer, Notice)
    assert answer.all_accepted
    assert not answer.package_refused


def test_sample_204_one_refused() -> None:
    answer = parse_answer(sample("204-one-refused.xml"))
    assert isinstance(answer, Notice)
    invoice = InvoiceReference(2, "C26MAB", 7)
    assert str(invoice) == "2;C26MAB;7"
    (reason,) = answer.refused()[invoice]
    assert reason.code == "20609"
    assert reason.description == "Bộ MST, ký hiệu mẫu số, ký hiệu và số hóa đơn không duy nhất"
    assert reason.handling == "Kiểm tra lại định dạng dữ liệu"
    assert answer.unassigned() == ()
    assert not answer.all_accepted


def test_sample_204_package_invalid() -> None:
    answer = parse_answer(sample("204-package-invalid.xml"))
    assert isinstance(answer, Notice)
    assert answer.package_refused
    assert answer.refused() == {}
    (reason,) = answer.unassigned()
    assert reason.code == "20001"
    assert "CCCDan" in reason.description


def notice_of(kind: int, body: str) -> Notice:
    data = (
        f"<TDiep>\n <TTChung><MLTDiep> 204 </MLTDiep><MTDiep>TCT1</MTDiep></TTChung>\n<DLieu><TBao><DLTBao>"
        f"<LTBao>\n{kind}</LTBao><MGDDTu> {SUBMISSION}\n</MGDDTu>{body}</DLTBao></TBao></DLieu></TDiep>"
    )
    answer = parse_answer(data.encode())
    assert isinstance(answer, Notice)
    assert answer.submission_id == SUBMISSION
    return answer


@pytest.mark.parametrize(
    ("words", "invoice", "description"),
    [
        ("1;C26MAA;5;a; b; c", InvoiceReference(1, "C26MAA", 5), "a; b; c"),
        (" 1 ; c26maa ; 00000005 ;\n x ", InvoiceReference(1, "C26MAA", 5), "x"),
        ("1;C26MAA;5", InvoiceReference(1, "C26MAA", 5), ""),
        ("1;C26MAA;5;", InvoiceReference(1, "C26MAA", 5), ""),
        ("C26MAA;5;x", None, "C26MAA;5;x"),
        ("1;C26MAA;fünf;x", None, "1;C26MAA;fünf;x"),
        ("", None, ""),
        ("2;C26<!-- x -->MAB;<?y z?>71;w", InvoiceReference(2, "C26MAB", 71), "w"),
    ],
)
def test_mtloi_is_read_leniently(words: str, invoice: InvoiceReference | None, description: str) -> None:
    body = f"<LHDMTTien><DSLDo><LDo><MLoi>2060</MLoi><MTLoi>{words}</MTLoi></LDo></DSLDo></LHDMTTien>"
    (reason,) = notice_of(7, body).reasons
    assert reason == Reason("2060", description, "", invoice)


def test_a_reason_without_invoice_is_not_lost() -> None:
    body = (
        "<LHDMTTien><DSLDo><LDo><MLoi>20609</MLoi><MTLoi>1;C26MAA;5;x</MTLoi></LDo>"
        "<LDo><MLoi>20001</MLoi><MTLoi>no name</MTLoi></LDo>"
        "<LDo><MLoi>20002</MLoi><MTLoi>1;C26MAA;5;y</MTLoi></LDo></DSLDo></LHDMTTien>"
    )
    notice = notice_of(7, body)
    assert [reason.code for reason in notice.refused()[InvoiceReference(1, "C26MAA", 5)]] == [
        "20609",
        "20002",
    ]
    assert [reason.code for reason in notice.unassigned()] == ["20001"]


def test_notices_about_single_invoices_name_them_in_fields() -> None:
    invoice = "<KHMSHDon>1</KHMSHDon><KHHDon>C26TAA</KHHDon><SHDon>9</SHDon>"
    reason = "<DSLDo><LDo><MLoi>1001</MLoi><MTLoi>x</MTLoi></LDo></DSLDo>"
    expected = {InvoiceReference(1, "C26TAA", 9)}
    assert notice_of(1, f"<LCMa>{invoice}{reason}</LCMa>").refused().keys() == expected
    listed = f"<LHDKMa><DSHDon><HDon>{invoice}{reason}</HDon></DSHDon></LHDKMa>"
    assert notice_of(3, listed).refused().keys() == expected


def test_message_minus_one_is_a_technical_refusal() -> None:
    answer = parse_answer(
        b"<TDiep><TTChung><MLTDiep>-1</MLTDiep><MTDiep>TCT1</MTDiep><MTDTChieu>K1</MTDTChieu></TTChung>"
        b"<DLieu><TBao><MTa>cannot be read</MTa></TBao></DLieu></TDiep>"
    )
    assert isinstance(answer, TechnicalAnswer)
    assert (answer.kind, answer.ok, answer.reply_to) == ("-1", False, "K1")
    assert answer.errors == (TechnicalError("-1", "cannot be read"),)


def notice_with(content: str) -> bytes:
    return f"<TDiep><TTChung><MLTDiep>204</MLTDiep></TTChung><DLieu>{content}</DLieu></TDiep>".encode()


@pytest.mark.parametrize(
    "data",
    [
        b"<TDiep><TTChung><MLTDiep>103</MLTDiep></TTChung><DLieu><TBao>ok</TBao></DLieu></TDiep>",
        b"<TDiep><TTChung><MLTDiep>204</MLTDiep></TTChung></TDiep>",
        notice_with("<TBao><DLTBao><LTBao>4</LTBao></DLTBao></TBao>"),
        notice_with("<TBao><DLTBao><LTBao>2</LTBao></DLTBao></TBao>" * 2),
        notice_with("<TBao>" + "<DLTBao><LTBao>2</LTBao></DLTBao>" * 2 + "</TBao>"),
    ],
)
def test_what_is_not_understood_is_kept_for_a_person(data: bytes) -> None:
    assert isinstance(parse_answer(data), OtherAnswer)


@given(st.binary(max_size=300))
@example(b"")
@example(b"<TDiep/>")
@example(b"<TDiep><TTChung><MLTDiep>999</MLTDiep></TTChung></TDiep>")
@example(b"<html><body>502</body></html>")
@example(b"<!DOCTYPE a [<!ENTITY b 'c'>]><TDiep>&b;</TDiep>")
def test_garbage_is_unreadable_and_nothing_else(data: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        parse_answer(data)


@given(st.integers(0, 3400), st.binary(min_size=1, max_size=4))
def test_a_damaged_notice_never_raises_anything_unexpected(place: int, damage: bytes) -> None:
    data = sample("204-one-refused.xml")
    try:
        parse_answer(data[:place] + damage + data[place + len(damage) :])
    except MessageUnreadable as error:
        said = error.message
    else:
        said = "read"
    assert said


@pytest.mark.parametrize("name", ["204-all-valid.xml", "204-one-refused.xml", "204-package-invalid.xml"])
def test_sample_notices_are_proven(name: str, sample_trust: list[x509.Certificate]) -> None:
    notice = check_notice(
        sample(name), sample_trust, tax_code=TAX_CODE, submission_id=SUBMISSION, now=SAMPLE_NOW
    )
    assert notice.number == "261499634619"


def test_forged_notice_is_not_proven(sample_trust: list[x509.Certificate]) -> None:
    with pytest.raises(NoticeNotProven, match="E-AUT-004"):
        check_notice(sample("204-forged.xml"), sample_trust, tax_code=TAX_CODE, now=SAMPLE_NOW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<LTBao>7</LTBao>", b"<LTBao>2</LTBao>"),
        (b"20609", b"20608"),
        (b"2;C26MAB;7", b"2;C26MAB;8"),
        (SUBMISSION.encode() + b"</MGDDTu>", b"K0409990010" + b"0" * 32 + b"</MGDDTu>"),
    ],
)
def test_a_changed_notice_is_not_proven(old: bytes, new: bytes, sample_trust: list[x509.Certificate]) -> None:
    data = sample("204-one-refused.xml")
    assert old in data
    with pytest.raises(NoticeNotProven):
        check_notice(data.replace(old, new), sample_trust, tax_code=TAX_CODE, now=SAMPLE_NOW)


def test_a_notice_without_signature_is_not_proven(sample_trust: list[x509.Certificate]) -> None:
    data = sample("204-all-valid.xml")
    start, end = data.index(b"<DSCKS>"), data.index(b"</DSCKS>") + len(b"</DSCKS>")
    with pytest.raises(NoticeNotProven):
        check_notice(data[:start] + data[end:], sample_trust, tax_code=TAX_CODE, now=SAMPLE_NOW)


def test_an_authentic_notice_of_another_authority_is_not_proven(trust: list[x509.Certificate]) -> None:
    with pytest.raises(NoticeNotProven):
        check_notice(sample("204-all-valid.xml"), trust, tax_code=TAX_CODE, now=SAMPLE_NOW)


def test_without_trust_nothing_is_proven() -> None:
    with pytest.raises(NoticeNotProven, match="no certificate"):
        check_notice(sample("204-all-valid.xml"), [], tax_code=TAX_CODE, now=SAMPLE_NOW)


def test_a_notice_about_others_is_not_proven(sample_trust: list[x509.Certificate]) -> None:
    data = sample("204-all-valid.xml")
    with pytest.raises(NoticeNotProven, match="is about"):
        check_notice(data, sample_trust, tax_code=TAX_CODE, submission_id=message_id(1), now=SAMPLE_NOW)
    with pytest.raises(NoticeNotProven, match="taxpayer"):
        check_notice(data, sample_trust, tax_code="0107001729", now=SAMPLE_NOW)
    with pytest.raises(NoticeNotProven, match="not a result notice"):
        check_notice(sample("999-ok.xml"), sample_trust, tax_code=TAX_CODE, now=SAMPLE_NOW)


@pytest.mark.parametrize("errors", [(), (TechnicalError("0001", "a < b & c"), TechnicalError("2", "đ"))])
def test_technical_answer_reads_back(errors: tuple[TechnicalError, ...]) -> None:
    data = build_technical(
        version="2.1.0",
        sender=SENDER,
        receiver="TCT",
        message_id=message_id(1),
        reply_to="TCT" + "9F" * 16,
        original_sender="TCT",
        received_at=NOW,
        errors=errors,
    )
    assert parse_answer(data) == TechnicalAnswer(
        "999", message_id(1), "TCT" + "9F" * 16, SENDER, NOW, not errors, errors
    )


def test_built_notice_reads_back_and_is_proven(
    sandbox_keys: SandboxKeys, trust: list[x509.Certificate]
) -> None:
    reasons = (
        Reason("20609", "không; duy nhất", "Kiểm tra", InvoiceReference(1, "C26MAA", 5)),
        Reason("S2204", "a < b & c", "", None),
    )
    content = NoticeContent(
        7, "26001", "Đà Nẵng", TAX_CODE, "SÔNG HÀN & CON", SUBMISSION, 3, NOW, NOW, reasons
    )
    data = build_notice(
        content,
        version="2.1.0",
        receiver=SENDER,
        message_id="TCT" + "A" * 32,
        signer=sandbox_keys.signer,
    )
    notice = check_notice(data, trust, tax_code=TAX_CODE, submission_id=SUBMISSION, now=NOW)
    assert notice.reasons == reasons
    assert (notice.kind, notice.count, notice.number) == (7, 3, "26001")
    assert notice.noticed_on == date(2026, 11, 23)
