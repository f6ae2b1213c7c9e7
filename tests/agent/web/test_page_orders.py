"""Sales that wait for a provider's number, on the page: seen, held, set right, and found by their code."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from browsing import DESK, PHONE, check_page, enter, visit
from playwright.sync_api import expect
from provider_shop import PASSWORD
from web_shop import sale_fields

from authority.providers.errors import BuyerRefused
from authority.providers.provider import Refused
from authority.sandbox.provider_account import ProviderAccount
from authority.sandbox.provider_server import RunningProvider
from invoice.references import spoken
from invoice.sale_json import VIETNAM
from outbox.attaching import take_refusal
from outbox.order_decisions import hold_order
from outbox.orders import mark_asked, next_orders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from web_shop import Serve, Served

PRINTED = f"{datetime.now(VIETNAM):%d/%m/%Y %H:%M}"


def receipt(number: int) -> bytes:
    return (
        f"\x1b@QUÁN CÀ PHÊ\nSố HĐ: HD{number:05}\nNgày: {PRINTED}\n"
        "Cà phê sữa      2 x 25.000     50.000\nBánh mì      1 x 20.000     20.000\n"
        "Tổng cộng                      70.000\n"
    ).encode() + b"\x1dV\x00"


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[RunningProvider]:
    account = ProviderAccount(password=PASSWORD)
    running = RunningProvider("viettel", tmp_path / "provider", 0, account=account)
    yield running
    running.stop()


@pytest.fixture
def served(serve: Serve, provider: RunningProvider) -> Served:
    served = serve(provider=provider)
    served.take(receipt(1), receipt(2))
    return served


def references(served: Served) -> list[str]:
    with closing(served.daemon.store.reader()) as connection:
        return [row[0] for row in connection.execute("SELECT reference FROM invoice_order ORDER BY id")]


def state(served: Served, reference: str) -> str:
    with closing(served.daemon.store.reader()) as connection:
        query = "SELECT state FROM invoice_order WHERE reference = ?"
        return str(connection.execute(query, (reference,)).fetchone()[0])


def refuse(served: Served, reference: str) -> None:
    """What the provider says of the oldest order: no."""
    store = served.daemon.store
    with closing(store.reader()) as connection:
        series = connection.execute("SELECT form, symbol FROM invoice_order").fetchone()
        (order,) = next_orders(connection, *series, "9999", 1)
    assert order.reference == reference
    store.run(mark_asked([order], "viettel", "9999"))
    store.run(take_refusal(order.order_id, Refused(BuyerRefused("the buyer's tax code is closed"), b"no")))


def test_orders_are_seen_while_they_wait(served: Served) -> None:
    person, (first, second) = served.person(), references(served)
    for page in (person.get("/"), person.get("/orders")):
        assert spoken(first) in page
        assert spoken(second) in page
        assert "Chờ cấp số" in page
    assert "2 hóa đơn đang chờ nhà cung cấp cấp số" in person.get("/invoices")
    one = person.get(f"/orders/{first}")
    assert "Cà phê sữa" in one
    assert "Ghi và ký, chờ nhà cung cấp cấp số" in one
    assert person.client.get(f"/orders/{first}/receipt.png").content.startswith(b"\x89PNG")
    signed = person.client.get(f"/orders/{first}/xml")
    assert signed.headers["content-disposition"].startswith("attachment")
    assert b"<SignatureValue>" in signed.content
    assert person.client.get("/orders/1234567890").status_code == 404
    assert person.client.get(f"/orders/{first}/nothing").status_code == 404


def test_a_customer_comes_with_the_provisional_code(served: Served) -> None:
    person, (first, _) = served.person(), references(served)
    found = person.client.get("/invoices", params={"q": spoken(first)})
    assert (found.status_code, found.headers["location"]) == (303, f"/orders/{first}")
    while state(served, first) != "invoiced":
        served.daemon.sync()
    assert "C26MAA-1" in person.get(f"/invoices?q={first}").replace(f"C{datetime.now(VIETNAM):%y}", "C26")
    moved = person.client.get(f"/orders/{first}")
    assert (moved.status_code, moved.headers["location"]) == (303, "/invoices/1")
    page = person.get("/invoices/1")
    assert "Nhà cung cấp cấp số và mã" in page
    assert "Đã có số và mã" in page


def test_the_providers_own_paper_is_kept_and_never_shown_as_a_page_of_ours(served: Served) -> None:
    person = served.person()
    while "provider.xml" not in person.get(
        "/invoices/1" if state(served, references(served)[0]) == "invoiced" else "/"
    ):
        served.daemon.sync()
    paper = person.client.get("/invoices/1/provider.xml")
    assert paper.headers["content-disposition"].startswith("attachment")
    assert person.client.get("/invoices/1/provider.pdf").status_code in {200, 404}


def test_an_order_is_held_and_let_go(served: Served) -> None:
    person, (first, second) = served.person(), references(served)
    assert person.post(f"/orders/{first}/set-aside", {"do": "hold", "reason": ""}).status_code >= 400
    person.post(f"/orders/{first}/set-aside", {"do": "hold", "reason": "chờ khách"})
    assert state(served, first) == "held"
    assert "chờ khách" in person.get(f"/orders/{first}")
    assert "nhà cung cấp không nhận, hoặc đang giữ" in person.get("/")
    person.post(f"/orders/{first}/set-aside", {"do": "again"})
    assert state(served, first) == "ordered"
    assert state(served, second) == "ordered"


def test_a_refused_order_is_set_right_once(served: Served) -> None:
    person, (first, _) = served.person(), references(served)
    refuse(served, first)
    page = person.get(f"/orders/{first}")
    assert "Nhà cung cấp không nhận" in page
    form = person.get(f"/orders/{first}/replace")
    once = re.search(r'name="once" value="([^"]+)"', form)
    assert once
    sent = {**sale_fields(form), "token": [person.token()], "once": [once[1]], "reason": [""]}
    assert person.client.post(f"/orders/{first}/replace", data=sent).status_code == 422
    sent["reason"] = ["mã số thuế người mua sai"]
    answers = [person.client.post(f"/orders/{first}/replace", data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert state(served, first) == "corrected"
    assert len(references(served)) == 3
    assert "Đã ghi: đơn này thay cho đơn cũ." in person.get(answers[0].headers["location"])


def test_an_order_that_was_settled_elsewhere_waits_no_more(served: Served) -> None:
    person, (first, _) = served.person(), references(served)
    refuse(served, first)
    person.post(f"/orders/{first}/set-aside", {"do": "drop", "reason": "đã lập số 812 trên trang của họ"})
    assert state(served, first) == "dropped"
    assert spoken(first) not in person.get("/orders")
    assert "đã lập số 812" in person.get(f"/orders/{first}")


@pytest.mark.parametrize(("size", "scheme", "language"), [(PHONE, "light", "vi"), (DESK, "dark", "en")])
def test_the_pages_in_a_browser(
    served: Served, browser: Browser, size: dict[str, int], scheme: str, language: str
) -> None:
    first, second = references(served)
    served.daemon.store.run(hold_order(2, "chờ khách"))
    top = served.server.url.rstrip("/")
    with visit(browser, top, size, scheme) as page:
        enter(page)
        page.goto(f"{top}/language/{language}?back=/orders")
        for path in ("/orders", f"/orders/{first}", f"/orders/{second}", f"/orders/{first}/replace"):
            page.goto(f"{top}{path}")
            check_page(page, path)
        page.goto(f"{top}/orders/{second}")
        page.locator("button[value=again]").click()
        expect(page.locator("button[value=hold]")).to_be_visible()
        assert state(served, second) == "ordered"
