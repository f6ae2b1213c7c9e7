"""Every rule of the sandbox has a case that breaks it, and only it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from authority_samples import (
    NOW,
    SENDER,
    TAX_CODE,
    VAT_INVOICE,
    message_id,
    package,
    sales_invoice,
    vat_invoice,
)
from hypothesis import example, given
from hypothesis import strategies as st

from authority.answers import Notice, TechnicalAnswer, parse_answer
from authority.elements import parse_document
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.rules import judge_invoice
from authority.sandbox.settings import Settings

NewSandbox = Callable[..., Sandbox]


def notice_to(sandbox: Sandbox, data: bytes) -> Notice:
    """Send a package that must be taken in, and read its notice."""
    technical = sandbox.receive(data, NOW)
    assert technical is not None
    answer = parse_answer(technical)
    assert isinstance(answer, TechnicalAnswer)
    assert answer.ok, answer.errors
    due = sandbox.answers_due(SENDER, "", NOW)
    notice = parse_answer(due.entries[-1][1])
    assert isinstance(notice, Notice)
    return notice


def verdict(sandbox: Sandbox, frame: PackageFrame, *invoices: bytes) -> tuple[int, list[str]]:
    notice = notice_to(sandbox, package(frame, 1, *invoices))
    return notice.kind, [reason.code for reason in notice.reasons]


def test_the_samples_are_accepted(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    assert verdict(sandbox, frame, vat_invoice(), sales_invoice()) == (2, [])
    assert [(one.form, one.symbol, one.number, one.total) for one in sandbox.registered()] == [
        (1, "C26MAA", 128, "75000"),
        (2, "C26MAB", 7, "185000"),
    ]


FORM_1 = [
    # identity
    (("<SHDon>128<", "<SHDon>0<"), ["S2105"]),
    (("C26MAA<", "C26TAA<"), ["S2103"]),
    (("C26MAA<", "A26MAA<"), ["S2103"]),
    (("C26MAA<", "C25MAA<"), ["S2103"]),
    (("<NLap>2026-11-23", "<NLap>2026-11-24"), ["S2106"]),
    (("M1-26-SHNDN", "M2-26-SHNDN"), ["S2102"]),
    (("M1-26-SHNDN", "M1-25-SHNDN"), ["S2102"]),
    (("<KHMSHDon>1<", "<KHMSHDon>3<"), ["S2104"]),
    # parties
    (("<MST>0409990010<", "<MST>0107001729<"), ["S2107"]),
    (("<MST>0409990010<", "<MST>0409990011<"), ["S2107", "S2108"]),
    (("<Ten>Khách lẻ</Ten>", "<Ten>x</Ten><MST>0409990011</MST>"), ["S2108"]),
    (("<Ten>Khách lẻ</Ten>", "<Ten>x</Ten><MST>040999001</MST>"), ["S2108"]),
    # sums
    (("<SLuong>2<", "<SLuong>3<"), ["S2202"]),
    (("<DGia>23148<", "<DGia>23150<"), ["S2202"]),
    (("</DGia><ThTien>23148<", "</DGia><STCKhau>100</STCKhau><ThTien>23148<"), ["S2202"]),
    (("</DGia><ThTien>23148<", "</DGia><TLCKhau>5</TLCKhau><ThTien>23148<"), ["S2202"]),
    (("<ThTien>46296<", "<ThTien>46297<"), ["S2203"]),
    (("<TSuat>8%</TSuat></HHDVu>", "<TSuat>10%</TSuat></HHDVu>"), ["S2203", "S2203"]),
    (("8%", "9%"), ["S2201", "S2201", "S2201"]),
    (("8%", "KCT"), ["S2203"]),
    (
        ("<TThue>5556<", "<TThue>5558<"),
        ["S2203", "S2204", "S2204"],
    ),
    (("<TgTCThue>69444<", "<TgTCThue>69443<"), ["S2204"]),
    (("<TgTThue>5556<", "<TgTThue>5557<"), ["S2204"]),
    (("<TgTTTBSo>75000<", "<TgTTTBSo>75001<"), ["S2204"]),
    (("<TgTTTBSo>75000<", "<TTCKTMai>1</TTCKTMai><TgTTTBSo>75000<"), ["S2204"]),
    (
        ("<TgTTTBSo>75000<", "<DSLPhi><LPhi><TLPhi>x</TLPhi><TPhi>5</TPhi></LPhi></DSLPhi><TgTTTBSo>75000<"),
        ["S2204"],
    ),
    (("<TgTTTBChu>Bảy mươi lăm nghìn đồng<", "<TgTTTBChu><"), ["S2205"]),
    (("<TgTTTBChu>Bảy", "<TgTTTBChu>Âm bảy"), ["S2205"]),
]


@pytest.mark.parametrize(("change", "codes"), FORM_1)
def test_a_broken_rule_refuses_the_invoice_and_no_other(
    change: tuple[str, str], codes: list[str], new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox(settings=Settings(format_refusal="invoice"))
    kind, found = verdict(sandbox, frame, vat_invoice(128, change), sales_invoice())
    assert (kind, found) == (7, codes)
    assert [one.form for one in sandbox.registered()] == [2]


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        (("<ThTien>185000<", "<ThTien>185002<"), ["S2202", "S2204"]),
        (("<TgTTTBSo>185000<", "<TgTTTBSo>185000.5<"), ["S2204"]),
        (("<TgTTTBSo>185000<", "<TgTTTBSo>184000<"), ["S2204"]),
        (("M2-26-SHNDN", "M2-26-SHNDX"), ["S2102"]),
    ],
)
def test_rules_of_form_2(
    change: tuple[str, str], codes: list[str], new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox()
    assert verdict(sandbox, frame, vat_invoice(), sales_invoice(7, change)) == (7, codes)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (("<Ten>Khách lẻ</Ten>", "<Ten>x</Ten><CCCDan>12345678901</CCCDan>"), "NMua/CCCDan"),
        (("<Ten>Khách lẻ</Ten>", "<Ten>x</Ten><CCCDan></CCCDan>"), "NMua/CCCDan"),
        (("<PBan>2.1.0</PBan><THDon>", "<THDon>"), "TTChung/PBan"),
        (("<NLap>2026-11-23", "<NLap>23/11/2026"), "TTChung/NLap"),
        (("<NLap>2026-11-23", "<NLap>2026-02-30"), "TTChung/NLap"),
        (("<NLap>2026-11-23", "<NLap>20261123"), "TTChung/NLap"),
        (("<SHDon>128<", "<SHDon>123456789<"), "TTChung/SHDon"),
        (("<DVTTe>VND", "<DVTTe>ĐỒNG"), "TTChung/DVTTe"),
        (("<SHDon>128</SHDon>", "<SHDon>128</SHDon><SHDon>129</SHDon>"), "TTChung/SHDon"),
        (("<DChi>12 Bạch Đằng, phường Hải Châu, thành phố Đà Nẵng</DChi>", ""), "NBan/DChi"),
        (("12 Bạch Đằng", "x" * 401), "NBan/DChi"),
        (("<NMua><Ten>Khách lẻ</Ten></NMua>", ""), "NDHDon/NMua"),
        (("<SLuong>2<", "<SLuong>2.1234567<"), "HHDVu/SLuong"),
        (("<SLuong>2<", f"<SLuong>{'2' * 22}<"), "HHDVu/SLuong"),
        (("<SLuong>2<", "<SLuong>1,5<"), "HHDVu/SLuong"),
        (("<SLuong>2<", "<SLuong>1e3<"), "HHDVu/SLuong"),
        (("<SLuong>2</SLuong>", ""), "HHDVu/SLuong"),
        (("<TSuat>8%</TSuat></HHDVu>", "</HHDVu>"), "HHDVu/TSuat"),
        (("<TChat>1<", "<TChat>9<"), "HHDVu/TChat"),
        (("<THHDVu>Cà phê sữa đá</THHDVu>", ""), "HHDVu/THHDVu"),
        (("<ThTien>69444</ThTien>", ""), "LTSuat/ThTien"),
        (("<TgTTTBSo>75000</TgTTTBSo>", ""), "TToan/TgTTTBSo"),
        (("</NDHDon></DLHDon>", "</NDHDon><TTKhac><TTin></TTin></TTKhac></DLHDon>"), "TTin/TTruong"),
        (("<MCCQT>M1-26-SHNDN-00100000128</MCCQT>", ""), "HDon/MCCQT"),
        (("<MCCQT>M1-26-SHNDN-00100000128", "<MCCQT>M1-26-SHNDN-0100000128"), "HDon/MCCQT"),
        (("<DLQRCode>", "<DLQRCode>" + "0" * 500), "HDon/DLQRCode"),
    ],
)
def test_a_format_error_is_20001_with_the_path_and_refuses_the_package(
    change: tuple[str, str], path: str, new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox()
    notice = notice_to(sandbox, package(frame, 1, vat_invoice(128, change), sales_invoice()))
    assert notice.kind == 9
    assert {reason.code for reason in notice.reasons} == {"20001"}
    assert any(f"{path} :" in reason.description for reason in notice.reasons), notice.reasons
    assert list(sandbox.registered()) == []


def test_an_invoice_without_lines_is_a_format_error(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    text = vat_invoice().decode()
    start, end = text.index("<HHDVu>"), text.index("</DSHHDVu>")
    kind, codes = verdict(new_sandbox(), frame, (text[:start] + text[end:]).encode())
    assert (kind, codes) == (9, ["20001"])


ALLOWED = [
    ("<ThTien>46296<", "<ThTien>46296.0<"),
    ("<TSuat>8%</TSuat></HHDVu></DSHHDVu>", "<TSuat>8%</TSuat></HHDVu>" + "{note}</DSHHDVu>"),
    ("<Ten>Khách lẻ</Ten>", "<Ten>x</Ten><CCCDan>012345678901</CCCDan><MST>0107001730-001</MST>"),
    ("<Ten>Khách lẻ</Ten>", "<Ten>x</Ten><MST>012345678901</MST>"),
    ("<DVTTe>VND</DVTTe><HTTToan>Tiền mặt</HTTToan>", "<HTTToan>Tiền mặt</HTTToan><DVTTe>VND</DVTTe>"),
]
_NOTE = "<HHDVu><TChat>4</TChat><STT>3</STT><THHDVu>Ghi chú</THHDVu></HHDVu>"


@pytest.mark.parametrize(("old", "new"), ALLOWED)
def test_what_the_rules_leave_free_is_accepted(
    old: str, new: str, new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    invoice = vat_invoice(128, (old, new.replace("{note}", _NOTE)))
    sandbox = new_sandbox(settings=Settings(check_digits=False))
    assert verdict(sandbox, frame, invoice) == (2, [])


def test_a_trade_discount_line_is_taken_off(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    discount = "<HHDVu><TChat>3</TChat><THHDVu>Chiết khấu</THHDVu><ThTien>85000</ThTien></HHDVu>"
    changes = (("</DSHHDVu>", discount + "</DSHHDVu>"), ("<TgTTTBSo>185000<", "<TgTTTBSo>100000<"))
    assert verdict(new_sandbox(), frame, sales_invoice(7, *changes)) == (2, [])


def test_an_adjusting_invoice_may_be_negative_and_says_so_in_words(
    new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    changes = (
        ("<SLuong>1<", "<SLuong>-1<"),
        ("<ThTien>185000<", "<ThTien>-185000<"),
        ("<TgTTTBSo>185000<", "<TgTTTBSo>-185000<"),
        ("<TgTTTBChu>Một", "<TgTTTBChu>Âm một"),
    )
    assert verdict(new_sandbox(), frame, sales_invoice(7, *changes)) == (2, [])


def test_another_rate_is_allowed_by_switch(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    invoice = vat_invoice(128, ("8%", "KHAC:08.00%"))
    assert verdict(new_sandbox(), frame, invoice) == (2, [])
    kind, codes = verdict(new_sandbox(settings=Settings(other_rates=False)), frame, invoice)
    assert (kind, set(codes)) == (7, {"S2201"})
    without_eight = Settings(rates=frozenset({"10%"}))
    assert verdict(new_sandbox(settings=without_eight), frame, vat_invoice())[0] == 7


def test_numbers_and_codes_are_registered_once(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    assert notice_to(sandbox, package(frame, 1, vat_invoice())).kind == 2
    again = notice_to(sandbox, package(frame, 2, vat_invoice(), sales_invoice()))
    assert (again.kind, [reason.code for reason in again.reasons]) == (7, ["20609"])
    assert str(again.reasons[0].invoice) == "1;C26MAA;128"
    same_code = vat_invoice(129, ("-00100000129<", "-00100000128<"))
    third = notice_to(sandbox, package(frame, 3, same_code))
    assert [reason.code for reason in third.reasons] == ["S2101"]
    assert sandbox.statistics()["doubly_registered"] == 0
    assert sandbox.statistics()["refused_as_duplicate"] == 1


def test_the_same_invoice_twice_in_a_package_is_registered_once(
    new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox(settings=Settings(format_refusal="invoice"))
    twin = vat_invoice(128, ('Id="HD128-1"', 'Id="HDtwin"'))
    assert verdict(sandbox, frame, vat_invoice(), twin) == (7, ["20609"])
    assert sandbox.statistics()["invoices"] == 1


def test_characters_of_the_code_are_the_taxpayers_own(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    given = Settings(taxpayers={TAX_CODE: "XXXXX"})
    assert verdict(new_sandbox(settings=given), frame, vat_invoice()) == (7, ["S2102"])
    known = Settings(taxpayers={TAX_CODE: "SHNDN"}, auto_register=False)
    assert verdict(new_sandbox(settings=known), frame, vat_invoice()) == (2, [])
    assert verdict(new_sandbox(settings=Settings(auto_register=False)), frame, vat_invoice()) == (
        9,
        ["S2107"],
    )


def test_a_wrong_qr_check_sum_is_only_a_warning(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    assert verdict(sandbox, frame, vat_invoice(128, ("6304DE35", "6304383C"))) == (2, [])
    assert sandbox.statistics()["warnings"] == 1
    other = new_sandbox()
    verdict(other, frame, vat_invoice())
    assert other.statistics()["warnings"] == 0


def test_a_package_signed_by_another_is_refused_whole(
    new_sandbox: NewSandbox, stranger_frame: PackageFrame
) -> None:
    assert verdict(new_sandbox(), stranger_frame, vat_invoice()) == (9, ["S2301"])


def test_a_package_changed_after_signing_is_refused_whole(
    new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox()
    data = package(frame, 1, sales_invoice()).replace("Túi".encode(), "Hộp".encode())
    notice = notice_to(sandbox, data)
    assert (notice.kind, notice.reasons[0].code) == (9, "S2301")
    assert list(sandbox.registered()) == []


def test_a_package_without_signature_is_refused_whole(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    data = package(frame, 1, sales_invoice())
    start, end = data.index(b"<CKSNNT>") + 8, data.index(b"</CKSNNT>")
    assert notice_to(new_sandbox(), data[:start] + data[end:]).kind == 9


def test_a_wrong_invoice_signature_refuses_that_invoice(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    import hashlib

    def signed(invoice: bytes, digest_of: bytes) -> bytes:
        start, end = invoice.index(b"<DLHDon"), invoice.index(b"</DLHDon>") + 9
        content = invoice[start:end]
        name = content[12 : content.index(b'"', 12)].decode()
        digest = hashlib.sha256(content + digest_of).digest()
        signature = frame.signer.sign(digest, name, f"NBan-{name}", NOW)
        return invoice.replace(b"<DSCKS><NBan>", b"<DSCKS><NBan>" + signature)

    sandbox = new_sandbox()
    good, bad = signed(vat_invoice(), b""), signed(sales_invoice(), b"other")
    notice = notice_to(sandbox, package(frame, 1, good, bad))
    assert notice.kind == 7
    assert [(reason.code, str(reason.invoice)) for reason in notice.reasons] == [("S2301", "2;C26MAB;7")]
    assert [one.number for one in sandbox.registered()] == [128]


ENVELOPES = [
    (
        b"<MNGui>K0409990010</MNGui><MNNhan>TCT</MNNhan>",
        b"<MNNhan>TCT</MNNhan><MNGui>K0409990010</MNGui>",
        "S002",
    ),
    (b"<MTDTChieu></MTDTChieu>", b"", "S002"),
    (b"<PBan>2.1.0</PBan><MNGui>", b"<PBan>3.0.0</PBan><MNGui>", "S003"),
    (b"<PBan>2.1.0</PBan><MNGui>", b"<PBan>2.1.0.0.0</PBan><MNGui>", "S003"),
    (b"<MNNhan>TCT<", b"<MNNhan>TCQ<", "S003"),
    (b"<MTDTChieu></MTDTChieu>", b"<MTDTChieu>TCT</MTDTChieu>", "S003"),
    (b"<MNGui>K0409990010<", b"<MNGui>K0107001729<", "S005"),
    (b"</MTDTChieu><MST>0409990010<", b"</MTDTChieu><MST>04099900<", "S003"),
    (b"<MLTDiep>206<", b"<MLTDiep>203<", "S004"),
    (b"</MST><SLuong>2<", b"</MST><SLuong>3<", "S006"),
    (b"</MST><SLuong>2<", b"</MST><SLuong>two<", "S006"),
    (b"<DLieu Id=", b"<DLieu Other=", "S003"),
    (b"</HDon></DLieu>", b"</HDon><Other></Other></DLieu>", "S002"),
    (b"<MTDiep>K0409990010", b"<MTDiep>k0409990010", "S003"),
    (b"</TDiep>", b"", "0001"),
]


@pytest.mark.parametrize(("old", "new", "code"), ENVELOPES)
def test_a_broken_envelope_is_answered_with_an_error(
    old: bytes, new: bytes, code: str, new_sandbox: NewSandbox, frame: PackageFrame
) -> None:
    sandbox = new_sandbox()
    data = package(frame, 1, vat_invoice(), sales_invoice())
    assert data.count(old) == 1, old
    answer = parse_answer(sandbox.receive(data.replace(old, new), NOW) or b"")
    assert isinstance(answer, TechnicalAnswer)
    assert not answer.ok
    assert code in {error.code for error in answer.errors}
    assert sandbox.answers_due(SENDER, "", NOW).entries == ()
    assert sandbox.statistics()["invoices"] == 0


def test_a_message_too_large_is_answered_with_an_error(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    data = package(frame, 1, vat_invoice())
    sandbox = new_sandbox(settings=Settings(message_limit=len(data)))
    assert notice_to(sandbox, data).kind == 2
    answer = parse_answer(sandbox.receive(data + b" ", NOW) or b"")
    assert isinstance(answer, TechnicalAnswer)
    assert [error.code for error in answer.errors] == ["S001"]


def test_tomorrow_comes_at_midnight_in_viet_nam(new_sandbox: NewSandbox, frame: PackageFrame) -> None:
    sandbox = new_sandbox()
    midnight = NOW.replace(hour=0, minute=0, second=0)
    sandbox.receive(package(frame, 1, vat_invoice()), midnight - timedelta(seconds=1))
    sandbox.receive(package(frame, 2, vat_invoice()), midnight)
    kinds = []
    for _, content in sandbox.answers_due(SENDER, "", NOW).entries:
        notice = parse_answer(content)
        assert isinstance(notice, Notice)
        kinds.append((notice.submission_id, notice.kind))
    assert kinds == [(message_id(1), 7), (message_id(2), 2)]


_TEXTS = re.findall(r">([^<>]+)</", VAT_INVOICE)


@given(st.integers(0, len(_TEXTS) - 1), st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
@example(_TEXTS.index("2"), "²")
@example(_TEXTS.index("2"), "9" * 30 + "." + "9" * 30)
@example(_TEXTS.index("2"), "-")
@example(_TEXTS.index("8%"), "KHAC:.%")
@example(_TEXTS.index("8%"), "KHAC:%")
@example(_TEXTS.index("2026-11-23"), "9999-99-99")
def test_any_text_in_any_field_gets_an_opinion(place: int, value: str) -> None:
    written = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    invoice = parse_document(VAT_INVOICE.replace(f">{_TEXTS[place]}</", f">{written}</").encode())
    opinion = judge_invoice(invoice, TAX_CODE, Settings(), NOW)
    assert opinion.candidate is not None or opinion.findings
