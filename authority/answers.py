"""What the authority answers, as plain values.

>>> from authority.answers import TechnicalAnswer, parse_answer
>>> answer = parse_answer(
...     b"<TDiep><TTChung><MNGui>TCT</MNGui><MLTDiep>999</MLTDiep><MTDiep>TCT1</MTDiep>"
...     b"<MTDTChieu>K1</MTDTChieu></TTChung><DLieu><TBao><TTTNhan>0</TTTNhan></TBao></DLieu></TDiep>"
... )
>>> isinstance(answer, TechnicalAnswer) and answer.ok
True

Three kinds: ``TechnicalAnswer`` (999, and -1), ``Notice`` (204, form 01/TB-KTDL) and ``OtherAnswer``:
everything else, kept for a person. Reading is lenient (profile, section 7); what a notice says changes
nothing until ``authority.notice_check`` has proven who signed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.elements import all_text, child, children, day, local_name, moment, text, whole_number
from authority.envelope import TECHNICAL, UNHANDLED, Envelope, Header, read_envelope
from authority.errors import MessageUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from lxml.etree import _Element

ONE_WITHOUT_CODE = 1  # one invoice was refused a code (LCMa)
ALL_VALID = 2
INVALID_WITHOUT_CODE = 3  # invoices without code (LHDKMa)
SOME_REFUSED = 7  # cash-register invoices (LHDMTTien)
PACKAGE_REFUSED = 9  # the package as a whole (KHLKhac)
NOTICE_KINDS = (ONE_WITHOUT_CODE, ALL_VALID, INVALID_WITHOUT_CODE, SOME_REFUSED, PACKAGE_REFUSED)

_LONGEST_TEXT = 2_000  # of a text kept for a person; the tables allow 255
_REFERENCE = re.compile(r"\s*([1-9])\s*;\s*([0-9A-Za-z]{6,8})\s*;\s*([0-9]{1,8})\s*(?:;\s*(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TechnicalError:
    """One reason of a 999: code (MLoi) and text (MTa)."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class TechnicalAnswer:
    """A 999: the message was taken in (``ok``) or not; nothing of a message not taken in is registered.

    Also made of a ``-1`` ("could not be handled at all"), which is never ``ok``. ``reply_to`` is "" where
    the other side could not read whose message it was.
    """

    kind: str
    message_id: str
    reply_to: str
    sender: str
    received_at: datetime | None
    ok: bool
    errors: tuple[TechnicalError, ...] = ()


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
class Notice:
    """A 204: the result of checking a submission.

    ``submission_id`` (MGDDTu) stands in the signed part and names our message; ``reply_to`` (MTDTChieu)
    stands outside of it. ``number`` (So) is the notice's own.
    """

    message_id: str
    reply_to: str
    submission_id: str
    kind: int
    count: int | None
    number: str
    noticed_on: date | None
    tax_code: str
    reasons: tuple[Reason, ...]

    @property
    def all_accepted(self) -> bool:
        """Every invoice of the package is registered."""
        return self.kind == ALL_VALID

    @property
    def package_refused(self) -> bool:
        """Nothing of the package is registered."""
        return self.kind == PACKAGE_REFUSED

    def refused(self) -> dict[InvoiceReference, tuple[Reason, ...]]:
        """The invoices named as refused, each with its reasons; for LTBao 7 all others are accepted."""
        found: dict[InvoiceReference, tuple[Reason, ...]] = {}
        for reason in self.reasons:
            if reason.invoice is not None:
                found[reason.invoice] = (*found.get(reason.invoice, ()), reason)
        return found

    def unassigned(self) -> tuple[Reason, ...]:
        """Reasons that name no invoice. In an LTBao 7 they mean that a person must look: nobody can say
        which invoices the others are."""
        return tuple(reason for reason in self.reasons if reason.invoice is None)


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """A message that only a person can handle: 102, 103, 301, 302…, or a notice of an unknown kind."""

    kind: str
    message_id: str
    reply_to: str
    sender: str
    text: str


Answer = TechnicalAnswer | Notice | OtherAnswer


