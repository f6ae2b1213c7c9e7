"""The XML of an invoice, written canonical from the first byte.

``write_content`` gives the bytes of ``<DLHDon Id=…>``, which are already in Canonical XML 1.0 form (start
and end tag pairs, no namespaces, ordered attributes, escaped text), so that what is hashed, what is signed
and what is stored are the same bytes and no XML library stands between (a test holds them against
libxml2's own C14N). ``write_invoice`` puts the signed whole, ``<HDon>``, together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from invoice.errors import FieldInvalid
from invoice.fields import FIELDS, NUMBER_TAG, Field, Group, Type
from invoice.qr import lookup_text

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from invoice.invoice import Invoice, InvoiceContent

REMEMBERED = 2048  # values of each stretch of fields that are written once and kept
_SPECIAL = re.compile("[&<>\r]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
# Characters XML 1.0 cannot carry at all (section 2.2), and lone surrogates, which UTF-8 cannot.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff￾￿]")


def canonical_text(text: str) -> str:
    """Text content as Canonical XML 1.0 writes it.

    Raises:
        FieldInvalid: the text holds a character that XML cannot carry.
    """
    if _FORBIDDEN.search(text):
        raise FieldInvalid(f"{text!r} holds a control character")
    if _SPECIAL.search(text):
        return _SPECIAL.sub(lambda match: _ESCAPES[match[0]], text)
    return text


def content_id(invoice: Invoice) -> str:
    """The Id of DLHDon: unique in any package, as form, symbol and number are for the seller."""
    return f"HD{int(invoice.form)}-{invoice.symbol}-{invoice.number}"


def write_content(invoice: Invoice) -> bytes:
    """The canonical bytes of DLHDon, fields and order by ``invoice.fields``.

    Raises:
        FieldInvalid: a value longer or with more digits than the regulation's table allows.
    """
    out: list[str] = [f'<DLHDon Id="{content_id(invoice)}">']
    for write in _writers(int(invoice.form), invoice.version):
        write(invoice, out)
    out.append("</DLHDon>")
    return "".join(out).encode()


def write_order(content: InvoiceContent, name: str) -> bytes:
    """The canonical bytes of DLHDon, Id ``name``, of an invoice whose number (SHDon) a provider gives later.

    Raises:
        FieldInvalid: as ``write_content``.
    """
    out: list[str] = [f'<DLHDon Id="{name}">']
    for write in _writers(int(content.form), content.version, numbered=False):
        write(content, out)
    out.append("</DLHDon>")
    return "".join(out).encode()


def write_signed_order(content: bytes, signature: bytes) -> bytes:
    """The canonical bytes of HDon of an order: ``write_order``'s content and the seller's signature."""
    return b"".join((b"<HDon>", content, b"<DSCKS><NBan>", signature, b"</NBan></DSCKS></HDon>"))


def qr_of(invoice: Invoice) -> str:
    """The look-up QR of an invoice (DLQRCode)."""
    return lookup_text(
        invoice.seller.tax_code,
        int(invoice.form),
        str(invoice.symbol),
        invoice.number,
        invoice.day,
        invoice.dong,
    )


def write_invoice(invoice: Invoice, content: bytes, signature: bytes, qr: str | None = None) -> bytes:
    """The canonical bytes of HDon: content, authority code, look-up QR and the seller's signature.

    ``signature`` is a canonical ``<Signature>`` element, or empty where only the package is signed. ``qr`` is
    what ``qr_of`` gives, where the caller has it already.
    """
    qr = qr_of(invoice) if qr is None else qr
    head = f"<MCCQT>{invoice.code}</MCCQT><DLQRCode>{qr}</DLQRCode><DSCKS><NBan>".encode()
    return b"".join((b"<HDon>", content, head, signature, b"</NBan></DSCKS></HDon>"))


_Writer = Callable[[Any, list[str]], None]


@lru_cache(maxsize=16)
def _writers(form: int, version: str, *, numbered: bool = True) -> tuple[_Writer, ...]:
    return _compile(FIELDS.children, form, version, numbered=numbered)


def _compile(
    children: tuple[Field | Group, ...], form: int, version: str, *, numbered: bool
) -> tuple[_Writer, ...]:
    """One writer for each group, and one for each run of fields between them."""
    writers: list[_Writer] = []
    run: list[Field] = []
    for child in children:
        if form not in child.forms:
            continue
        if isinstance(child, Field):
            if child.since <= version and (numbered or child.tag != NUMBER_TAG):
                run.append(child)
            continue
        if run:
            writers.append(_run_writer(tuple(run)))
            run = []
        writers.append(_group_writer(child, form, version, numbered=numbered))
    if run:
        writers.append(_run_writer(tuple(run)))
    return tuple(writers)


def _group_writer(group: Group, form: int, version: str, *, numbered: bool) -> _Writer:
    writers = _compile(group.children, form, version, numbered=numbered)
    opening, closing = f"<{group.tag}>", f"</{group.tag}>"
    get = attrgetter(group.source) if group.source else None
    needed = attrgetter(group.unless_empty) if group.unless_empty else None

    def inside(value: Any, out: list[str]) -> None:
        out.append(opening)
        for write in writers:
            write(value, out)
        out.append(closing)

    if group.each:
        items = attrgetter(group.source)

        def each(value: Any, out: list[str]) -> None:
            for item in items(value):
                inside(item, out)

        return each

    if group.constant and get:
        render = get

        @lru_cache(maxsize=16)
        def rendered(value: Any) -> str:
            out: list[str] = []
            inside(value, out)
            return "".join(out)

        return lambda value, out: out.append(rendered(render(value)))

    def once(value: Any, out: list[str]) -> None:
        if needed is None or needed(value):
            inside(get(value) if get else value, out)

    return once


def _run_writer(fields: tuple[Field, ...]) -> _Writer:
    """Fields that follow each other in one element; those that seldom change are remembered together.

    A till says the same goods, units, rates and prices all day, and the same of itself all year.
    """
    writers: list[_Writer] = []
    for steady, stretch in groupby(fields, lambda field: not field.varies):
        if steady:
            writers.append(_remembering_writer(tuple(stretch)))
        else:
            writers.extend(_field_writer(field) for field in stretch)
    if len(writers) == 1:
        return writers[0]
    together = tuple(writers)

    def run(value: Any, out: list[str]) -> None:
        for write in together:
            write(value, out)

    return run


def _field_writer(field: Field) -> _Writer:
    element, get = _element_of(field), attrgetter(field.source)
    return lambda value, out: out.append(element(get(value)))


def _remembering_writer(fields: tuple[Field, ...]) -> _Writer:
    elements = tuple(_element_of(field) for field in fields)
    if len(fields) == 1:
        element, get = lru_cache(REMEMBERED)(elements[0]), attrgetter(fields[0].source)
        return lambda value, out: out.append(element(get(value)))
    all_of = attrgetter(*[field.source for field in fields])

    @lru_cache(REMEMBERED)
    def together(leaves: tuple[Any, ...]) -> str:
        return "".join([element(leaf) for element, leaf in zip(elements, leaves, strict=True)])

    return lambda value, out: out.append(together(all_of(value)))


def _element_of(field: Field) -> Callable[[Any], str]:
    """What writes the whole element of a value."""
    text = _WRITTEN[field.type]
    opening, closing = f"<{field.tag}>", f"</{field.tag}>"

    def element(leaf: Any) -> str:
        if leaf is None:
            if field.required:
                raise FieldInvalid(f"{field.tag} ({field.name}) is missing")
            return ""
        return f"{opening}{text(leaf, field)}{closing}"

    return element


def _text(value: object, field: Field) -> str:
    text = str(value)
    if len(text) > field.longest:
        raise FieldInvalid(f"{field.tag} ({field.name}) has {len(text)} characters, at most {field.longest}")
    if not text and field.required:
        raise FieldInvalid(f"{field.tag} ({field.name}) is empty")
    return canonical_text(text)


def _number(value: int | Decimal, field: Field) -> str:
    if isinstance(value, int):
        text = str(int(value))
        if len(text) <= field.longest:
            return text
    elif not value:
        return "0"  # whatever its sign and decimals
    else:
        text = f"{value:f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    digits = text.lstrip("-")
    if len(digits) > field.longest or "." in digits:
        whole, _, decimals = digits.partition(".")
        if len(whole) + len(decimals) > field.longest or len(decimals) > field.decimals:
            raise FieldInvalid(
                f"{field.tag} ({field.name}): {text} has more than {field.longest} digits"
                f" or {field.decimals} decimals"
            )
    return text


def _day(value: date, field: Field) -> str:
    del field
    return value.isoformat()


_WRITTEN: dict[Type, Callable[[Any, Field], str]] = {Type.TEXT: _text, Type.NUMBER: _number, Type.DAY: _day}
