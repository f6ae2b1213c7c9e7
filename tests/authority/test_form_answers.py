"""Answers to forms as they come over the wire: read leniently, understood for certain or not at all."""

from datetime import date

import pytest
from authority_samples import TAX_CODE
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from authority.answer_parts import InvoiceReference
from authority.answers import OtherAnswer, parse_answer
from authority.errors import MessageUnreadable, NoticeNotProven
from authority.form_answers import (
    DelegationDecision,
    ErrorNoticeResult,
    FormAnswer,
    RegistrationDecision,
    RegistrationReceipt,
    ReviewRequest,
    told,
)
from authority.notice_check import check_form_answer

OURS = "K0409990010F6CA05C0FAD546FCA237A8E930E7CB49"


FORMS = {"102": "01/TB-TNĐT", "103": " 01/TB-ĐKĐT", "301": "01/TB-SSDT", "302": "01/TB-RSĐT"}


def message(kind: str, body: str, around: str = "") -> bytes:
    header = (
        f"<TTChung><PBan>2.1.0</PBan><MNGui>TCT</MNGui><MLTDiep>{kind}</MLTDiep><MTDiep>TCT1</MTDiep>"
        f"<MTDTChieu>{OURS}</MTDTChieu></TTChung>"
    )
    form = FORMS.get(kind, "")
    content = (
        f"<DLTBao Id='a'><MSo>{form}</MSo><MST>{TAX_CODE}</MST><TNNT>SÔNG HÀN</TNNT>{body}</DLTBao>{around}"
    )
    signature = "<DSCKS><CQT><Signature>xyz</Signature></CQT></DSCKS>"
    return f"<TDiep>\n{header}<DLieu><TBao>\n{content}{signature}</TBao></DLieu></TDiep>".encode()


def answer(kind: str, body: str, around: str = "") -> FormAnswer:
    read = parse_answer(message(kind, body, around))
    assert isinstance(read, FormAnswer)
    assert (read.kind, read.message_id, read.reply_to, read.tax_code) == (kind, "TCT1", OURS, TAX_CODE)
    assert "xyz" not in read.text
    return read


STATED = "<STBao Id='b'><So>14/TB-CCT</So><NTBao>2026-11-24T08:34:22</NTBao></STBao>"
REFUSED = "<DSLDKCNhan><LDo><MLoi>9992</MLoi><MTa>Đã tồn tại tờ khai</MTa></LDo></DSLDKCNhan>"


@pytest.mark.parametrize(
    ("case", "said"),
    [(1, (True, False)), (2, (False, False)), (3, (True, True)), (4, (False, True))],
)
def test_a_receipt(case: int, said: tuple[bool, bool]) -> None:
    body = f"<So>7010</So><NTBao>2026-11-23</NTBao><MGDDTu>{OURS}</MGDDTu><THop> {case} </THop>{REFUSED}"
    read = answer("102", body)
    assert isinstance(read, RegistrationReceipt)
    assert ((read.accepted, read.is_change), read.submission_id) == (said, OURS)
    assert (read.number, read.noticed_on, read.reasons[0].code) == ("7010", date(2026, 11, 23), "9992")
    assert "7010" in " ".join(told(read))


def test_an_acceptance_brings_the_characters() -> None:
    body = "<HTDKy>1</HTDKy><Ngay>2026-11-23T07:00:00</Ngay><TTXNCQT>1</TTXNCQT><MCCQT>a1b2c</MCCQT>"
    read = answer("103", body, STATED)
    assert isinstance(read, RegistrationDecision)
    assert (read.accepted, read.characters, read.registered_on) == (True, "A1B2C", date(2026, 11, 23))
    assert (read.number, read.noticed_on, read.reasons) == ("14/TB-CCT", date(2026, 11, 24), ())
    assert list(told(read))[-1].endswith("A1B2C")


@pytest.mark.parametrize("characters", ["", "<MCCQT></MCCQT>", "<MCCQT>A1B2</MCCQT>", "<MCCQT>A1B2Đ</MCCQT>"])
def test_characters_of_a_wrong_form_are_none(characters: str) -> None:
    read = answer("103", f"<TTXNCQT>1</TTXNCQT>{characters}")
    assert isinstance(read, RegistrationDecision)
    assert read.characters is None


def test_a_refusal_says_why() -> None:
    read = answer("103", f"<TTXNCQT>2</TTXNCQT>{REFUSED}", STATED)
    assert isinstance(read, RegistrationDecision)
    assert not read.accepted
    assert [line for line in told(read) if "9992" in line] == ["  - 9992 Đã tồn tại tờ khai"]


def test_a_delegation() -> None:
    partner = f"<TTUNhiem><MST>0107001729</MST><TTChuc>A</TTChuc>{REFUSED}</TTUNhiem>"
    read = answer("104", f"<DSTTUNhiem>{partner}</DSTTUNhiem>")
    assert isinstance(read, DelegationDecision)
    assert (read.partners[0].tax_code, read.partners[0].reasons[0].code) == ("0107001729", "9992")
    assert "không chấp nhận" in " ".join(told(read))


