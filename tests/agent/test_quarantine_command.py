"""``thungan quarantine`` and the copies of a receipt: what a person sees, sets right, and reads again."""

from __future__ import annotations

import doctest
import getpass
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from agent import field_setting
from agent.cli import main
from agent.config import load_config
from agent.daemon import Daemon
from agent.field_setting import set_fields
from agent.parts import ledger_key
from agent.till import Till
from audit.ledger_check import check_ledger
from drivers.captured import Captured
from invoice.errors import SaleUnreadable
from invoice.sale_json import VIETNAM
from outbox.store import open_reader

PRINTED = f"{datetime.now(VIETNAM):%d/%m/%Y %H:%M}"
CUT = b"\x1dV\x00"
OWN_PROFILE = 'name = "own"\ndescription = "this shop"\n[words]\ntotal = ["khoản nộp"]\n'


def receipt(number: int, total: str = "50.000", foot: str = "", head: str = "QUÁN CÀ PHÊ") -> bytes:
    text = (
        f"\x1b@{head}\nSố HĐ: HD{number:05}\nNgày: {PRINTED}\n"
        f"Cà phê sữa      2 x 25.000     50.000\nTổng cộng                      {total}\n{foot}"
    )
    return text.encode() + CUT


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert main(["init", "--data", str(folder), "--profile", "demo"]) == 0
    return folder


@contextmanager
def running(shop: Path) -> Iterator[Till]:
    daemon = Daemon(load_config(shop))
    try:
        yield daemon.till
    finally:
        daemon.stop()


def take(shop: Path, *receipts: bytes, ended_by: str = "cut") -> list[bytes]:
    with running(shop) as till:
        return [till.take("test", Captured(one, ended_by)) for one in receipts]


def rows(shop: Path, query: str) -> list[tuple[object, ...]]:
    connection = open_reader(shop / "thungan.db")
    try:
        return [tuple(row) for row in connection.execute(query)]
    finally:
        connection.close()


def test_the_examples() -> None:
    assert doctest.testmod(field_setting).failed == 0


