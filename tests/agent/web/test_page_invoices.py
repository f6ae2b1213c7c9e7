"""Invoices and the quarantine on the page: found, shown, proven, corrected, decided about."""

from __future__ import annotations

import base64
import doctest
import re
import time
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from print_jobs import JOBS
from sign_and_words import picture
from web_shop import sale_fields, shown_value

from agent.standing import standing
from agent.web import sale_form
from agent.web.errors import FormInvalid
from agent.web.person import Form
from drivers.captured import Captured
from drivers.captured import Form as CaptureForm
from drivers.reading import draft
from invoice.sale_json import VIETNAM
from outbox.merkle import leaf_hash, root_from_inclusion

if TYPE_CHECKING:
    from web_shop import Person, Serve, Served

PRINTED = f"{datetime.now(VIETNAM):%d/%m/%Y %H:%M}"


def receipt(number: int, total: str = "70.000", goods: str = "Cà phê sữa") -> bytes:
    return (
        f"\x1b@QUÁN CÀ PHÊ\nSố HĐ: HD{number:05}\nNgày: {PRINTED}\n"
        f"{goods}      2 x 25.000     50.000\nBánh mì      1 x 20.000     20.000\n"
        f"Tổng cộng                      {total}\n"
    ).encode() + b"\x1dV\x00"


@pytest.fixture
def served(serve: Serve) -> Served:
    served = serve()
    served.take(receipt(1), receipt(2, goods="Trà đào"), receipt(3))
    return served


@pytest.fixture
def person(served: Served) -> Person:
    return served.person()


def rows(served: Served, query: str) -> list[tuple[object, ...]]:
    connection = served.daemon.store.reader()
    try:
        return [tuple(row) for row in connection.execute(query)]
    finally:
        connection.close()


def names(page: str) -> list[str]:
    return re.findall(
        r"<strong>(C26MAA-[0-9]+)</strong>", page.replace(f"C{datetime.now(VIETNAM):%y}", "C26")
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["C26MAA-3", "C26MAA-2", "C26MAA-1"]),
        ({"q": "HD00002"}, ["C26MAA-2"]),
        ({"q": "Trà đào"}, ["C26MAA-2"]),
        ({"q": "70.000"}, ["C26MAA-3", "C26MAA-2", "C26MAA-1"]),
        ({"q": "%"}, []),
        ({"q": "' OR 1=1 --"}, []),
        ({"state": "accepted"}, []),
        ({"state": "issued", "before": "2"}, ["C26MAA-1"]),
        ({"since": "2000-01-01", "until": "2000-02-01"}, []),
        ({"since": "yesterday", "before": "x", "state": "' OR 1=1"}, ["C26MAA-3", "C26MAA-2", "C26MAA-1"]),
    ],
)
def test_search(person: Person, query: dict[str, str], found: list[str]) -> None:
    answer = person.client.get("/invoices", params=query)
    assert answer.status_code == 200
    assert names(answer.text) == found


def test_an_invoice_with_all_its_papers(served: Served, person: Person) -> None:
    page = person.get("/invoices/2")
    assert "Trà đào" in page
    ((document,),) = rows(served, "SELECT document FROM invoice WHERE id = 2")
    assert person.client.get("/invoices/2/xml").content == document
    assert person.client.get("/invoices/2/pdf").content.startswith(b"%PDF-")
    assert person.client.get("/invoices/2/receipt.png").content.startswith(b"\x89PNG")
    printed = person.client.get("/invoices/2/html?size=80mm")
    assert "Trà đào" in printed.text
    assert "script" not in printed.headers["content-security-policy"]
    for missing in ("/invoices/99", "/invoices/2/exe", "/invoices/99/xml", "/invoices/x"):
        assert person.client.get(missing).status_code == 404


def test_the_proof_of_the_history_leads_to_the_root(served: Served, person: Person) -> None:
    served.daemon.checkpoint()
    proof = person.client.get("/invoices/2/proof.json").json()
    kinds = []
    for step in proof["steps"]:
        path = [bytes.fromhex(part) for part in step["path"]]
        root = root_from_inclusion(leaf_hash(step["body"].encode()), step["seq"], proof["size"], path)
        assert root is not None
        assert root.hex() == proof["root"]
        kinds.append(re.search('"kind":"([a-z.]+)"', step["body"])[1])  # type: ignore[index]
    assert {"capture", "invoice.issued"} <= set(kinds)
    assert base64.b64encode(bytes.fromhex(proof["root"])).decode() in proof["checkpoint"]


