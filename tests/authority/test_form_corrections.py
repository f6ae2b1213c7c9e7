"""The list of corrected invoices and the record of agreement: written, read back, signed, verified."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from authority_samples import NOW, TAX_CODE
from form_samples import DAY
from form_strategies import DAYS, TAX_CODES, maybe, some, text
from hypothesis import given
from hypothesis import strategies as st

from authority.elements import child, parse_document
from authority.errors import FormInvalid
from authority.forms.corrections import (
    CORRECTION_LIST,
    CORRECTION_RECORD,
    Amounts,
    CorrectedInvoice,
    CorrectedLine,
    Correction,
    CorrectionList,
    CorrectionRecord,
    Difference,
    Party,
    build_correction_list,
    build_correction_record,
)
from authority.forms.fields import read_form, shown, write_form
from signing.verify import verify_document
from signing.xmldsig import XmlSigner, content_digest

SHOP, BUYER = Party("SÔNG HÀN", TAX_CODE, "12 Bạch Đằng"), Party("CÔNG TY <A & B>", "0107001729")
WRONG = CorrectedInvoice(1, "C26MAA", 128)
BEFORE = Amounts(Decimal(100_000), Decimal(108_000), "Bún", Decimal(2), Decimal(50_000), "8%", Decimal(8_000))
AFTER = replace(BEFORE, rate="10%", tax=Decimal(10_000), total=Decimal(110_000))
LIST = CorrectionList(
    number="1/2026",
    day=DAY,
    correction=Correction.ADJUSTS,
    seller=SHOP,
    buyer=BUYER,
    reasons=("Sai thuế suất", "Sai tên"),
    lines=(
        CorrectedLine.of(WRONG, BEFORE, AFTER),
        CorrectedLine.of(replace(WRONG, number=129), BEFORE, AFTER),
    ),
)
RECORD = CorrectionRecord("BB-1", DAY, Correction.REPLACES, SHOP, BUYER, WRONG, ("Sai mã số thuế",))

Build = Callable[[XmlSigner], bytes]
DOCUMENTS: list[tuple[Build, str]] = [
    (lambda signer: build_correction_list(LIST, signer, "2026-1", NOW), "NDBKe"),
    (lambda signer: build_correction_record(RECORD, signer, "2026-1", NOW), "NDBBan"),
]


def test_the_difference_is_reckoned() -> None:
    assert LIST.lines[0].difference == Difference(Decimal(0), Decimal(2_000), Decimal(2_000))
    discounted = CorrectedLine.of(WRONG, BEFORE, replace(AFTER, other=Decimal(500), tax=None))
    assert (discounted.difference.tax, discounted.difference.other) == (Decimal(-8_000), Decimal(500))


@pytest.mark.parametrize(("build", "tag"), DOCUMENTS)
def test_everybody_verifies_what_the_seller_signs(
    build: Build, tag: str, signer: XmlSigner, tmp_path: Path
) -> None:
    data = build(signer)
    report = verify_document(data, trust=[signer.certificate], now=NOW)
    assert (report.valid, report.signatures[0].tax_code) == (True, TAX_CODE)
    path = tmp_path / "document.xml"
    path.write_bytes(data)
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True)
    ids = ["--id-attr:Id", tag, "--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object"]
    done = subprocess.run(
        ["xmlsec1", "--verify", "--insecure", *ids, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for old, new in (
        (b"C26MAA", b"C26MAB"),
        (b"0409990010<", b"0107001729<"),
        (b"1</TCHDon>", b"2</TCHDon>"),
    ):
        if old in data:
            assert not verify_document(data.replace(old, new, 1), now=NOW).valid


@pytest.mark.parametrize(("build", "tag"), DOCUMENTS)
def test_the_buyer_signs_the_same_and_must_be_the_buyer(
    build: Build, tag: str, signer: XmlSigner, second_signer: XmlSigner
) -> None:
    data = build(signer)
    start, end = data.index(f"<{tag} ".encode()), data.index(b"<DSCKS>")
    name = data[start:].split(b'"')[1].decode()
    signature = second_signer.sign(content_digest(data[start:end]), name, f"NMua-{name}", NOW)
    both = data.replace(b"</NBan></DSCKS>", b"</NBan><NMua>" + signature + b"</NMua></DSCKS>")
    report = verify_document(both, now=NOW)
    assert [one.valid for one in report.signatures] == [True, False]
    assert "0107001729" in str(report.signatures[1].problem)


@pytest.mark.parametrize(("build", "tag"), DOCUMENTS)
def test_without_the_sellers_signature_nothing_is_valid(build: Build, tag: str, signer: XmlSigner) -> None:
    data = build(signer)
    start, end = data.index(b"<DSCKS>"), data.index(b"</DSCKS>") + len(b"</DSCKS>")
    assert verify_document(data[:start] + data[end:], now=NOW).problem is not None


def test_the_list_reads_as_the_table_says(signer: XmlSigner) -> None:
    data = build_correction_list(LIST, signer, "2026-1", NOW)
    content = child(parse_document(data), "NDBKe")
    assert content is not None
    assert read_form(CORRECTION_LIST, content) == LIST
    assert [line.text for line in content.iter("STT")] == ["1", "2"]
    assert b"<DSLDTDoi><LDo>" in data
    assert ("Lý do thay thế/điều chỉnh", "Sai tên") in list(shown(CORRECTION_LIST, LIST))


AMOUNTS = st.decimals(-(10**12), 10**12, places=2, allow_nan=False, allow_infinity=False)
PARTIES = st.builds(Party, text(400), TAX_CODES, maybe(text(400)))
INVOICES = st.builds(CorrectedInvoice, st.integers(1, 9), text(6), st.integers(1, 99_999_999))
SIDES = st.builds(
    Amounts,
    net=AMOUNTS,
    total=AMOUNTS,
    name=maybe(text(500)),
    quantity=maybe(AMOUNTS),
    price=maybe(AMOUNTS),
    rate=maybe(text(11)),
    tax=maybe(AMOUNTS),
    other=maybe(AMOUNTS),
)
LINES = st.builds(CorrectedLine.of, INVOICES, SIDES, SIDES)
COMMON = {
    "number": text(50),
    "day": DAYS,
    "correction": st.sampled_from(Correction),
    "seller": PARTIES,
    "buyer": PARTIES,
    "reasons": some(text(500), 1),
}
LISTS = st.builds(CorrectionList, **COMMON, lines=some(LINES, 1))
RECORDS = st.builds(CorrectionRecord, **COMMON, invoice=INVOICES)


@given(LISTS)
def test_a_list_reads_back(corrections: CorrectionList) -> None:
    data = write_form(CORRECTION_LIST, corrections, "_1")
    assert read_form(CORRECTION_LIST, parse_document(data)) == corrections


@given(RECORDS)
def test_a_record_reads_back(record: CorrectionRecord) -> None:
    data = write_form(CORRECTION_RECORD, record, "_1")
    assert read_form(CORRECTION_RECORD, parse_document(data)) == record


BAD = [
    (replace(LIST, reasons=()), "NDBKe/TTChung/DSLDTDoi/LDo"),
    (replace(LIST, reasons=("x" * 501,)), "NDBKe/TTChung/DSLDTDoi/LDo"),
    (replace(LIST, seller=replace(SHOP, tax_code=None)), "NDBKe/TTChung/MSTNBan"),
    (replace(LIST, number="x" * 51), "NDBKe/TTChung/SBKe"),
    (replace(LIST, lines=()), "NDBKe/DSHHDVu/HHDVu"),
    (
        replace(LIST, lines=(CorrectedLine.of(replace(WRONG, symbol=""), BEFORE, AFTER),)),
        "NDBKe/DSHHDVu/HHDVu[1]/TTTDChinh/KHHDon",
    ),
    (
        replace(LIST, lines=(CorrectedLine.of(WRONG, BEFORE, replace(AFTER, net=Decimal("0.1234567"))),)),
        "NDBKe/DSHHDVu/HHDVu[1]/TTSDChinh/ThTTDoi",
    ),
]


@pytest.mark.parametrize(("corrections", "path"), BAD)
def test_a_list_that_breaks_its_table(corrections: CorrectionList, path: str, signer: XmlSigner) -> None:
    with pytest.raises(FormInvalid) as refused:
        build_correction_list(corrections, signer, "1", NOW)
    assert refused.value.path == path


@pytest.mark.parametrize("name", ["", "a b", 'a"', "x" * 65])
def test_a_name_that_is_no_id(name: str, signer: XmlSigner) -> None:
    with pytest.raises(FormInvalid):
        build_correction_record(replace(RECORD, day=date(2026, 1, 1)), signer, name, NOW)
