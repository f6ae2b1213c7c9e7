"""What the authority's answers are made of: named invoices, reasons, and messages for a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.elements import all_text, child, children, local_name, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

    from authority.envelope import Envelope

LONGEST_TEXT = 2_000  # of a text kept for a person; the tables allow 255
_REFERENCE = re.compile(r"\s*([1-9])\s*;\s*([0-9A-Za-z]{6,8})\s*;\s*([0-9]{1,8})\s*(?:;\s*(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class InvoiceReference:
    """Form, symbol and number, as notices name an invoice: ``2;C25MLT;73``."""

    form: int
    symbol: str
    number: int

    def __str__(self) -> str:
        return f"{self.form};{self.symbol};{self.number}"


@dataclass(frozen=True, slots=True)
class Reason:
    """One LDo of a notice; ``invoice`` is None where it names none."""

    code: str
    description: str
    handling: str
    invoice: InvoiceReference | None


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """A message that moves no package: for a person to read. ``text`` is all that it says.

    The answers to forms are of this kind too (``authority.form_answers``), with what they say understood.
    """

    kind: str
    message_id: str
    reply_to: str
    sender: str
    text: str


def reasons_in(holder: _Element | None) -> Iterator[_Element]:
    """The LDo of whichever list of reasons stands in an element (DSLDo, DSLDKCNhan, DSLDKTNhan)."""
    for part in holder if holder is not None else ():
        if local_name(part) in _LISTS:
            yield from children(part, "LDo")


def read_reason(element: _Element, named: InvoiceReference | None) -> Reason:
    """An LDo; its text may name the invoice, where ``named`` is not known from elsewhere."""
    invoice, description = read_reference(text(element, "MTLoi") or text(element, "MTa"))
    return Reason(
        code=text(element, "MLoi")[:LONGEST_TEXT],
        description=description[:LONGEST_TEXT],
        handling=text(element, "HDXLy")[:LONGEST_TEXT],
        invoice=named or invoice,
    )


def named_invoice(holder: _Element) -> InvoiceReference | None:
    """The invoice whose form, symbol and number stand in fields of their own."""
    fields = (text(holder, tag) for tag in ("KHMSHDon", "KHHDon", "SHDon"))
    return read_reference(";".join(fields))[0]


def read_reference(words: str) -> tuple[InvoiceReference | None, str]:
    """``form;symbol;number;description`` in its parts; a description may hold further semicolons."""
    match = _REFERENCE.fullmatch(words)
    if match is None:
        return None, words
    return InvoiceReference(int(match[1]), match[2].upper(), int(match[3])), (match[4] or "").strip()


def other_answer(envelope: Envelope) -> OtherAnswer:
    """Any message, kept for a person."""
    header = envelope.header
    return OtherAnswer(header.kind, header.message_id, header.reply_to, header.sender, words_of(envelope))


def words_of(envelope: Envelope) -> str:
    """All that a message says, white space folded; signatures left out, which say nothing to a person."""
    source = envelope.content if envelope.content is not None else envelope.root
    told = child(source, "TBao")
    parts = (
        [part for part in told if local_name(part) != "DSCKS"] if told is not None and len(told) else [source]
    )
    return " ".join(filter(None, (all_text(part) for part in parts)))[:LONGEST_TEXT]


_LISTS = {"DSLDo", "DSLDKCNhan", "DSLDKTNhan"}
