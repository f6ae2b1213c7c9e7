"""The JSON of a sale, one form for ``thungan decode``, ``thungan issue`` and the store.

>>> from invoice.sale_json import sale_from_json, sale_to_json
>>> sale = sale_from_json('{"total": 15000, "lines": [{"name": "Đá viên", "amount": 15000}]}')
>>> sale.lines[0].quantity, sale.lines[0].unit_price
(Decimal('1'), Decimal('15000'))
>>> sale_to_json(sale)["total"]
15000

Keys and what may be left out are documented in ``docs/sale-json.md``.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar, cast
from zoneinfo import ZoneInfo

from invoice.errors import SaleUnreadable
from invoice.sale import Buyer, Kind, Line, LineKind, Payment, PaymentMethod, Sale, SaleFee

if TYPE_CHECKING:
    from enum import StrEnum

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
MAX_AMOUNT = 10**15  # dong; beyond it the amount in words and the 21-digit fields are of no use to a shop
MAX_LINES = 9999  # STT has four digits
MAX_SALE_JSON = 4_000_000  # characters


def sale_to_json(sale: Sale, problems: tuple[str, ...] = ()) -> dict[str, Any]:
    """The sale as the JSON object of the contract; a quantity with decimals is a JSON number (0.35)."""
    return {
        "kind": sale.kind.value,
        "receipt_no": sale.receipt_no,
        "sold_at": sale.sold_at.isoformat() if sale.sold_at else None,
        "lines": [_line_to_json(line) for line in sale.lines],
        "discount": sale.discount,
        "total": sale.total,
        "payments": [{"method": p.method.value, "amount": p.amount} for p in sale.payments],
        "buyer": _buyer_to_json(sale.buyer),
        **({"cashier": sale.cashier} if sale.cashier else {}),
        **_rarely(sale),
        "problems": list(problems),
    }


def public_digest(said: dict[str, Any]) -> str:
    """SHA-256 (hex) of a sale's JSON without its buyer: what the ledger commits to."""
    public = {key: value for key, value in said.items() if key not in {"buyer", "problems"}}
    return sha256(_CANONICAL(public).encode()).hexdigest()


# Nothing here can hold itself: not looking for that is a sixth of the encoder's time.
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode


def sale_from_json(text: str | bytes) -> Sale:
    """Read a sale from JSON text.

    Raises:
        SaleUnreadable: naming the key that is missing, superfluous or of the wrong type.
    """
    if len(text) > MAX_SALE_JSON:
        raise SaleUnreadable(f"the sale is longer than {MAX_SALE_JSON} characters")
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise SaleUnreadable(f"not JSON: {error}") from error
    return sale_from_object(data)


def sale_from_object(data: object) -> Sale:
    """Read a sale from the already parsed JSON object (floats must have been parsed as Decimal)."""
    fields = _Fields(data, "sale")
    sale = Sale(
        kind=fields.choice("kind", Kind, Kind.SALE),
        receipt_no=fields.text("receipt_no", 100),
        sold_at=fields.time("sold_at"),
        lines=tuple(
            _line_from_json(item, f"lines[{n}]") for n, item in enumerate(fields.list("lines", MAX_LINES))
        ),
        discount=fields.dong("discount", 0),
        total=fields.dong("total", None),
        payments=tuple(
            _payment_from_json(item, f"payments[{n}]") for n, item in enumerate(fields.list("payments", 100))
        ),
        buyer=_buyer_from_json(fields.take("buyer")),
        cashier=fields.text("cashier", 100),
        service_charge=fields.dong("service_charge", 0),
        fees=tuple(_fee_from_json(item, f"fees[{n}]") for n, item in enumerate(fields.list("fees", 100))),
        rounding=fields.dong("rounding", 0),
        tip=fields.dong("tip", 0),
        prices_include_vat=fields.truth("prices_include_vat", default=True),
        vat=fields.dong_or_none("vat"),
        reduction=fields.dong("reduction", 0),
        currency=fields.currency("currency"),
        exchange_rate=fields.decimal_or_none("exchange_rate"),
    )
    fields.take("problems")  # our own output may be given back as input
    fields.finish()
    return sale


def _rarely(sale: Sale) -> dict[str, Any]:
    """What most sales do not have, and then do not show."""
    values = {
        "service_charge": sale.service_charge,
        "fees": [{"name": fee.name, "amount": fee.amount} for fee in sale.fees],
        "rounding": sale.rounding,
        "tip": sale.tip,
        "reduction": sale.reduction,
        "vat": sale.vat,
        "currency": None if sale.currency == "VND" else sale.currency,
        "exchange_rate": None if sale.exchange_rate is None else _number(sale.exchange_rate),
    }
    shown = {key: value for key, value in values.items() if value not in (0, None, [])}
    if sale.vat == 0:
        shown["vat"] = 0
    return shown if sale.prices_include_vat else {**shown, "prices_include_vat": False}


def _line_to_json(line: Line) -> dict[str, Any]:
    return {
        **({} if line.kind is LineKind.GOODS else {"kind": line.kind.value}),
        **({"details": dict(line.details)} if line.details else {}),
        **({"code": line.code} if line.code else {}),
        "name": line.name,
        "quantity": _number(line.quantity),
        "unit": line.unit,
        "unit_price": _number(line.unit_price),
        **({"discount": line.discount} if line.discount else {}),
        "amount": line.amount,
        "vat_rate": line.vat_rate,
    }


