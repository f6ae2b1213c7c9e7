"""Notices of alarms over real HTTP and SMTP: told once, over once, quietly at night, never with a secret."""

from __future__ import annotations

import json
import os
import socketserver
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.config import Config, load_config
from agent.hours import Hours
from agent.notices.telling import NoticeKeeper
from outbox.alarms import clear_alarm, raise_alarm
from outbox.captures import record_capture, settle_capture
from outbox.states import CaptureState
from outbox.store import Store

NOON = datetime(2026, 11, 24, 5, tzinfo=UTC)  # 12 o'clock in Viet Nam
NIGHT = datetime(2026, 11, 24, 18, tzinfo=UTC)  # 1 o'clock
URGENT, NOT_URGENT = "delivery-behind", "certificate-expires"


class Web:
    """A server that keeps what is posted to it, and refuses while ``refuses``."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.refuses = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not outer.refuses:
                    outer.posted.append((self.path, json.loads(body)))
                self.send_response(503 if outer.refuses else 200)
                self.end_headers()

            def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - the library's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def titles(self) -> list[str]:
        return [content.get("title") or content["text"] for _, content in self.posted]


class Post(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a client needs."""

    mails: list[str] = []  # noqa: RUF012 - filled by the one server of the test

    def handle(self) -> None:
        self.wfile.write(b"220 mail\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                mail = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    mail += line
                self.mails.append(mail.decode())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def web() -> Iterator[Web]:
    one = Web()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    assert main(["init", "--profile", "demo", "--data", str(made)]) == 0
    return made


@pytest.fixture
def keep(folder: Path) -> Iterator[Callable[..., tuple[Store, NoticeKeeper]]]:
    """A shop with these [notices], whose clock stands at ``at``."""
    stores = []

    def made(at: list[datetime], **notices: object) -> tuple[Store, NoticeKeeper]:
        config = configured(folder, **notices)
        store = Store(folder, clock=lambda: at[0])
        stores.append(store)
        return store, NoticeKeeper(config, store, lambda: at[0])

    yield made
    for store in stores:
        store.close()


def configured(folder: Path, **notices: object) -> Config:
    path = folder / "config.toml"
    text = path.read_text("utf-8").partition("\n[notices]")[0]
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in notices.items())
    path.write_text(f"{text}\n[notices]\n{lines}", "utf-8")
    return load_config(folder)


def test_an_alarm_is_told_once_and_when_it_is_over(web: Web, keep: Callable[..., Any]) -> None:
    at = [NOON]
    store, keeper = keep(at, webhook=f"{web.url}/hook")
    store.run(raise_alarm(URGENT, "3 hóa đơn"))
    assert keeper.look() == 0, "what may be over in a minute is told to nobody"
    at[0] += timedelta(minutes=5)
    assert [keeper.look(), keeper.look()] == [1, 0]
    ((path, told),) = web.posted
    assert path == "/hook"
    assert told["code"] == URGENT
    assert told["urgent"] == "yes"
    assert "Hóa đơn chưa gửi được" in told["title"]
    again = NoticeKeeper(keeper._config, store, lambda: at[0])
    assert again.look() == 0, "a restart tells nothing twice"
    store.run(clear_alarm(URGENT))
    assert [again.look(), again.look()] == [1, 0]
    assert web.posted[-1][1]["state"] == "over"
    store.run(raise_alarm(URGENT, "again"))
    at[0] += timedelta(minutes=5)
    assert again.look() == 1


def test_quiet_hours_let_only_what_is_urgent_through(web: Web, keep: Callable[..., Any]) -> None:
    at = [NIGHT]
    store, keeper = keep(at, webhook=web.url, quiet="22:00-06:00")
    store.run(raise_alarm(URGENT, "x"))
    store.run(raise_alarm(NOT_URGENT, "y"))
    at[0] += timedelta(minutes=5)
    assert keeper.look() == 1
    assert web.posted[0][1]["code"] == URGENT
    at[0] += timedelta(hours=6)
    assert keeper.look() == 1
    assert web.posted[1][1]["code"] == NOT_URGENT


def test_what_becomes_urgent_is_told_again(web: Web, keep: Callable[..., Any]) -> None:
    at = [NOON]
    store, keeper = keep(at, webhook=web.url)
    store.run(raise_alarm(NOT_URGENT, "Chứng thư còn 30 ngày / 30 days left"))
    at[0] += timedelta(minutes=5)
    assert keeper.look() == 1
    store.run(raise_alarm(NOT_URGENT, "Chứng thư đã hết hạn, … / expired"))
    assert keeper.look() == 1
    assert web.posted[-1][1]["urgent"] == "yes"


