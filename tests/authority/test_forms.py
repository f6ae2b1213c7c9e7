"""The forms: written, read back, verified by others, and refused with the field's path."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from authority_samples import NOW, SENDER, message_id
from form_samples import DAY, OFFICE, PERSON, WRONG, error_notice, posting, registration
from form_strategies import NOTICES, REGISTRATIONS
from hypothesis import given
from hypothesis import strategies as st

from authority.elements import parse_document
from authority.errors import CodeInvalid, FormInvalid, MessageTooLarge, MessageUnreadable
from authority.forms.error_notice import ERROR_NOTICE, ErrorNotice, NoticeReason
from authority.forms.fields import Field, Group, Type, read_form, write_form
from authority.forms.message import (
    Posting,
    build_error_notice,
    build_registration,
    form_lines,
    read_sent_form,
)
from authority.forms.registration import (
    InvoiceKinds,
    RegisteredCertificate,
    Registration,
    Service,
    TaxOffice,
)
from authority.forms.registration_table import REGISTRATION
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

MESSAGES: list[Callable[[XmlSigner], bytes]] = [
    lambda signer: build_registration(registration(signer), posting(signer)),
    lambda signer: build_error_notice(error_notice(), posting(signer)),
    lambda signer: build_error_notice(error_notice(), posting(signer), "300"),
]


@pytest.mark.parametrize("build", MESSAGES)
def test_our_verifier_and_others_accept_a_form(
    build: Callable[[XmlSigner], bytes], signer: XmlSigner, tmp_path: Path
) -> None:
    data = build(signer)
    report = verify_document(data, trust=[signer.certificate], now=NOW)
    assert report.valid
    assert report.signatures[0].covers.endswith(("/TKhai/DLTKhai", "/TBao/DLTBao"))
    path = tmp_path / "form.xml"
    path.write_bytes(data)
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
    ids = ["--id-attr:Id", "DLTKhai", "--id-attr:Id", "DLTBao"]
    object_id = ["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object"]
    done = subprocess.run(
        ["xmlsec1", "--verify", "--insecure", *ids, *object_id, path], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("build", MESSAGES)
@pytest.mark.parametrize("change", [(b">0409990010<", b">0107001729<"), (b">50101<", b">50102<")])
def test_a_changed_form_is_not_valid(
    build: Callable[[XmlSigner], bytes], change: tuple[bytes, bytes], signer: XmlSigner
) -> None:
    data = build(signer)
    assert change[0] in data
    assert not verify_document(data.replace(*change), now=NOW).valid


def test_what_is_written_is_canonical(signer: XmlSigner) -> None:
    from lxml import etree

    for table, form in ((REGISTRATION, registration(signer)), (ERROR_NOTICE, error_notice())):
        data = write_form(table, form, "_1")
        assert etree.tostring(etree.fromstring(data), method="c14n") == data


def test_the_form_is_filled_from_seller_and_certificate(signer: XmlSigner) -> None:
    form = registration(signer)
    (certificate,) = form.certificates
    assert int(certificate.serial, 16) == signer.certificate.serial_number
    assert len(certificate.serial) % 2 == 0
    assert certificate.issuer == "CỬA HÀNG TẠP HÓA SÔNG HÀN"
    assert (form.kinds, form.direct, form.through_carrier) == (InvoiceKinds(vat=True), True, False)
    lines = dict(form_lines(form))
    assert lines["Tên người đại diện pháp luật"] == "Nguyễn Thị <Hàn> & con"
    assert lines["Hóa đơn có mã từ máy tính tiền"] == "1"


def test_an_explanation_names_the_review(signer: XmlSigner) -> None:
    notice = replace(
        error_notice(), reason=NoticeReason.EXPLANATION, review_number="12/TB-RSĐT", review_day=DAY
    )
    assert read_sent_form(build_error_notice(notice, posting(signer))) == notice


# Property: every form that can be written reads back as itself


@given(REGISTRATIONS)
def test_a_registration_reads_back(form: Registration) -> None:
    assert read_form(REGISTRATION, parse_document(write_form(REGISTRATION, form, "_1"))) == form


@given(NOTICES)
def test_a_notice_reads_back(notice: ErrorNotice) -> None:
    assert read_form(ERROR_NOTICE, parse_document(write_form(ERROR_NOTICE, notice, "_1"))) == notice


@given(st.integers(0, 2_000), st.binary(min_size=1, max_size=3))
def test_a_damaged_form_is_read_as_something_valid_or_refused_by_path(place: int, damage: bytes) -> None:
    data = write_form(ERROR_NOTICE, error_notice(), "_1")
    place %= len(data)
    path, form = "DLTBao", None
    try:
        form = read_form(ERROR_NOTICE, parse_document(data[:place] + damage + data[place + len(damage) :]))
    except FormInvalid as error:
        path = error.path
    except MessageUnreadable:
        pass
    assert path.startswith("DLTBao")
    if form is not None:
        assert read_form(ERROR_NOTICE, parse_document(write_form(ERROR_NOTICE, form, "_1"))) == form


# Bad input, named by its path


def changed(**values: object) -> Callable[[Registration], Registration]:
    return lambda form: replace(form, **values)


def with_second(form: Registration) -> tuple[RegisteredCertificate, ...]:
    return (*form.certificates, replace(form.certificates[0], serial=""))


BAD_REGISTRATIONS = [
    (changed(taxpayer=""), "DLTKhai/TTChung/TNNT"),
    (changed(taxpayer="x" * 401), "DLTKhai/TTChung/TNNT"),
    (changed(tax_code="040999001"), "DLTKhai/TTChung/MST"),
    (changed(email=""), "DLTKhai/TTChung/DCTDTu"),
    (changed(email="a" * 51), "DLTKhai/TTChung/DCTDTu"),
    (changed(place="a\x00b"), "DLTKhai/TTChung/DDanh"),
    (changed(office=TaxOffice("Thuế", "501012")), "DLTKhai/TTChung/MCQTQLy"),
    (changed(representative=replace(PERSON, citizen_id=None)), "DLTKhai/TTChung/CCCDan"),
    (changed(representative=replace(PERSON, citizen_id="12345678901x")), "DLTKhai/TTChung/CCCDan"),
    (changed(certificates=()), "DLTKhai/NDTKhai/DSCTSSDung/CTS"),
    (
        lambda form: replace(
            form, certificates=(*form.certificates, replace(form.certificates[0], serial=""))
        ),
        "DLTKhai/NDTKhai/DSCTSSDung/CTS[2]/Seri",
    ),
    (
        lambda form: replace(form, certificates=(replace(form.certificates[0], serial="G0"),)),
        "DLTKhai/NDTKhai/DSCTSSDung/CTS[1]/Seri",
    ),
    (changed(carriers=(Service("T-VAN", "12", DAY),)), "DLTKhai/NDTKhai/TTTCTN/TCTN[1]/MSTTCTN"),
]


@pytest.mark.parametrize(("change", "path"), BAD_REGISTRATIONS)
def test_a_registration_that_breaks_its_table(
    change: Callable[[Registration], Registration], path: str, signer: XmlSigner
) -> None:
    with pytest.raises(FormInvalid, match="E-AUT-007") as refused:
        build_registration(change(registration(signer)), posting(signer))
    assert refused.value.path == path
    assert refused.value.advice("vi")


BAD_NOTICES = [
    ({"code": ""}, "MCCQT"),
    ({"code": "x" * 35}, "MCCQT"),
    ({"symbol": "C26MAAAAA"}, "KHHDon"),
    ({"number": 100_000_000}, "SHDon"),
    ({"number": -1}, "SHDon"),
    ({"kind": 12}, "LADHDDT"),
    ({"why": "x" * 256}, "LDo"),
]


@pytest.mark.parametrize(("values", "tag"), BAD_NOTICES)
def test_a_notice_that_breaks_its_table(values: dict[str, object], tag: str, signer: XmlSigner) -> None:
    notice = error_notice(WRONG, replace(WRONG, **values))
    with pytest.raises(FormInvalid) as refused:
        build_error_notice(notice, posting(signer))
    assert refused.value.path == f"DLTBao/DSHDon/HDon[2]/{tag}"


def test_reviews_belong_to_explanations_alone(signer: XmlSigner) -> None:
    with pytest.raises(FormInvalid) as refused:
        replace(error_notice(), review_number="12")
    assert refused.value.path == "DLTBao/Loai"
    lacking = replace(error_notice(), reason=NoticeReason.EXPLANATION, review_number="12")
    with pytest.raises(FormInvalid) as refused:
        build_error_notice(lacking, posting(signer))
    assert refused.value.path == "DLTBao/NTBCCQT"


STRANGE = [
    ("<MSo>04/SS-HĐĐT</MSo>", "", "DLTBao/MSo"),
    ("<MSo>04/SS-HĐĐT</MSo>", "<MSo>04/SS</MSo>", "DLTBao/MSo"),
    ("<Loai>1</Loai>", "<Loai>3</Loai>", "DLTBao/Loai"),
    ("<Loai>1</Loai>", "<Loai>2</Loai>", "DLTBao/So"),
    ("<Loai>1</Loai>", "<Loai>1</Loai><Loai>1</Loai>", "DLTBao/Loai"),
    ("<Loai>1</Loai>", "<Loai>1<b></b></Loai>", "DLTBao/Loai"),
    ("<DDanh>", "<TCTBao>1</TCTBao><DDanh>", "DLTBao/TCTBao"),
    ("<DDanh>Đà Nẵng</DDanh><NTBao>2026-11-23</NTBao>", "<NTBao>2026-11-23</NTBao>", "DLTBao/DDanh"),
    ("<MST>0409990010</MST>", "<So>1</So><MST>0409990010</MST>", "DLTBao/Loai"),
    ("<MCQT>50101</MCQT>", "<DDanh>x</DDanh><MCQT>50101</MCQT>", "DLTBao/MCQT"),
    ("</DSHDon>", "</DSHDon><GChu>x</GChu>", "DLTBao/GChu"),
    ("<NTBao>2026-11-23", "<NTBao>2026-11-31", "DLTBao/NTBao"),
    ("<NTBao>2026-11-23", "<NTBao>20261123", "DLTBao/NTBao"),
    ("<Ngay>2026-11-23", "<Ngay>2026-11-23T00:00:00", "DLTBao/DSHDon/HDon[1]/Ngay"),
    ("<SHDon>128", "<SHDon>+128", "DLTBao/DSHDon/HDon[1]/SHDon"),
    ("<HDon>", "<HDon>x", "DLTBao/DSHDon/HDon[1]"),
    ("<DSHDon>", "<DSHDon><x></x>", "DLTBao/DSHDon/x"),
    ("<DDanh>Đà", "<DDanh> Đà", "DLTBao/DDanh"),
    ("<DDanh>Đà Nẵng", "<DDanh>Đà\tNẵng", "DLTBao/DDanh"),
    (
        "<DDanh>Đà Nẵng</DDanh><NTBao>2026-11-23</NTBao>",
        "<NTBao>2026-11-23</NTBao><DDanh>x</DDanh>",
        "DLTBao/DDanh",
    ),
]


@pytest.mark.parametrize(("old", "new", "path"), STRANGE)
def test_the_reader_is_strict(old: str, new: str, path: str) -> None:
    data = write_form(ERROR_NOTICE, error_notice(), "_1").decode()
    assert old in data
    with pytest.raises(FormInvalid) as refused:
        read_form(ERROR_NOTICE, parse_document(data.replace(old, new, 1).encode()))
    assert refused.value.path == path


def test_a_group_that_is_missing(signer: XmlSigner) -> None:
    for tag, path in (("DSHDon", "DLTBao/DSHDon"), ("DSHDon", "DLTBao/DSHDon/HDon")):
        data = write_form(ERROR_NOTICE, error_notice(), "_1").decode()
        start, end = data.index(f"<{tag}>"), data.index(f"</{tag}>") + len(f"</{tag}>")
        inside = f"<{tag}></{tag}>" if path.endswith("HDon/HDon") else ""
        with pytest.raises(FormInvalid) as refused:
            read_form(ERROR_NOTICE, parse_document((data[:start] + inside + data[end:]).encode()))
        assert refused.value.path == path


def test_a_registration_is_read_from_its_message(signer: XmlSigner) -> None:
    form = registration(signer)
    assert read_sent_form(build_registration(form, posting(signer))) == form
    assert dict(form_lines(error_notice()))["Số hóa đơn"] == "128"


def test_a_message_without_form_is_refused(signer: XmlSigner) -> None:
    data = build_error_notice(error_notice(), posting(signer)).replace(b"DLTBao", b"DLXBao")
    with pytest.raises(FormInvalid, match="no form"):
        read_sent_form(data)
    with pytest.raises(FormInvalid):
        read_form(ERROR_NOTICE, parse_document(b"<DLTKhai></DLTKhai>"))


def test_the_envelope_is_checked(signer: XmlSigner) -> None:
    with pytest.raises(CodeInvalid):
        build_error_notice(error_notice(), Posting(signer, SENDER, "not an id", NOW))
    with pytest.raises(CodeInvalid):
        build_error_notice(error_notice(), Posting(signer, "K0107001729", message_id(1), NOW))
    many = error_notice(*(replace(WRONG, number=n, why="x" * 255) for n in range(1, 9_000)))
    with pytest.raises(MessageTooLarge):
        build_error_notice(many, posting(signer))
    with pytest.raises(FormInvalid, match="9999"):
        build_error_notice(error_notice(*[WRONG] * 10_000), posting(signer))


AMOUNTS: Group[Decimal] = Group("A", (Field("So", "real", "Số", type=Type.AMOUNT),), make=Decimal)


@pytest.mark.parametrize(
    ("value", "written"),
    [("1E+3", "1000"), ("-0.0", "0"), ("1.500000", "1.5"), ("-12.000001", "-12.000001")],
)
def test_amounts_are_written_plainly(value: str, written: str) -> None:
    assert f"<So>{written}</So>".encode() in write_form(AMOUNTS, Decimal(value), "_1")


@pytest.mark.parametrize("value", ["0.0000001", "1" + "0" * 21, "NaN", "Infinity", "0.1" + "0" * 40 + "1"])
def test_amounts_of_a_wrong_size_are_refused(value: str) -> None:
    with pytest.raises(FormInvalid):
        write_form(AMOUNTS, Decimal(value), "_1")


def test_white_space_is_folded() -> None:
    form = replace(error_notice(), place="  Đà \n Nẵng\t")
    assert b"<DDanh>\xc4\x90\xc3\xa0 N\xe1\xba\xb5ng</DDanh>" in write_form(ERROR_NOTICE, form, "_1")


def test_times_are_written_in_vietnam_time(signer: XmlSigner) -> None:
    form = registration(signer)
    early = replace(form.certificates[0], valid_from=NOW - timedelta(hours=10))
    data = write_form(REGISTRATION, replace(form, certificates=(early,)), "_1")
    assert b"<TNgay>2026-11-22T23:15:05</TNgay>" in data


def test_the_office_of_a_notice_stands_in_the_table_of_its_form() -> None:
    data = write_form(ERROR_NOTICE, error_notice(), "_1").decode()
    assert f"<MCQT>{OFFICE.code}</MCQT><TCQT>{OFFICE.name}</TCQT>" in data
