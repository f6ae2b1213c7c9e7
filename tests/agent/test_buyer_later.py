"""A buyer who comes after the sale: the receipt waits where the shop has configured so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.buyer_later import MARKS, read_buyer_wait
from agent.cli import main
from agent.config import load_config
from agent.daemon import Daemon
from agent.errors import ConfigInvalid
from agent.parts import ledger_key
from agent.till import Till
from audit.ledger_check import check_ledger
from drivers.captured import Captured
from invoice.reader import read_invoice
from invoice.sale_json import VIETNAM
from outbox import reports
from outbox.store import open_reader

PRINTED = f"{datetime.now(VIETNAM):%d/%m/%Y %H:%M}"
LATE = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def receipt(number: int, words: str = "Khách lấy hóa đơn công ty") -> Captured:
    text = (
        f"\x1b@QUÁN CÀ PHÊ\nSố HĐ: HD{number:05}\nNgày: {PRINTED}\n"
        f"Cà phê sữa      2 x 25.000     50.000\nTổng cộng                      50.000\n{words}\n"
    )
    return Captured(text.encode() + b"\x1dV\x00", "cut")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    assert main(["init", "--data", str(folder), "--profile", "demo"]) == 0
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8") + '\n[buyer]\nlater = "wait"\nuntil = "23:59"\n', "utf-8")
    return folder


@contextmanager
def running(shop: Path) -> Iterator[Till]:
    daemon = Daemon(load_config(shop))
    try:
        yield daemon.till
    finally:
        daemon.stop()


def states(shop: Path) -> list[str]:
    connection = open_reader(shop / "thungan.db")
    try:
        return [row[0] for row in connection.execute("SELECT state FROM capture ORDER BY id")]
    finally:
        connection.close()


@pytest.mark.skipif(datetime.now(UTC).hour == 16 and datetime.now(UTC).minute > 55, reason="end of the day")
def test_a_sale_waits_for_its_buyer(shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(shop) as till:
        block = till.take("test", receipt(1))
        assert "Phiếu chờ số: 1".encode() in block
        assert till.take("test", receipt(1)) == block, "a second print waits under the same number"
        assert b"M1-26-SHNDN" in till.take("test", receipt(2, "Cảm ơn quý khách"))
        till.take_left_over()
    assert states(shop) == ["waiting", "waiting", "sale"]
    capsys.readouterr()
    assert main(["waiting", "list", "--json", "--data", str(shop)]) == 0
    assert [row["sale_id"] for row in json.loads(capsys.readouterr().out)] == [1]

    buyer = tmp_path / "buyer.json"
    buyer.write_text('{"name": "CÔNG TY A", "tax_code": "0409990011", "address": "Huế"}', "utf-8")
    assert main(["waiting", "buyer", "1", str(buyer), "--data", str(shop)]) == 2
    assert "0409990011" in capsys.readouterr().err
    buyer.write_text('{"name": "CÔNG TY A", "tax_code": "0409990010", "address": "Huế"}', "utf-8")
    assert main(["waiting", "buyer", "1", str(buyer), "--data", str(shop), "--json"]) == 0
    issued = json.loads(capsys.readouterr().out)
    assert issued["total"] == 50_000
    assert states(shop) == ["sale"] * 3
    connection = open_reader(shop / "thungan.db")
    try:
        _, document = reports.find_invoice(connection, issued["code"])
        assert read_invoice(document).invoice.buyer.tax_code == "0409990010"
        assert check_ledger(connection, ledger_key(shop).public_key()).problems == ()
    finally:
        connection.close()
    with running(shop) as till:
        assert issued["code"].encode() in till.take("test", receipt(1)), "a print after that shows its code"
    assert main(["waiting", "buyer", "1", str(buyer), "--data", str(shop)]) == 2
    assert "no sale 1 waits" in capsys.readouterr().err


@pytest.mark.skipif(datetime.now(UTC).hour == 16 and datetime.now(UTC).minute > 55, reason="end of the day")
def test_who_has_not_come_in_time_is_a_consumer(shop: Path) -> None:
    with running(shop) as till:
        till.take("test", receipt(1))
        assert till.issue_waiting() == 0
        assert till.issue_waiting(datetime.now(UTC) + timedelta(days=1)) == 1
    assert states(shop) == ["sale"]


@pytest.mark.parametrize(
    ("later", "until"), [("maybe", "23:30"), ("wait", "24:00"), ("wait", "9:30"), ("wait", "")]
)
def test_what_cannot_be_configured(later: str, until: str) -> None:
    with pytest.raises(ConfigInvalid, match="buyer"):
        read_buyer_wait(later, (), until)


def test_the_hour_is_vietnamese_and_the_mark_may_lack_its_marks() -> None:
    from invoice.sale import Kind, Sale

    waits = read_buyer_wait("wait", MARKS, "23:30")
    assert waits is not None
    sale = Sale(Kind.SALE, "1", None, (), 0, 0)
    noon = LATE - timedelta(hours=12)
    assert waits.ends(noon) == datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert waits.asks("KHACH XUAT HOA DON", sale, noon)
    assert not waits.asks("cảm ơn", sale, noon)
    assert not waits.asks("xuất hóa đơn", sale, datetime(2026, 11, 23, 16, 30, tzinfo=UTC))