def invoice(number: int, rest: str) -> str:
    return (
        f"<HDon><MCQTCap>M1</MCQTCap><KHMSHDon>1</KHMSHDon><KHHDon>C26MAA</KHHDon><SHDon>{number}</SHDon>"
        f"<NLap>2026-11-23</NLap>{rest}</HDon>"
    )


WHY = "<DSLDKTNhan><LDo><MLoi>S1</MLoi><MTa>không có</MTa></LDo></DSLDKTNhan>"


def test_an_error_notice_is_accepted_but_for_what_is_listed() -> None:
    listed = (
        invoice(1, "<TTTNCCQT>1</TTTNCCQT>") + invoice(2, f"<TTTNCCQT>2</TTTNCCQT>{WHY}") + invoice(3, WHY)
    )
    read = answer("301", f"<MGDDTu>{OURS}</MGDDTu><DSHDon>{listed}</DSHDon>", STATED)
    assert isinstance(read, ErrorNoticeResult)
    assert read.accepted
    assert [one.reference for one in read.refused] == [InvoiceReference(1, "C26MAA", n) for n in (2, 3)]
    assert read.refused[0].reasons[0].description == "không có"
    assert "trừ 2 hóa đơn" in next(told(read))


def test_an_error_notice_without_objections() -> None:
    read = answer("301", f"<MGDDTu>{OURS}</MGDDTu>", STATED)
    assert next(told(read)).endswith("đã tiếp nhận thông báo hóa đơn sai sót")


def test_an_error_notice_refused_as_a_whole() -> None:
    read = answer("301", "<DSLDKTNhan><LDo><MLoi>1</MLoi><MTLoi>x</MTLoi><HDXLy>y</HDXLy></LDo></DSLDKTNhan>")
    assert isinstance(read, ErrorNoticeResult)
    assert not read.accepted
    assert list(told(read))[1] == "  - 1 x y"


def test_a_review() -> None:
    listed = invoice(5, "<LDo>Sai thuế suất</LDo>") + "<HDon><KHMSHDon>01GTKT0/001</KHMSHDon></HDon>"
    read = answer("302", f"<THan>2</THan><Lan>1</Lan><DSHDon>{listed}</DSHDon>", STATED)
    assert isinstance(read, ReviewRequest)
    assert (read.days, read.round, read.invoices[0].reasons[0].description) == (2, 1, "Sai thuế suất")
    assert (read.invoices[1].reference, read.invoices[1].name) == (None, "01GTKT0/001")
    assert list(told(read))[1:3] == ["Hóa đơn 1;C26MAA;5 ngày 2026-11-23", "  - Sai thuế suất"]


UNCERTAIN = [
    message("102", "<THop>5</THop>"),
    message("102", ""),
    message("103", "<TTXNCQT>3</TTXNCQT>"),
    message("103", "<TTXNCQT>1 2</TTXNCQT>"),
    message("104", ""),
    message("302", "<DSHDon></DSHDon>"),
    message("105", "<So>1</So>"),
    message("301", "").replace(b"01/TB-SSDT", b"01/TB-KTDL"),
    message("103", "<TTXNCQT>1</TTXNCQT>").replace("01/TB-ĐKĐT".encode(), b"01/TB-RSDT"),
    message("103", "<TTXNCQT>1</TTXNCQT>").replace(
        b"</TBao>", b"</TBao><TBao><DLTBao><TTXNCQT>2</TTXNCQT></DLTBao></TBao>"
    ),
    message("103", "<TTXNCQT>1</TTXNCQT>", "<DLTBao><TTXNCQT>2</TTXNCQT></DLTBao>"),
    b"<TDiep><TTChung><MLTDiep>103</MLTDiep></TTChung></TDiep>",
]


@pytest.mark.parametrize("data", UNCERTAIN)
def test_what_is_not_certain_is_for_a_person(data: bytes) -> None:
    read = parse_answer(data)
    assert isinstance(read, OtherAnswer)
    assert not isinstance(read, FormAnswer)


@given(st.sampled_from(["102", "103", "104", "301", "302"]), st.integers(0, 900), st.binary(max_size=4))
def test_damage_never_raises_anything_unexpected(kind: str, place: int, damage: bytes) -> None:
    body = f"<THop>1</THop><TTXNCQT>1</TTXNCQT><DSHDon>{invoice(1, WHY)}</DSHDon>{REFUSED}"
    data = message(kind, body, STATED)
    said = ["unreadable"]
    try:
        read = parse_answer(data[:place] + damage + data[place + len(damage) :])
    except MessageUnreadable:
        pass
    else:
        said = list(told(read)) if isinstance(read, FormAnswer) else [read.kind]
    assert said


def test_nothing_is_proven_without_the_authority(trust: list[x509.Certificate]) -> None:
    data = message("103", "<TTXNCQT>1</TTXNCQT>", STATED)
    with pytest.raises(NoticeNotProven, match="not proven"):
        check_form_answer(data, trust, tax_code=TAX_CODE)
    with pytest.raises(NoticeNotProven, match="no certificate"):
        check_form_answer(data, [], tax_code=TAX_CODE)
    with pytest.raises(NoticeNotProven, match="answers no form"):
        check_form_answer(UNCERTAIN[0], trust, tax_code=TAX_CODE)
