"""Reading an invoice's XML leniently: any order, missing and unknown fields, other software's habits.

>>> from invoice.reader import read_invoice  # doctest: +SKIP
>>> read_invoice(document).invoice.total  # doctest: +SKIP
50000

Made from the table of ``invoice.fields``. What the table does not know is named in ``unread``, never an
error; what must be there to call it an invoice (form, symbol, number, day, seller, total) is.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from lxml import etree

from invoice.errors import InvoiceError, InvoiceUnreadable
from invoice.fields import FIELDS, Field, Group, Type
from invoice.invoice import (
    Extra,
    Fee,
    Invoice,
    InvoiceBuyer,
    InvoiceContent,
    InvoiceLine,
    Nature,
    RateTotal,
    RelatedInvoice,
    Relation,
    Seller,
)
from invoice.numbers import AuthorityCode, Form, Symbol

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

MAX_INVOICE = 2_000_000  # bytes: a message may not be larger

_TYPES: dict[str, Callable[..., Any]] = {
    "NBan": Seller,
    "NMua": InvoiceBuyer,
    "HHDVu": InvoiceLine,
    "LTSuat": RateTotal,
    "LPhi": Fee,
    "TTin": Extra,
    "TTHDLQuan": RelatedInvoice,
}
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "TChat": Nature,
    "TCHDon": Relation,
    "KHMSHDon": Form,
    "KHHDon": Symbol.parse,
}
# Fields that real files leave out although a value is needed to hold the invoice: what stands for them.
_ABSENT: dict[str, Any] = {
    "version": "",
    "title": "",
    "currency": "VND",
    "words": "",
    "payment": None,
    "net": 0,
    "tax": 0,
    "name": "",
    "address": "",
    "kind": "string",
    "value": "",
    "rate": "",
    "position": None,
    "outside_tariff_zone": 0,
    "regime": 1,
    "amount": 0,
}


@dataclass(frozen=True, slots=True)
class InvoiceRead:
    """What was read; ``unread`` are the paths of elements that the table does not know."""

    invoice: Invoice
    unread: tuple[str, ...]


def read_invoice(document: bytes) -> InvoiceRead:
    """Read an ``HDon`` (or a whole message with exactly one), signatures not checked.

    Raises:
        InvoiceUnreadable: not XML, not one invoice, or without what names it.
    """
    values, code, unread = _read(document, ("form", "symbol", "number", "day", "seller", "total"))
    try:
        invoice = Invoice(code=AuthorityCode.parse(code), **{**_defaults(Invoice), **values})
    except (InvoiceError, ValueError, TypeError) as error:
        raise InvoiceUnreadable(f"the invoice cannot be read: {error}") from error
    return InvoiceRead(invoice, unread)


def read_order(document: bytes) -> InvoiceContent:
    """Read the signed order of an invoice that a provider numbers (``invoice.document.write_signed_order``).

    Raises:
        InvoiceUnreadable: as ``read_invoice``; or it has a number.
    """
    values, _, _ = _read(document, ("form", "symbol", "day", "seller", "total"))
    try:
        return InvoiceContent(**{**_defaults(InvoiceContent), **values})
    except TypeError as error:
        raise InvoiceUnreadable(f"the order cannot be read: {error}") from error


def _read(document: bytes, needed: tuple[str, ...]) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    """The values of the one invoice of a document, its authority code as written, what nobody knows."""
    root = _parse(document)
    found = [root] if _name(root) == "HDon" else [part for part in root.iter() if _name(part) == "HDon"]
    if len(found) != 1:
        raise InvoiceUnreadable(f"the file holds {len(found)} invoices (HDon), not one")
    content = _child(found[0], FIELDS.tag)
    if content is None:
        raise InvoiceUnreadable(f"the invoice has no {FIELDS.tag}")
    values: dict[str, Any] = {}
    unread: list[str] = []
    try:
        _read_into(values, FIELDS, content, FIELDS.tag, unread)
    except InvoiceUnreadable:
        raise
    except (InvoiceError, ValueError, TypeError, InvalidOperation) as error:
        raise InvoiceUnreadable(f"the invoice cannot be read: {error}") from error
    for name in needed:
        if name not in values:
            raise InvoiceUnreadable(f"the invoice has no {name}")
    values.setdefault("buyer", InvoiceBuyer(""))
    values.setdefault("net", 0)
    values.setdefault("tax", 0)
    return values, _text(_child(found[0], "MCCQT")), tuple(unread)


def _read_into(values: dict[str, Any], group: Group, element: _Element, path: str, unread: list[str]) -> None:
    known = set()
    for entry in group.children:
        known.add(entry.tag)
        if isinstance(entry, Field):
            text = _text(_child(element, entry.tag))
            if text:
                values[entry.source] = _value(entry, text)
        elif entry.each:
            items = [part for part in element if _name(part) == entry.tag]
            values[entry.source] = tuple(_build(entry, part, f"{path}/{entry.tag}", unread) for part in items)
        elif (inner := _child(element, entry.tag)) is not None:
            if entry.source:
                values[entry.source] = _build(entry, inner, f"{path}/{entry.tag}", unread)
            else:
                _read_into(values, entry, inner, f"{path}/{entry.tag}", unread)
    unread.extend(f"{path}/{_name(part)}" for part in element if _name(part) and _name(part) not in known)


def _build(group: Group, element: _Element, path: str, unread: list[str]) -> Any:
    values: dict[str, Any] = {}
    _read_into(values, group, element, path, unread)
    made = _TYPES[group.tag]
    return made(**{**_defaults(made), **values})


def _defaults(made: Any) -> dict[str, Any]:
    """Stand-ins for the fields of a type that have no default of their own."""
    absent = _ABSENT | ({"lines": (), "rate_totals": ()} if issubclass(made, InvoiceContent) else {})
    return {
        entry.name: absent[entry.name]
        for entry in fields(made)
        if entry.default is MISSING and entry.name in absent
    }


def _value(field: Field, text: str) -> Any:
    if field.type is Type.DAY:
        return date.fromisoformat(text[:10])
    if field.type is Type.NUMBER:
        number = Decimal(text)
        if not number.is_finite() or number.adjusted() > MAX_DIGITS:
            raise ValueError(f"{field.tag} {text!r} is not a number")
        whole = number == number.to_integral_value()
        counted = int(number) if whole and (field.decimals == 0 or field.tag in _AMOUNTS) else number
        return _CONVERSIONS.get(field.tag, lambda same: same)(counted)
    return _CONVERSIONS.get(field.tag, lambda same: same)(text)


MAX_DIGITS = 40  # before the decimals: the regulation has 21; "7E5000" is no amount to reckon with
_AMOUNTS = {"STCKhau", "ThTien", "TThue", "TgTCThue", "TgTThue", "TPhi", "TTCKTMai", "TgTTTBSo"}


def _parse(document: bytes) -> _Element:
    if len(document) > MAX_INVOICE:
        raise InvoiceUnreadable(f"the file has {len(document)} bytes, an invoice at most {MAX_INVOICE}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvoiceUnreadable(f"not XML: {error}") from error
    if b"<!DOCTYPE" in document:
        raise InvoiceUnreadable("the file has a document type, which no invoice has")
    return root


def _name(element: _Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _child(element: _Element, tag: str) -> _Element | None:
    return next((part for part in element if _name(part) == tag), None)


def _text(element: _Element | None) -> str:
    return "" if element is None else "".join(map(str, element.itertext())).strip()
