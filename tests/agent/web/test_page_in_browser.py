"""The page in a real browser: what a shopkeeper does, on a phone and by keyboard alone. Nothing is timed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from browsing import DESK, PATIENCE, PHONE, check_page, enter, reached_by_tab, visit
from playwright.sync_api import Browser, expect

from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from web_shop import Serve

    from authority.sandbox.server import RunningSandbox

PAGES = [
    "/",
    "/invoices",
    "/invoices/1",
    "/invoices/1/correct",
    "/quarantine",
    "/quarantine/3",
    "/pin",
    "/months",
    "/settings",
    "/settings/log",
    "/shop",
    "/invoices?choose=1",
    "/invoices/together?invoice=1&invoice=2",
    "/waiting",
    "/forms",
    "/forms/notice?invoice=1&invoice=2",
]


def receipt(number: int, total: str = "50.000", goods: str = "Cà phê") -> bytes:
    return (
        f"\x1b@QUÁN\nSố HĐ: HD{number:05}\nNgày: {datetime.now(VIETNAM):%d/%m/%Y %H:%M}\n"
        f"{goods}      2 x 25.000     50.000\nTổng cộng                      {total}\n"
    ).encode() + b"\x1dV\x00"


def test_receipts_arrive_while_one_watches(browser: Browser, serve: Serve, sandbox: RunningSandbox) -> None:
    served = serve(sandbox=sandbox)
    with visit(browser, served.server.url, PHONE) as page:
        enter(page)
        expect(page.locator("#today-sales")).to_have_text("0")
        served.take(receipt(1))
        expect(page.locator("[data-row='1']")).to_contain_text("50.000", timeout=PATIENCE)
        expect(page.locator("#today-sales")).to_have_text("1")
        served.take(receipt(2, "60.000"))
        expect(page.locator(".light h1")).to_have_text("Cần bạn xem", timeout=PATIENCE)
        page.get_by_text("Xem phiếu và sửa lại").click()
        page.locator("ul.rows a").click()
        expect(page.locator(".paper img")).to_have_js_property("complete", value=True, timeout=PATIENCE)
        assert page.locator(".paper img").evaluate("image => image.naturalWidth") > 0
        page.fill("input[name=total]", "50000")
        page.locator("input[name=reason]").first.fill("máy in sai tổng")
        page.get_by_role("button", name="Lập hóa đơn", exact=True).click()
        expect(page.get_by_role("status")).to_contain_text("Đã lập hóa đơn", timeout=PATIENCE)
        page.goto(served.server.url)
        expect(page.locator("#today-total")).to_contain_text("100.000")


def test_an_invoice_is_replaced_with_a_preview(browser: Browser, serve: Serve) -> None:
    served = serve()
    served.take(receipt(1))
    with visit(browser, served.server.url, DESK, "dark") as page:
        enter(page)
        page.get_by_role("link", name="English").click()
        page.get_by_role("link", name=re.compile("MAA-1$")).click()
        page.get_by_role("link", name="Replace, adjust").click()
        page.locator("input[name=name]").first.fill("Cà phê đen")
        page.fill("input[name=reason]", "wrong name")
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#preview")).to_contain_text("Cà phê đen", timeout=PATIENCE)
        page.get_by_role("button", name="Issue this invoice").click()
        expect(page.get_by_role("status")).to_contain_text("has been issued", timeout=PATIENCE)
        expect(page.locator("main")).to_contain_text("Replaces")


def test_a_test_button_answers_in_its_place(browser: Browser, serve: Serve) -> None:
    served = serve()
    with visit(browser, served.server.url, DESK) as page:
        enter(page)
        page.goto(f"{served.server.url}settings")
        page.get_by_role("button", name="Thử khóa").click()
        expect(page.locator("#key-result .note.good")).to_have_count(4, timeout=PATIENCE)
        page.fill("input[name=uri]", "nowhere://")
        page.get_by_role("button", name="Thử cổng").click()
        expect(page.locator("#source-result .note.bad")).to_be_visible(timeout=PATIENCE)
        assert page.url.endswith("/settings")
        page.get_by_role("button", name="Lưu").click()
        expect(page.get_by_role("alert")).to_contain_text("E-DRV", timeout=PATIENCE)


def test_a_sale_does_not_take_the_place_from_who_goes_by_keyboard(browser: Browser, serve: Serve) -> None:
    """The part that shows a new sale is drawn anew; the link on which somebody stands is still theirs."""
    served = serve()
    served.take(receipt(1))
    with visit(browser, served.server.url, DESK) as page:
        enter(page)
        link = page.locator("[data-live] a[href='/invoices/1']").first
        link.focus()
        served.take(receipt(2))
        expect(page.locator("[data-live] a[href='/invoices/2']").first).to_be_visible(timeout=PATIENCE)
        expect(page.locator("[data-live] a[href='/invoices/1']").first).to_be_focused(timeout=PATIENCE)


def test_by_keyboard_alone(browser: Browser, serve: Serve) -> None:
    """Every link and button is reached by Tab, with a ring to be seen, and Enter opens it."""
    served = serve()
    served.take(receipt(1))
    with visit(browser, served.server.url, DESK) as page:
        enter(page)
        wanted = page.locator("a:visible, button:visible").count()
        page.evaluate("document.activeElement.blur()")
        reached = reached_by_tab(page, wanted)
        assert len(reached) >= wanted - 1
        assert reached[0].startswith("Bỏ qua")
        page.get_by_role("link", name="Hóa đơn", exact=True).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/invoices")
        page.locator("input[name=q]").focus()
        page.keyboard.type("HD00001")
        page.keyboard.press("Enter")
        page.wait_for_url("**/invoices?q=HD00001*")
        assert page.locator("tbody tr").count() == 1


@pytest.mark.parametrize(("scheme", "size"), [("dark", PHONE), ("light", PHONE), ("light", DESK)])
def test_every_page_fits(browser: Browser, serve: Serve, scheme: str, size: dict[str, int]) -> None:
    served = serve()
    goods = "Bánh xèo tôm nhảy đặc biệt " * 3
    served.take(receipt(1), receipt(2, goods=goods.strip()), receipt(3, "70.000"))
    language = "en" if scheme == "dark" else "vi"
    with visit(browser, served.server.url, size, scheme) as page:
        enter(page)
        page.goto(f"{served.server.url}language/{language}")
        for path in PAGES:
            answer = page.goto(served.server.url.rstrip("/") + path)
            assert answer is not None
            assert answer.status == 200, path
            assert page.locator("html").get_attribute("lang") == language
            check_page(page, path)


def test_a_session_that_has_ended_asks_for_the_pin(browser: Browser, serve: Serve) -> None:
    served = serve()
    with visit(browser, served.server.url, PHONE) as page:
        enter(page)
        served.server.shop.sessions.end_all()
        served.take(receipt(1))
        expect(page.locator("input[name=pin]")).to_be_visible(timeout=PATIENCE)
