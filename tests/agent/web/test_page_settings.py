"""Settings, their tests, the log, the support bundle, the months."""

from __future__ import annotations

import csv
import io
import json
import logging
import socket
import threading
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent import setting_checks
from agent.cli import main
from agent.config import load_config
from agent.recent_log import RecentLog
from agent.redaction import without_secrets
from agent.setting_checks import check_authority, check_key, check_source
from agent.support_bundle import shown_config, support_bundle
from agent.web.chart import HEIGHT, WIDTH, bar_chart
from drivers.codeblock import BlockStyle
from invoice.corrections import Correction
from invoice.sale_json import VIETNAM, sale_from_json
from outbox.correcting import issue_correction
from outbox.months import by_day, by_month, invoices_of

if TYPE_CHECKING:
    from web_shop import Serve

    from authority.sandbox.server import RunningSandbox

TODAY = datetime.now(VIETNAM)


def receipt(number: int, goods: str = "Cà phê") -> bytes:
    return (
        f"\x1b@QUÁN\nSố HĐ: HD{number:05}\nNgày: {TODAY:%d/%m/%Y %H:%M}\n"
        f"{goods}      2 x 25.000     50.000\nTổng cộng                      50.000\n"
    ).encode() + b"\x1dV\x00"


def test_the_tests_of_the_settings(serve: Serve, sandbox: RunningSandbox) -> None:
    served = serve(sandbox=sandbox)
    person = served.person()
    assert "note good" in person.post("/settings/test/authority").text
    key = person.post("/settings/test/key").text
    assert key.count("note good") >= 3
    assert "note bad" not in key
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        assert "note bad" in person.post("/settings/test/source", {"uri": busy}).text
    for wrong in ("", "nowhere://", "serial:///dev/no-such-port?baud=9600"):
        assert "note bad" in person.post("/settings/test/source", {"uri": wrong}).text, wrong
    assert "note bad" in person.post("/settings/test/printer").text, "there is none"


def test_what_is_wrong_is_said(serve: Serve) -> None:
    served = serve(url="https://127.0.0.1:1")
    assert not check_authority(served.daemon.config).good
    (served.folder / "keys" / "seller.p12").unlink()
    found = check_key(served.daemon.config)
    assert [one.good for one in found] == [False]
    assert "E-SIGN" in found[0].detail
    assert not check_source(served.daemon, "tcp://256.0.0.1:9100").good


def test_a_test_ticket_is_printed_behind_the_source(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setting_checks, "PRINTER_PATIENCE", 120.0)
    served = serve(printer=True)
    served.daemon.start()
    assert served.printer is not None
    paper: list[bytes] = []

    def print_() -> None:
        connection, _ = served.printer.accept()  # type: ignore[union-attr]
        with connection:
            while part := connection.recv(4096):
                paper.append(part)

    thread = threading.Thread(target=print_, daemon=True)
    thread.start()
    assert "note good" in served.person().post("/settings/test/printer").text
    thread.join(120)
    assert b"KHONG PHAI HOA DON" in b"".join(paper)


def test_settings_are_saved_and_the_program_asked_to_start_anew(serve: Serve) -> None:
    served = serve()
    person = served.person()
    form = {
        "uri": "tcp://127.0.0.1:9100", "more": "tcp://127.0.0.1:9101\n\n", "paper": "58", "qr": "raster",
        "url": "https://127.0.0.1:1", "every": "30", "proxy": "", "language": "en",
        "block": "picture", "slip": "no",
    }  # fmt: skip
    assert person.post("/settings", {**form, "uri": "nowhere://"}).status_code == 422
    assert person.post("/settings", {**form, "every": "0"}).status_code == 422
    assert served.restarts == []
    assert person.post("/settings", form).status_code == 200
    assert len(served.restarts) == 1
    config = load_config(served.folder)
    assert config.sources == ("tcp://127.0.0.1:9100", "tcp://127.0.0.1:9101")
    assert (config.printer.dots, config.every, config.page.language) == (384, 30, "en")
    assert (config.printer.block, config.late_slip) == (BlockStyle.PICTURE, False)
    assert 'value="https://127.0.0.1:' in person.get("/settings")