def test_replacing_shows_first_and_issues_once(served: Served, person: Person) -> None:
    page = person.get("/invoices/1/correct")
    fields = {**sale_fields(page), "how": ["replace"], "reason": ["sai tên hàng"], "token": [person.token()]}
    fields["name"][0] = "Cà phê đen"
    fields["buyer_name"] = ["Nguyễn Văn A"]
    preview = person.client.post("/invoices/1/correct", data={**fields, "do": ["look"]})
    assert preview.status_code == 200
    assert "Cà phê đen" in preview.text
    assert rows(served, "SELECT COUNT(*) FROM invoice") == [(3,)]
    issue = {**fields, "do": ["issue"], "once": [shown_value(preview.text, "once")]}
    first = person.client.post("/invoices/1/correct", data=issue)
    again = person.client.post("/invoices/1/correct", data=issue)
    assert first.status_code == 303
    assert rows(served, "SELECT COUNT(*) FROM invoice") == [(4,)], "a double click issues one"
    assert again.headers["location"] == first.headers["location"]
    shown = person.get(first.headers["location"])
    assert "Cà phê đen" in shown
    assert "Nguyễn Văn A" in shown
    assert "/invoices/4" in person.get("/invoices/1")


def test_a_refund_sent_twice_is_given_once(served: Served, person: Person) -> None:
    fields = {
        "how": ["refund"], "reason": ["trả bánh mì"], "token": [person.token()],
        "do": ["issue"], "once": ["a1"],
        "of": ["1"], "name": ["Bánh mì"], "quantity": ["1"], "unit_price": ["20.000"], "amount": ["20.000"],
        "total": ["20.000"],
    }  # fmt: skip
    places = {person.client.post("/invoices/1/correct", data=fields).headers["location"] for _ in range(3)}
    assert len(places) == 1
    assert rows(served, "SELECT total FROM invoice WHERE id > 3") == [(-20_000,)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reason": [""]}, "E-AGT-006"),
        ({"total": ["71.000"]}, "E-INV-"),
        ({"total": ["nhiều"]}, "E-AGT-035"),
        ({"total": [""]}, "E-AGT-035"),
        ({"name": ["", ""]}, "E-INV-"),
    ],
)
def test_a_correction_that_cannot_be(person: Person, change: dict[str, list[str]], said: str) -> None:
    page = person.get("/invoices/1/correct")
    fields = {**sale_fields(page), "how": ["replace"], "reason": ["vì sai"], "token": [person.token()]}
    answer = person.client.post(
        "/invoices/1/correct", data={**fields, **change, "do": ["issue"], "once": ["x"]}
    )
    assert answer.status_code == 422
    assert said in answer.text


def test_setting_aside_and_letting_go(served: Served, person: Person) -> None:
    assert person.post("/invoices/1/set-aside", {"do": "hold"}).status_code == 422
    assert person.post("/invoices/1/set-aside", {"do": "hold", "reason": "chờ khách"}).status_code == 303
    assert rows(served, "SELECT state, reason FROM invoice WHERE id = 1") == [("held", "chờ khách")]
    assert "chờ khách" in person.get("/invoices/1")
    assert person.post("/invoices/1/set-aside", {"do": "release"}).status_code == 303
    assert rows(served, "SELECT state FROM invoice WHERE id = 1") == [("issued",)]


def test_a_receipt_that_was_not_understood_is_set_right(served: Served, person: Person) -> None:
    served.take(receipt(9, "80.000"))
    page = person.get("/quarantine")
    assert "Cộng các dòng được 70.000, nhưng phiếu ghi tổng 80.000" in page
    (capture,) = re.findall(r'href="/quarantine/([0-9]+)"', page)
    page = person.get(f"/quarantine/{capture}")
    assert person.client.get(f"/quarantine/{capture}/paper.png").content.startswith(b"\x89PNG")
    fields = {**sale_fields(page), "reason": ["tổng in sai"], "token": [person.token()], "do": ["sale"]}
    fields["once"] = [shown_value(page, "once")]
    assert fields["total"] == ["80.000"]
    assert fields["name"][:2] == ["Cà phê sữa", "Bánh mì"]
    wrong = person.client.post(f"/quarantine/{capture}", data=fields)
    assert wrong.status_code == 422
    assert "80.000" in wrong.text
    fields["total"] = ["70.000"]
    right = person.client.post(f"/quarantine/{capture}", data=fields)
    assert right.status_code == 303
    assert rows(served, "SELECT total FROM invoice WHERE id = 4") == [(70_000,)]
    again = person.client.post(f"/quarantine/{capture}", data=fields)
    assert again.headers["location"] == right.headers["location"]
    assert person.client.post(f"/quarantine/{capture}", data={**fields, "once": ["x"]}).status_code == 404
    assert rows(served, "SELECT state FROM capture ORDER BY id DESC LIMIT 1") == [("resolved",)]


