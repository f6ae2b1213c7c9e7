"""The fields of a createInvoice order: names, kinds, lengths; what is not in the table is refused.

Sources: the interface as integrations use it; lengths from integrators' own request types. Refusals carry the
provider's words where they are known, else words of the same form.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Collection

Kind = Literal["text", "whole", "number", "flag"]

_MOST_LINES = 1_000
_NUMBER_DIGITS, _DECIMALS = 19, 9


class OrderRefused(Exception):
    """An order that is not issued: the provider's word for it, and its sentence."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(f"{word}: {sentence}")
        self.word, self.sentence = word, sentence


@dataclass(frozen=True, slots=True)
class _Field:
    kind: Kind
    longest: int = 0
    needed: bool = False
    among: Collection[object] = ()
    form: str = ""


def _text(longest: int, *, needed: bool = False, among: Collection[object] = (), form: str = "") -> _Field:
    return _Field("text", longest, needed, among, form)


_NUMBER, _FLAG, _WHOLE = _Field("number"), _Field("flag"), _Field("whole")

_GENERAL = {
    "transactionUuid": _text(
        36, needed=True, form=r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    ),
    "invoiceType": _text(1, needed=True, among=("1", "2")),
    "templateCode": _text(20, needed=True, form=r"[1-6]/[0-9]{3}"),
    "invoiceSeries": _text(9, needed=True, form=r"[CK][0-9]{2}[TDLMNBGHX][A-Z]{2}"),
    "invoiceIssuedDate": _Field("whole", needed=True),
    "currencyCode": _text(3, needed=True, form=r"[A-Z]{3}"),
    "exchangeRate": _NUMBER,
    "adjustmentType": _text(1, needed=True, among=("1", "3", "5")),
    "adjustmentInvoiceType": _text(1, among=("1", "2")),
    "originalInvoiceId": _text(17, form=r"[a-zA-Z0-9/-]+"),
    "originalInvoiceIssueDate": _WHOLE,
    "originalTemplateCode": _text(20),
    "additionalReferenceDesc": _text(400),
    "additionalReferenceDate": _WHOLE,
    "paymentStatus": _Field("flag", needed=True),
    "cusGetInvoiceRight": _FLAG,
    "validation": _Field("whole", among=(0, 1)),
    "invoiceNote": _text(4000),
}
_BUYER = {
    "buyerName": _text(800),
    "buyerLegalName": _text(1200),
    "buyerCode": _text(400),
    "buyerTaxCode": _text(20, form=r"[0-9]{10}(-[0-9]{3})?|[0-9]{12}"),
    "buyerAddressLine": _text(1200),
    "buyerPhoneNumber": _text(35, form=r"[0-9+()&; -]*"),
    "buyerEmail": _text(2000),
    "buyerIdType": _text(1, among=("1", "2", "3")),
    "buyerIdNo": _text(200, form=r"[a-zA-Z0-9-_ ]*"),
    "buyerBankName": _text(200),
    "buyerBankAccount": _text(100),
    "buyerNotGetInvoice": _Field("whole", among=(0, 1)),
}
_SELLER = {
    "sellerLegalName": _text(400),
    "sellerTaxCode": _text(20),
    "sellerAddressLine": _text(400),
    "sellerPhoneNumber": _text(50),
    "sellerFaxNumber": _text(50),
    "sellerEmail": _text(50),
    "sellerBankName": _text(400),
    "sellerBankAccount": _text(200),
    "sellerWebsite": _text(200),
}
_PAYMENT = {"paymentMethodName": _text(50, needed=True, among=("TM", "CK", "TM/CK", "KHAC"))}
_ITEM = {
    "lineNumber": _WHOLE,
    "selection": _Field("whole", among=(1, 2, 3, 4, 5, 6)),
    "itemCode": _text(50),
    "itemName": _text(500, needed=True),
    "unitName": _text(50),
    "unitPrice": _NUMBER,
    "quantity": _NUMBER,
    "itemTotalAmountWithoutTax": _NUMBER,
    "taxPercentage": _Field("number", among=(-2, -1, 0, 5, 8, 10)),
    "taxAmount": _NUMBER,
    "discount": _NUMBER,
    "itemDiscount": _NUMBER,
    "itemTotalAmountAfterDiscount": _NUMBER,
    "itemTotalAmountWithTax": _NUMBER,
    "isIncreaseItem": _FLAG,
}
_BREAKDOWN = {
    "taxPercentage": _Field("number", needed=True, among=(-2, -1, 0, 5, 8, 10)),
    "taxableAmount": _Field("number", needed=True),
    "taxAmount": _Field("number", needed=True),
    "taxableAmountPos": _FLAG,
    "taxAmountPos": _FLAG,
}
_SUMMARY = {
    "sumOfTotalLineAmountWithoutTax": _NUMBER,
    "totalAmountWithoutTax": _NUMBER,
    "totalTaxAmount": _NUMBER,
    "totalAmountWithTax": _NUMBER,
    "totalAmountWithTaxInWords": _text(255),
    "discountAmount": _NUMBER,
}
_OBJECTS: dict[str, tuple[dict[str, _Field], bool]] = {
    "generalInvoiceInfo": (_GENERAL, True),
    "buyerInfo": (_BUYER, True),
    "sellerInfo": (_SELLER, False),
    "summarizeInfo": (_SUMMARY, False),
}
_LISTS: dict[str, tuple[dict[str, _Field], bool]] = {
    "payments": (_PAYMENT, True),
    "itemInfo": (_ITEM, True),
    "taxBreakdowns": (_BREAKDOWN, False),
}


