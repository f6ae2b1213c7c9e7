"""SOAP 1.2 envelopes: a call with its fields, and what an answer or fault says.

>>> from authority.soap.envelope import read_answer, write_envelope
>>> call = write_envelope("TraThongDiep", (("MTDiep", "K1"),))
>>> call.partition(b"<MTDiep>")[2].decode()
'K1</MTDiep></TraThongDiep></env:Body></env:Envelope>'

Written by us and not by zeep for the reasons at ``authority.providers.vnpt.soap``; zeep is the independent
client that the tests call the sandbox with.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from authority.errors import AnswerNonsense, CredentialsRefused, GatewayFailed, Rejected
from authority.http_answers import printable
from errors import ThunganError
from invoice.document import canonical_text
from signing.safe_xml import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

    from authority.errors import GatewayError

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
SERVICE = "urn:thungan:tvan:1"  # our own: a T-VAN gives its own namespace out
MEDIA_TYPE = "application/soap+xml"
FAILED_AUTHENTICATION = "FailedAuthentication"  # WS-Security 1.1, section 12


def write_envelope(name: str, fields: Iterable[tuple[str, str | bytes]] = (), header: str = "") -> bytes:
    """A call or an answer; bytes go as Base64.

    Raises:
        FieldInvalid: a text with characters that XML cannot carry.
    """
    inside = "".join(f"<{field}>{_carried(value)}</{field}>" for field, value in fields)
    head = f"<env:Header>{header}</env:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{ENVELOPE}">{head}<env:Body>'
        f'<{name} xmlns="{SERVICE}">{inside}</{name}></env:Body></env:Envelope>'
    ).encode()


def headers_of(name: str) -> dict[str, str]:
    """What goes with a call over HTTP (SOAP 1.2 part 2, section 7)."""
    return {"Content-Type": f'{MEDIA_TYPE}; charset=utf-8; action="{SERVICE}:{name}"'}


def body_of(content: bytes) -> _Element | None:
    """The one element in an envelope's body; None where there is no such thing.

    Raises:
        XmlError: not XML that may be read.
    """
    root = parse(content)
    body = only(root, f"{{{ENVELOPE}}}Body") if root.tag == f"{{{ENVELOPE}}}Envelope" else None
    return body[0] if body is not None and len(body) == 1 else None


def read_answer(content: bytes, name: str, host: str) -> _Element:
    """The answer to a call of that name.

    Raises:
        AnswerNonsense: not an envelope with that answer.
        CredentialsRefused, Rejected: a fault of ours (``env:Sender``): nothing was done.
        GatewayFailed: a fault of theirs: it may have been done.
    """
    try:
        found = body_of(content)
    except ThunganError as error:
        raise AnswerNonsense(f"{host} answered no SOAP envelope: {error.message}") from error
    if found is None:
        raise AnswerNonsense(f"{host} answered XML that is not a SOAP 1.2 envelope")
    if found.tag == f"{{{ENVELOPE}}}Fault":
        raise _fault(found, host)
    if found.tag != f"{{{SERVICE}}}{name}Response":
        raise AnswerNonsense(f"{host} answered something else than {name} gives")
    return found


def text_in(element: _Element, field: str, host: str) -> str:
    """A field that must be there once.

    Raises:
        AnswerNonsense: it is not.
    """
    found = only(element, f"{{{SERVICE}}}{field}")
    if found is None or len(found):
        raise AnswerNonsense(f"{host} answered without {field}")
    return (found.text or "").strip()


def messages_in(element: _Element, field: str, host: str) -> tuple[bytes, ...]:
    """All fields of that name, out of Base64.

    Raises:
        AnswerNonsense: one is none.
    """
    try:
        return tuple(
            b64decode("".join((one.text or "").split()), validate=True)
            for one in element.findall(f"{{{SERVICE}}}{field}")
        )
    except (binascii.Error, ValueError):
        raise AnswerNonsense(f"{host} sent a {field} that is not Base64") from None


def only(element: _Element, tag: str) -> _Element | None:
    """The child of that tag, where there is one and no other."""
    found = [child for child in element if child.tag == tag]
    return found[0] if len(found) == 1 else None


def write_fault(sender: bool, reason: str, subcode: str = "") -> bytes:  # noqa: FBT001 - the two kinds there are
    """A fault: of the ``sender``, or of who answers; ``subcode`` is a QName of WS-Security's."""
    from authority.soap.security import WSSE

    who = "env:Sender" if sender else "env:Receiver"
    more = f"<env:Subcode><env:Value>wsse:{subcode}</env:Value></env:Subcode>" if subcode else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{ENVELOPE}" xmlns:wsse="{WSSE}">'
        f"<env:Body><env:Fault><env:Code><env:Value>{who}</env:Value>{more}</env:Code><env:Reason>"
        f'<env:Text xml:lang="en">{canonical_text(reason)}</env:Text></env:Reason></env:Fault></env:Body>'
        "</env:Envelope>"
    ).encode()


def _carried(value: str | bytes) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else canonical_text(value)


def _fault(fault: _Element, host: str) -> GatewayError:
    names = {"env": ENVELOPE}
    code = (fault.findtext("env:Code/env:Value", "", names)).rpartition(":")[2]
    subcode = (fault.findtext("env:Code/env:Subcode/env:Value", "", names)).rpartition(":")[2]
    words = printable(fault.findtext("env:Reason/env:Text", "no reason", names))
    if subcode in {FAILED_AUTHENTICATION, "MessageExpired", "InvalidSecurity"}:
        return CredentialsRefused(f"{host} does not accept our credentials: {words}", status=401)
    if code in {"Sender", "VersionMismatch", "MustUnderstand", "DataEncodingUnknown"}:
        return Rejected(f"{host} refuses: {words}", status=400)
    return GatewayFailed(f"{host} has failed: {words}")