def test_the_support_bundle_has_no_secrets(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    served.take(receipt(1, "THUỐC BÍ MẬT"))
    path = served.folder / "config.toml"
    text = path.read_text("utf-8").replace(
        "every = 15", 'every = 15\nproxy = "http://user:tr0ub4dor@10.0.0.1:3128"'
    )
    text += '\n[representative]\nname = "Nguyễn Thị An"\ncitizen_id = "048180001234"\n'
    path.write_text(text, "utf-8")
    phrase = (served.folder / "keys" / "passphrase").read_text()
    logging.getLogger("thungan.test").warning("sent to https://me:hunter2@host/?token=abcdef, 048180001234")
    person = served.person()
    bundle = zipfile.ZipFile(io.BytesIO(person.client.get("/settings/support.zip").content))
    whole = "".join(bundle.read(name).decode() for name in bundle.namelist())
    assert set(bundle.namelist()) == {"about.json", "config.json", "state.json", "ports.json", "log.txt"}
    for secret in (phrase, "tr0ub4dor", "hunter2", "abcdef", "048180001234", "Nguyễn", "THUỐC", "482913"):
        assert secret not in whole, secret
    assert json.loads(bundle.read("state.json"))["queue"]["issued"] == 1
    assert "10.0.0.1:3128" in whole, "but for the password the address is there"
    page = person.get("/settings/log")
    assert "hunter2" not in page
    assert "sent to https://" in page
    out = tmp_path / "support.zip"
    served.stop()
    assert main(["support", "-o", str(out), "--data", str(served.folder)]) == 0
    assert zipfile.ZipFile(out).testzip() is None


def test_older_logs_are_browsed(serve: Serve) -> None:
    served = serve()
    person = served.person()
    (served.folder / "log").mkdir()
    for name, day in (("thungan.jsonl", 25), ("thungan.jsonl.1", 24)):
        lines = [
            json.dumps(
                {"at": f"2026-11-{day}T02:00:00.000+00:00", "level": level, "where": "x", "what": what}
            )
            for level, what in (
                ("info", f"<b>ngày {day}</b>"),
                ("error", f"lỗi {day} tại 2026-11-24T18:00:00Z"),
            )
        ]
        (served.folder / "log" / name).write_text("\n".join(lines), "utf-8")
    newest, older = person.get("/settings/log"), person.get("/settings/log?file=thungan.jsonl.1")
    assert "&lt;b&gt;ngày 25" in newest
    assert "ngày 24" not in newest
    assert "09:00 24/11/2026" in older.replace("24/11/2026 09:00", "09:00 24/11/2026")
    assert "lỗi 24 tại 01:00:00 25/11/2026" in older, "the shop's own time"
    assert "ngày 24" not in person.get("/settings/log?file=thungan.jsonl.1&only=warnings&before=x")
    assert person.client.get("/settings/log?file=../config.toml").status_code == 404
    assert person.get("/settings/log?file=thungan.jsonl&before=99999999")


def test_a_bundle_of_a_broken_shop(serve: Serve) -> None:
    served = serve()
    served.stop()
    (served.folder / "thungan.db").write_bytes(b"no database")
    (served.folder / "config.toml").write_text("no toml", "utf-8")
    bundle = zipfile.ZipFile(io.BytesIO(support_bundle(served.folder, ["a line"])))
    assert "problem" in json.loads(bundle.read("state.json"))
    assert "problem" in shown_config(served.folder)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("mysql://u:p@host/db", "mysql://…@host/db"),
        ("x?pin-value=1234&y=2", "x?pin-value=…&y=2"),
        ("plain 0123456789 text", "plain 0123456789 text"),
        ("CCCD 048180001234.", "CCCD …."),
        ("token thg_abcdefgh-1234_x was refused", "token … was refused"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        (
            "POST https://api.telegram.org/bot123456789:AAxxxxxxxxxxxxxxxxxxxxxx/send",
            "POST https://api.telegram.org/bot…/send",
        ),
        ("mail to chu.tiem+1@example.com.vn failed", "mail to … failed"),
        ("E-DRV-003: /dev/ttyUSB0 at 192.168.1.20", "E-DRV-003: /dev/ttyUSB0 at 192.168.1.20"),
    ],
)
def test_lines_without_secrets(line: str, shown: str) -> None:
    assert without_secrets(line) == shown


