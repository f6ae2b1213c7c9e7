"""Wrong sales, each with the error it must give: code, what is named, advice in both languages.

A sale goes the way of ``thungan issue``: read from JSON, checked, composed. Nothing wrong may come out at
the other end, and nothing may fail in any other way.
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import ThunganError
from invoice.compose import Identity, Terms, check_sale, compose
from invoice.document import write_content
from invoice.errors import InvoiceError
from invoice.invoice import Invoice, Seller
from invoice.numbers import MAX_NUMBER, AuthorityCode, Form, Symbol
from invoice.rate_table import RateTable
from invoice.sale_json import sale_from_json, sale_to_json

RIGHT: dict[str, Any] = {
    "kind": "sale",
    "receipt_no": "HD000128",
    "sold_at": "2026-11-23T09:15:00+07:00",
    "lines": [
        {
            "name": "Cà phê",
            "quantity": 2,
            "unit": "Ly",
            "unit_price": 25000,
            "amount": 50000,
            "vat_rate": "8%",
        },
        {
            "name": "Thịt",
            "quantity": 0.5,
            "unit": "kg",
            "unit_price": 99000,
            "amount": 49500,
            "vat_rate": "5%",
        },
    ],
    "discount": 500,
    "total": 99000,
    "payments": [{"method": "cash", "amount": 99000}],
    "buyer": {"name": "Bà Trần", "tax_code": "0409990010"},
    "cashier": "Thu",
    "problems": [],
}
TERMS = Terms(Seller("Cửa hàng", "0409990010", "Đà Nẵng"), Form.VAT)
GONE = object()


def issued(text: str | bytes, terms: Terms = TERMS, number: int = 1) -> tuple[Invoice, bytes]:
    sale = sale_from_json(text)
    check_sale(sale, terms, date(2026, 11, 23))
    code = AuthorityCode.for_register(terms.form, 2026, "SHNDN", 1, 1)
    invoice = compose(sale, terms, Identity(Symbol.of_year("AA", 2026), number, code, date(2026, 11, 23)))
    return invoice, write_content(invoice)


def changed(path: str, value: object) -> str:
    """The right sale with one value changed, added or taken away (``GONE``); a path is ``lines.0.name``."""
    data = deepcopy(RIGHT)
    *way, last = path.split(".")
    place: Any = data
    for step in way:
        place = place[int(step) if step.isdecimal() else step]
    key: Any = int(last) if last.isdecimal() else last
    if value is GONE:
        del place[key]
    else:
        place[key] = value
    return json.dumps(data, ensure_ascii=False)


UNREADABLE, INVALID, RATE, TAX, FIELD = "E-INV-002", "E-INV-001", "E-INV-003", "E-INV-004", "E-INV-007"

# (where, what stands there, code, what the message names)
WRONG: list[tuple[str, object, str, str]] = [
    # the form of the sale
    ("extra", 1, UNREADABLE, "sale has unknown keys: extra"),
    ("Total", 99000, UNREADABLE, "unknown keys: Total"),
    ("kind", "verkauf", UNREADABLE, "sale.kind must be one of sale, reprint"),
    ("kind", "", UNREADABLE, "sale.kind"),
    ("kind", 1, UNREADABLE, "sale.kind"),
    ("kind", ["sale"], UNREADABLE, "sale.kind"),
    ("receipt_no", 128, UNREADABLE, "sale.receipt_no must be text"),
    ("receipt_no", "x" * 101, UNREADABLE, "at most 100"),
    ("receipt_no", "HD\n1", UNREADABLE, "without control characters"),
    ("receipt_no", "HD\u202e1", UNREADABLE, "without control characters"),
    ("cashier", {"name": "Thu"}, UNREADABLE, "sale.cashier"),
    ("sold_at", "gestern", UNREADABLE, "sale.sold_at must be a time"),
    ("sold_at", "23/11/2026", UNREADABLE, "sale.sold_at"),
    ("sold_at", "2026-02-30T09:00:00+07:00", UNREADABLE, "sale.sold_at"),
    ("sold_at", "2026-11-23T25:00:00", UNREADABLE, "sale.sold_at"),
    ("sold_at", 1795400000, UNREADABLE, "sale.sold_at"),
    ("lines", {"name": "Cà phê"}, UNREADABLE, "sale.lines must be a list"),
    ("lines", "Cà phê", UNREADABLE, "sale.lines must be a list"),
    ("lines", [{}] * 10_000, UNREADABLE, "at most 9999"),
    ("payments", {"cash": 99000}, UNREADABLE, "sale.payments must be a list"),
    ("payments", [{"amount": 0}] * 101, UNREADABLE, "at most 100"),
    ("buyer", "Bà Trần", UNREADABLE, "buyer must be a JSON object"),
    # amounts
    ("total", GONE, UNREADABLE, "sale.total must be a number"),
    ("total", None, UNREADABLE, "sale.total must be a number"),
    ("total", True, UNREADABLE, "sale.total must be a number"),
    ("total", "", UNREADABLE, "sale.total must be a number"),
    ("total", "99.000đ", UNREADABLE, "sale.total must be a number"),
    ("total", "99,000", UNREADABLE, "sale.total must be a number"),
    ("total", [99000], UNREADABLE, "sale.total must be a number"),
    ("total", 99000.5, UNREADABLE, "sale.total must be whole dong"),
    ("total", "NaN", UNREADABLE, "up to 10^15"),
    ("total", "Infinity", UNREADABLE, "up to 10^15"),
    ("total", "sNaN", UNREADABLE, "up to 10^15"),
    ("total", 10**15 + 1, UNREADABLE, "up to 10^15"),
    ("total", -(10**16), UNREADABLE, "up to 10^15"),
    ("total", 98999, INVALID, "is not the total 98999"),
    ("total", 99001, INVALID, "is not the total 99001"),
    ("total", -99000, INVALID, "total -99000 is negative"),
    ("discount", -1, INVALID, "discount -1 is negative"),
    ("discount", 0, INVALID, "is not the total 99000"),
    ("discount", 0.5, UNREADABLE, "sale.discount must be whole dong"),
    ("discount", "mười", UNREADABLE, "sale.discount must be a number"),
    # lines
    ("lines", [], INVALID, "no lines"),
    ("lines.0", None, UNREADABLE, "lines[0] must be a JSON object"),
    ("lines.0", "Cà phê", UNREADABLE, "lines[0] must be a JSON object"),
    ("lines.1.giá", 1, UNREADABLE, "lines[1] has unknown keys: giá"),
    ("lines.0.name", GONE, UNREADABLE, "lines[0].name must be given"),
    ("lines.0.name", "", UNREADABLE, "lines[0].name must be given"),
    ("lines.0.name", "   ", UNREADABLE, "lines[0].name must be given"),
    ("lines.0.name", 7, UNREADABLE, "lines[0].name must be text"),
    ("lines.0.name", "C" * 501, UNREADABLE, "at most 500"),
    ("lines.0.name", "Cà\x00phê", UNREADABLE, "without control characters"),
    ("lines.0.name", "Cà\tphê", UNREADABLE, "without control characters"),
    ("lines.0.name", "\ud800", UNREADABLE, "without control characters"),
    ("lines.0.unit", "L" * 51, UNREADABLE, "lines[0].unit"),
    ("lines.0.unit", 1, UNREADABLE, "lines[0].unit"),
    ("lines.0.code", "C" * 51, UNREADABLE, "lines[0].code"),
    ("lines.0.amount", GONE, UNREADABLE, "lines[0].amount must be a number"),
    ("lines.0.amount", 50000.01, UNREADABLE, "lines[0].amount must be whole dong"),
    ("lines.0.amount", 50002, INVALID, "line 1 (Cà phê)"),
    ("lines.0.amount", -50000, INVALID, "line 1 (Cà phê)"),
    ("lines.0.quantity", 3, INVALID, "3 x 25000"),
    ("lines.0.quantity", -2, INVALID, "-2 x 25000"),
    ("lines.0.quantity", 0, INVALID, "0 x 25000"),
    ("lines.0.quantity", "hai", UNREADABLE, "lines[0].quantity must be a number"),
    ("lines.0.quantity", False, UNREADABLE, "lines[0].quantity must be a number"),
    ("lines.1.quantity", 0.5000001, UNREADABLE, "at most six decimals"),
    ("lines.0.unit_price", GONE, UNREADABLE, "lines[0].unit_price must be a number"),
    ("lines.0.unit_price", 2500, INVALID, "2 x 2500"),
    ("lines.0.unit_price", "25.000", INVALID, "2 x 25.000"),
    ("lines.0.unit_price", 1e16, UNREADABLE, "up to 10^15"),
    ("lines.0.discount", 1000, INVALID, "- 1000"),
    ("lines.0.discount", "1k", UNREADABLE, "lines[0].discount"),
    ("lines.0.vat_rate", GONE, RATE, "no rule gives 'Cà phê' a VAT rate"),
    ("lines.0.vat_rate", None, RATE, "no rule gives 'Cà phê' a VAT rate"),
    ("lines.0.vat_rate", "7%", RATE, "'7%' is not a VAT rate"),
    ("lines.0.vat_rate", "8", RATE, "'8' is not a VAT rate"),
    ("lines.0.vat_rate", 8, UNREADABLE, "lines[0].vat_rate must be text"),
    ("lines.0.vat_rate", "KHAC:03.500%", UNREADABLE, "lines[0].vat_rate"),
    # payments
    ("payments.0", 99000, UNREADABLE, "payments[0] must be a JSON object"),
    ("payments.0.method", "gold", UNREADABLE, "payments[0].method must be one of cash, card"),
    ("payments.0.method", {}, UNREADABLE, "payments[0].method"),
    ("payments.0.amount", GONE, UNREADABLE, "payments[0].amount must be a number"),
    ("payments.0.amount", 100000, INVALID, "payments 100000 are not the total 99000"),
    ("payments.0.change", 1000, UNREADABLE, "payments[0] has unknown keys: change"),
    # the buyer
    ("buyer.mst", "0409990010", UNREADABLE, "buyer has unknown keys: mst"),
    ("buyer.name", "B" * 401, UNREADABLE, "buyer.name"),
    ("buyer.tax_code", "0409990011", TAX, "the check digit of 0409990011"),
    ("buyer.tax_code", "MST0409990", TAX, "not of the form"),
    ("buyer.tax_code", "0409990010-0010", UNREADABLE, "buyer.tax_code"),
    ("buyer.tax_code", 409990010, UNREADABLE, "buyer.tax_code must be text"),
    ("buyer.citizen_id", "04809900123", FIELD, "has not exactly 12 digits"),
    ("buyer.citizen_id", "04809900123x", FIELD, "has not exactly 12 digits"),
    ("buyer.citizen_id", "0480990012345", UNREADABLE, "buyer.citizen_id"),
    ("buyer.phone", "0" * 21, UNREADABLE, "buyer.phone"),
    ("buyer.email", "a" * 51, UNREADABLE, "buyer.email"),
    ("buyer.address", ["Đà Nẵng"], UNREADABLE, "buyer.address"),
]
WRONG += [
    ("kind", kind, INVALID, f"a {kind} is not invoiced as a sale")
    for kind in ("reprint", "provisional", "refund", "kitchen", "report", "drawer", "training", "quarantined")
]

NOT_JSON: list[tuple[str | bytes, str]] = [
    ("", "not JSON"),
    (" ", "not JSON"),
    ("sale", "not JSON"),
    ("{", "not JSON"),
    ("{'total': 1}", "not JSON"),
    ('{"total": 1,}', "not JSON"),
    ('{"total": 01}', "not JSON"),
    ('{"total": NaN}', "NaN is not a number of a sale"),
    ('{"total": -Infinity}', "-Infinity is not a number of a sale"),
    ('{"total": ' + "9" * 5000 + "}", "not JSON"),
    ("[" * 100_000, "not JSON"),
    (b"\xff\xfe\x00", "not JSON"),
    (b'{"cashier": "\xe0"}', "not JSON"),
    ("null", "sale must be a JSON object"),
    ("[]", "sale must be a JSON object"),
    ("1", "sale must be a JSON object"),
    ('"sale"', "sale must be a JSON object"),
    ("{}", "sale.total must be a number"),
    (" " * 4_000_001, "longer than 4000000"),
]


def told(refused: ThunganError, code: str, named: str) -> None:
    assert refused.code == code
    assert named in refused.message
    vietnamese, english = refused.advice("vi"), refused.advice("en")
    assert len(vietnamese) > 15
    assert len(english) > 15
    assert vietnamese != english
    assert any(ord(letter) > 127 for letter in vietnamese)
    assert english.isascii()
    assert str(refused).startswith(f"{code}: ")


def test_the_right_sale_is_issued() -> None:
    invoice, content = issued(json.dumps(RIGHT))
    assert invoice.total == 99000
    assert b"<TgTTTBSo>99000</TgTTTBSo>" in content
    assert json.loads(json.dumps(sale_to_json(sale_from_json(json.dumps(RIGHT))))) == RIGHT


def test_the_table_is_long_enough() -> None:
    assert len(WRONG) + len(NOT_JSON) >= 80
    assert len({(path, repr(value)) for path, value, _, _ in WRONG}) == len(WRONG)


@pytest.mark.parametrize(
    ("path", "value", "code", "named"),
    WRONG,
    ids=[f"{path}={'gone' if value is GONE else repr(value)[:24]}" for path, value, _, _ in WRONG],
)
def test_a_wrong_sale_is_refused(path: str, value: object, code: str, named: str) -> None:
    with pytest.raises(InvoiceError) as refused:
        issued(changed(path, value))
    told(refused.value, code, named)


@pytest.mark.parametrize(("text", "named"), NOT_JSON, ids=range(len(NOT_JSON)))
def test_what_is_no_sale_at_all_is_refused(text: str | bytes, named: str) -> None:
    with pytest.raises(InvoiceError) as refused:
        issued(text)
    told(refused.value, UNREADABLE, named)


@pytest.mark.parametrize("number", [0, -1, MAX_NUMBER + 1])
def test_a_number_outside_the_symbol_is_refused(number: int) -> None:
    with pytest.raises(InvoiceError) as refused:
        issued(json.dumps(RIGHT), number=number)
    told(refused.value, FIELD, f"invoice number {number}")


@pytest.mark.parametrize(
    ("seller", "named"),
    [
        (Seller("", "0409990010", "Đà Nẵng"), "Ten (Tên) is empty"),
        (Seller("T" * 401, "0409990010", "Đà Nẵng"), "Ten (Tên) has 401 characters"),
        (Seller("Tiệm", "0409990010", ""), "DChi (Địa chỉ) is empty"),
        (Seller("Tiệm", "0409990010-00001", "Đà Nẵng"), "MST"),
        (Seller("Tiệm\x07", "0409990010", "Đà Nẵng"), "control character"),
        (Seller("Tiệm", "0409990010", "Đà Nẵng", phone="0" * 21), "SDThoai"),
    ],
)
def test_a_seller_that_cannot_be_written_is_refused(seller: Seller, named: str) -> None:
    with pytest.raises(InvoiceError) as refused:
        issued(json.dumps(RIGHT), replace(TERMS, seller=seller))
    told(refused.value, FIELD, named)


def test_a_default_rate_that_is_none_is_refused() -> None:
    with pytest.raises(InvoiceError) as refused:
        issued(changed("lines.0.vat_rate", GONE), replace(TERMS, rates=RateTable.of("9%")))
    told(refused.value, RATE, "'9%'")


KEYS = st.sampled_from(
    [*RIGHT, "lines.0", "lines.1.name", "lines.0.amount", "lines.1.quantity", "buyer.name"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(KEYS, ANYTHING)
def test_anything_anywhere_is_issued_or_clearly_refused(path: str, value: object) -> None:
    try:
        invoice, _ = issued(changed(path, value))
    except InvoiceError as refused:
        told(refused, refused.code, refused.message)
        return
    assert invoice.net + invoice.tax == invoice.total


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_garbage_is_clearly_refused(text: str | bytes) -> None:
    with pytest.raises(InvoiceError):
        issued(text)


HUGE = [
    "1e999999",
    "1E+400",
    "1e-9999999",
    '"1e999999"',
    '"1e99999999999999999999"',
    '"-1e-99999999999999999999"',
    "1e99999999999999999999",
    "-1e-99999999999999999999",
    "1e9999999",
    '"-1e9999999"',
]


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize("key", ["total", "discount"])
def test_numbers_beyond_all_measure_are_refused(number: str, key: str) -> None:
    with pytest.raises(InvoiceError) as refused:
        issued(json.dumps(RIGHT).replace(f'"{key}": {RIGHT[key]}', f'"{key}": {number}'))
    # What decimal cannot hold at all is no JSON number to us; the rest is said with its key.
    told(refused.value, UNREADABLE, "not JSON" if "not JSON" in refused.value.message else f"sale.{key}")


@given(st.decimals(0, 10**9, places=3))
def test_quantities_survive_writing_and_reading(quantity: Decimal) -> None:
    sale = sale_from_json(json.dumps(RIGHT))
    sale = replace(sale, lines=(replace(sale.lines[0], quantity=quantity), *sale.lines[1:]))
    assert sale_from_json(json.dumps(sale_to_json(sale))) == sale