def _line_from_json(data: object, where: str) -> Line:
    fields = _Fields(data, where)
    kind = fields.choice("kind", LineKind, LineKind.GOODS)
    costs_nothing = kind in {LineKind.NOTE, LineKind.PROMOTION}
    amount = fields.dong("amount", 0 if costs_nothing else None)
    quantity = fields.decimal("quantity", Decimal(1))
    discount = fields.dong("discount", 0)
    price_if_absent = Decimal(amount + discount) if quantity == 1 else None
    line = Line(
        name=fields.required_text("name", 500),
        quantity=quantity,
        unit_price=fields.decimal("unit_price", price_if_absent),
        amount=amount,
        unit=fields.text("unit", 50),
        vat_rate=fields.text("vat_rate", 11),
        discount=discount,
        code=fields.text("code", 50),
        kind=kind,
        details=fields.texts("details"),
    )
    fields.finish()
    return line


def _payment_from_json(data: object, where: str) -> Payment:
    fields = _Fields(data, where)
    payment = Payment(fields.choice("method", PaymentMethod, PaymentMethod.CASH), fields.dong("amount", None))
    fields.finish()
    return payment


def _fee_from_json(data: object, where: str) -> SaleFee:
    fields = _Fields(data, where)
    fee = SaleFee(fields.required_text("name", 100), fields.dong("amount", None))
    fields.finish()
    return fee


_BUYER_FIELDS = {
    "name": 400,
    "tax_code": 14,
    "citizen_id": 12,
    "address": 400,
    "phone": 20,
    "email": 50,
    "passport": 12,
    "contact": 100,
    "customer_code": 50,
    "budget_code": 7,
}


def _buyer_to_json(buyer: Buyer | None) -> dict[str, str] | None:
    if buyer is None:
        return None
    return {key: getattr(buyer, key) for key in _BUYER_FIELDS if getattr(buyer, key) is not None}


def _buyer_from_json(data: object) -> Buyer | None:
    if data is None:
        return None
    fields = _Fields(data, "buyer")
    buyer = Buyer(**{key: fields.text(key, length) for key, length in _BUYER_FIELDS.items()})
    fields.finish()
    return None if buyer == Buyer() else buyer


def _number(value: Decimal) -> int | float:
    # A quantity has at most 21 digits by the regulation and at most six decimals in practice;
    # repr of the float is the shortest that reads back the same up to 15 digits, which a test holds us to.
    whole = int(value)
    return whole if whole == value else float(value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of a sale")


E = TypeVar("E", bound="StrEnum")


class _Fields:
    """Takes the keys of one JSON object one by one and complains about what is left over."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise SaleUnreadable(f"{where} must be a JSON object")
        self._left: dict[str, object] = dict(data)
        self._where = where

    def take(self, key: str) -> object:
        return self._left.pop(key, None)

    def finish(self) -> None:
        if self._left:
            raise SaleUnreadable(f"{self._where} has unknown keys: {', '.join(sorted(self._left))}")

    def fail(self, key: str, wanted: str) -> SaleUnreadable:
        return SaleUnreadable(f"{self._where}.{key} must be {wanted}")

    def text(self, key: str, longest: int) -> str | None:
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > longest or not _printable(value):
            raise self.fail(key, f"text of at most {longest} characters without control characters")
        return value.strip() or None

    def required_text(self, key: str, longest: int) -> str:
        value = self.text(key, longest)
        if not value:
            raise self.fail(key, "given")
        return value

    def decimal(self, key: str, default: Decimal | None) -> Decimal:
        value = self.take(key)
        if value is None and default is not None:
            return default
        if isinstance(value, str):
            try:
                value = Decimal(value)
            except InvalidOperation:
                raise self.fail(key, "a number") from None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.fail(key, "a number")
        number = Decimal(value)
        if not number.is_finite() or number.copy_abs() > MAX_AMOUNT or number != round(number, 6):
            raise self.fail(key, "a number up to 10^15 with at most six decimals")
        return number

    def dong(self, key: str, default: int | None) -> int:
        number = self.decimal(key, None if default is None else Decimal(default))
        if number != int(number):
            raise self.fail(key, "whole dong")
        return int(number)

    def dong_or_none(self, key: str) -> int | None:
        return None if self._left.get(key) is None else self.dong(key, None)

    def decimal_or_none(self, key: str) -> Decimal | None:
        return None if self._left.get(key) is None else self.decimal(key, None)

    def truth(self, key: str, *, default: bool) -> bool:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.fail(key, "true or false")
        return value

    def currency(self, key: str) -> str:
        value = self.text(key, 3) or "VND"
        if not (len(value) == 3 and value.isascii() and value.isupper()):
            raise self.fail(key, "a currency of three capital letters, such as VND or USD")
        return value

    def texts(self, key: str) -> tuple[tuple[str, str], ...]:
        value = self.take(key)
        if value is None:
            return ()
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise self.fail(key, "an object of texts")
        inner = _Fields(value, f"{self._where}.{key}")
        return tuple((name[:50], inner.text(name, 500) or "") for name in value)

    def time(self, key: str) -> datetime | None:
        value = self.take(key)
        if value is None:
            return None
        try:
            if not isinstance(value, str):
                raise TypeError
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.fail(key, "a time such as 2026-11-23T09:15:00+07:00") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)

    def choice(self, key: str, choices: type[E], default: E) -> E:
        value = self.take(key)
        if value is None:
            return default
        try:
            return choices(cast("str", value))
        except ValueError:
            raise self.fail(key, f"one of {', '.join(choices)}") from None

    def list(self, key: str, longest: int) -> list[object]:
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > longest:
            raise self.fail(key, f"a list of at most {longest}")
        return value


def _printable(text: str) -> bool:
    return all(character.isprintable() for character in text)
