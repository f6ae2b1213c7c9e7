"""Asking real peers over real sockets: good ones, and ones that wish us ill."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from peer_shop import Register, Stranger, http, ok

from agent.cli import main
from agent.config import load_config
from agent.doctor.findings import Level
from agent.doctor.peers import check_peers
from agent.peers import asking
from agent.peers.asking import PeerLine
from agent.peers.errors import PeerError, PeerNonsense, PeerRefuses, PeerSilent, PeerStranger
from agent.peers.invitation import accept
from agent.peers.settings import PeerSettings
from agent.peers.watch import PeerWatch
from agent.web.tls_files import key_pin
from signing.throwaway import renewed_tls, throwaway_tls

MakeStranger = Callable[..., Stranger]
MakeRegister = Callable[..., Register]


@pytest.fixture
def token(tmp_path: Path) -> str:
    path = tmp_path / "token"
    path.write_text("thg_" + "a" * 43)
    path.chmod(0o600)
    return f"file:{path}"


def peer(url: str, token: str, pin: str | None = None) -> PeerSettings:
    return PeerSettings("Máy 2", url, token, pin, None)


@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_a_register_asks_another_and_learns_figures_alone(register: MakeRegister, kind: str) -> None:
    first, second = register(), register(tls=kind == "tls").start()
    accept(first.folder, second.invitation())
    report = PeerLine(load_config(first.folder).peers[0]).ask()
    assert (report.register, report.symbol[3:], report.tax_code) == (2, "MAB", "0409990010")
    assert second.server is not None
    assert report.run == second.server.shop.live.run


def test_a_peers_token_can_do_nothing_else(register: MakeRegister) -> None:
    one = register().start()
    assert one.server is not None
    word = one.invitation().token.reveal()
    with httpx.Client(base_url=one.server.url, headers={"Authorization": f"Bearer {word}"}) as client:
        assert client.get("/v1/standing").status_code == 200
        description = client.get("/v1/openapi.json").json()
        others = [
            (method, path)
            for path, methods in description["paths"].items()
            for method in methods
            if path != "/v1/standing"
        ]
        assert len(others) >= 11
        for method, path in others:
            asked = path.replace("{name}", "1")
            headers = {"Content-Type": "application/json", "Idempotency-Key": "a"}
            answer = client.request(
                method.upper(), asked, headers=headers, content=b"{}" if method == "post" else None
            )
            assert answer.status_code == 403, (method, path, answer.text)
        for path in ("/", "/shop", "/invoices", "/settings", "/settings/support.zip"):
            assert client.get(path).headers["location"].startswith("/enter"), path
        assert client.post("/shop/invite").status_code == 401


def test_nothing_of_a_sale_is_told(register: MakeRegister) -> None:
    from datetime import timedelta

    from drivers.framing import Captured
    from invoice.sale_json import VIETNAM
    from outbox.alarms import raise_alarm

    one = register().start()
    assert one.daemon is not None
    assert one.server is not None
    now = datetime.now(VIETNAM) - timedelta(minutes=1)
    paper = (
        f"\x1b@QUÁN BÍ MẬT\nSố HĐ: HD-KÍN-7\nNgày: {now:%d/%m/%Y %H:%M}\nThuốc kín  1 x 25.000  25.000\n"
        "Tổng cộng          25.000\nKhách hàng: Nguyễn Văn Kín\n"
    )
    one.daemon.till.take("test", Captured(paper.encode() + b"\x1dV\x00", "cut"))
    one.daemon.store.run(raise_alarm("source-away serial:///dev/ttyKIN", "mất dây của Nguyễn Văn Kín"))
    word = one.invitation().token.reveal()
    answer = httpx.get(f"{one.server.url}v1/standing", headers={"Authorization": f"Bearer {word}"})
    assert "source-away" in answer.text
    assert answer.json()["sales"] + answer.json()["quarantined"] == 1
    for secret in ("kín", "KÍN", "KIN", "thuốc", "HD-", "25.000\\n"):
        assert secret not in answer.text


@pytest.mark.parametrize(
    ("answer", "then", "every", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536, 0.0, PeerNonsense),  # endless
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b" ", 0.05, PeerSilent),  # a drip
        (b"", b"H", 0.05, PeerError),  # not even a status line
        (
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 3,
            b"X: " + b"y" * 60_000 + b"\r\n",
            0.0,
            PeerError,
        ),  # headers
        (http("200 OK", b"{}", "Content-Encoding: gzip"), b"", 0.0, PeerNonsense),
        (http("200 OK", b"<html>hello</html>"), b"", 0.0, PeerNonsense),
        (ok(total=10**300), b"", 0.0, PeerNonsense),
        (ok(alarms=[{"code": "<img src=x>", "needs_you": True}]), b"", 0.0, PeerNonsense),
        (http("401 Unauthorized", b""), b"", 0.0, PeerRefuses),
        (http("403 Forbidden", b"x" * 100_000), b"", 0.0, PeerRefuses),
        (http("429 Too Many Requests", b"", "Retry-After: 99999999"), b"", 0.0, PeerSilent),
        (http("500 Internal Server Error", b""), b"", 0.0, PeerNonsense),
        (b"SSH-2.0-OpenSSH_9\r\n", b"", 0.0, PeerError),
    ],
)
def test_a_hostile_peer_is_said_and_harms_nothing(
    stranger: MakeStranger,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    answer: bytes,
    then: bytes,
    every: float,
    expected: type[PeerError],
) -> None:
    monkeypatch.setattr(asking, "TOTAL", 1.5)
    one = stranger(answer, then, every)
    before = threading.active_count()
    with pytest.raises(expected) as raised:
        PeerLine(peer(one.url, token)).ask()
    assert len(str(raised.value)) < 600
    assert threading.active_count() <= before + 2, "what was cut off leaves no thread of ours behind"


def test_a_redirect_is_not_followed(stranger: MakeStranger, token: str) -> None:
    """Who answers must not choose what this computer asks inside the shop's network."""
    inner = stranger(ok())
    for status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"):
        outer = stranger(http(status, b"", f"Location: {inner.url}/v1/standing"))
        with pytest.raises(PeerNonsense, match="points elsewhere"):
            PeerLine(peer(outer.url, token)).ask()
        assert len(outer.asked) == 1
    assert inner.asked == []


