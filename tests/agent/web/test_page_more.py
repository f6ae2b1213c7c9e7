"""What the command line can is on the page too: one invoice for many, waiting sales, forms."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from browsing import DESK, PATIENCE, PHONE, check_page, enter, visit
from lxml import etree
from playwright.sync_api import Browser, expect

from authority.sandbox.server import RunningSandbox
from invoice.sale_json import VIETNAM, sale_from_json
from outbox.forms import forms
from outbox.issuing import issue

if TYPE_CHECKING:
    from web_shop import Serve, Served

OFFICE = """
[office]
name = "Thuế cơ sở 1 thành phố Đà Nẵng"
code = "50101"
place = "Đà Nẵng"
[representative]
name = "Nguyễn Thị An"
phone = "0905123456"
born = 1980-05-17
sex = "female"
citizen_id = "048180001234"
"""
EMAIL = 'email = "chu@example.vn"\n'
WAIT = '\n[buyer]\nlater = "wait"\nuntil = "23:59"\n'
COMPANY = {"name": "CÔNG TY MẪU", "tax_code": "0107001729", "address": "Hà Nội"}


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[RunningSandbox]:
    with RunningSandbox(tmp_path / "sandbox") as running:
        yield running


def receipt(number: int, words: str = "") -> bytes:
    return (
        f"\x1b@QUÁN\nSố HĐ: HD{number:05}\nNgày: {datetime.now(VIETNAM):%d/%m/%Y %H:%M}\n"
        f"Cà phê      2 x 25.000     50.000\nTổng cộng                      50.000\n{words}\n"
    ).encode() + b"\x1dV\x00"


def sell(served: Served, *numbers: int, buyer: dict[str, str] | None = None) -> None:
    for number in numbers:
        line = {"name": "Đá viên", "quantity": 3, "unit_price": 5000, "amount": 15000}
        sale = {"total": 15000, "receipt_no": f"A{number}", "lines": [line], "buyer": buyer}
        served.daemon.store.run(issue(sale_from_json(json.dumps(sale)), served.daemon.config.register))


def test_many_invoices_are_corrected_by_one(browser: Browser, serve: Serve) -> None:
    served = serve()
    sell(served, 1, 2, 3)
    with visit(browser, served.server.url, DESK) as page:
        enter(page)
        page.goto(f"{served.server.url}invoices")
        page.get_by_role("link", name="Sửa nhiều hóa đơn").click()
        page.get_by_label("Chọn tất cả trong danh sách này").check()
        page.locator("input[name=invoice][value='3']").uncheck()
        page.get_by_role("button", name="Sửa các hóa đơn đã chọn").click()
        page.fill("input[name=reason]", "sai thuế suất")
        page.get_by_role("button", name="Xem trước").click()
        expect(page.get_by_role("alert")).to_contain_text("E-AGT-035")
        page.fill("input[name=goods]", "đá VIÊN")
        page.fill("input[name=vat_rate]", "10%")
        page.get_by_role("button", name="Xem trước").click()
        expect(page.locator("#preview tbody tr").first).to_contain_text("MAA-1")
        check_page(page, "/invoices/together")
        page.get_by_role("button", name="Lập hóa đơn này").click()
        expect(page.get_by_role("status")).to_contain_text("Đã lập hóa đơn")
        assert page.url.endswith("/invoices/4?done=corrected")
        expect(page.locator("main")).to_contain_text("Bảng kê các hóa đơn được sửa")
    person = served.person()
    listed = person.client.get("/invoices/4/list.xml")
    numbers = [one.text for one in etree.fromstring(listed.content).iter("SHDon")]
    assert set(numbers) == {"1", "2"}
    assert person.client.get("/invoices/1/list.xml").status_code == 404


def test_a_price_on_many_and_nothing_issued_twice(serve: Serve) -> None:
    served = serve()
    sell(served, 1, 2)
    person = served.person()
    form = {"invoice": ["1", "2"], "how": "replace", "reason": "sai giá", "unit_price": "4.000", "name": "Đá"}
    shown = person.post("/invoices/together", form)  # type: ignore[arg-type]
    assert shown.status_code == 200
    assert "24.000" in shown.text, "two times three pieces at 4,000"
    once = shown.text.partition('name="once" value="')[2].partition('"')[0]
    places = {
        person.post("/invoices/together", {**form, "do": "issue", "once": once}).headers["location"]  # type: ignore[dict-item]
        for _ in range(2)
    }
    assert places == {"/invoices/3?done=corrected"}
    wrong = [
        {"invoice": ["1"], "reason": "x", "vat_rate": "10%"},
        {"invoice": ["1", "9"], "reason": "x", "vat_rate": "10%"},
        {"invoice": ["1", "2"], "reason": "x", "vat_rate": "11%"},
        {"invoice": ["1", "2"], "reason": "x", "vat_rate": "10%", "goods": "Bia"},
        {"invoice": ["1", "2"], "reason": "", "vat_rate": "10%"},
        {"reason": "x", "right": "[]"},
        {"reason": "x", "right": '{"C26MAA-1": 5}'},
        {"invoice": ["1", "2"], "reason": "x", "vat_rate": "10%"},  # replaced by now
    ]
    for one in wrong:
        answer = person.post("/invoices/together", one)  # type: ignore[arg-type]
        assert answer.status_code == 422, one
        assert 'role="alert"' in answer.text, one
    assert person.client.get("/invoices?q=").text.count("MAA-") == 3


def test_the_buyers_signature_is_looked_at(serve: Serve) -> None:
    served = serve()
    sell(served, 1, 2, buyer=COMPANY)
    person = served.person()
    right = {
        "total": 15000,
        "lines": [{"name": "Đá viên", "amount": 15000, "vat_rate": "10%"}],
        "buyer": COMPANY,
    }
    content = json.dumps({f"C26MAA-{number}": right for number in (1, 2)})
    form = {"reason": "sai thuế suất", "how": "replace"}
    files = {"file": ("right.json", content, "application/json")}
    shown = person.post("/invoices/together", form, files=files)
    assert "Người mua là tổ chức" in shown.text
    once = shown.text.partition('name="once" value="')[2].partition('"')[0]
    place = person.post("/invoices/together", {**form, "right": content, "do": "issue", "once": once})
    assert place.headers["location"] == "/invoices/3?done=corrected"
    assert "Hóa đơn đang tạm giữ" in person.get("/invoices/3")
    own = person.client.get("/invoices/3/list.xml").content
    for given in (own, b"<x/>", b"no xml", b""):
        answer = person.post("/invoices/3/list", files={"list": ("bke.xml", given, "application/xml")})
        assert answer.status_code == 422, given[:20]
    assert "no signature of the buyer" in person.post("/invoices/3/list", files={"list": ("b", own)}).text


@pytest.mark.skipif(datetime.now(VIETNAM).hour == 23, reason="the end of the day, when nothing waits")
def test_a_waiting_sale_gets_its_buyer(browser: Browser, serve: Serve) -> None:
    served = serve(more=WAIT)
    served.take(receipt(1, "Khách lấy hóa đơn công ty"), receipt(2, "xuất hóa đơn"))
    with visit(browser, served.server.url, PHONE) as page:
        enter(page)
        page.get_by_role("link", name="Điền người mua").click()
        expect(page.locator("ul.rows li")).to_have_count(2)
        check_page(page, "/waiting")
        page.locator("ul.rows a").first.click()
        check_page(page, "/waiting/1")
        page.get_by_role("button", name="Lập hóa đơn cho người mua này").click()
        expect(page.get_by_role("alert")).to_contain_text("E-AGT-035")
        page.fill("input[name=buyer_name]", COMPANY["name"])
        page.fill("input[name=buyer_tax_code]", "123")
        page.get_by_role("button", name="Lập hóa đơn cho người mua này").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.locator("input[name=buyer_name]").input_value() == COMPANY["name"], "what was typed stays"
        page.fill("input[name=buyer_tax_code]", COMPANY["tax_code"])
        page.fill("input[name=buyer_address]", "Hà Nội")
        page.get_by_role("button", name="Lập hóa đơn cho người mua này").click()
        expect(page.get_by_role("status")).to_contain_text("Đã lập hóa đơn")
        expect(page.locator("main")).to_contain_text(COMPANY["name"])
        page.goto(f"{served.server.url}waiting/2")
        page.get_by_role("button", name="Lập luôn, không có người mua").click()
        expect(page.get_by_role("status")).to_contain_text("Đã lập hóa đơn")
        page.goto(f"{served.server.url}waiting")
        expect(page.locator("main")).to_contain_text("Không có phiếu nào chờ người mua")
    assert served.person().client.get("/waiting/1").status_code == 404


def test_forms_are_shown_sent_and_answered(
    browser: Browser, own_sandbox: RunningSandbox, serve: Serve
) -> None:
    served = serve(sandbox=own_sandbox, more=OFFICE, seller=EMAIL)
    sell(served, 1, 2)
    assert served.daemon.sync() is None
    with visit(browser, served.server.url, PHONE) as page:
        enter(page)
        page.goto(f"{served.server.url}forms")
        page.get_by_role("link", name="Đăng ký sử dụng hóa đơn (100)").click()
        expect(page.locator("#preview")).to_contain_text("Nguyễn Thị An")
        check_page(page, "/forms/registration")
        page.get_by_role("button", name="Ký và gửi").click()
        expect(page.get_by_role("status")).to_contain_text("Đã ký")
        expect(page.locator("[data-row=f1] .badge")).to_have_text("Chờ gửi")
        served.daemon.sync()
        expect(page.locator("[data-row=f1] .badge")).to_have_text("Chấp nhận", timeout=PATIENCE)
        page.goto(f"{served.server.url}invoices?choose=1")
        page.locator("input[name=invoice]").first.check()
        page.get_by_role("button", name="Chỉ thông báo sai sót").click()
        expect(page.locator("textarea[name=names]")).to_have_value("C26MAA-2")
        page.fill("input[name=reason]", "sai tên hàng")
        page.get_by_role("button", name="Xem trước").click()
        expect(page.locator("#preview")).to_contain_text("sai tên hàng")
        check_page(page, "/forms/notice")
        page.get_by_role("button", name="Ký và gửi").click()
        served.daemon.sync()
        expect(page.locator("[data-row=f2]")).to_contain_text("303", timeout=PATIENCE)
    connection = served.daemon.store.reader()
    try:
        assert [row["kind"] for row in forms(connection)] == ["303", "100"]
    finally:
        connection.close()


def test_what_a_form_needs_is_asked_for_and_nothing_is_sent(serve: Serve) -> None:
    served = serve()
    sell(served, 1)
    person = served.person()
    answer = person.client.get("/forms/registration")
    assert answer.status_code == 422
    assert "representative.sex" in answer.text
    for form in (
        {"names": "C26MAA-1", "reason": ""},
        {"names": "", "reason": "x"},
        {"names": "C26MAA-9", "reason": "x"},
        {"names": "C26MAA-1", "reason": "x", "review": "7"},
        {"names": "C26MAA-1", "reason": "x"},  # no [office]
    ):
        answer = person.post("/forms/notice", {**form, "do": "send", "once": "a"})
        assert answer.status_code == 422, form
    assert person.client.post("/forms/registration").status_code == 403, "without the session's token"
    assert "Chưa gửi mẫu nào" in person.get("/forms")


def test_a_review_is_answered_from_the_page(own_sandbox: RunningSandbox, serve: Serve) -> None:
    served = serve(sandbox=own_sandbox, more=OFFICE, seller=EMAIL)
    sell(served, 1)
    served.daemon.sync()
    asked = {
        "receiver": "K0409990010",
        "tax_code": "0409990010",
        "reason": "<b>Sai thuế suất</b>",
        "invoices": [
            {"form": 1, "symbol": "C26MAA", "number": 1, "day": f"{datetime.now(VIETNAM):%Y-%m-%d}"}
        ],
    }
    context = ssl.create_default_context(cafile=own_sandbox.ca)
    httpx.post(f"{own_sandbox.url}/v1/reviews", json=asked, verify=context).raise_for_status()
    served.daemon.sync()
    person = served.person()
    assert 'href="/forms"' in person.get("/"), "the alarm leads there"
    page = person.get("/forms")
    assert "&lt;b&gt;Sai thuế suất" in page
    number = page.partition("/forms/notice?review=")[2].partition('"')[0]
    form = {"names": "C26MAA-1", "reason": "đúng 8%", "review": number}
    shown = person.post("/forms/notice", form)
    assert shown.status_code == 200
    once = shown.text.partition('name="once" value="')[2].partition('"')[0]
    for _ in range(2):
        sent = person.post("/forms/notice", {**form, "do": "send", "once": once})
        assert sent.headers["location"] == "/forms?done=sent"
    assert person.get("/forms").count('data-row="f') == 1, "sent twice by a double click, once it is"
    assert "đã trả lời" in person.get("/forms")
