"""Writing the authority's answers to forms, 102, 103 and 301, and the 302 that asks for a review.

Canonical bytes from the start, fields in the tables' order (Decision 1450/QĐ-TCT; the 301 of 2.1.0), signed
by the sandbox's throw-away key on DLTBao, and on STBao where the form has its number there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.codes import AUTHORITY
from authority.elements import VIETNAM
from authority.envelope import DECLARATION, Header, write_header
from authority.sandbox.office import VERSION
from invoice.document import canonical_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from authority.sandbox.form_rules import Mentioned
    from authority.sandbox.office import Office
    from authority.sandbox.settings import Finding

RECEIPT, DECISION, RESULT, REVIEW_REQUEST = "102", "103", "301", "302"
_LONGEST = 255  # MTa, MTLoi, HDXLy, LDo
_ABOVE, _OFFICE = "Cục Thuế (hộp cát)", "Thuế cơ sở (hộp cát)"
_FORM = "Tờ khai đăng ký/thay đổi thông tin sử dụng hóa đơn điện tử"
_SIGNED_FOR = (("HThuc", "KT. Trưởng Thuế cơ sở"), ("CDanh", "Phó Trưởng Thuế cơ sở"))
_MOST_REASONS = 100

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a notice is for, and what it answers (``submission_id`` "" for a 302)."""

    receiver: str
    tax_code: str
    taxpayer: str
    submission_id: str = ""


def write_receipt(
    office: Office, to: Addressee, now: datetime, findings: Sequence[Finding], *, is_change: bool
) -> bytes:
    """A 102: the form was taken in, or with findings it was not."""
    case = (4 if findings else 3) if is_change else (2 if findings else 1)
    verb = "không tiếp nhận" if findings else "tiếp nhận"
    content = _leaves(
        ("MSo", "01/TB-TNĐT"),
        ("Ten", f"Về việc {verb} tờ khai đăng ký sử dụng hóa đơn điện tử"),
        ("So", _number(office)),
        ("DDanh", office.settings.place),
        ("NTBao", _day(now)),
        ("MST", to.tax_code),
        ("TNNT", to.taxpayer),
        ("TTKhai", _FORM),
        ("MGDDTu", to.submission_id),
        ("TGGui", _time(now)),
        ("THop", str(case)),
        ("TGNhan", "" if findings else _time(now)),
    )
    return _signed(office, RECEIPT, to, now, content + _listed("DSLDKCNhan", findings, "MTa"), stated=False)


def write_decision(
    office: Office,
    to: Addressee,
    now: datetime,
    findings: Sequence[Finding],
    *,
    is_change: bool,
    characters: str,
    registered_on: datetime,
) -> bytes:
    """A 103: accepted, with the five characters where there are some; or not, with findings."""
    verb = "không chấp nhận" if findings else "chấp nhận"
    content = _leaves(
        ("MSo", "01/TB-ĐKĐT"),
        ("Ten", f"Thông báo về việc {verb} đăng ký sử dụng hóa đơn điện tử"),
        *_offices(office),
        ("MST", to.tax_code),
        ("TNNT", to.taxpayer),
        ("Ngay", _day(registered_on)),
        ("HTDKy", "2" if is_change else "1"),
        ("TTXNCQT", "2" if findings else "1"),
        ("MCCQT", "" if findings else characters),
        *_SIGNED_FOR,
    )
    return _signed(office, DECISION, to, now, content + _listed("DSLDKCNhan", findings, "MTa"))


def write_result(
    office: Office,
    to: Addressee,
    now: datetime,
    findings: Sequence[Finding],
    refused: Sequence[tuple[Mentioned, Sequence[Finding]]],
    *,
    received_at: datetime,
    told_on: str,
) -> bytes:
    """A 301: the notice was taken in but for the ``refused``; or with findings it was not at all."""
    content = _leaves(
        ("MSo", "01/TB-SSĐT"),
        ("Ten", "Thông báo về việc tiếp nhận và kết quả xử lý hóa đơn điện tử đã lập có sai sót"),
        *_offices(office),
        ("TNNT", to.taxpayer),
        ("MST", to.tax_code),
        ("MGDDTu", to.submission_id),
        ("TGNhan", _day(received_at)),
        ("NTBNNT", told_on),
        ("STTThe", "1"),
        ("MHSo", to.submission_id[-32:]),
        *_SIGNED_FOR,
    )
    invoices = "".join(
        f"<HDon>{_leaves(('STT', str(place)), ('MCQTCap', one.code), *_identity(one))}"
        f"{_listed('DSLDKTNhan', why, 'MTa')}</HDon>"
        for place, (one, why) in enumerate(refused, start=1)
    )
    reasons = _listed("DSLDKTNhan", findings, "MTLoi", handled=True)
    return _signed(office, RESULT, to, now, content + reasons + _wrapped("DSHDon", invoices))


