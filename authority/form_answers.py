"""What the authority answers to forms, as plain values; read leniently, as all answers are.

===== ================== ======================================= ==========================
102   01/TB-TNĐT         a registration was taken in, or not     ``RegistrationReceipt``
103   01/TB-ĐKĐT         it is accepted, or not                  ``RegistrationDecision``
104   01/TB-ĐKĐT         a delegation is accepted, or not        ``DelegationDecision``
301   01/TB-SSĐT         about a notice of wrong invoices        ``ErrorNoticeResult``
302   01/TB-RSĐT         please review these invoices            ``ReviewRequest``
===== ================== ======================================= ==========================

A message whose decision cannot be read for certain (no TTXNCQT, two notices in one…) is none of these: it
stays an ``OtherAnswer``. So does one whose form number (MSo), which is signed, is not that of its type
(MLTDiep), which is not: else a signed 204 could be shown as a 301 without objections. What they say changes
nothing until ``notice_check`` has proven who signed it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from authority.answer_parts import (
    LONGEST_TEXT,
    InvoiceReference,
    OtherAnswer,
    Reason,
    named_invoice,
    other_answer,
    read_reason,
    reasons_in,
)
from authority.elements import child, children, day, moment, text, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date, datetime

    from lxml.etree import _Element

    from authority.envelope import Envelope

_CHARACTERS = re.compile(r"[0-9A-Z]{5}")
_NEW, _NEW_REFUSED, _CHANGE, _CHANGE_REFUSED = 1, 2, 3, 4  # THop (appendix XII)
_ACCEPTED, _NOT_ACCEPTED = 1, 2  # TTXNCQT (appendix X)
_TAKEN_IN = "1"  # TTTNCCQT of an invoice in a 2.0.x answer, which lists the good ones too


@dataclass(frozen=True, slots=True)
class FormAnswer(OtherAnswer):
    """What all answers to forms say. ``number`` (So) is the notice's own; ``submission_id`` (MGDDTu) stands
    in the signed part and names our message, "" in the kinds that have no such field (103, 302)."""

    submission_id: str
    number: str
    noticed_on: date | None
    tax_code: str
    taxpayer: str
    office: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RegistrationReceipt(FormAnswer):
    """102: the form was taken in to be decided (``accepted``), or not."""

    accepted: bool
    is_change: bool
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class RegistrationDecision(FormAnswer):
    """103: ``characters`` are the five of the shop's authority codes, where the authority gives them."""

    accepted: bool
    is_change: bool
    registered_on: date | None
    characters: str | None


@dataclass(frozen=True, slots=True)
class Partner:
    """A taxpayer to or from whom issuing is delegated; with reasons, it was not accepted."""

    tax_code: str
    name: str
    accepted_on: date | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class DelegationDecision(FormAnswer):
    """104: about a form 101, which other software of the taxpayer has sent."""

    partners: tuple[Partner, ...]


