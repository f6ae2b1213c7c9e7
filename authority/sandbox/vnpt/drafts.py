"""xmlInvData as it was sent, in both written forms, read into drafts of invoices.

``Invoices/Inv`` is the provider's own (Products); ``DSHDon/HDon`` is the regulation's. Tag names stand here
only. What cannot be read is said with its path; nothing is guessed and no unknown field is let through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, TypeVar

from lxml import etree

from signing.errors import SigningError
from signing.safe_xml import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

GOODS, PROMOTION, DISCOUNT, NOTE, SPECIAL = "goods", "promotion", "discount", "note", "special"
EXEMPT, UNDECLARED = "exempt", "undeclared"  # rates -1 (KCT) and -2 (KKKNT): not percentages

_T = TypeVar("_T")
_KEY = re.compile(r"[A-Za-z0-9.:-]{1,50}")
_IS_SUM = {"0": GOODS, "1": PROMOTION, "2": DISCOUNT, "4": NOTE, "5": SPECIAL}
_TCHAT = {"1": GOODS, "2": PROMOTION, "3": DISCOUNT, "4": NOTE, "5": SPECIAL}
_REPLACING, _ADJUSTING = {"ReplaceInv", "ThayTheHD"}, {"AdjustInv", "DieuChinhHD"}
_ORIGINAL_DAY = "original-day"  # an attribute of ours on what is stored
_NOT_RECKONED = (
    "CusCode",
    "Buyer",
    "CusPhone",
    "CusBankNo",
    "CusBankName",
    "EmailDeliver",
    "KindOfService",
    "VATRate",
    "PaymentStatus",
    "Extra",
    "Extra1",
    "Extra2",
)
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")


class Unreadable(Exception):
    """ERR:3, and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line. ``rate``: percentage, EXEMPT, UNDECLARED or None; amounts as sent, None where not sent."""

    kind: str
    name: str
    quantity: Decimal | None
    price: Decimal | None
    discount: Decimal | None
    discount_percent: Decimal | None
    net: Decimal | None
    rate: Decimal | str | None
    vat: Decimal | None
    gross: Decimal | None
    code: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class RateSum:
    """What the sender says a rate's lines add up to."""

    rate: Decimal | str | None
    net: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class Draft:
    """An invoice without number and code. ``rate_sums`` None: the written form has none."""

    key: str
    day: date
    currency: str
    exchange_rate: Decimal | None
    payment: str
    buyer: str
    buyer_tax_code: str
    buyer_address: str
    rows: tuple[Row, ...]
    net: Decimal | None
    vat: Decimal | None
    discount: Decimal
    fees: tuple[tuple[str, Decimal], ...]
    total: Decimal
    words: str
    rate_sums: tuple[RateSum, ...] | None = None
    reason: str = ""
    adjusts: str = ""  # Type of an adjustment
    source: bytes = b""  # this invoice alone, as it was sent
    original_day: str = ""  # of the invoice it corrects, ISO 8601


def read_new(data: str) -> tuple[Draft, ...]:
    """The invoices of a call that makes new ones; at least one.

    Raises:
        Unreadable: not XML of either form.
    """
    root = _root(data)
    item = {"Invoices": "Inv", "DSHDon": "HDon"}.get(str(root.tag))
    if item is None:
        raise Unreadable(f"{str(root.tag)[:40]} is neither Invoices nor DSHDon")
    found = [_new(one, f"{item}[{place}]") for place, one in _items(root, item)]
    if not found:
        raise Unreadable("no invoice in it")
    return tuple(found)


def read_stored(source: bytes) -> Draft:
    """A draft again, from its ``source``."""
    root = _root(source.decode())
    if root.tag in {"Inv", "HDon"}:
        return _new(root, str(root.tag))
    return _correction(root, replaces=root.tag in _REPLACING)


def read_correction(data: str, *, replaces: bool) -> Draft:
    """The one invoice that replaces or adjusts another.

    Raises:
        Unreadable: not XML of either form, or of the other kind of correction.
    """
    return _correction(_root(data), replaces=replaces)


def correcting(draft: Draft, day: str) -> Draft:
    """The draft with the day of the invoice that it corrects, also in its ``source``."""
    root = _root(draft.source.decode())
    root.set(_ORIGINAL_DAY, day)
    return replace(draft, source=_alone(root), original_day=day)


def _new(element: _Element, path: str) -> Draft:
    fields = _Fields(element, path)
    draft = _of_products(fields) if element.tag == "Inv" else _of_form(fields)
    return replace(draft, source=_alone(element))