def test_a_wrong_total_is_seen_and_set_right(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(shop, receipt(1, "60.000")) == [b""]
    data = ["--data", str(shop)]
    capsys.readouterr()
    assert main(["quarantine", "list", *data]) == 3
    picture = tmp_path / "paper.png"
    assert main(["quarantine", "show", "1", "--hex", "--png", str(picture), *data]) == 0
    shown = capsys.readouterr().out
    assert "Tổng cộng" in shown
    assert "problem: " in shown
    assert "00000000  1b 40" in shown
    with Image.open(picture) as paper:
        assert paper.size[0] == 576
    resolve = ["quarantine", "resolve", "1", "--reason", "máy in sai tổng", *data]
    assert main([*resolve, "--set", "total=59000"]) == 2
    fields = [
        "receipt_no=HD00001",
        "lines.0.name=Cà phê sữa",
        "lines.0.quantity=2",
        "lines.0.unit_price=25000",
    ]
    words = [word for field in [*fields, "lines.0.amount=50000", "total=50000"] for word in ("--set", field)]
    assert main([*resolve, *words]) == 0
    assert rows(shop, "SELECT state, kind FROM capture") == [("resolved", "sale")]
    said = "SELECT json_extract(body, '$.by') FROM leaf WHERE kind = 'capture.resolved'"
    assert rows(shop, said) == [(getpass.getuser(),)]
    assert rows(shop, "SELECT total FROM invoice") == [(50_000,)]
    assert main([*resolve, *words]) == 2, "it has been decided about"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], "E-AGT-006"),
        (["--no-sale", "--set", "total=1"], "E-AGT-006"),
        (["--set", "total"], "E-INV-"),
        (["--set", "lines.7.name=x"], "E-INV-"),
        (["--set", "nothing.at.all=x"], "E-INV-"),
        (["--set", "colour=red"], "E-INV-"),
        (["--profile", "general"], "E-INV-"),
        (["--profile", "unknown"], "E-DRV-"),
        (["--sale", "nowhere.json"], "E-AGT-003"),
    ],
)
def test_a_decision_that_cannot_be(
    shop: Path, words: list[str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    take(shop, receipt(1, "60.000"))
    capsys.readouterr()
    assert main(["quarantine", "resolve", "1", "--reason", "x", *words, "--data", str(shop)]) == 2
    assert capsys.readouterr().err.startswith(code)
    assert rows(shop, "SELECT state FROM capture") == [("quarantined",)]


def test_null_takes_a_value_away() -> None:
    assert set_fields({"buyer": {"name": "A"}}, ["buyer=null"]) == {"buyer": None}
    assert set_fields({}, ["buyer.name=A"]) == {"buyer": {"name": "A"}}
    with pytest.raises(SaleUnreadable, match="there is no name"):
        set_fields({"total": 5}, ["lines.0.name.x.y=1"])


def test_a_profile_reads_the_rest_again(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The general profile does not know this shop's word for its total; a profile of the shop's own does."""
    strange = [receipt(n).replace("Tổng cộng".encode(), "Khoản nộp".encode()) for n in (1, 2, 3)]
    take(shop, *strange)
    broken = receipt(4).replace("Tổng cộng".encode(), "Khoản nộp".encode())
    take(shop, broken, ended_by="broken")
    assert rows(shop, "SELECT DISTINCT state FROM capture") == [("quarantined",)]
    data = ["--data", str(shop)]
    assert main(["quarantine", "reread", *data]) == 3
    profile = tmp_path / "shop.toml"
    profile.write_text(OWN_PROFILE, "utf-8")
    capsys.readouterr()
    words = ["quarantine", "reread", "--profile", str(profile), *data]
    assert main(words) == 3
    assert "3 of 4 read exactly" in capsys.readouterr().out
    assert rows(shop, "SELECT COUNT(*) FROM invoice") == [(0,)]
    assert main([*words, "--yes"]) == 3
    assert rows(shop, "SELECT number, total FROM invoice ORDER BY id") == [(n, 50_000) for n in (1, 2, 3)]
    assert rows(shop, "SELECT state FROM capture ORDER BY id") == [*[("resolved",)] * 3, ("quarantined",)]
    config = shop / "config.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("[source]", f'[source]\nprofile = "{profile}"', 1), "utf-8")
    (block,) = take(shop, receipt(5).replace("Tổng cộng".encode(), "Khoản nộp".encode()))
    assert "Mã CQT".encode() in block


def test_a_copy_shows_the_code_of_the_first(shop: Path) -> None:
    first, copy, unknown = take(shop, receipt(1), receipt(1, head="BẢN SAO"), receipt(2, head="BẢN SAO"))
    assert b"M1-26-SHNDN-00100000001" in first
    assert rows(shop, "SELECT kind FROM capture ORDER BY id")[1] == ("reprint",)
    assert b"M1-26-SHNDN-00100000001" in copy
    assert unknown == b""
    assert rows(shop, "SELECT COUNT(*) FROM invoice") == [(1,)]


def test_a_second_print_that_is_paid_otherwise_is_the_same_sale(shop: Path) -> None:
    take(shop, receipt(1, foot="Tiền mặt: 50.000\n"), receipt(1, foot="Chuyển khoản: 50.000\n"), receipt(1))
    assert rows(shop, "SELECT COUNT(*) FROM invoice") == [(1,)]


def test_what_is_decided_after_its_day_is_flagged(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take(shop, receipt(1, "60.000"))
    with running(shop) as till:
        store = till._store
        store.run(lambda tx: tx.execute("UPDATE capture SET captured_at = '2026-11-02T03:00:00.000Z'"))
    data = ["--data", str(shop)]
    sale = shop.parent / "sale.json"
    line = {"name": "Cà phê", "amount": 50_000}
    said = {"total": 50_000, "receipt_no": "HD1", "sold_at": "2026-11-02T10:00:00+07:00", "lines": [line]}
    sale.write_text(json.dumps(said), "utf-8")
    assert main(["quarantine", "resolve", "1", "--sale", str(sale), "--reason", "muộn", *data]) == 0
    capsys.readouterr()
    assert main(["invoice", "show", "C26MAA-1", *data]) == 0
    shown = capsys.readouterr().out
    assert "day          2026-11-02" in shown, "the law wants the day of the sale"
    assert "captured on 2026-11-02, decided about later" in shown
    take(shop, receipt(7, "60.000"))
    connection = open_reader(shop / "thungan.db")
    try:
        check_ledger(connection, ledger_key(shop).public_key())
    finally:
        connection.close()


def test_decode_draws_and_proves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, picture = tmp_path / "receipt.prn", tmp_path / "paper.png"
    path.write_bytes(receipt(1))
    assert main(["decode", str(path), "--png", str(picture), "--proof"]) == 0
    shown = capsys.readouterr().out
    assert "checked: " in shown
    assert "total" in shown
    assert picture.stat().st_size > 1_000
    assert main(["decode", str(path), "--png", str(tmp_path / "no" / "such.png")]) == 2


def test_the_receipt_as_it_came_out(shop: Path, tmp_path: Path) -> None:
    take(shop, receipt(1))
    picture, words = tmp_path / "paper.png", ["invoice", "paper", "C26MAA-1", "--data", str(shop)]
    assert main([*words, "-o", str(picture)]) == 0
    code = rows(shop, "SELECT qr FROM invoice")[0][0]
    done = subprocess.run(
        ["zbarimg", "-q", "--raw", "--nodbus", picture], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == code
    assert main(words) == 2
    sale = tmp_path / "sale.json"
    sale.write_text(json.dumps({"total": 1000, "lines": [{"name": "A", "amount": 1000}]}), "utf-8")
    assert main(["issue", str(sale), "--data", str(shop)]) == 0
    assert main(["invoice", "paper", "C26MAA-2", "-o", str(picture), "--data", str(shop)]) == 2
