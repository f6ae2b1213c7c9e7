import shutil
import subprocess
from pathlib import Path

import pytest
from authority_samples import NOW, SENDER, TAX_CODE, message_id, package, sales_invoice, vat_invoice
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from authority.codes import direct_code, is_message_id, new_message_id, provider_code
from authority.envelope import Header, read_envelope, write_header
from authority.errors import CodeInvalid, MessageTooLarge
from authority.package import PACKAGE_LIMIT, PackageFrame, build_package
from signing.verify import verify_document

XMLSEC1 = shutil.which("xmlsec1")


def test_codes_of_parties() -> None:
    assert direct_code("0409990010") == "K0409990010"
    assert direct_code("0107001730-001") == "K0107001730001"
    assert provider_code("0107001729") == "V0107001729"
    with pytest.raises(CodeInvalid, match="E-AUT-003"):
        direct_code("04099900")


def test_message_id_is_sender_and_upper_hex() -> None:
    from uuid import UUID

    made = new_message_id("K0107001730001", UUID("f6ca05c0-fad5-46fc-a237-a8e930e7cb49"))
    assert made == "K0107001730001F6CA05C0FAD546FCA237A8E930E7CB49"
    assert is_message_id(made)
    assert len(made) == 46
    assert not is_message_id(made.lower())
    with pytest.raises(CodeInvalid):
        new_message_id("k1", UUID(int=1))


def test_header_is_written_in_the_order_of_the_regulation() -> None:
    header = Header("2.1.0", SENDER, "TCT", "206", message_id(1), tax_code=TAX_CODE, count=2)
    assert (
        write_header(header)
        == (
            "<TTChung><PBan>2.1.0</PBan><MNGui>K0409990010</MNGui><MNNhan>TCT</MNNhan><MLTDiep>206</MLTDiep>"
            f"<MTDiep>{message_id(1)}</MTDiep><MTDTChieu></MTDTChieu><MST>0409990010</MST><SLuong>2</SLuong>"
            "</TTChung>"
        ).encode()
    )
    with pytest.raises(CodeInvalid, match="MNGui"):
        write_header(Header("2.1.0", "K" * 15, "TCT", "206", message_id(1)))


def test_package_reads_back(frame: PackageFrame) -> None:
    data = package(frame, 5, vat_invoice(), sales_invoice())
    envelope = read_envelope(data)
    assert envelope.header == Header("2.1.0", SENDER, "TCT", "206", message_id(5), "", TAX_CODE, 2)
    assert envelope.content is not None
    assert envelope.content.get("Id") == "_" + message_id(5)[-32:]
    assert data.startswith(b"<?xml version='1.0' encoding='UTF-8'?><TDiep><TTChung>")
    assert vat_invoice() + sales_invoice() in data, "stored bytes go out as they are"


def test_package_is_canonical_from_the_first_byte(frame: PackageFrame) -> None:
    data = package(frame, 5, vat_invoice(), sales_invoice())
    body = data.partition(b"?>")[2]
    assert etree.tostring(etree.fromstring(data), method="c14n") == body


def test_package_verifies_here(frame: PackageFrame) -> None:
    report = verify_document(package(frame, 6, vat_invoice(), sales_invoice()), now=NOW)
    assert report.valid, report


@pytest.mark.skipif(XMLSEC1 is None, reason="xmlsec1 is not installed")
def test_package_verifies_with_xmlsec1(frame: PackageFrame, tmp_path: Path) -> None:
    good = package(frame, 7, vat_invoice(1, ("Bánh mì", "Bánh &amp; mì &lt;đặc biệt&gt;")), sales_invoice())
    assert _xmlsec1(good, tmp_path) == 0
    assert _xmlsec1(good.replace(b"185000", b"185001"), tmp_path) != 0


def _xmlsec1(data: bytes, folder: Path) -> int:
    file = folder / "package.xml"
    file.write_bytes(data)
    command = ["xmlsec1", "--verify", "--insecure", "--id-attr:Id", "DLieu", "--id-attr:Id", "DLHDon"]
    command += ["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object"]
    command += ["--node-xpath", "(//*[local-name()='Signature'])[last()]", str(file)]
    return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode


@given(st.lists(st.integers(0, 400), min_size=1, max_size=120))
def test_frame_knows_the_size_to_the_byte(frame: PackageFrame, paddings: list[int]) -> None:
    invoices = [b"<HDon>" + b"x" * padding + b"</HDon>" for padding in paddings]
    sizes = [len(invoice) for invoice in invoices]
    assert len(build_package(frame, invoices, message_id(1), NOW)) == frame.size(sizes)


@given(st.lists(st.integers(1, 900_000), max_size=30), st.integers(0, 3_000_000))
def test_greedy_packing_is_the_longest_that_fits(frame: PackageFrame, sizes: list[int], limit: int) -> None:
    count = frame.how_many(sizes, limit)
    if count:
        assert frame.fits(sizes[:count], limit)
    if count < len(sizes):
        assert not frame.fits(sizes[: count + 1], limit)


def test_package_exactly_at_the_limit_goes_and_one_byte_more_does_not(frame: PackageFrame) -> None:
    room = PACKAGE_LIMIT - frame.size([0])
    assert len(build_package(frame, [b"x" * room], message_id(1), NOW)) == PACKAGE_LIMIT
    with pytest.raises(MessageTooLarge, match="2000001 bytes"):
        build_package(frame, [b"x" * (room + 1)], message_id(1), NOW)


def test_package_needs_invoices_and_an_own_message_id(frame: PackageFrame) -> None:
    with pytest.raises(CodeInvalid, match="at least one"):
        build_package(frame, [], message_id(1), NOW)
    for wrong in ("", "K0107001729" + "0" * 32, message_id(1).lower()):
        with pytest.raises(CodeInvalid):
            build_package(frame, [vat_invoice()], wrong, NOW)
