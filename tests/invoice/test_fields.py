"""One table of fields: writer, reader, validator, XSD and docs agree with each other and with xmllint."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from invoice_samples import full_invoice, written
from lxml import etree

from invoice.describe import DOCS_PAGE, SCHEMA_FOLDER, fields_page, schema
from invoice.errors import FieldInvalid, InvoiceUnreadable
from invoice.invoice import VERSIONS, Relation
from invoice.numbers import Form
from invoice.reader import read_invoice
from invoice.validation import check_document

MESSAGES = Path(__file__).parent.parent / "data" / "messages"
FORMS = list(Form)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_shipped_is_made_from_the_table(form: Form) -> None:
    assert (SCHEMA_FOLDER / f"hdon-{int(form)}.xsd").read_text("utf-8") == schema(form)
    assert DOCS_PAGE.read_text("utf-8") == fields_page()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("form", FORMS)
def test_everything_written_is_valid_and_read_back(form: Form, version: str, tmp_path: Path) -> None:
    invoice = replace(full_invoice(form), version=version)
    document = written(invoice)
    assert check_document(document) == ()
    read = read_invoice(document)
    assert read.unread == ()
    if version == VERSIONS[0]:
        assert read.invoice == invoice
    path = tmp_path / "invoice.xml"
    path.write_bytes(document)
    xsd = str(SCHEMA_FOLDER / f"hdon-{int(form)}.xsd")
    subprocess.run(["xmllint", "--noout", "--schema", xsd, str(path)], check=True, capture_output=True)


def test_an_older_version_has_not_the_newer_fields() -> None:
    document = written(replace(full_invoice(Form.VAT), version="2.0.1"))
    assert b"<CCCDan>" in document
    assert b"MDVQHNSach" not in document
    assert any(
        "known only from" in fault.words
        for fault in check_document(written(full_invoice(Form.VAT)).replace(b"<PBan>2.1.0<", b"<PBan>2.0.1<"))
    )


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        (b"<SHDon>128</SHDon>", b"", None),
        (b"<NLap>2026-11-23</NLap>", b"<NLap>23/11/2026</NLap>", None),
        (b"<NLap>2026-11-23</NLap>", b"<NLap>2026-11-23T00:00:00</NLap>", "TTChung/NLap"),
        (b"<DVTTe>VND</DVTTe>", b"<DVTTe>VND</DVTTe><DVTTe>VND</DVTTe>", "TTChung/DVTTe"),
        (b"<THDon>", b"<XX>1</XX><THDon>", "TTChung"),
        (b"<TSuat>8%</TSuat>", b"<TSuat>9%</TSuat>", "LTSuat/ThTien"),
        (b"<TgTTTBSo>", b"<TgTTTBSo>1", "TToan/TgTTTBSo"),
        (b"<TgTCThue>", b"<TgTCThue>1", "TToan/TgTCThue"),
        (b"<TThue>", b"<TThue>1", "LTSuat/TThue"),
        (b"<SLuong>2</SLuong>", b"<SLuong>hai</SLuong>", None),
        (b"<SLuong>2</SLuong>", b"<SLuong>2.0000001</SLuong>", "HHDVu/SLuong"),
        (b"<SLuong>2</SLuong>", b"", "HHDVu[1]/SLuong"),
        (b"<TChat>1</TChat>", b"<TChat>9</TChat>", None),
        (b"<Ten>", b"<Ten>" + b"x" * 401, "NBan/Ten"),
        (b"<TgTTTBChu>", b"<TgTTTBChu>\xc3\x82m ", "TToan/TgTTTBChu"),
        (b"<DChi>12 B", b"<DChi></DChi><X>12 B", None),
        (b"<MCCQT>M1", b"<MCCQT>X1", None),
    ],
)
def test_a_broken_rule_is_named_with_its_path(before: bytes, after: bytes, path: str | None) -> None:
    document = written(full_invoice(Form.VAT))
    assert before in document
    broken = document.replace(before, after, 1)
    if path is None:
        with pytest.raises(InvoiceUnreadable):
            check_document(broken)
    else:
        assert any(path in fault.path for fault in check_document(broken))


def test_order_is_strict_for_the_validator_and_free_for_the_reader() -> None:
    document = written(full_invoice(Form.SALES))
    root = etree.fromstring(document)
    general = root.find("DLHDon/TTChung")
    assert general is not None
    general.append(general[0])
    shuffled = etree.tostring(root)
    assert read_invoice(shuffled).invoice == read_invoice(document).invoice
    assert any(fault.path.endswith("PBan") for fault in check_document(shuffled))


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*206*.xml")), ids=lambda path: path.name)
def test_real_messages_are_read(path: Path) -> None:
    root = etree.parse(str(path)).getroot()
    invoices = [
        part for part in root.iter() if str(part.tag).endswith("HDon") and part.find("DLHDon") is not None
    ]
    assert invoices
    for invoice in invoices:
        assert read_invoice(etree.tostring(invoice)).invoice.total is not None


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<HDon>",
        b"<HDon/>",
        b"<TDiep><DLieu/></TDiep>",
        b"<HDon><DLHDon/></HDon>",
        b"<HDon><DLHDon/><MCCQT>x</MCCQT></HDon>",
        b"<!DOCTYPE HDon><HDon><DLHDon/></HDon>",
        b"\xff\xfe",
        b"x" * 3_000_000,
    ],
)
def test_what_is_no_invoice_is_said_so(document: bytes) -> None:
    with pytest.raises(InvoiceUnreadable):
        read_invoice(document)


@pytest.mark.parametrize(
    "change",
    [
        {"payment": "x" * 51},
        {"title": ""},
        {"title": "a\x00b"},
        {"currency": "VNDD"},
        {"exchange_rate": Decimal(123456789)},
        {"exchange_rate": Decimal("1.234")},
        {"total": 10**22},
        {"words": "x" * 256},
        {"statement_no": "x" * 51},
    ],
)
def test_the_writer_refuses_what_the_table_does_not_allow(change: dict[str, Any]) -> None:
    with pytest.raises(FieldInvalid):
        written(replace(full_invoice(Form.VAT), **change))


def test_a_related_invoice_is_read_as_written() -> None:
    related = full_invoice(Form.VAT).related
    assert related is not None
    assert (related.kind, related.day) == (Relation.ADJUSTS, date(2026, 11, 20))
