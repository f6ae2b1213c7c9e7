"""The strict validator: whether an invoice's XML is what the regulation's tables say, field by field.

``check_document`` reads the bytes against ``invoice.fields`` (order, presence, length, digits, no field that
the table does not know); ``check_amounts`` the sums of section 4 of the profile. Both name the field's path.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from lxml import etree

from invoice.errors import InvoiceError, InvoiceUnreadable
from invoice.fields import FIELDS, Field, Group, Type
from invoice.invoice import VERSIONS, Amount, Invoice, Nature
from invoice.rates import Rate
from invoice.reader import read_invoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_AFTER_CONTENT = ("MCCQT", "DLQRCode", "DSCKS")
# What a line of each nature must have besides its name (tables of HHDVu; TSuat on form 1 only).
_LINE_NEEDS = {
    Nature.GOODS: ("SLuong", "DGia", "ThTien", "TSuat"),
    Nature.PROMOTION: (),
    Nature.TRADE_DISCOUNT: ("ThTien", "TSuat"),
    Nature.NOTE: (),
    Nature.SPECIAL: ("ThTien", "TSuat"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule: the path of the field and what is wrong with it."""

    path: str
    words: str


def check_document(document: bytes) -> tuple[Fault, ...]:
    """Every broken rule of an ``HDon``; empty where there is none.

    Raises:
        InvoiceUnreadable: the bytes cannot be read as an invoice at all.
    """
    invoice = read_invoice(document).invoice
    root = etree.fromstring(document)
    faults = list(_check_frame(root))
    content = root.find(FIELDS.tag)
    if content is None:
        raise InvoiceUnreadable(f"the invoice has no {FIELDS.tag} of its own")
    faults += _check_group(FIELDS, content, f"HDon/{FIELDS.tag}", int(invoice.form), invoice.version)
    faults += _check_needs(content, int(invoice.form))
    if invoice.version not in VERSIONS:
        faults.append(Fault("HDon/DLHDon/TTChung/PBan", f"{invoice.version!r} is not a known version"))
    return (*faults, *check_amounts(invoice))


def check_amounts(invoice: Invoice) -> tuple[Fault, ...]:
    """Every sum that does not agree (profile, section 4)."""
    return tuple(_amount_faults(invoice))


def _check_frame(root: _Element) -> Iterator[Fault]:
    names = [str(part.tag) for part in root]
    wanted = [FIELDS.tag, *_AFTER_CONTENT]
    if [name for name in wanted if name in names] != names:
        yield Fault("HDon", f"holds {', '.join(names)}; wanted, in this order: {', '.join(wanted)}")


def _check_group(group: Group, element: _Element, path: str, form: int, version: str) -> Iterator[Fault]:
    parts = [part for part in element if isinstance(part.tag, str)]
    place = 0
    for entry in group.children:
        if form not in entry.forms:
            continue
        here = f"{path}/{entry.tag}"
        matched = []
        while place < len(parts) and parts[place].tag == entry.tag:
            matched.append(parts[place])
            place += 1
        if isinstance(entry, Field):
            yield from _check_field(entry, matched, here, version)
        else:
            if len(matched) > 1 and not entry.each:
                yield Fault(here, "stands more than once")
            if not matched and not (entry.each or entry.unless_empty):
                yield Fault(here, "is missing")
            for part in matched:
                yield from _check_group(entry, part, here, form, version)
    for part in parts[place:]:
        yield Fault(f"{path}/{part.tag}", "is not known here, or not in its place")


def _check_field(field: Field, matched: list[_Element], path: str, version: str) -> Iterator[Fault]:
    if len(matched) > 1:
        yield Fault(path, "stands more than once")
    if not matched:
        if field.required:
            yield Fault(path, f"({field.name}) is missing")
        return
    if field.since > version:
        yield Fault(path, f"is known only from version {field.since}")
    if len(matched[0]):
        yield Fault(path, "holds elements, not a value")
    text = matched[0].text or ""
    if not text.strip():
        yield Fault(path, f"({field.name}) is empty")
    elif problem := _problem(field, text):
        yield Fault(path, problem)


