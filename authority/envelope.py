"""The envelope of every message: ``TDiep/TTChung`` (profile, section 2).

>>> from authority.envelope import Header, write_header
>>> header = Header("2.1.0", "K0409990010", "TCT", "206", "K0409990010" + "0" * 32, "", "0409990010", 2)
>>> write_header(header)[:60]
b'<TTChung><PBan>2.1.0</PBan><MNGui>K0409990010</MNGui><MNNhan'

What is written is in Canonical XML form already, in the regulation's order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.codes import LONGEST_MESSAGE_ID, LONGEST_PARTY
from authority.elements import child, local_name, parse_document, text, whole_number
from authority.errors import CodeInvalid, MessageUnreadable
from invoice.document import canonical_text

if TYPE_CHECKING:
    from lxml.etree import _Element

DECLARATION = b"<?xml version='1.0' encoding='UTF-8'?>"

REGISTRATION_MESSAGE = "100"  # form 01/ĐKTĐ-HĐĐT
PACKAGE = "206"  # cash-register invoices
CORRECTION_OF_MANY = "208"  # one invoice that replaces or adjusts many, with its list (BKe)
NOTICE = "204"  # result notice 01/TB-KTDL
TECHNICAL = "999"
UNHANDLED = "-1"


@dataclass(frozen=True, slots=True)
class Header:
    """TTChung. ``reply_to`` (MTDTChieu) is "" in a first message; a 999 has no tax code and no count."""

    version: str
    sender: str
    receiver: str
    kind: str
    message_id: str
    reply_to: str = ""
    tax_code: str | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message that was read: its header and its DLieu (None where it has none)."""

    header: Header
    content: _Element | None
    root: _Element


def write_header(header: Header) -> bytes:
    """The canonical bytes of TTChung.

    Raises:
        CodeInvalid: a field longer than the regulation's table allows.
    """
    fields: list[tuple[str, str, int]] = [
        ("PBan", header.version, 6),
        ("MNGui", header.sender, LONGEST_PARTY),
        ("MNNhan", header.receiver, LONGEST_PARTY),
        ("MLTDiep", header.kind, 3),
        ("MTDiep", header.message_id, LONGEST_MESSAGE_ID),
        ("MTDTChieu", header.reply_to, LONGEST_MESSAGE_ID),
    ]
    if header.tax_code is not None:
        fields.append(("MST", header.tax_code, 14))
    if header.count is not None:
        fields.append(("SLuong", str(header.count), 7))
    for tag, value, longest in fields:
        if len(value) > longest:
            raise CodeInvalid(f"{tag} {value[:60]!r} has {len(value)} characters, at most {longest}")
    inside = "".join(f"<{tag}>{canonical_text(value)}</{tag}>" for tag, value, _ in fields)
    return f"<TTChung>{inside}</TTChung>".encode()


def read_envelope(data: bytes) -> Envelope:
    """Read any message's envelope leniently.

    Raises:
        MessageUnreadable: not XML, no TDiep, or without message type.
    """
    root = parse_document(data)
    if local_name(root) != "TDiep":
        raise MessageUnreadable(f"the root element is {local_name(root)[:40]!r}, not TDiep")
    general = child(root, "TTChung")
    kind = text(general, "MLTDiep")
    if general is None or not kind:
        raise MessageUnreadable("the message has no header (TTChung) with a type (MLTDiep)")
    header = Header(
        version=text(general, "PBan"),
        sender=text(general, "MNGui"),
        receiver=text(general, "MNNhan"),
        kind=kind,
        message_id=text(general, "MTDiep"),
        reply_to=text(general, "MTDTChieu"),
        tax_code=text(general, "MST") or None,
        count=whole_number(text(general, "SLuong")),
    )
    return Envelope(header, child(root, "DLieu"), root)
