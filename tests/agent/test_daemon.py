"""The daemon when something is missing: key, clock, authority. Receipts are kept and invoiced later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import SET_UP_ALARM, Daemon
from agent.key_keeper import KEY_ALARM
from agent.till import BEGUN_BEFORE_PROBLEM, Taken
from authority.sandbox.keys import open_keys
from drivers.captured import Captured
from errors import ThunganError
from outbox.captures import record_capture

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))
OTHERS = Path(__file__).parent.parent / "data" / "receipts_other"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path, demo=True)
    path = tmp_path / "config.toml"
    # A busy machine's disk is not to send receipts to the reserve here.
    path.write_text(path.read_text("utf-8").replace("# hold_ms = 1500", "hold_ms = 10000"), "utf-8")
    return tmp_path


Opened = tuple[Daemon, list[Taken]]


@pytest.fixture
def open_daemon(folder: Path) -> Iterator[Callable[[], Opened]]:
    daemons: list[Daemon] = []

    def opened() -> Opened:
        taken: list[Taken] = []
        daemons.append(Daemon(load_config(folder), taken.append))
        return daemons[-1], taken

    yield opened
    for daemon in daemons:
        daemon.stop()


def rows(daemon: Daemon, sql: str) -> list[tuple[Any, ...]]:
    connection = daemon.store.reader()
    try:
        return [tuple(row) for row in connection.execute(sql)]
    finally:
        connection.close()


def receipt(place: int = 0) -> Captured:
    return Captured(RECEIPTS[place].read_bytes(), "cut")


def test_a_receipt_becomes_an_invoice_and_a_reprint_the_same_one(open_daemon: Callable[[], Opened]) -> None:
    daemon, taken = open_daemon()
    first = daemon.till.take("test", receipt())
    assert b"M1-26-SHNDN-00100000001" in first
    assert daemon.till.take("test", receipt()) == first
    assert [one.issued.again for one in taken if one.issued] == [False, True]
    assert rows(daemon, "SELECT COUNT(*) FROM invoice") == [(1,)]
    assert rows(daemon, "SELECT state FROM capture") == [("sale",), ("sale",)]


def test_without_the_key_receipts_wait_for_it(folder: Path, open_daemon: Callable[[], Opened]) -> None:
    key = folder / "keys" / "seller.p12"
    away = key.rename(folder / "keys" / "away.p12")
    daemon, _ = open_daemon()
    for place in range(3):
        with pytest.raises(ThunganError):
            daemon.till.take("test", receipt(place))
    assert rows(daemon, "SELECT state FROM capture") == [("raw",)] * 3
    assert {code for (code,) in rows(daemon, "SELECT code FROM alarm")} == {
        SET_UP_ALARM,
        KEY_ALARM,
        "E-OUT-008",
    }
    daemon.look_after()
    assert rows(daemon, "SELECT COUNT(*) FROM invoice") == [(0,)]
    away.rename(key)
    (folder / "sandbox").mkdir()
    open_keys(folder / "sandbox", "127.0.0.1", datetime.now(UTC))
    daemon.look_after()
    assert rows(daemon, "SELECT state FROM capture") == [("sale",)] * 3
    assert rows(daemon, "SELECT COUNT(*) FROM invoice") == [(3,)]
    assert rows(daemon, "SELECT code FROM alarm") == []


def test_what_a_crash_left_raw_is_issued_at_the_start_and_once(open_daemon: Callable[[], Opened]) -> None:
    daemon, _ = open_daemon()
    daemon.store.run(record_capture("test", receipt().data, "cut"))
    daemon.start()
    assert rows(daemon, "SELECT state FROM capture") == [("sale",)]
    assert daemon.till.take_left_over() == 0
    assert rows(daemon, "SELECT COUNT(*) FROM invoice") == [(1,)]


def test_a_receipt_begun_before_the_start_is_for_a_person(open_daemon: Callable[[], Opened]) -> None:
    """Its head may be missing, and what is left may still add up."""
    daemon, _ = open_daemon()
    torn = receipt().data.removeprefix(b"\x1b@")
    assert daemon.till.take("test", Captured(torn, "cut")) == b""
    ((problems,),) = rows(daemon, "SELECT problems FROM capture WHERE state = 'quarantined'")
    assert BEGUN_BEFORE_PROBLEM in problems
    assert daemon.till.take("test", receipt(1)) != b""


def test_a_broken_receipt_is_quarantined_and_prints_nothing(open_daemon: Callable[[], Opened]) -> None:
    daemon, _ = open_daemon()
    broken = (OTHERS / "037-broken-x-tcvn3-42.prn").read_bytes()
    assert daemon.till.take("test", Captured(broken, "cut")) == b""
    ((state, problems),) = rows(daemon, "SELECT state, problems FROM capture")
    assert state == "quarantined"
    assert problems != "[]"


def test_no_authority_is_no_reason_not_to_sell(open_daemon: Callable[[], Opened]) -> None:
    daemon, _ = open_daemon()
    daemon.till.take("test", receipt())
    assert daemon.sync() is None  # not set up: the alarm says so
    assert rows(daemon, "SELECT state FROM invoice") == [("issued",)]
    assert rows(daemon, "SELECT code FROM alarm") == [(SET_UP_ALARM,)]


@pytest.mark.parametrize(
    ("days", "words"),
    [(100, None), (60, "60 ngày"), (7, "7 ngày"), (1, "1 ngày"), (0, "hôm nay"), (-2, "đã hết hạn")],
)
def test_an_expiring_certificate_is_announced(
    open_daemon: Callable[[], Opened], days: int, words: str | None
) -> None:
    daemon, _ = open_daemon()
    at = datetime.now(UTC) + timedelta(days=365 - days, minutes=-5)
    daemon.keys.watch(at)
    found = rows(daemon, "SELECT message FROM alarm WHERE code = 'certificate-expires'")
    assert len(found) == (words is not None)
    assert words is None or words in found[0][0]
    daemon.keys.watch(datetime.now(UTC))
    assert rows(daemon, "SELECT message FROM alarm WHERE code = 'certificate-expires'") == []


def test_after_expiry_nothing_is_signed_and_receipts_wait(
    folder: Path, open_daemon: Callable[[], Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon, _ = open_daemon()
    monkeypatch.setattr(daemon.store, "_clock", lambda: datetime.now(UTC) + timedelta(days=400))
    with pytest.raises(ThunganError, match="expired"):
        daemon.till.take("test", receipt())
    assert rows(daemon, "SELECT state FROM capture") == [("raw",)]
    assert rows(daemon, "SELECT COUNT(*) FROM invoice") == [(0,)]
    assert any(code.startswith("E-SIGN") for (code,) in rows(daemon, "SELECT code FROM alarm"))
