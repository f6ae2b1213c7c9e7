"""What an attacker may try: rebinding, other sites, guessing, floods, paths, headers, goods' names."""

from __future__ import annotations

import re
import socket
import ssl
from datetime import datetime
from pathlib import Path

import anyio
import httpx
import pytest
from web_shop import PIN, Serve, Served

from agent.web.errors import LockedOut, PinInvalid, PinWrong
from agent.web.gate import inner_path
from agent.web.pin import FREE_TRIES, LONGEST_WAIT, PinLock
from agent.web.sessions import IDLE, MOST, Sessions
from agent.web.shield import BODY_LIMIT, HEADERS
from agent.web.site import site
from invoice.sale_json import VIETNAM

PAGES = ["/", "/now", "/events", "/pin", "/invoices", "/quarantine", "/settings", "/months", "/no/such/page"]


def raw(served: Served, request: str) -> str:
    """Bytes no well-behaved client would send; the first line and headers of the answer."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as line:
        line.sendall(request.encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer and (part := line.recv(65536)):
            answer += part
    return answer.decode("latin-1")


def test_nothing_is_shown_without_the_pin(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        for page in PAGES:
            answer = client.get(page)
            assert answer.status_code == 303, page
            assert answer.headers["location"].startswith("/enter"), page
        assert client.post("/leave").status_code == 401
        assert client.get("/now", headers={"x-fragment": "1"}).status_code == 401
        client.cookies.set(f"thungan_{served.port}", "guessed")
        assert client.get("/").status_code == 303


def test_a_name_that_was_rebound_to_us_gets_nothing(serve: Serve) -> None:
    served = serve(names='["thungan.local"]')
    port = served.port
    with served.client() as client:
        for host in (
            "evil.example",
            f"evil.example:{port}",
            f"localhost.evil.example:{port}",
            f"127.0.0.1.evil.example:{port}",
            "127.0.0.1",  # another port's origin
            "127.0.0.1:1",
            f"192.168.1.1:{port}",  # not the address this connection came in on
            f"localhost@evil.example:{port}",
            "",
        ):
            answer = client.get("/enter", headers={"host": host})
            assert answer.status_code in {400, 421}, host
            assert "PIN" not in answer.text
        for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"THUNGAN.local:{port}", f"[::1]:{port}"):
            assert client.get("/enter", headers={"host": host}).status_code == 200, host
    own = f"Host: 127.0.0.1:{port}\r\n"
    assert " 400 " in raw(served, f"GET /enter HTTP/1.1\r\n{own}Host: evil.example\r\n\r\n")
    assert " 421 " in raw(served, "GET http://evil.example/enter HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"origin": "https://127.0.0.1:{port}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_cannot_send_our_forms(serve: Serve, headers: dict[str, str]) -> None:
    served = serve()
    person = served.person()
    sent = {name: value.format(port=served.port) for name, value in headers.items()}
    assert person.client.post("/leave", data={"token": person.token()}, headers=sent).status_code == 403
    assert served.client().post("/enter", data={"pin": PIN}, headers=sent).status_code == 403
    own = {"origin": f"http://127.0.0.1:{served.port}", "sec-fetch-site": "same-origin"}
    assert person.client.post("/leave", data={"token": person.token()}, headers=own).status_code == 303


def test_a_form_without_its_token_changes_nothing(serve: Serve) -> None:
    served = serve()
    person, other = served.person(), served.person()
    for data in ({}, {"token": ""}, {"token": "x"}, {"token": "\u00e9"}, {"token": other.token()}):
        assert person.client.post("/leave", data=data).status_code == 403
    body = {"content": f'{{"token": "{person.token()}"}}', "headers": {"content-type": "text/plain"}}
    assert person.client.post("/leave", **body).status_code == 403  # type: ignore[arg-type]
    assert person.client.get("/leave").status_code == 405
    assert person.get("/")


def test_the_cookie_is_for_our_pages_alone(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        cookie = client.post("/enter", data={"pin": PIN}).headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "domain" not in cookie
    assert f"thungan_{served.port}=" in cookie


def test_after_leaving_the_cookie_is_worth_nothing(serve: Serve) -> None:
    served = serve()
    person = served.person()
    kept = dict(person.client.cookies)
    assert person.post("/leave").status_code == 303
    thief = served.client()
    thief.cookies.update(kept)
    assert thief.get("/").status_code == 303


def test_guessing_the_pin_is_locked_out_with_a_growing_delay(tmp_path: Path) -> None:
    now = 1_000_000.0
    lock = PinLock(tmp_path, lambda: now)
    lock.choose(PIN)
    waits: list[int] = []
    for count in range(1, 16):
        with pytest.raises(PinWrong):
            lock.check("000111", beyond=True)
        if count >= FREE_TRIES:
            with pytest.raises(LockedOut) as refused:
                lock.check(PIN, beyond=True)  # even the right one is not looked at
            waits.append(refused.value.seconds)
            now += refused.value.seconds
    assert waits == sorted(waits)
    assert waits[1] >= 2 * waits[0] - 2
    assert waits[-1] >= LONGEST_WAIT
    lock.check(PIN, beyond=False)  # the till's own screen is not locked by others
    again = PinLock(tmp_path, lambda: now)  # a new start forgets no tries
    with pytest.raises(PinWrong):
        again.check("000111", beyond=True)
    with pytest.raises(LockedOut):
        again.check(PIN, beyond=True)
    now -= 400 * 24 * 3600  # a clock set back locks for no longer than the longest wait
    with pytest.raises(LockedOut) as refused:
        again.check(PIN, beyond=True)
    assert refused.value.seconds <= LONGEST_WAIT + 1


def test_guessing_on_the_page(serve: Serve) -> None:
    served = serve()
    with served.client() as client:
        answers = [client.post("/enter", data={"pin": f"99999{n}"}).status_code for n in range(7)]
        assert answers[:FREE_TRIES] == [401] * FREE_TRIES
        assert set(answers[FREE_TRIES:]) == {429}
        assert client.post("/enter", data={"pin": PIN}).status_code == 429
        assert client.get("/").status_code == 303


@pytest.mark.parametrize("pin", ["", "12345", "111111", "112211", "123456", "987654", "x" * 65, "12\n34567"])
def test_a_pin_that_is_easy_to_guess(tmp_path: Path, pin: str) -> None:
    with pytest.raises(PinInvalid):
        PinLock(tmp_path).choose(pin)


def test_the_pin_is_not_kept_and_not_readable(tmp_path: Path) -> None:
    PinLock(tmp_path).choose(PIN)
    kept = tmp_path / "keys" / "page.pin"
    assert PIN.encode() not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


def test_the_pin_is_chosen_once_and_changed_by_who_knows_it(serve: Serve) -> None:
    served = serve(pin=None)
    with served.client() as client:
        assert client.get("/").headers["location"] == "/pin"
        assert client.post("/enter", data={"pin": PIN}).status_code == 401
        wrong = client.post("/pin", data={"pin": PIN, "again": "482914"})
        assert wrong.status_code == 422
        assert client.post("/pin", data={"pin": PIN, "again": PIN}).status_code == 303
        assert client.get("/").status_code == 200
    with served.client() as other:
        assert other.post("/pin", data={"pin": "775533", "again": "775533"}).status_code == 401
    person = served.person()
    new = {"pin": "775533", "again": "775533"}
    assert person.post("/pin", {"old": "000111", **new}).status_code == 422
    assert person.post("/pin", {"old": PIN, **new}).status_code == 303
    with served.client() as late:
        assert late.post("/enter", data={"pin": PIN}).status_code == 401


def test_sessions_end() -> None:
    now = 0.0
    sessions = Sessions(lambda: now)
    first = sessions.begin()
    assert sessions.find(first) is not None
    now += IDLE + 1
    assert sessions.find(first) is None
    words = [sessions.begin() for _ in range(MOST + 1)]
    assert sessions.find(words[0]) is None
    assert sessions.find(words[-1]) is not None
    sessions.end_all()
    assert sessions.find(words[-1]) is None


def test_too_much_is_not_taken_in(serve: Serve) -> None:
    served = serve()
    large = b"x" * (BODY_LIMIT + 1)
    with served.client() as client:
        assert client.post("/enter", content=large).status_code == 413
        form = {"content-type": "application/x-www-form-urlencoded"}
        chunks = client.post("/enter", content=iter([large[:600_000], large[:600_000]]), headers=form)
        assert chunks.status_code == 413
        many = {f"field{n}": "" for n in range(1_000)}
        assert client.post("/enter", data={**many, "pin": PIN}).status_code == 401
    host = f"Host: 127.0.0.1:{served.port}\r\n"
    assert " 413 " in raw(served, f"POST /enter HTTP/1.1\r\n{host}Content-Length: 99999999999999\r\n\r\n")
    assert " 4" in raw(served, f"POST /enter HTTP/1.1\r\n{host}Content-Length: -5\r\n\r\n")[:14]
    assert " 4" in raw(served, f"GET /{'a' * 70_000} HTTP/1.1\r\n{host}\r\n")[:14]
    with served.client() as client:
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/x/../../../../etc/passwd",
        "/assets/{version}/../page_settings.py",
        "/assets/{version}/..%2fpage_settings.py",
        "/assets/{version}/%2e%2e/%2e%2e/config.toml",
        "/assets/{version}/..\\..\\config.toml",
        "/assets/{version}//etc/passwd",
        "/assets/{version}/page.css%00.py",
    ],
)
def test_no_path_leads_out_of_the_assets(serve: Serve, path: str) -> None:
    from agent.web.showing import asset_version

    served = serve()
    host = f"Host: 127.0.0.1:{served.port}\r\n"
    answer = raw(served, f"GET {path.format(version=asset_version())} HTTP/1.1\r\n{host}\r\n")
    assert answer.split(" ", 2)[1] in {"303", "400", "404"}
    assert "root:" not in answer


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/x\r\nset-cookie: a=b",
        "/x%0d%0aset-cookie: a=b\n",
        "\t//evil.example",
        "/ệ",
    ],
)
def test_no_way_back_leads_to_another_site_or_into_the_headers(serve: Serve, back: str) -> None:
    served = serve()
    with served.client() as client:
        for answer in (
            client.post("/enter", data={"pin": PIN, "back": back}),
            client.get("/language/en", params={"back": back}),
        ):
            assert answer.status_code == 303
            where = answer.headers["location"]
            assert where == "/" or (where.startswith("/x") and where.isprintable())
            assert len(answer.headers.get_list("set-cookie")) == 1
    assert inner_path("/invoices?state=refused") == "/invoices?state=refused"


def test_every_answer_has_the_headers(serve: Serve) -> None:
    served = serve()
    person = served.person()
    answers = [
        person.client.get(path) for path in ("/", "/no/such", "/enter", "/health", "/assets/x/page.css")
    ]
    answers += [served.client().get("/"), served.client().get("/enter", headers={"host": "evil.example"})]
    answers.append(served.client().post("/enter", headers={"origin": "https://evil.example"}))
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.url, name)
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers
    policy = HEADERS["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_goods_with_html_for_a_name_stay_text(serve: Serve) -> None:
    served = serve()
    evil = "<script>alert(1)</script>"
    printed = f"{datetime.now(VIETNAM):%d/%m/%Y %H:%M}"
    receipt = (
        f'\x1b@{evil}\nSố HĐ: "><b>1</b>\nNgày: {printed}\n{evil}\n   2 x 25.000     50.000\n'
        "Tổng cộng                      50.000\n"
    )
    served.take(receipt.encode(), receipt.replace("50.000\n", "51.000\n").encode())
    person = served.person()
    (capture,) = re.findall(r'href="/quarantine/([0-9]+)"', person.get("/quarantine"))
    shown = ("/", "/now", "/invoices", "/invoices?q=alert", f"/quarantine/{capture}", "/invoices/1")
    escaped = 0
    for page in (*shown, "/invoices/1/correct", "/invoices/1/html"):
        text = person.get(page)
        escaped += "&lt;script&gt;alert(1)" in text
        assert evil not in text
        assert '"><b>' not in text, page
    assert escaped >= 4, "it is shown, as text"


def test_beyond_loopback_there_is_only_tls(serve: Serve) -> None:
    served = serve(host='"0.0.0.0"')
    assert served.server.url.startswith("https://")
    key = served.folder / "keys" / "page.key.pem"
    assert key.stat().st_mode & 0o077 == 0
    context = ssl.create_default_context(cafile=served.folder / "keys" / "page.crt.pem")
    with httpx.Client(base_url=f"https://127.0.0.1:{served.port}", verify=context) as client:
        cookie = client.post("/enter", data={"pin": PIN}).headers["set-cookie"]
        assert cookie.startswith("__Host-thungan_")
        assert "secure" in cookie.lower()
        assert client.get("/").status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{served.port}/", timeout=30)


def test_from_another_computer_settings_are_looked_at_only(serve: Serve) -> None:
    """They name files and servers: who may change them may read what the daemon may, which no phone shall."""
    served = serve(names='["till.example"]')
    shop = served.server.shop
    transport = httpx.ASGITransport(site(shop), client=("192.168.1.77", 50_000))
    base = f"http://till.example:{served.port}"

    async def visit() -> None:
        async with httpx.AsyncClient(transport=transport, base_url=base) as phone:
            assert (await phone.post("/enter", data={"pin": PIN})).status_code == 303
            page = (await phone.get("/settings")).text
            token = page.partition('name="token" value="')[2].partition('"')[0]
            form = {"token": token, "uri": "file:///etc/passwd", "paper": "80", "every": "15", "url": ""}
            for path in (
                "/settings",
                "/settings/test/source",
                "/settings/test/printer",
                "/shop/add",
                "/shop/invite",
            ):
                answer = await phone.post(path, data=form)
                assert answer.status_code == 422
                assert "E-AGT-036" in answer.text
            for _ in range(FREE_TRIES):
                await phone.post("/enter", data={"pin": "000111"})
            assert (await phone.post("/enter", data={"pin": PIN})).status_code == 429

    anyio.run(visit)
    assert served.restarts == []
    served.person()  # at the till the PIN is still taken


def test_without_a_pin_other_computers_get_nothing(serve: Serve) -> None:
    served = serve(pin=None, names='["till.example"]')
    transport = httpx.ASGITransport(site(served.server.shop), client=("192.168.1.77", 50_000))

    async def visit() -> None:
        base = f"http://till.example:{served.port}"
        async with httpx.AsyncClient(transport=transport, base_url=base) as phone:
            for path in ("/", "/pin", "/enter", "/settings"):
                assert (await phone.get(path)).status_code == 403
            assert (await phone.post("/pin", data={"pin": PIN, "again": PIN})).status_code == 403

    anyio.run(visit)
    assert not served.server.shop.pin.is_set