def test_a_proxy_of_the_environment_is_not_used(
    stranger: MakeStranger, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy, right = stranger(http("200 OK", b"")), stranger(ok())
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    assert PeerLine(peer(right.url, token)).ask().sales == 3
    assert proxy.asked == []


def test_another_key_is_told_nothing(stranger: MakeStranger, token: str, tmp_path: Path) -> None:
    files = {}
    for name in ("right", "wrong"):
        pair = (tmp_path / f"{name}.crt", tmp_path / f"{name}.key")
        throwaway_tls(*pair, "localhost", datetime.now(UTC), 30)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        files[name] = (context, key_pin(pair[0]))
    right, wrong = stranger(ok(), tls=files["right"][0]), stranger(ok(), tls=files["wrong"][0])
    pin = files["right"][1]
    assert PeerLine(peer(right.url, token, pin)).ask().sales == 3
    with pytest.raises(PeerStranger, match="not the pinned one"):
        PeerLine(peer(wrong.url, token, pin)).ask()
    with pytest.raises(PeerStranger):
        PeerLine(peer(right.url, token)).ask()  # self-made, and nobody vouches for it
    assert [b"thg_" in asked for asked in wrong.asked] in ([], [False])
    plain = stranger(ok())
    with pytest.raises(PeerError):
        PeerLine(peer(plain.url.replace("http:", "https:"), token, pin)).ask()


def test_a_renewed_certificate_keeps_its_key(tmp_path: Path) -> None:
    pair = (tmp_path / "page.crt", tmp_path / "page.key")
    renewed_tls(*pair, ("localhost",), datetime.now(UTC), 30)
    before, first = key_pin(pair[0]), pair[0].read_bytes()
    renewed_tls(*pair, ("localhost", "192.168.1.20", "thungan.local"), datetime.now(UTC), 30)
    assert key_pin(pair[0]) == before
    assert pair[0].read_bytes() != first


def test_a_token_that_is_not_there(stranger: MakeStranger, tmp_path: Path) -> None:
    one = stranger(ok())
    line = PeerLine(peer(one.url, f"file:{tmp_path / 'gone'}"))
    with pytest.raises(PeerRefuses):
        line.ask()
    assert one.asked == []
    (tmp_path / "gone").write_text("thg_" + "b" * 43)
    (tmp_path / "gone").chmod(0o600)
    assert line.ask().sales == 3, "it is looked for again"


def test_the_watch_goes_on_past_hostile_peers_and_ends_at_once(
    stranger: MakeStranger, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TOTAL", 1.0)
    slow = stranger(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ", 0.05)
    good = stranger(ok())
    peers = [
        PeerSettings("slow", slow.url, token, None, None),
        PeerSettings("good", good.url, token, None, None),
    ]
    watch = PeerWatch(peers)
    watch.start()
    seen = threading.Event()
    while not seen.is_set():
        bad, fine = watch.heard()
        if fine.report is not None and bad.trouble is not None:
            seen.set()
        seen.wait(0.05)
    assert isinstance(watch.heard()[0].lost, PeerSilent)
    assert watch.changes >= 2
    watch.stop()
    assert not any(thread.name in {"peers", "gateway-https"} for thread in threading.enumerate())


def test_stopping_does_not_wait_for_a_slow_peer(
    stranger: MakeStranger, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "TOTAL", 3_600.0)
    monkeypatch.setattr(asking, "READ", 3_600.0)
    slow = stranger(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    watch = PeerWatch([peer(slow.url, token)])
    watch.start()
    while not slow.asked:
        threading.Event().wait(0.02)
    watch.stop()  # would take an hour


def test_the_doctor_says_who_does_not_answer(register: MakeRegister) -> None:
    first, second, third = register(), register().start(), register().start()
    assert list(check_peers(load_config(first.folder))) == []
    for one in (second, third):
        accept(first.folder, one.invitation())
    (finding,) = check_peers(load_config(first.folder))
    assert (finding.level, finding.said) == (Level.OK, "2 of 2 other registers answer")
    third.stop()
    (finding,) = check_peers(load_config(first.folder))
    assert finding.level is Level.WARN
    assert finding.said.startswith("1 of 2 other registers answer. Máy 3: no connection")
    assert finding.vi == PeerSilent.advice_vi


def test_status_of_the_shop_asks_each_register_now(
    register: MakeRegister, stranger: MakeStranger, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    first, second = register(), register().start()
    accept(first.folder, second.invitation())
    capsys.readouterr()
    assert main(["status", "--shop", "--data", str(first.folder)]) in {0, 3}
    assert "Máy 1+Máy 2" in capsys.readouterr().out
    second.stop()
    assert main(["status", "--shop", "--json", "--data", str(first.folder)]) in {0, 3}
    shop = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in shop["registers"]] == ["Máy 1", "Máy 2"]
    assert shop["registers"][1]["trouble"]["code"] == "E-AGT-071"
    assert shop["sum"]["without"] == ["Máy 2"]
