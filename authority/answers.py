"""What the authority answers, as plain values.

>>> from authority.answers import TechnicalAnswer, parse_answer
>>> answer = parse_answer(
...     b"<TDiep><TTChung><MNGui>TCT</MNGui><MLTDiep>999</MLTDiep><MTDiep>TCT1</MTDiep>"
...     b"<MTDTChieu>K1</MTDTChieu></TTChung><DLieu><TBao><TTTNhan>0</TTTNhan></TBao></DLieu></TDiep>"
... )
>>> isinstance(answer, TechnicalAnswer) and answer.ok
True

Three kinds: ``TechnicalAnswer`` (999, and -1), ``Notice`` (204, form 01/TB-KTDL) and ``OtherAnswer``:
everything else, for a person; the answers to forms (102, 103, 104, 301, 302) come as the typed ones of
``authority.form_answers``, as far as they can be understood. Reading is lenient (profile, section 7);
what a notice says changes nothing until ``authority.notice_check`` has proven who signed it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.answer_parts import (
    LONGEST_TEXT,
    InvoiceReference,
    OtherAnswer,
    Reason,
    named_invoice,
    other_answer,
    read_reason,
    reasons_in,
    words_of,
)
from authority.elements import child, children, day, local_name, moment, text, whole_number
from authority.envelope import TECHNICAL, UNHANDLED, Envelope, read_envelope
from authority.errors import MessageUnreadable
from authority.form_answers import read_form_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from lxml.etree import _Element

__all__ = [
    "ALL_VALID",
    "INVALID_WITHOUT_CODE",
    "NOTICE_KINDS",
    "ONE_WITHOUT_CODE",
    "PACKAGE_REFUSED",
    "SOME_REFUSED",
    "Answer",
    "InvoiceReference",
    "Notice",
    "OtherAnswer",
    "Reason",
    "TechnicalAnswer",
    "TechnicalError",
    "parse_answer",
]

ONE_WITHOUT_CODE = 1  # one invoice was refused a code (LCMa)
ALL_VALID = 2
INVALID_WITHOUT_CODE = 3  # invoices without code (LHDKMa)
SOME_REFUSED = 7  # cash-register invoices (LHDMTTien)
PACKAGE_REFUSED = 9  # the package as a whole (KHLKhac)
NOTICE_KINDS = (ONE_WITHOUT_CODE, ALL_VALID, INVALID_WITHOUT_CODE, SOME_REFUSED, PACKAGE_REFUSED)


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
            return read_form_answer(envelope) or other_answer(envelope)


def _technical(envelope: Envelope) -> TechnicalAnswer:
    header = envelope.header
    told = child(envelope.content, "TBao")
    status = text(told, "TTTNhan")
    if header.kind == TECHNICAL and status not in {"0", "1"}:
        raise MessageUnreadable(f"the 999 {header.message_id} has TTTNhan {status[:20]!r}, not 0 or 1")
    errors = tuple(
        TechnicalError(text(reason, "MLoi"), (text(reason, "MTa") or text(reason, "MTLoi"))[:LONGEST_TEXT])
        for reason in reasons_in(told)
    )
    if header.kind == UNHANDLED and not errors:
        errors = (TechnicalError(UNHANDLED, words_of(envelope)),)
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
        return other_answer(envelope)
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
            named = named_invoice(part)
            yield from (read_reason(reason, named) for reason in reasons_in(part))
        elif local_name(part) == "LHDKMa":
            listed = child(part, "DSHDon")
            for invoice in children(listed, "HDon") if listed is not None else ():
                named = named_invoice(invoice)
                yield from (read_reason(reason, named) for reason in reasons_in(invoice))
            yield from (read_reason(reason, None) for reason in reasons_in(part))
