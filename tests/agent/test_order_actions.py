"""``thungan invoice`` on sales that wait for a provider's number: looked at, held, replaced, dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.commands.init import make_folder
from invoice.references import spoken

SALE = {
    "receipt_no": "HD000128",
    "lines": [{"name": "Cà phê sữa đá", "quantity": 2, "unit_price": 25000, "amount": 50000}],
    "total": 50000,
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    make_folder(tmp_path, demo=True)
    path = tmp_path / "config.toml"
    route = 'route = "viettel"\nuser = "0409990010"\npassword = "env:NOT_ASKED_FOR"\n'
    path.write_text(path.read_text("utf-8").replace("[authority]\n", f"[authority]\n{route}", 1), "utf-8")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def run(shop: Path, *words: str) -> int:
    return main([*words, "--data", str(shop)])


def ordered(shop: Path, capsys: pytest.CaptureFixture[str], **changes: Any) -> str:
    path = shop / "sale.json"
    path.write_text(json.dumps({**SALE, **changes}), "utf-8")
    assert run(shop, "issue", str(path), "--json") == 0
    reference: str = told(capsys)["reference"]
    return reference


def test_an_order_is_listed_shown_and_counted(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = ordered(shop, capsys)
    assert run(shop, "invoice", "list") == 0
    assert f"C26MAA {spoken(reference)}" in capsys.readouterr().out
    assert run(shop, "invoice", "show", spoken(reference), "--json") == 0
    shown = told(capsys)
    assert (shown["reference"], shown["state"], shown["number"]) == (reference, "ordered", None)
    assert [step["kind"] for step in shown["history"]] == ["order.made"]
    assert run(shop, "invoice", "xml", reference, "-o", str(shop / "order.xml")) == 0
    document = (shop / "order.xml").read_bytes()
    assert b"<SHDon>" not in document
    assert reference.encode() in document
    assert run(shop, "verify", str(shop / "order.xml")) == 0
    capsys.readouterr()
    assert run(shop, "invoice", "pdf", reference) == 2
    assert "waits for its number" in capsys.readouterr().err
    run(shop, "status", "--json")
    status = told(capsys)
    assert (status["queue"]["ordered"], status["today"]["sales"], status["today"]["total"]) == (1, 1, 50000)


def test_a_misheard_code_names_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = ordered(shop, capsys)
    wrong = reference[:4] + str((int(reference[4]) + 1) % 10) + reference[5:]
    assert run(shop, "invoice", "show", wrong) != 0
    assert "E-OUT-006" in capsys.readouterr().err


def test_held_let_go_replaced_and_dropped(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = ordered(shop, capsys)
    assert run(shop, "invoice", "hold", reference) != 0  # without a reason
    capsys.readouterr()
    assert run(shop, "invoice", "hold", reference, "--reason", "khách đổi món") == 0
    assert "held" in capsys.readouterr().out
    assert run(shop, "invoice", "release", reference) == 0
    assert "ordered" in capsys.readouterr().out
    right = {**SALE, "lines": [{**SALE["lines"][0], "quantity": 1, "amount": 25000}], "total": 25000}  # type: ignore[index]
    (shop / "right.json").write_text(json.dumps(right), "utf-8")
    words = ("invoice", "replace", reference, "--sale", str(shop / "right.json"), "--reason", "nhầm số lượng")
    assert run(shop, *words) == 0
    assert "--yes" in capsys.readouterr().out
    assert run(shop, *words, "--yes", "--json") == 0
    other = told(capsys)
    assert (other["total"], other["state"]) == (25000, "ordered")
    assert run(shop, "invoice", "show", reference, "--json") == 0
    before = told(capsys)
    assert before["state"] == "corrected"
    assert spoken(other["reference"]) in before["reason"]  # whoever asks by the old paper is led on
    assert run(shop, "invoice", "drop", other["reference"], "--reason", "lập trên trang nhà cung cấp") == 0
    capsys.readouterr()
    run(shop, "status", "--json")
    status = told(capsys)
    assert (status["queue"]["ordered"], status["today"]["sales"]) == (0, 0)


def test_the_right_buyer_takes_the_place_of_the_wrong(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = ordered(shop, capsys)
    buyer = {"name": "CÔNG TY MẪU", "tax_code": "0107001729", "address": "Hà Nội"}
    (shop / "buyer.json").write_text(json.dumps(buyer), "utf-8")
    words = ("--buyer", str(shop / "buyer.json"), "--reason", "bổ sung người mua", "--yes", "--json")
    assert run(shop, "invoice", "replace", reference, *words) == 0
    other = told(capsys)
    assert run(shop, "invoice", "xml", other["reference"], "-o", str(shop / "other.xml")) == 0
    assert b"0107001729" in (shop / "other.xml").read_bytes()


def test_a_route_left_takes_orders_back(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ordered(shop, capsys)
    assert run(shop, "gateway", "take-back") == 3  # still the provider's route
    capsys.readouterr()
    path = shop / "config.toml"
    text = path.read_text("utf-8")
    start = text.index('route = "viettel"')
    text = text[:start] + text[text.index("url =", start) :]
    path.write_text(text.replace('letters = "AA"', 'letters = "AB"'), "utf-8")
    assert run(shop, "gateway", "take-back", "--json") == 0
    assert told(capsys) == {"taken_back": ["C26MAB-1"], "left": []}