def _correction(root: _Element, *, replaces: bool) -> Draft:
    fields = _Fields(root, str(root.tag))
    if root.tag not in (_REPLACING if replaces else _ADJUSTING):
        raise Unreadable(f"{str(root.tag)[:40]} is not how this call's invoice begins")
    make = _product_invoice if root.tag in {"ReplaceInv", "AdjustInv"} else _form_invoice
    draft = make(fields, fields.text("key"))
    kind = fields.text("Type", "")
    draft = replace(
        draft,
        reason=fields.text("LDo", ""),
        adjusts=kind,
        source=_alone(root),
        original_day=root.get(_ORIGINAL_DAY, ""),
    )
    fields.finish()
    if not replaces and kind not in {"2", "3", "4"}:
        raise Unreadable(f"Type {kind[:10]!r} is not 2 (up), 3 (down) or 4 (words)")
    return draft


def _alone(element: _Element) -> bytes:
    return etree.tostring(element, encoding="utf-8", with_tail=False)


def _of_products(item: _Fields) -> Draft:
    key, inner = item.text("key"), item.part("Invoice")
    item.finish()
    draft = _product_invoice(inner, key)
    inner.finish()
    return draft


def _product_invoice(fields: _Fields, key: str) -> Draft:
    listed = fields.part("Products")
    rows = tuple(_product(row) for row in listed.parts("Product"))
    listed.finish()
    for name in _NOT_RECKONED:
        fields.text(name, "")
    return Draft(
        key=_checked_key(key),
        day=fields.read("ArisingDate", _day),
        currency=fields.text("CurrencyUnit", "VND"),
        exchange_rate=fields.number("ExchangeRate", None),
        payment=fields.text("PaymentMethod", ""),
        buyer=fields.text("CusName"),
        buyer_tax_code=fields.text("CusTaxCode", ""),
        buyer_address=fields.text("CusAddress", ""),
        rows=rows,
        net=fields.number("Total", None),
        vat=fields.number("VATAmount", None),
        discount=fields.number("DiscountAmount", Decimal(0)) or Decimal(0),
        fees=(),
        total=fields.needed("Amount"),
        words=fields.text("AmountInWords", ""),
    )


def _product(fields: _Fields) -> Row:
    kind = fields.read("IsSum", lambda text: _IS_SUM[text])
    row = Row(
        kind=kind,
        name=fields.text("ProdName"),
        quantity=fields.number("ProdQuantity", None),
        price=fields.number("ProdPrice", None),
        discount=fields.number("DiscountAmount", None),
        discount_percent=fields.number("Discount", None),
        net=fields.number("Total", None),
        rate=fields.rate("VATRate"),
        vat=fields.number("VATAmount", None),
        gross=fields.number("Amount", None),
        code=fields.text("Code", ""),
        unit=fields.text("ProdUnit", ""),
    )
    fields.text("Remark", "")
    fields.finish()
    return row


def _of_form(item: _Fields) -> Draft:
    key, code, inner = item.text("key"), item.text("MCCQT", ""), item.part("DLHDon")
    item.finish()
    if code:
        raise Unreadable(f"{item.path}/MCCQT: the code is made here")
    draft = _form_invoice(inner, key)
    inner.finish()
    return draft


def _form_invoice(fields: _Fields, key: str) -> Draft:
    common, content = fields.part("TTChung"), fields.part("NDHDon")
    day = common.read("NLap", date.fromisoformat)
    currency, payment = common.text("DVTTe", "VND"), common.text("HTTToan", "")
    exchange_rate = common.number("TGia", None)
    common.optional("TTKhac")
    common.finish()
    buyer, listed, sums = content.part("NMua"), content.part("DSHHDVu"), content.part("TToan")
    content.finish()
    rows = tuple(_form_row(row) for row in listed.parts("HHDVu"))
    listed.finish()
    for name in ("SDThoai", "CCCDan", "DCTDTu", "MKHang", "STKNHang", "TNHang", "HVTNMHang", "MDVQHNSach"):
        buyer.text(name, "")
    name, tax_code, address = buyer.text("Ten", ""), buyer.text("MST", ""), buyer.text("DChi", "")
    buyer.finish()
    by_rate, fee_list = sums.optional("THTTLTSuat"), sums.optional("DSLPhi")
    rate_sums = tuple(_rate_sum(one) for one in by_rate.parts("LTSuat")) if by_rate else None
    fees = tuple(_fee(one) for one in fee_list.parts("LPhi")) if fee_list else ()
    draft = Draft(
        key=_checked_key(key),
        day=day,
        currency=currency,
        exchange_rate=exchange_rate,
        payment=payment,
        buyer=name,
        buyer_tax_code=tax_code,
        buyer_address=address,
        rows=rows,
        net=sums.number("TgTCThue", None),
        vat=sums.number("TgTThue", None),
        discount=sums.number("TTCKTMai", Decimal(0)) or Decimal(0),
        fees=fees,
        total=sums.needed("TgTTTBSo"),
        words=sums.text("TgTTTBChu", ""),
        rate_sums=rate_sums,
    )
    for part in (by_rate, fee_list, sums):
        if part:
            part.finish()
    return draft


