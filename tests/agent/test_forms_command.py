"""``thungan register`` and ``thungan notice`` against the sandbox over HTTPS."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from agent.cli import main
from agent.config import load_config
from authority.answers import parse_answer
from authority.form_answers import ReviewRequest
from authority.sandbox.server import RunningSandbox
from outbox import reports
from outbox.forms import forms
from outbox.store import open_reader

SALE = '{"total": 15000, "receipt_no": "A1", "lines": [{"name": "Đá viên", "amount": 15000}]}'
OFFICE = """
[office]
name = "Thuế cơ sở 1 thành phố Đà Nẵng"
code = "50101"
place = "Đà Nẵng"
"""
REPRESENTATIVE = """
[representative]
name = "Nguyễn Thị An"
phone = "0905123456"
born = 1980-05-17
sex = "female"
citizen_id = "048180001234"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "shop"
    with RunningSandbox(folder / "sandbox") as sandbox:
        assert main(["init", "--data", str(folder), "--profile", "demo", "--authority", sandbox.url]) == 0
        yield folder


def configure(shop: Path, more: str) -> None:
    path = shop / "config.toml"
    text = path.read_text("utf-8").replace('address = "12', 'email = "chu@example.vn"\naddress = "12')
    path.write_text(text + more, "utf-8")


def stored(shop: Path) -> list[tuple[str, str]]:
    reader = open_reader(shop / "thungan.db")
    try:
        return [(row["kind"], row["state"]) for row in forms(reader)]
    finally:
        reader.close()


def test_a_registration_is_shown_then_sent_and_decided(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(shop, OFFICE + REPRESENTATIVE)
    capsys.readouterr()
    assert main(["register", "--data", str(shop)]) == 0
    shown = capsys.readouterr().out
    assert "Nguyễn Thị An" in shown
    assert "0409990010" in shown
    assert stored(shop) == []
    assert main(["register", "--data", str(shop), "--yes"]) == 0
    assert "accepted: " in capsys.readouterr().out
    assert stored(shop) == [("100", "accepted")]


def test_wrong_invoices_are_notified(shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    configure(shop, OFFICE)
    sale = tmp_path / "sale.json"
    sale.write_text(SALE, "utf-8")
    folder = ["--data", str(shop)]
    assert main(["issue", str(sale), *folder]) == 0
    assert main(["sync", "--once", *folder]) == 0
    words = ["notice", "C26MAA-1", *folder]
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("E-AGT-006: ")
    assert main([*words, "--reason", "sai tên hàng"]) == 0
    assert "sai tên hàng" in capsys.readouterr().out
    assert main([*words, "--reason", "sai tên hàng", "--yes"]) == 0
    assert stored(shop) == [("303", "accepted")]
    assert main(["notice", "C26MAA-9", "--reason", "x", *folder]) == 2


def test_a_review_is_announced_and_answered(
    shop: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    configure(shop, OFFICE)
    folder = ["--data", str(shop)]
    sale = tmp_path / "sale.json"
    sale.write_text(SALE, "utf-8")
    assert main(["issue", str(sale), *folder]) == 0
    assert main(["sync", "--once", *folder]) == 0
    config = load_config(shop)
    reader = open_reader(shop / "thungan.db")
    row, _ = reports.find_invoice(reader, "C26MAA-1")
    asked = {
        "receiver": "K0409990010",
        "tax_code": "0409990010",
        "reason": "Sai thuế suất",
        "invoices": [{"form": 1, "symbol": "C26MAA", "number": 1, "day": row["day"]}],
    }
    context = ssl.create_default_context(cafile=config.ca)
    httpx.post(f"{config.url}/v1/reviews", json=asked, verify=context).raise_for_status()
    assert main(["sync", "--once", *folder]) == 0
    capsys.readouterr()
    assert main(["status", "--json", *folder]) == 3
    assert "review-asked" in capsys.readouterr().out
    (document,) = reader.execute("SELECT document FROM answer WHERE kind = 'ReviewRequest'").fetchone()
    reader.close()
    review = parse_answer(bytes(document))
    assert isinstance(review, ReviewRequest)
    capsys.readouterr()
    assert main(["notice", *folder]) == 3
    shown = capsys.readouterr().out
    assert f"302 {review.number}  WAITS" in shown
    assert "Sai thuế suất" in shown
    words = ["notice", "C26MAA-1", "--reason", "đúng 8% theo nghị quyết", *folder]
    assert main([*words, "--review", "0"]) == 2
    assert main([*words, "--review", review.number, "--yes"]) == 0
    capsys.readouterr()
    main(["status", "--json", *folder])
    assert "review-asked" not in capsys.readouterr().out
    assert main(["notice", *folder]) == 0
    shown = capsys.readouterr().out
    assert f"302 {review.number}  answered" in shown
    assert "303 " in shown


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ("", "representative.sex"),
        (OFFICE, "representative.sex"),
        (REPRESENTATIVE, "office.name"),
        (OFFICE + REPRESENTATIVE.replace("female", "other"), "representative.sex"),
        (OFFICE + REPRESENTATIVE.replace("1980-05-17", '"1980"'), "representative.born"),
        (OFFICE.replace("50101", "5010123"), None),
    ],
)
def test_what_the_form_needs_is_asked_for(
    shop: Path, capsys: pytest.CaptureFixture[str], more: str, missing: str | None
) -> None:
    configure(shop, more if missing else more + REPRESENTATIVE)
    capsys.readouterr()
    assert main(["register", "--data", str(shop), "--yes"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("E-A")
    assert missing is None or missing in error
    assert stored(shop) == []


def test_without_the_authority_the_form_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "shop"
    with RunningSandbox(folder / "sandbox") as sandbox:
        assert main(["init", "--data", str(folder), "--profile", "demo", "--authority", sandbox.url]) == 0
    configure(folder, OFFICE + REPRESENTATIVE)
    capsys.readouterr()
    assert main(["register", "--data", str(folder), "--yes", "--wait", "0"]) == 3
    assert "not decided yet" in capsys.readouterr().out
    assert stored(folder) == [("100", "sent")]