@dataclass(frozen=True, slots=True)
class NamedInvoice:
    """An invoice in a 301 or 302. ``reference`` is None where form, symbol or number are not those of an
    e-invoice; ``name`` is what was written."""

    name: str
    reference: InvoiceReference | None
    day: date | None
    code: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ErrorNoticeResult(FormAnswer):
    """301: with ``reasons`` the whole notice was not taken in; else ``refused`` are the invoices in it that
    were not, and all others were."""

    refused: tuple[NamedInvoice, ...]
    received_on: date | None

    @property
    def accepted(self) -> bool:
        """The notice as a whole was taken in."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class ReviewRequest(FormAnswer):
    """302: the seller is to look at these invoices and answer within ``days`` (THan); ``round`` (Lan) 2 is
    the reminder. The answer is a notice of wrong invoices with its number and date."""

    invoices: tuple[NamedInvoice, ...]
    days: int | None
    round: int | None


def read_form_answer(envelope: Envelope) -> FormAnswer | None:
    """The typed answer, None where the message is none of these kinds or cannot be understood for certain."""
    read = _READERS.get(envelope.header.kind)
    notices = list(children(envelope.content, "TBao")) if envelope.content is not None else []
    if read is None or len(notices) != 1 or len(list(children(notices[0], "DLTBao"))) != 1:
        return None
    content = child(notices[0], "DLTBao")
    wanted = _FORM_NUMBERS.get(envelope.header.kind)
    if content is None or wanted not in {None, _form_number(content)}:
        return None
    return read(content, _general(envelope, notices[0], content))


def told(answer: FormAnswer) -> Iterator[str]:
    """What the answer says, line by line in Vietnamese, for the page and the command line."""
    yield f"Thông báo {answer.number or '?'} ngày {answer.noticed_on or '?'}: {_decision(answer)}"
    for reason in answer.reasons:
        yield _told_reason(reason)
    match answer:
        case RegistrationDecision(characters=str(characters)):
            yield f"5 ký tự của mã cơ quan thuế: {characters}"
        case ReviewRequest(invoices=invoices) | ErrorNoticeResult(refused=invoices):
            for invoice in invoices:
                yield f"Hóa đơn {invoice.name} ngày {invoice.day or '?'}"
                yield from (_told_reason(reason) for reason in invoice.reasons)
        case DelegationDecision(partners=partners):
            for partner in partners:
                yield f"{partner.tax_code} {partner.name}: {'không ' * bool(partner.reasons)}chấp nhận"
                yield from (_told_reason(reason) for reason in partner.reasons)
        case _:
            pass


def _general(envelope: Envelope, notice: _Element, content: _Element) -> dict[str, Any]:
    """The fields of ``FormAnswer``."""
    base = other_answer(envelope)
    return {
        **{field.name: getattr(base, field.name) for field in fields(base)},
        "submission_id": text(content, "MGDDTu"),
        "number": text(notice, "STBao", "So") or text(content, "So"),
        "noticed_on": day(text(notice, "STBao", "NTBao") or text(content, "NTBao")),
        "tax_code": text(content, "MST"),
        "taxpayer": text(content, "TNNT"),
        "office": text(content, "TCQT"),
        "reasons": _reasons(content),
    }


def _receipt(content: _Element, general: dict[str, Any]) -> RegistrationReceipt | None:
    case = whole_number(text(content, "THop"))
    if case not in {_NEW, _NEW_REFUSED, _CHANGE, _CHANGE_REFUSED}:
        return None
    return RegistrationReceipt(
        **general,
        accepted=case in {_NEW, _CHANGE},
        is_change=case in {_CHANGE, _CHANGE_REFUSED},
        received_at=moment(text(content, "TGNhan")),
    )


def _registration(content: _Element, general: dict[str, Any]) -> RegistrationDecision | None:
    status = whole_number(text(content, "TTXNCQT"))
    if status not in {_ACCEPTED, _NOT_ACCEPTED}:
        return None
    characters = text(content, "MCCQT").upper()
    return RegistrationDecision(
        **general,
        accepted=status == _ACCEPTED,
        is_change=text(content, "HTDKy") == "2",
        registered_on=day(text(content, "Ngay")),
        characters=characters if _CHARACTERS.fullmatch(characters) else None,
    )


def _delegation(content: _Element, general: dict[str, Any]) -> DelegationDecision | None:
    listed = child(content, "DSTTUNhiem")
    if listed is None:
        return None
    partners = tuple(
        Partner(
            tax_code=text(partner, "MST"),
            name=text(partner, "TTChuc"),
            accepted_on=day(text(partner, "NTNhan")),
            reasons=_reasons(partner),
        )
        for partner in children(listed, "TTUNhiem")
    )
    return DelegationDecision(**general, partners=partners)


def _error_notice(content: _Element, general: dict[str, Any]) -> ErrorNoticeResult:
    refused = tuple(
        _invoice(invoice) for invoice in _invoices(content) if text(invoice, "TTTNCCQT") != _TAKEN_IN
    )
    return ErrorNoticeResult(**general, refused=refused, received_on=day(text(content, "TGNhan")))


def _review(content: _Element, general: dict[str, Any]) -> ReviewRequest | None:
    invoices = tuple(_invoice(invoice) for invoice in _invoices(content))
    if not invoices:
        return None
    days, round_ = whole_number(text(content, "THan")), whole_number(text(content, "Lan"))
    return ReviewRequest(**general, invoices=invoices, days=days, round=round_)


_READERS: dict[str, Callable[[_Element, dict[str, Any]], FormAnswer | None]] = {
    "102": _receipt,
    "103": _registration,
    "104": _delegation,
    "301": _error_notice,
    "302": _review,
}


# Of a 104 no sample is known; its list of partners is its own.
_FORM_NUMBERS = {"102": "01/TB-TNDT", "103": "01/TB-DKDT", "301": "01/TB-SSDT", "302": "01/TB-RSDT"}


def _form_number(content: _Element) -> str:
    """MSo with D for the letter Đ, which is written in three ways: as D, as U+0110 and as U+00D0."""
    return re.sub("[\u0110\u00d0]", "D", text(content, "MSo").upper())


def _invoices(content: _Element) -> Iterator[_Element]:
    listed = child(content, "DSHDon")
    if listed is not None:
        yield from children(listed, "HDon")


def _invoice(element: _Element) -> NamedInvoice:
    reference = named_invoice(element)
    name = "; ".join(filter(None, (text(element, tag) for tag in ("KHMSHDon", "KHHDon", "SHDon"))))
    why = text(element, "LDo")
    asked = (Reason("", why[:LONGEST_TEXT], "", reference),) if why else ()
    return NamedInvoice(
        name=str(reference) if reference else name[:LONGEST_TEXT],
        reference=reference,
        day=day(text(element, "NLap") or text(element, "Ngay")),
        code=text(element, "MCQTCap") or text(element, "MCCQT"),
        reasons=(*asked, *(read_reason(reason, reference) for reason in reasons_in(element))),
    )


def _reasons(holder: _Element) -> tuple[Reason, ...]:
    return tuple(read_reason(reason, None) for reason in reasons_in(holder))


def _decision(answer: FormAnswer) -> str:
    match answer:
        case RegistrationReceipt(accepted=accepted):
            return f"{'đã' if accepted else 'không'} tiếp nhận tờ khai đăng ký"
        case RegistrationDecision(accepted=accepted):
            return f"{'chấp nhận' if accepted else 'không chấp nhận'} đăng ký sử dụng hóa đơn điện tử"
        case DelegationDecision():
            return "kết quả đăng ký ủy nhiệm lập hóa đơn"
        case ErrorNoticeResult(accepted=accepted, refused=refused):
            if not accepted:
                return "không tiếp nhận thông báo hóa đơn sai sót"
            but = f", trừ {len(refused)} hóa đơn" if refused else ""
            return "đã tiếp nhận thông báo hóa đơn sai sót" + but
        case ReviewRequest(invoices=invoices, days=days):
            within = f" trong {days} ngày" if days is not None else ""
            return f"đề nghị rà soát {len(invoices)} hóa đơn và trả lời{within}"
        case _:
            return answer.text


def _told_reason(reason: Reason) -> str:
    return "  - " + " ".join(filter(None, (reason.code, reason.description, reason.handling)))
