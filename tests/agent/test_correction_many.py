"""``thungan invoice adjust-many`` and what goes with it, against the sandbox over HTTPS."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from agent.cli import main
from authority.sandbox.server import RunningSandbox
from signing.keys import Pkcs12Key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

BUYER = {"name": "CÔNG TY MẪU", "tax_code": "0107001729", "address": "Hà Nội"}


def sale(number: int, rate: str, buyer: dict[str, str] | None) -> dict[str, object]:
    line = {"name": "Đá viên", "amount": 15000, "vat_rate": rate}
    return {"total": 15000, "receipt_no": f"A{number}", "lines": [line], "buyer": buyer}


@pytest.fixture
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A shop with two invoices delivered, for the buyer that the test names."""
    folder = tmp_path / "shop"
    with RunningSandbox(folder / "sandbox") as sandbox:
        assert main(["init", "--data", str(folder), "--profile", "demo", "--authority", sandbox.url]) == 0
        for number in (1, 2):
            path = tmp_path / "sale.json"
            path.write_text(json.dumps(sale(number, "8%", getattr(request, "param", None))), "utf-8")
            assert main(["issue", str(path), "--data", str(folder)]) == 0
        assert main(["sync", "--once", "--data", str(folder)]) == 0
        yield folder


def right_sales(shop: Path, **changes: object) -> Path:
    path = shop.parent / "right.json"
    rights = {f"C26MAA-{n}": {**sale(n, "10%", None), "receipt_no": None, **changes} for n in (1, 2)}
    path.write_text(json.dumps(rights), "utf-8")
    return path


def states(shop: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    main(["invoice", "list", "--json", "--data", str(shop)])
    return [row["state"] for row in json.loads(capsys.readouterr().out)]


def test_shown_first_then_issued_and_accepted(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(shop)]
    words = ["invoice", "adjust-many", str(right_sales(shop)), "--reason", "sai thuế suất", *data]
    capsys.readouterr()
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "C26MAA-1 10%  0 -> 15,000  (+15,000, VAT +1,363)" in shown
    assert "adjusts 2 invoices, total 0 VND" in shown
    assert states(shop, capsys) == ["accepted"] * 2
    assert main([*words, "--yes"]) == 0
    assert main(["sync", "--once", *data]) == 0
    assert states(shop, capsys) == ["accepted"] * 3


@pytest.mark.parametrize("shop", [BUYER], indirect=True)
def test_the_buyer_signs_the_list(shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    data, now = ["--data", str(shop)], datetime.now(UTC)
    words = ["invoice", "replace-many", str(right_sales(shop)), "--reason", "sai thuế suất", "--yes", *data]
    assert main(words) == 0
    assert states(shop, capsys) == ["held", "accepted", "accepted"]
    listed = tmp_path / "bke.xml"
    assert main(["invoice", "bke", "C26MAA-3", "-o", str(listed), *data]) == 0
    attach = ["invoice", "attach", "C26MAA-3", *data]
    assert main(attach) == 2
    assert main([*attach, "--list", str(listed)]) == 2
    assert "no signature of the buyer" in capsys.readouterr().err

    phrase = Secret("the buyer's")
    throwaway_pkcs12(tmp_path / "buyer.p12", phrase, BUYER["tax_code"], BUYER["name"], now, 30)
    signer = XmlSigner(Pkcs12Key.open(tmp_path / "buyer.p12", phrase))
    document = listed.read_bytes()
    content = b"<NDBKe" + document.partition(b"<NDBKe")[2].partition(b"</NDBKe>")[0] + b"</NDBKe>"
    signature = signer.sign(hashlib.sha256(content).digest(), "BKe-C26MAA-3", "NMua-1", now)
    both = document.replace(b"</NBan></DSCKS>", b"</NBan><NMua>" + signature + b"</NMua></DSCKS>")
    listed.write_bytes(both.replace(b"C26MAA</KHHDon>", b"C26MAB</KHHDon>"))
    assert main([*attach, "--list", str(listed)]) == 2
    assert "not rightly signed" in capsys.readouterr().err
    listed.write_bytes(both)
    assert main([*attach, "--list", str(listed)]) == 0
    assert main(["sync", "--once", *data]) == 0
    assert states(shop, capsys) == ["accepted"] * 3
    assert main([*attach, "--list", str(listed)]) == 2


@pytest.mark.parametrize("shop", [BUYER], indirect=True)
def test_the_record_of_agreement(shop: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.xml"
    words = ["invoice", "record", "C26MAA-1", "--data", str(shop), "-o", str(record)]
    assert main(words) == 2
    assert main([*words, "--reason", "sai tên hàng"]) == 0
    assert verify_document(record.read_bytes(), now=datetime.now(UTC)).valid
    root = etree.fromstring(record.read_bytes())
    assert root.findtext(".//TCHDon") == "1"
    assert main([*words, "--reason", "sai tên hàng", "--adjusts"]) == 0
    assert etree.fromstring(record.read_bytes()).findtext(".//TCHDon") == "2"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("[]", "E-INV-"),
        ("{", "E-INV-"),
        ("{}", "E-INV-009"),
        ('{"C26MAA-9": {"total": 1}}', "E-OUT-006"),
        ('{"C26MAA-1": {"total": "x"}, "C26MAA-2": {"total": 1}}', "E-INV-"),
        ('{"C26MAA-1": {"total": 0, "lines": []}, "C26MAA-2": {"total": 0, "lines": []}}', "E-INV-"),
    ],
)
def test_what_cannot_be_read(
    shop: Path, content: str, code: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(content, "utf-8")
    capsys.readouterr()
    words = ["invoice", "adjust-many", str(path), "--reason", "sai", "--yes", "--data", str(shop)]
    assert main(words) == 2
    assert capsys.readouterr().err.startswith(code)