def _problem(field: Field, text: str) -> str | None:
    if field.type is Type.TEXT:
        return f"has {len(text)} characters, at most {field.longest}" if len(text) > field.longest else None
    if field.type is Type.DAY:
        try:
            return None if date.fromisoformat(text).isoformat() == text else "is not a day YYYY-MM-DD"
        except ValueError:
            return "is not a day YYYY-MM-DD"
    if not _NUMBER.fullmatch(text) or not text.isascii():
        return "is not a number"
    whole, _, decimals = text.lstrip("-").partition(".")
    if len(whole) + len(decimals) > field.longest or len(decimals) > field.decimals:
        return f"has more than {field.longest} digits or {field.decimals} decimals"
    return None


def _check_needs(content: _Element, form: int) -> Iterator[Fault]:
    path = "HDon/DLHDon/NDHDon/DSHHDVu/HHDVu"
    for place, line in enumerate(content.iter("HHDVu"), start=1):
        nature = line.findtext("TChat") or ""
        if nature not in {str(int(one)) for one in Nature}:
            yield Fault(
                f"HDon/DLHDon/NDHDon/DSHHDVu/HHDVu[{place}]/TChat", f"{nature!r} is no nature of a line"
            )
            continue
        for tag in _LINE_NEEDS[Nature(int(nature))]:
            if line.find(tag) is None and (tag != "TSuat" or form == 1):
                yield Fault(f"{path}[{place}]/{tag}", "is missing")


def _amount_faults(invoice: Invoice) -> Iterator[Fault]:
    path = "HDon/DLHDon/NDHDon/TToan"
    beside = sum((fee.amount for fee in invoice.fees), Decimal(0)) - (invoice.trade_discount or 0)
    lines: Amount = sum((line.counted for line in invoice.lines), Decimal(0))
    if invoice.rate_totals or int(invoice.form) == 1:
        yield from _rate_faults(invoice, path)
        yield from _agree(f"{path}/TgTTTBSo", invoice.total, invoice.net + invoice.tax + beside)
    else:
        yield from _agree(f"{path}/TgTTTBSo", invoice.total, lines + beside)
    if invoice.currency == "VND" and invoice.total != int(invoice.total):
        yield Fault(f"{path}/TgTTTBSo", "dong have no decimals (regulation, part I, IV)")
    if (invoice.total < 0) != invoice.words.casefold().startswith("âm "):
        yield Fault(f"{path}/TgTTTBChu", "has not the sign of TgTTTBSo")


def _rate_faults(invoice: Invoice, path: str) -> Iterator[Fault]:
    by_lines: dict[str, Amount] = defaultdict(lambda: Decimal(0))
    for line in invoice.lines:
        if line.rate is not None:
            by_lines[line.rate] += line.counted
    seen: dict[str, Amount] = {}
    for total in invoice.rate_totals:
        if total.rate in seen:
            yield Fault(f"{path}/THTTLTSuat/LTSuat", f"the rate {total.rate} stands twice")
        seen[total.rate] = total.net
        try:
            points = Rate.parse(total.rate).basis_points
        except InvoiceError as error:
            yield Fault(f"{path}/THTTLTSuat/LTSuat/TSuat", error.message)
            continue
        unit = Decimal(1) if invoice.currency == "VND" else Decimal("0.01")
        if abs(total.net * Decimal(points) / 10_000 - total.tax) > unit:
            yield Fault(f"{path}/THTTLTSuat/LTSuat/TThue", f"{total.tax} is not {total.rate} of {total.net}")
    for rate in sorted(by_lines.keys() | seen.keys()):
        if by_lines.get(rate, 0) != seen.get(rate, 0):
            words = f"{rate}: the lines add to {by_lines.get(rate, 0)}, the table says {seen.get(rate, 0)}"
            yield Fault(f"{path}/THTTLTSuat/LTSuat/ThTien", words)
    yield from _agree(f"{path}/TgTCThue", invoice.net, sum((t.net for t in invoice.rate_totals), Decimal(0)))
    yield from _agree(f"{path}/TgTThue", invoice.tax, sum((t.tax for t in invoice.rate_totals), Decimal(0)))


def _agree(path: str, written: Amount, reckoned: Amount) -> Iterator[Fault]:
    if written != reckoned:
        yield Fault(path, f"says {written}, reckoned {reckoned}")