def test_a_way_that_fails_is_tried_again_ever_later(web: Web, keep: Callable[..., Any]) -> None:
    at = [NOON]
    store, keeper = keep(at, webhook=web.url)
    store.run(raise_alarm(URGENT, "x"))
    at[0] += timedelta(minutes=5)
    web.refuses = True
    assert keeper.look() == 0
    web.refuses = False
    assert keeper.look() == 0, "it rests"
    at[0] += timedelta(minutes=2)
    assert keeper.look() == 1


def test_a_receipt_in_quarantine_is_told(web: Web, keep: Callable[..., Any]) -> None:
    at = [NOON]
    store, keeper = keep(at, webhook=web.url)
    capture = store.run(record_capture("test", b"NGUYEN VAN A 0905123456", "cut"))
    store.run(settle_capture(capture, CaptureState.QUARANTINED, "quarantined", ("Nguyen Van A?",)))
    at[0] += timedelta(minutes=5)
    assert keeper.look() == 1
    said = json.dumps(web.posted, ensure_ascii=False)
    assert "quarantine" in said
    assert "Nguyen" not in said, "nothing of a customer leaves the shop"


def test_telegram_and_its_token_in_no_log(
    web: Web, folder: Path, keep: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "keys" / "telegram").write_text("123:SECRET-TOKEN\n")
    (folder / "keys" / "telegram").chmod(stat.S_IRUSR | stat.S_IWUSR)
    at = [NOON]
    told = {"telegram_chat": "-100", "telegram_token": "file:keys/telegram", "telegram_url": web.url}
    store, keeper = keep(at, **told)
    store.run(raise_alarm(URGENT, "x"))
    at[0] += timedelta(minutes=5)
    web.refuses = True
    assert keeper.look() == 0
    web.refuses = False
    at[0] += timedelta(hours=2)
    assert keeper.look() == 1
    ((path, content),) = web.posted
    assert path == "/bot123:SECRET-TOKEN/sendMessage"
    assert content["chat_id"] == "-100"
    assert "SECRET" not in caplog.text
    assert "telegram: HTTP 503" in caplog.text


def test_e_mail(keep: Callable[..., Any]) -> None:
    Post.mails.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        at = [NOON]
        store, keeper = keep(
            at,
            email_to=["chu@example.vn", "ky.thuat@example.vn"],
            email_from="may1@example.vn",
            smtp=f"127.0.0.1:{server.server_address[1]}",
            language="en",
        )
        store.run(raise_alarm(URGENT, "x"))
        at[0] += timedelta(minutes=5)
        assert keeper.look() == 1
        server.shutdown()
    (mail,) = Post.mails
    assert "To: chu@example.vn, ky.thuat@example.vn" in mail
    assert "Check the network" in mail


def test_the_desktop(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "notify-send"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.said"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    configured(folder, desktop=True)
    assert main(["notices", "test", "--data", str(folder)]) == 0
    assert "trial" in (tmp_path / "notify-send.said").read_text()


def test_the_command(web: Web, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notices", "test", "--data", str(folder)]) == 2
    assert "nobody would be told" in capsys.readouterr().err
    configured(folder, webhook=web.url)
    assert main(["notices", "test", "--data", str(folder)]) == 0
    assert "webhook: sent" in capsys.readouterr().out
    web.refuses = True
    assert main(["notices", "test", "--data", str(folder)]) == 1
    assert "NOT SENT" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook": "http://example.vn/x"},
        {"webhook": "https://user:password@example.vn/x"},
        {"telegram_chat": "1"},
        {"email_to": ["a@b"], "email_from": "c@d", "smtp": "mail.example.vn"},
        {"email_to": ["a@b\nBcc: e@f"], "email_from": "c@d", "smtp": "h:25"},
        {"quiet": "evening"},
        {"language": "fr"},
    ],
)
def test_wrong_settings(folder: Path, wrong: dict[str, object], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exception, match="notices"):
        configured(folder, **wrong)


def test_hours_that_span_midnight() -> None:
    night = Hours.parse("22:00-06:00")
    day = replace(night, since=night.until, until=night.since)
    for hour in range(24):
        moment = datetime(2026, 11, 24, hour, 30, tzinfo=UTC)
        assert night.holds(moment) != day.holds(moment)
        assert night.holds(moment) == (hour >= 22 or hour < 6)
