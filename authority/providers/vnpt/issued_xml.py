"""The XML of an issued invoice, as the provider gives it out: what is needed to know which one it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from authority.elements import child, children, local_name, parse_document, text
from authority.errors import AnswerNonsense, MessageUnreadable
from errors import ThunganError
from invoice.numbers import AuthorityCode, Form, Symbol, checked_number

if TYPE_CHECKING:
    from lxml.etree import _Element


@dataclass(frozen=True, slots=True)
class IssuedXml:
    """``key`` is "" where the file does not name one, ``code`` None where it has none yet."""

    form: Form
    symbol: Symbol
    number: int
    code: str | None
    day: date
    total: Decimal
    key: str


def read_issued_xml(document: bytes, host: str) -> IssuedXml:
    """What an invoice's file says of itself.

    Raises:
        AnswerNonsense: not the XML of one invoice.
    """
    try:
        root = parse_document(document)
        invoice = root if local_name(root) == "HDon" else _only_invoice(root)
        content = child(invoice, "DLHDon")
        common, sums = child(content, "TTChung"), child(content, "NDHDon", "TToan")
        code = text(invoice, "MCCQT")
        return IssuedXml(
            form=Form(int(text(common, "KHMSHDon")[:1] or "0")),
            symbol=Symbol.parse(text(common, "KHHDon")),
            number=checked_number(int(text(common, "SHDon")[:9] or "0")),
            code=str(AuthorityCode.parse(code)) if code else None,
            day=date.fromisoformat(text(common, "NLap")[:10]),
            total=_finite(text(sums, "TgTTTBSo")),
            key=_key(common),
        )
    except (ThunganError, ValueError, InvalidOperation) as error:
        words = error.message if isinstance(error, ThunganError) else "a field is missing or wrong"
        raise AnswerNonsense(f"{host} gave a file that is no invoice: {words}") from error


def _only_invoice(root: _Element) -> _Element:
    found = [one for one in root.iter() if local_name(one) == "HDon"]
    if len(found) != 1:
        raise MessageUnreadable(f"{len(found)} invoices in one file")
    return found[0]


def _key(common: _Element | None) -> str:
    """The key where the file names it among its extras; the provider's own files may or may not."""
    extras = child(common, "TTKhac")
    for extra in children(extras, "TTin") if extras is not None else ():
        if text(extra, "TTruong").casefold() == "fkey":
            return text(extra, "DLieu")
    return ""


def _finite(written: str) -> Decimal:
    amount = Decimal(written)
    if not amount.is_finite():
        raise InvalidOperation
    return amount