def _form_row(fields: _Fields) -> Row:
    fields.text("STT", "")
    fields.optional("TTKhac")
    row = Row(
        kind=fields.read("TChat", lambda text: _TCHAT[text]),
        name=fields.text("THHDVu"),
        quantity=fields.number("SLuong", None),
        price=fields.number("DGia", None),
        discount=fields.number("STCKhau", None),
        discount_percent=fields.number("TLCKhau", None),
        net=fields.number("ThTien", None),
        rate=fields.rate("TSuat"),
        vat=fields.number("TThue", None),
        gross=fields.number("TSThue", None),
        code=fields.text("MHHDVu", ""),
        unit=fields.text("DVTinh", ""),
    )
    fields.finish()
    return row


def _rate_sum(fields: _Fields) -> RateSum:
    found = RateSum(fields.rate("TSuat"), fields.needed("ThTien"), fields.needed("TThue"))
    fields.finish()
    return found


def _fee(fields: _Fields) -> tuple[str, Decimal]:
    found = fields.text("TLPhi"), fields.needed("TPhi")
    fields.finish()
    return found


def _root(data: str) -> _Element:
    try:
        return parse(data.strip().encode())
    except (SigningError, UnicodeEncodeError) as error:
        raise Unreadable(str(getattr(error, "message", "not Unicode"))) from None


def _items(root: _Element, tag: str) -> list[tuple[int, _Element]]:
    items = [child for child in root if isinstance(child.tag, str)]
    for item in items:
        if item.tag != tag:
            raise Unreadable(f"{str(item.tag)[:40]} is not known in {root.tag}")
    return list(enumerate(items, start=1))


def _day(text: str) -> date:
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def _checked_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise Unreadable(f"the key {key[:60]!r} is empty or has other characters than letters and digits")
    return key


class _Fields:
    """The children of one element, each taken at most once; ``finish`` finds what nobody took."""

    def __init__(self, element: _Element, path: str) -> None:
        self.path = path
        self._parts: dict[str, list[_Element]] = {}
        for child in element:
            if isinstance(child.tag, str):
                self._parts.setdefault(child.tag, []).append(child)

    def text(self, name: str, default: str | None = None) -> str:
        found = self._parts.pop(name, [])
        if len(found) > 1 or (found and len(found[0])):
            raise Unreadable(f"{self.path}/{name} stands more than once, or has parts")
        text = (found[0].text or "").strip() if found else ""
        if not text and default is None:
            raise Unreadable(f"{self.path}/{name} is missing")
        return text or default or ""

    def read(self, name: str, of: Callable[[str], _T]) -> _T:
        text = self.text(name)
        try:
            return of(text)
        except (KeyError, ValueError):
            raise Unreadable(f"{self.path}/{name}: {text[:40]!r} is not known here") from None

    def number(self, name: str, default: Decimal | None) -> Decimal | None:
        text = self.text(name, "")
        if not text:
            return default
        if not _NUMBER.fullmatch(text):
            raise Unreadable(f"{self.path}/{name}: {text[:40]!r} is not a number of 15 digits and 6 decimals")
        try:
            return Decimal(text)
        except InvalidOperation:
            raise Unreadable(f"{self.path}/{name}: {text[:40]!r} is not a number") from None

    def needed(self, name: str) -> Decimal:
        found = self.number(name, None)
        if found is None:
            raise Unreadable(f"{self.path}/{name} is missing")
        return found

    def rate(self, name: str) -> Decimal | str | None:
        found = self.number(name, None)
        if found is None:
            return None
        if found in {-1, -2}:
            return EXEMPT if found == -1 else UNDECLARED
        if not 0 <= found < 100:
            raise Unreadable(f"{self.path}/{name}: {found} is not a rate")
        return found

    def part(self, name: str) -> _Fields:
        found = self.optional(name)
        if found is None:
            raise Unreadable(f"{self.path}/{name} is missing")
        return found

    def optional(self, name: str) -> _Fields | None:
        found = self._parts.pop(name, [])
        if len(found) > 1:
            raise Unreadable(f"{self.path}/{name} stands more than once")
        return _Fields(found[0], f"{self.path}/{name}") if found else None

    def parts(self, name: str) -> list[_Fields]:
        found = self._parts.pop(name, [])
        return [_Fields(one, f"{self.path}/{name}[{place}]") for place, one in enumerate(found, start=1)]

    def finish(self) -> None:
        if self._parts:
            raise Unreadable(f"{self.path}/{next(iter(self._parts))} is not known here")