def read_json(body: bytes) -> Any:
    """JSON with exact decimals; a key twice in one object, NaN and Infinity are no JSON.

    Raises:
        ValueError, RecursionError: it is not.
    """

    def pairs(given: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(given)
        if len(made) != len(given):
            raise ValueError("a key stands twice")
        return made

    def constant(word: str) -> Any:
        raise ValueError(f"{word} is not a number")

    return json.loads(body, parse_float=Decimal, object_pairs_hook=pairs, parse_constant=constant)


def check_order(order: object) -> dict[str, Any]:
    """The order as it came, every field of it by the table.

    Raises:
        OrderRefused: naming the first field that is wrong.
    """
    if not isinstance(order, dict):
        raise OrderRefused("JSON_PARSE_ERROR", "Dữ liệu không phải một đối tượng JSON")
    for name in order:
        if name not in _OBJECTS and name not in _LISTS:
            raise OrderRefused("BAD_REQUEST_UNKNOWN_FIELD", f"Không có trường {name[:60]}")
    for name, (table, needed) in _OBJECTS.items():
        inner = order.get(name)
        if inner is None and not needed:
            continue
        if not isinstance(inner, dict):
            raise OrderRefused(f"BAD_REQUEST_{_word(name)}_REQUIRED", f"Thiếu {name}")
        _check(inner, table, name)
    for name, (table, needed) in _LISTS.items():
        rows = order.get(name, [])
        if not isinstance(rows, list) or (needed and not rows) or len(rows) > _MOST_LINES:
            raise OrderRefused(
                f"BAD_REQUEST_{_word(name)}_REQUIRED", f"{name} thiếu hoặc không phải danh sách"
            )
        for row in rows:
            if not isinstance(row, dict):
                raise OrderRefused(f"BAD_REQUEST_{_word(name)}_INVALID", f"Một dòng của {name} không đúng")
            _check(row, table, name)
    return order


def _check(inner: dict[str, Any], table: dict[str, _Field], place: str) -> None:
    for name, value in inner.items():
        field = table.get(name)
        if field is None:
            raise OrderRefused("BAD_REQUEST_UNKNOWN_FIELD", f"Không có trường {place}.{name[:60]}")
        if value is not None:
            _check_value(value, field, name)
    for name, field in table.items():
        if field.needed and inner.get(name) in (None, ""):
            raise OrderRefused(f"BAD_REQUEST_{_word(name)}_REQUIRED", f"Thiếu {place}.{name}")


def _check_value(value: object, field: _Field, name: str) -> None:
    if not _of_kind(value, field.kind):
        raise OrderRefused(f"BAD_REQUEST_{_word(name)}_INVALID", f"{name} không đúng kiểu dữ liệu")
    if field.among and value not in field.among:
        raise OrderRefused(f"BAD_REQUEST_{_word(name)}_INVALID", f"{name} không có giá trị này")
    if isinstance(value, str):
        if len(value) > field.longest:
            raise OrderRefused(f"BAD_REQUEST_{_word(name)}_MAX_LENGTH", f"{name} quá {field.longest} ký tự")
        if field.form and not re.fullmatch(field.form, value):
            raise OrderRefused(f"BAD_REQUEST_{_word(name)}_INVALID", f"{name} không đúng định dạng")
    elif field.kind == "number" and not field.among and not _plain(Decimal(str(value))):
        raise OrderRefused(f"BAD_REQUEST_{_word(name)}_INVALID", f"{name} âm, hoặc quá nhiều chữ số")


def _of_kind(value: object, kind: Kind) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if kind == "text":
        return isinstance(value, str) and (not value or value.strip() == value)
    return isinstance(value, int) or (kind == "number" and isinstance(value, Decimal))


def _plain(number: Decimal) -> bool:
    """Not negative, 19 digits and 9 decimals at the most: magnitudes only, flags say which way they count."""
    exponent = number.normalize().as_tuple().exponent
    return (
        number >= 0 and number < 10**_NUMBER_DIGITS and isinstance(exponent, int) and exponent >= -_DECIMALS
    )


def _word(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper()