def parse_answer(data: bytes) -> Answer:
    """Read any message of the authority.

    Raises:
        MessageUnreadable: not a TDiep, or a 999 that does not say whether it is an error.
    """
    envelope = read_envelope(data)
    match envelope.header.kind:
        case "999" | "-1":
            return _technical(envelope)
        case "204":
            return _notice(envelope)
        case _:
            return _other(envelope)


def _technical(envelope: Envelope) -> TechnicalAnswer:
    header = envelope.header
    told = child(envelope.content, "TBao")
    status = text(told, "TTTNhan")
    if header.kind == TECHNICAL and status not in {"0", "1"}:
        raise MessageUnreadable(f"the 999 {header.message_id} has TTTNhan {status[:20]!r}, not 0 or 1")
    errors = tuple(
        TechnicalError(text(reason, "MLoi"), (text(reason, "MTa") or text(reason, "MTLoi"))[:_LONGEST_TEXT])
        for reason in _reasons(told)
    )
    if header.kind == UNHANDLED and not errors:
        errors = (TechnicalError(UNHANDLED, _words(envelope)),)
    return TechnicalAnswer(
        kind=header.kind,
        message_id=header.message_id,
        reply_to=header.reply_to or text(told, "MTDiep"),
        sender=header.sender,
        received_at=moment(text(told, "NNhan")),
        ok=header.kind == TECHNICAL and status == "0",
        errors=errors,
    )


def _notice(envelope: Envelope) -> Notice | OtherAnswer:
    notices = list(children(envelope.content, "TBao")) if envelope.content is not None else []
    content = child(notices[0], "DLTBao") if len(notices) == 1 else None
    kind = whole_number(text(content, "LTBao"))
    if content is None or kind not in NOTICE_KINDS or len(list(children(notices[0], "DLTBao"))) != 1:
        return _other(envelope)
    header = envelope.header
    return Notice(
        message_id=header.message_id,
        reply_to=header.reply_to,
        submission_id=text(content, "MGDDTu"),
        kind=kind,
        count=whole_number(text(content, "SLuong")),
        number=text(content, "So"),
        noticed_on=day(text(content, "NTBao")),
        tax_code=text(content, "MST"),
        reasons=tuple(_notice_reasons(content)),
    )


def _notice_reasons(content: _Element) -> Iterator[Reason]:
    """The reasons of whichever list the notice has: the list's name is not relied on, its place is."""
    for part in content:
        if local_name(part) in {"LCMa", "LHDMTTien", "KHLKhac"}:
            named = _named_invoice(part)
            yield from (_reason(reason, named) for reason in _reasons(part))
        elif local_name(part) == "LHDKMa":
            listed = child(part, "DSHDon")
            for invoice in children(listed, "HDon") if listed is not None else ():
                named = _named_invoice(invoice)
                yield from (_reason(reason, named) for reason in _reasons(invoice))
            yield from (_reason(reason, None) for reason in _reasons(part))


def _reasons(holder: _Element | None) -> Iterator[_Element]:
    listed = child(holder, "DSLDo")
    if listed is not None:
        yield from children(listed, "LDo")


def _named_invoice(holder: _Element) -> InvoiceReference | None:
    return _reference(
        f"{text(holder, 'KHMSHDon')};{text(holder, 'KHHDon')};{text(holder, 'SHDon')}",
    )[0]


def _reason(element: _Element, named: InvoiceReference | None) -> Reason:
    words = text(element, "MTLoi") or text(element, "MTa")
    invoice, description = _reference(words)
    return Reason(
        code=text(element, "MLoi"),
        description=description[:_LONGEST_TEXT],
        handling=text(element, "HDXLy")[:_LONGEST_TEXT],
        invoice=named or invoice,
    )


def _reference(words: str) -> tuple[InvoiceReference | None, str]:
    """``form;symbol;number;description`` in its parts; a description may hold further semicolons."""
    match = _REFERENCE.fullmatch(words)
    if match is None:
        return None, words
    return InvoiceReference(int(match[1]), match[2].upper(), int(match[3])), (match[4] or "").strip()


def _other(envelope: Envelope) -> OtherAnswer:
    header: Header = envelope.header
    return OtherAnswer(header.kind, header.message_id, header.reply_to, header.sender, _words(envelope))


def _words(envelope: Envelope) -> str:
    source = envelope.content if envelope.content is not None else envelope.root
    return all_text(source)[:_LONGEST_TEXT]