def test_the_log_keeps_the_last_lines_only() -> None:
    log = logging.getLogger("thungan.test")
    for number in range(700):
        log.warning("line %d", number)
    lines = RecentLog.here().lines()
    assert len(lines) == 500
    assert lines[-1].endswith("line 699")
    assert RecentLog.here() is RecentLog.here()


def test_months_count_what_stands(serve: Serve) -> None:
    served = serve()
    served.take(receipt(1), receipt(2), receipt(3, "=HYPERLINK(1)"))
    register, run = served.daemon.config.register, served.daemon.store.run
    right = sale_from_json('{"total": 30000, "lines": [{"name": "Trà", "amount": 30000}]}')
    back = sale_from_json('{"total": 20000, "lines": [{"name": "Cà phê", "amount": 20000}]}')
    run(issue_correction(1, Correction.REPLACE, right, register, "sai"))
    run(issue_correction(2, Correction.REFUND, back, register, "trả lại"))
    total, month = 30_000 + 50_000 - 20_000 + 50_000, f"{TODAY:%Y-%m}"
    connection = served.daemon.store.reader()
    try:
        (span,) = by_month(connection, TODAY.year)
        assert (span.name, span.invoices, span.total) == (month, 4, total)
        assert [day.total for day in by_day(connection, month)] == [total]
        assert [row["counted"] for row in invoices_of(connection, month)] == [0, 1, 1, 1, 1]
    finally:
        connection.close()
    person = served.person()
    shown = f"{total:,}".replace(",", ".")
    assert shown in person.get("/months")
    assert shown in person.get(f"/months/{month}")
    answer = person.client.get(f"/months/{month}/invoices.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["total"] for row in rows] == ["50000", "50000", "50000", "30000", "-20000"]
    assert sum(int(row["total"]) for row in rows if row["counted"] == "yes") == total
    assert person.client.get("/months/2026-13").status_code == 404
    assert person.client.get("/months/..%2f/invoices.csv").status_code == 404
    assert person.get("/months?year=x")


def test_a_spreadsheet_runs_nothing_of_ours(serve: Serve) -> None:
    served = serve()
    sale = sale_from_json(
        '{"total": 1000, "receipt_no": "=1+1", "buyer": {"name": "@SUM(A1)"},'
        ' "lines": [{"name": "a", "amount": 1000}]}'
    )
    from outbox.issuing import issue

    served.daemon.store.run(issue(sale, served.daemon.config.register))
    text = served.person().client.get(f"/months/{TODAY:%Y-%m}/invoices.csv").text
    assert "'=1+1" in text
    assert "'@SUM(A1)" in text


@pytest.mark.parametrize("values", [[], [0], [1], [-5, 3], [999], [1_000], [36_249_010, 0, 5], [10**12]])
def test_no_bar_leaves_the_chart(values: list[int]) -> None:
    chart = bar_chart([(str(place), value, "", False) for place, value in enumerate(values)], "vi")
    for bar, value in zip(chart.bars, values, strict=True):
        assert 0 <= bar.y <= chart.base <= HEIGHT
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH
        assert bar.height >= 0
        assert (bar.height > 0) == (value > 0) or value < max(values) / 1000
    assert chart.scale[0][1] == "0"
