"""The shop's page in a real browser: three registers, one killed, one in alarm; strangers among them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime

import httpx
import pytest
from browsing import DESK, PATIENCE, PHONE, check_page, enter, reached_by_tab, visit
from peer_shop import PIN, Register, Stranger, http, ok
from playwright.sync_api import Browser, expect

from agent.config_writing import append_table
from agent.peers import asking, watch
from agent.peers.invitation import accept
from drivers.framing import Captured
from invoice.sale_json import VIETNAM

MakeRegister = Callable[..., Register]


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The registers are asked at once rather than every quarter of a minute: the test has no time."""
    monkeypatch.setattr(watch, "EVERY", 0.2)
    monkeypatch.setattr(watch, "SELDOM", 0.2)
    monkeypatch.setattr(asking, "TOTAL", 1.5)


@pytest.fixture
def run() -> Iterator[Callable[[Register], subprocess.Popen[str]]]:
    """``thungan run`` of a register as its own process."""
    running: list[subprocess.Popen[str]] = []

    def run(register: Register) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "run", "--data", str(register.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        while not (line := process.stdout.readline()).startswith("page: "):
            assert line, "it has ended"
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def paper(number: int, total: str = "50.000") -> Captured:
    return Captured(
        f"\x1b@QUÁN\nSố HĐ: HD{number:05}\nNgày: {datetime.now(VIETNAM):%d/%m/%Y %H:%M}\n"
        f"Cà phê      2 x 25.000     50.000\nTổng cộng                      {total}\n".encode()
        + b"\x1dV\x00",
        "cut",
    )


def url(register: Register) -> str:
    assert register.server is not None
    return register.server.url


def take(register: Register, *papers: Captured) -> None:
    assert register.daemon is not None
    for one in papers:
        register.daemon.till.take("test", one)


def add(register: Register, name: str, address: str) -> None:
    """A peer that somebody has written into config.toml by hand."""
    (register.folder / "keys" / "some").write_text("thg_" + "x" * 43)
    (register.folder / "keys" / "some").chmod(0o600)
    values = {"name": name, "url": address, "token": "file:keys/some"}
    append_table(register.folder, "peers", values)


def test_three_registers_one_killed_one_in_alarm(
    browser: Browser, register: MakeRegister, run: Callable[[Register], subprocess.Popen[str]]
) -> None:
    first, second, third = register(), register().start(), register(tls=True).start()
    take(second, paper(1))
    second.stop()  # its port is known now: it goes on as a process of its own
    process = run(second)
    take(third, paper(1), paper(2), paper(3, "60.000"))
    for one in (second, third):
        accept(first.folder, one.invitation())
    first.start()
    take(first, paper(1))
    with visit(browser, url(first), PHONE) as page:
        enter(page)
        page.get_by_role("link", name="Cửa hàng", exact=True).click()
        expect(page.locator("#sum-of")).to_contain_text("Cộng của: Máy 1, Máy 2, Máy 3.", timeout=PATIENCE)
        expect(page.locator("#shop-total")).to_contain_text("200.000")
        expect(page.locator("#shop-sales")).to_have_text("4")
        expect(page.locator(".light h1")).to_have_text("Có máy cần bạn xem")
        expect(page.locator("#register-3")).to_contain_text("1 phiếu chưa hiểu được")
        expect(page.locator("#register-2 .badge")).not_to_have_text("Cần bạn xem")
        take(third, paper(4))
        expect(page.locator("#shop-sales")).to_have_text("5", timeout=PATIENCE)
        os.kill(process.pid, signal.SIGKILL)
        expect(page.locator("#register-2 h3").first).to_contain_text("Không nghe thấy từ", timeout=PATIENCE)
        expect(page.locator("#register-2")).to_contain_text("Lúc đó còn 1 hóa đơn chưa gửi xong")
        expect(page.locator("#shop-total")).to_contain_text("250.000")
        check_page(page, "/shop")
        run(second)
        expect(page.locator("#register-2")).not_to_contain_text("Không nghe thấy", timeout=PATIENCE)


@pytest.mark.parametrize(
    ("scheme", "size", "language"),
    [("dark", PHONE, "en"), ("light", DESK, "vi")],
)
def test_strangers_are_shown_as_such_and_harm_nothing(
    browser: Browser,
    register: MakeRegister,
    stranger: Callable[..., Stranger],
    scheme: str,
    size: dict[str, int],
    language: str,
) -> None:
    first = register()
    html = "<script>document.title='x'</script><img src=x onerror=alert(1)>" * 5
    strangers = {
        "<b>Máy</b> 'tên dài' \"x\" &amp; <i>x": stranger(
            ok(seller=html, tax_code="<b>1</b>", total=2**53, sales=2**53)
        ),
        "Vô tận": stranger(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536),
        "Nhỏ giọt": stranger(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ", 0.1),
        "Sai lời": stranger(http("200 OK", html.encode())),
        "Chỉ đường": stranger(http("302 Found", b"", "Location: http://127.0.0.1:1/")),
        "Từ chối": stranger(http("401 Unauthorized", b"")),
    }
    for name, one in strangers.items():
        add(first, name, one.url)
    first.start()
    take(first, paper(1))
    with visit(browser, url(first), size, scheme) as page:
        enter(page)
        page.goto(f"{url(first)}language/{language}")
        page.goto(f"{url(first)}shop")
        silent, nonsense = {
            "vi": ("Chưa nghe thấy lần nào", "Câu trả lời không hiểu được"),
            "en": ("Never heard yet", "The answer cannot be understood"),
        }[language]
        for number, said in ((3, nonsense), (4, silent), (5, nonsense), (6, nonsense)):
            expect(page.locator(f"#register-{number} h3").first).to_have_text(said, timeout=PATIENCE)
        expect(page.locator("#register-2")).to_contain_text("<script>", timeout=PATIENCE)
        expect(page.locator("#register-2 h2")).to_contain_text("<b>Máy</b> 'tên dài'")
        assert page.locator("#register-2 img").count() == 0
        check_page(page, "/shop")
        assert page.title() != "x"


def test_a_register_is_invited_and_taken_in_on_the_page(browser: Browser, register: MakeRegister) -> None:
    first, second = register().start(), register().start()
    with visit(browser, url(second), DESK) as page:
        enter(page)
        page.goto(f"{url(second)}settings")
        page.get_by_role("link", name="Cửa hàng", exact=True).click()
        page.locator("summary", has_text="Mời máy khác xem máy này").click()
        page.get_by_role("button", name="Tạo dòng mời").click()
        line = page.locator("#invitation").input_value()
    with visit(browser, url(first), PHONE) as page:
        enter(page)
        page.goto(f"{url(first)}shop")
        page.fill("textarea[name=line]", "không phải dòng mời")
        page.get_by_role("button", name="Thêm và khởi động lại").click()
        expect(page.get_by_role("alert").last).to_contain_text("thungan peers invite")
        page.fill("textarea[name=line]", line)
        page.get_by_role("button", name="Thêm và khởi động lại").click()
        expect(page.locator("h1")).to_contain_text("Đang khởi động", timeout=PATIENCE)
    first.stop()
    first.start()
    with visit(browser, url(first), DESK) as page:
        enter(page)
        page.goto(f"{url(first)}shop")
        expect(page.locator("#register-2 .facts")).to_be_visible(timeout=PATIENCE)
        page.evaluate("document.activeElement.blur()")
        wanted = page.locator("a:visible, button:visible, summary:visible").count()
        reached = reached_by_tab(page, wanted)
        assert "Mở trang của máy này" in reached
        assert "Thêm máy" in reached
        address = page.locator("#register-2 a").get_attribute("href")
        assert address == url(second)


def test_a_form_of_another_site_mints_no_token(register: MakeRegister) -> None:
    one = register().start()
    with httpx.Client(base_url=url(one)) as client:
        client.post("/enter", data={"pin": PIN})
        assert client.get("/shop").status_code == 200
        assert client.post("/shop/invite").status_code == 403
        assert client.post("/shop/invite", headers={"Origin": "https://evil.example"}).status_code == 403
    assert not (one.folder / "keys" / "api-tokens.json").exists()