def test_a_picture_and_a_print_job_are_shown_with_what_was_read(served: Served, person: Person) -> None:
    served.take(picture(9).replace(b"20.000\nT", b"29.000\nT"))
    job = Captured((JOBS / "chromium.pdf").read_bytes(), "again", CaptureForm.PDF, "1.pdf")
    served.daemon.till.take("jobs", job)
    while rows(served, "SELECT 1 FROM capture WHERE state = 'raw'"):
        time.sleep(0.05)  # it is read behind the till, in seconds at most
    found = rows(served, "SELECT id FROM capture WHERE state = 'quarantined' ORDER BY id")
    for (capture,), name in zip(found, ["Bia", "Cà phê sữa đá"], strict=True):
        page = person.get(f"/quarantine/{capture}")
        assert f'src="/quarantine/{capture}/paper.png"' in page
        assert sale_fields(page)["name"][0] == name
        shown = person.client.get(f"/quarantine/{capture}/paper.png")
        assert Image.open(BytesIO(shown.content)).width == 576
    fields = {**sale_fields(page), "reason": ["một lần bán nữa"], "token": [person.token()], "do": ["sale"]}
    fields["once"] = [shown_value(page, "once")]
    assert person.client.post(f"/quarantine/{capture}", data=fields).status_code == 303
    assert rows(served, "SELECT total FROM invoice WHERE id = 4") == [(88_000,)]


def test_paper_that_is_no_sale(served: Served, person: Person) -> None:
    served.take("\x1b@GIẤY THỬ\nabc 123\n".encode() + b"\x1dV\x00")
    ((capture,),) = rows(served, "SELECT id FROM capture WHERE state = 'quarantined'")
    assert person.post(f"/quarantine/{capture}", {"do": "nothing"}).status_code == 422
    assert person.post(f"/quarantine/{capture}", {"do": "nothing", "reason": "in thử"}).status_code == 303
    assert rows(served, "SELECT COUNT(*) FROM invoice") == [(3,)]


def test_the_first_draft_of_what_was_not_understood() -> None:
    assert doctest.testmod(draft).failed == 0
    text = (
        "SHOP\nBill no: A-77\nNuoc mam\n  3 x 38.889   116.667\n"
        "Tea     2    5,000   10,000\nTotal: 126.667đ\nCash  200.000"
    )
    made = draft.draft_sale(text)
    assert made["receipt_no"] == "A-77"
    assert [(line["name"], line["amount"]) for line in made["lines"]] == [
        ("Nuoc mam", 116_667),
        ("Tea", 10_000),
    ]
    assert made["total"] == 126_667


def test_a_price_that_was_left_alone_stays() -> None:
    base = {"total": 93, "lines": [{"name": "a", "quantity": 2, "unit_price": 46.296, "amount": 93}]}
    shown = sale_form.form_of(base)["lines"][0]
    form = Form({name: [value] for name, value in shown.items()} | {"total": ["93"]})
    assert sale_form.sale_of(form, base).lines[0].unit_price == Decimal("46.296")


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    "figure", ["25000", "0.35", "1234.5", "2.146", "1", "999999999", "-500", "46.296296"]
)
def test_a_figure_is_read_as_it_is_shown(language: str, figure: str) -> None:
    value = Decimal(figure)
    whole = value == value.to_integral_value()
    shown = sale_form.plain(value, language)
    assert sale_form.number_of(shown, "amount", decimal=not whole) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25.000", 25_000),
        ("25,000", 25_000),
        ("25 000đ", 25_000),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
    ],
)
def test_figures_as_people_type_them(text: str, value: int | str) -> None:
    assert sale_form.number_of(text, "amount") == Decimal(value)


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "--1", "1e5", "1,2,3.4,5", "٣", "9" * 20])
def test_figures_that_are_none(text: str) -> None:
    with pytest.raises(FormInvalid):
        sale_form.number_of(text, "amount")


LARGE = {"invoice", "capture", "answer", "leaf"}


def test_the_first_page_reads_no_table_from_end_to_end(served: Served) -> None:
    """Its questions are asked with every receipt: they must cost the same in a shop of years."""
    asked: list[str] = []
    with served.server.shop.reader() as traced:
        traced.set_trace_callback(asked.append)
        standing(traced, served.daemon.config, None, None, "vi")
        traced.set_trace_callback(None)
    connection = served.daemon.store.reader()
    try:
        for question in asked:
            for row in connection.execute(f"EXPLAIN QUERY PLAN {question}"):
                plan = row["detail"]
                scans = plan.startswith("SCAN") and plan.split()[1] in {
                    "invoice",
                    "capture",
                    "answer",
                    "leaf",
                }
                assert not scans or "INDEX" in plan or "LIMIT" in question, (question, plan)
    finally:
        connection.close()
    assert len(asked) > 6
