"""``thungan verify`` as an officer calls it: every kind of document, good and forged, trusted or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from signed_samples import RSA_SHA1, Handmade, content, signed_by_hand, signer_of
from test_forms_command import OFFICE, REPRESENTATIVE, SALE
from test_forms_command import configure as configure_forms

from agent.cli import main
from agent.config import load_config
from agent.key_choice import open_signer
from authority.sandbox.server import RunningSandbox
from outbox.store import open_reader

MESSAGES = Path(__file__).parent.parent / "data" / "messages"
GOOD = {
    "204-all-valid",
    "204-one-refused",
    "204-package-invalid",
    "206-two-invoices",
    "206-package-signature-only",
}
CONTRACT = {"covers", "subject", "signing_time", "algorithm", "valid", "problem"}


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["verify", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("path", sorted(MESSAGES.glob("*.xml")), ids=lambda path: path.stem)
def test_every_sample_is_judged(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust = ["--trust", str(MESSAGES / "seller.crt.pem"), str(MESSAGES / "authority.crt.pem")]
    code, report = told(capsys, str(path), *trust)
    good = path.stem in GOOD
    assert (code, report["valid"]) == ((0, True) if good else (1, False))
    assert all(one.keys() == CONTRACT for one in report["signatures"])
    assert good or report["problem"] or any(not one["valid"] for one in report["signatures"])
    signer = "authority" if path.stem.startswith("206") else "seller"
    code, report = told(capsys, str(path), "--trust", str(MESSAGES / f"{signer}.crt.pem"))
    assert (code, report["valid"]) == (1, False)  # whoever it was is not trusted


@pytest.fixture
def documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[dict[str, Path]]:
    """What a shop and the authority have sent each other, by kind, and ``trust``."""
    shop = tmp_path / "shop"
    folder = ["--data", str(shop)]
    (tmp_path / "sale.json").write_text(SALE, "utf-8")
    with RunningSandbox(shop / "sandbox") as sandbox:
        assert main(["init", *folder, "--profile", "demo", "--authority", sandbox.url]) == 0
        configure_forms(shop, OFFICE + REPRESENTATIVE)
        assert main(["register", *folder, "--yes"]) == 0
        assert main(["issue", str(tmp_path / "sale.json"), *folder]) == 0
        assert main(["sync", "--once", *folder]) == 0
        assert main(["notice", "C26MAA-1", "--reason", "sai tên", "--yes", *folder]) == 0
    found: dict[str, Path] = {}
    reader = open_reader(shop / "thungan.db")
    try:
        for query in (
            "SELECT 'invoice', document FROM invoice",
            "SELECT '206', document FROM package",
            "SELECT kind, document FROM form_message",
            "SELECT kind, document FROM answer WHERE kind <> 'TechnicalAnswer'",
        ):
            for kind, document in reader.execute(query):
                found[kind] = tmp_path / f"{kind}.xml"
                found[kind].write_bytes(bytes(document))
    finally:
        reader.close()
    found["trust"] = tmp_path / "trust.pem"
    seller = open_signer(load_config(shop)).certificate.public_bytes(Encoding.PEM)
    found["trust"].write_bytes(seller + (shop / "sandbox" / "authority.crt.pem").read_bytes())
    return found


def test_whatever_a_shop_sends_and_gets_verifies_and_no_forgery_does(
    documents: dict[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    trust = ["--trust", str(documents.pop("trust"))]
    assert {"invoice", "206", "100", "303"} < documents.keys()
    assert len(documents) >= 7  # and the authority's 204, 103, 301
    for kind, path in documents.items():
        code, report = told(capsys, str(path), *trust)
        assert (code, report["valid"]) == (0, True), (kind, report)
        forged = tmp_path / "forged.xml"
        data = path.read_bytes()
        assert b"0409990010" in data
        for changed in (
            data.replace(b"0409990010", b"0409990011", 1 if kind == "invoice" else -1),
            data[:-200] + data[-199:],
            data.replace(b"<SigningTime>2", b"<SigningTime>3"),
            b"<!DOCTYPE x [<!ENTITY y 'z'>]>" + data.partition(b"?>")[2] if b"?>" in data else b"<!--" + data,
        ):
            forged.write_bytes(changed)
            code, report = told(capsys, str(forged), *trust)
            assert (code, report["valid"]) == (1, False), (kind, report)


def test_sha1_is_taken_where_asked_with_a_warning(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "old.xml"
    key = signer_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    path.write_bytes(signed_by_hand(Handmade(key, content(), method=RSA_SHA1, digest="sha1")))
    assert main(["verify", str(path)]) == 1
    assert "SHA-1" in capsys.readouterr().out
    assert main(["verify", str(path), "--allow-sha1"]) == 0
    assert "good, but it is signed with SHA-1" in capsys.readouterr().out


def test_what_cannot_be_read_is_said_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["verify", str(tmp_path / "none.xml")]) == 2
    sample = str(MESSAGES / "206-two-invoices.xml")
    assert main(["verify", sample, "--trust", str(tmp_path / "none.pem")]) == 2
    (tmp_path / "empty.xml").write_bytes(b"")
    assert main(["verify", str(tmp_path / "empty.xml")]) == 1
