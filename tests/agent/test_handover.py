"""The sheet beside the till: one page that says what it must, and no secret."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agent.cli import main


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert main(["init", "--profile", "demo", "--data", str(folder)]) == 0
    return folder


def words(path: Path) -> str:
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True)
    return done.stdout


def test_it_says_what_the_shop_needs_on_one_page(shop: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.pdf"
    told = ["--installer", "Trần Văn Bình", "--phone", "0905 123 456"]
    assert main(["handover", "-o", str(sheet), *told, "--data", str(shop)]) == 0
    said = words(sheet)
    for fact in (
        "0409990010",
        "1C26MAA",
        "127.0.0.1:8380",
        "Chữ ký số còn hạn",
        "Trần Văn Bình",
        "XANH",
        "ĐỎ",
    ):
        assert fact in said, fact
    assert said.count("\f") == 1
    phrase = (shop / "keys" / "passphrase").read_text().strip()
    assert phrase not in said


def test_a_key_that_is_away_costs_one_line(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "keys" / "seller.p12").unlink()
    assert main(["handover", "-o", str(tmp_path / "sheet.pdf"), "--data", str(shop)]) == 0
    assert "E-SIGN" in capsys.readouterr().err
    assert "Chữ ký số còn hạn" not in words(tmp_path / "sheet.pdf")


def test_where_it_cannot_be_written(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["handover", "-o", str(tmp_path / "no" / "sheet.pdf"), "--data", str(shop)]) == 2
    assert "E-AGT-005" in capsys.readouterr().err