def write_review(
    office: Office, to: Addressee, now: datetime, invoices: Iterable[Mentioned], why: str, days: int
) -> tuple[bytes, str]:
    """A 302 about these invoices, to be answered within ``days``; and its number (So)."""
    content = _leaves(
        ("MSo", "01/TB-RSĐT"),
        ("Ten", "Thông báo về hóa đơn điện tử cần rà soát"),
        *_offices(office),
        ("TNNT", to.taxpayer),
        ("MST", to.tax_code),
        ("DCNNT", "(hộp cát)"),
        ("DCTDTu", "shop@example.invalid"),
        ("THan", str(days)),
        ("Lan", "1"),
        *_SIGNED_FOR,
    )
    listed = "".join(
        f"<HDon>{_leaves(('STT', str(place)), *_identity(one), ('LDo', why[:_LONGEST]))}</HDon>"
        for place, one in enumerate(invoices, start=1)
    )
    number = _number(office)
    message = _signed(office, REVIEW_REQUEST, to, now, content + _wrapped("DSHDon", listed), number=number)
    return message, number


def _signed(
    office: Office,
    kind: str,
    to: Addressee,
    now: datetime,
    inside: str,
    *,
    stated: bool = True,
    number: str = "",
) -> bytes:
    message_id = office.new_message_id()
    name = message_id[-32:]
    header = Header(VERSION, AUTHORITY, to.receiver, kind, message_id, to.submission_id, to.tax_code, 1)
    content = f'<DLTBao Id="Id-{name}">{_leaves(("PBan", VERSION))}{inside}</DLTBao>'.encode()
    parts = [content]
    if stated:
        fields = _leaves(("So", number or _number(office)), ("NTBao", _day(now)))
        parts.append(f'<STBao Id="St-{name}">{fields}</STBao>'.encode())
    return b"".join(
        (
            DECLARATION,
            b"<TDiep>",
            write_header(header),
            b"<DLieu><TBao>",
            *parts,
            b"<DSCKS><CQT>",
            office.signer.sign_parts(parts, f"CQT-{name}", now),
            b"</CQT></DSCKS></TBao></DLieu></TDiep>",
        )
    )


def _offices(office: Office) -> Fields:
    return (("DDanh", office.settings.place), ("TCQTCTren", _ABOVE), ("TCQT", _OFFICE))


def _identity(invoice: Mentioned) -> Fields:
    return (
        ("KHMSHDon", invoice.form),
        ("KHHDon", invoice.symbol),
        ("SHDon", str(invoice.number)),
        ("NLap", invoice.day),
        ("LADHDDT", invoice.kind),
    )


def _listed(tag: str, findings: Sequence[Finding], words_tag: str, *, handled: bool = False) -> str:
    return _wrapped(
        tag,
        "".join(
            _wrapped(
                "LDo",
                _leaves(
                    ("MLoi", finding.code),
                    (words_tag, finding.text[:_LONGEST]),
                    ("HDXLy", finding.handling[:_LONGEST] if handled else ""),
                ),
            )
            for finding in findings[:_MOST_REASONS]
        ),
    )


def _leaves(*fields: tuple[str, str]) -> str:
    """The fields that have a value."""
    return "".join(f"<{tag}>{canonical_text(value)}</{tag}>" for tag, value in fields if value)


def _wrapped(tag: str, inside: str) -> str:
    return f"<{tag}>{inside}</{tag}>" if inside else ""


def _number(office: Office) -> str:
    return f"26{office.store.count('notices'):010d}"


def _day(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).date().isoformat()


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(VIETNAM):%Y-%m-%dT%H:%M:%S}"
