"""Writing answers: the 999 that our side owes for every message of the authority, and the 204.

The seller's side answers each authority message with a 999 (profile, section 3); ``build_notice`` is
what the sandbox authority signs. Both are canonical bytes from the start.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.answers import PACKAGE_REFUSED, SOME_REFUSED, Reason, TechnicalError
from authority.codes import AUTHORITY
from authority.elements import VIETNAM
from authority.envelope import DECLARATION, NOTICE, TECHNICAL, Header, write_header
from invoice.document import canonical_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from signing.xmldsig import XmlSigner

_LONGEST_TEXT = 255  # MTa, MTLoi, HDXLy
_CAUSE = "Thông điệp chuyển dữ liệu hóa đơn điện tử có mã khởi tạo từ máy tính tiền đến CQT"
_TITLE = "Thông báo về việc kết quả kiểm tra dữ liệu hóa đơn điện tử"
_LISTS = {SOME_REFUSED: "LHDMTTien", PACKAGE_REFUSED: "KHLKhac"}


def build_technical(
    *,
    version: str,
    sender: str,
    receiver: str,
    message_id: str,
    reply_to: str,
    original_sender: str,
    received_at: datetime,
    errors: Iterable[TechnicalError] = (),
) -> bytes:
    """A 999 about the message ``reply_to``; with ``errors`` it refuses that message.

    ``received_at`` is aware and written in Vietnam time. ``reply_to`` and ``original_sender`` are "" where
    they could not be read.

    Raises:
        CodeInvalid: a header field longer than its table allows.
    """
    header = Header(version, sender, receiver, TECHNICAL, message_id, reply_to)
    reasons = "".join(
        f"<LDo>{_leaf('MLoi', error.code)}{_leaf('MTa', error.text[:_LONGEST_TEXT])}</LDo>"
        for error in errors
    )
    told = (
        _leaf("MTDiep", reply_to)
        + _leaf("MNGui", original_sender)
        + _leaf("NNhan", _local(received_at))
        + _leaf("TTTNhan", "1" if reasons else "0")
        + (f"<DSLDo>{reasons}</DSLDo>" if reasons else "")
    )
    content = f"<DLieu><TBao>{told}</TBao></DLieu>".encode()
    return b"".join((DECLARATION, b"<TDiep>", write_header(header), content, b"</TDiep>"))


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """What a 204 about a package says; ``kind`` 2, 7 or 9. ``received_at``, ``noticed_at`` are aware."""

    kind: int
    number: str
    place: str
    tax_code: str
    taxpayer: str
    submission_id: str
    count: int
    received_at: datetime
    noticed_at: datetime
    reasons: tuple[Reason, ...] = ()


def build_notice(
    content: NoticeContent,
    *,
    version: str,
    receiver: str,
    message_id: str,
    signer: XmlSigner,
    sender: str = AUTHORITY,
) -> bytes:
    """A 204 signed on DLTBao by the authority's key (the sandbox's own, never a real one).

    Raises:
        CodeInvalid: a header field longer than its table allows.
    """
    header = Header(
        version=version,
        sender=sender,
        receiver=receiver,
        kind=NOTICE,
        message_id=message_id,
        reply_to=content.submission_id,
        tax_code=content.tax_code,
        count=content.count,
    )
    name = message_id[-32:]
    signed = _notice_content(content, version, f"Id-{name}")
    digest = hashlib.sha256(signed).digest()
    signature = signer.sign(digest, f"Id-{name}", f"TCT-{name}", content.noticed_at)
    return b"".join(
        (
            DECLARATION,
            b"<TDiep>",
            write_header(header),
            b"<DLieu><TBao>",
            signed,
            b"<DSCKS><CQT>",
            signature,
            b"</CQT></DSCKS></TBao></DLieu></TDiep>",
        )
    )


def _notice_content(content: NoticeContent, version: str, content_id: str) -> bytes:
    fields = (
        ("PBan", version),
        ("MSo", "01/TB-KTDL"),
        ("Ten", _TITLE),
        ("So", content.number),
        ("DDanh", content.place),
        ("NTBao", content.noticed_at.astimezone(VIETNAM).date().isoformat()),
        ("MST", content.tax_code),
        ("TNNT", content.taxpayer),
        ("TGGui", _local(content.received_at)),
        ("LTBao", str(content.kind)),
        ("CCu", _CAUSE),
        ("MGDDTu", content.submission_id),
        ("SLuong", str(content.count)),
    )
    inside = "".join(_leaf(tag, value) for tag, value in fields)
    if name := _LISTS.get(content.kind):
        reasons = "".join(_reason(reason) for reason in content.reasons)
        inside += f"<{name}><DSLDo>{reasons}</DSLDo></{name}>"
    return f'<DLTBao Id="{content_id}">{inside}</DLTBao>'.encode()


def _reason(reason: Reason) -> str:
    words = f"{reason.invoice};{reason.description}" if reason.invoice else reason.description
    return (
        f"<LDo>{_leaf('MLoi', reason.code)}{_leaf('MTLoi', words[:_LONGEST_TEXT])}"
        f"{_leaf('HDXLy', reason.handling[:_LONGEST_TEXT])}</LDo>"
    )


def _leaf(tag: str, value: str) -> str:
    return f"<{tag}>{canonical_text(value)}</{tag}>"


def _local(moment: datetime) -> str:
    return moment.astimezone(VIETNAM).strftime("%Y-%m-%dT%H:%M:%S")
