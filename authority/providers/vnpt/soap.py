"""SOAP 1.1 as this one service speaks it: a call with named texts, an answer that is one string.

>>> from authority.providers.vnpt.soap import read_result, write_call
>>> write_call("downloadInvFkeyNoPay", (("fkey", "4f1c"),)).partition(b"<fkey>")[2].decode()
'4f1c</fkey></downloadInvFkeyNoPay></soap:Body></soap:Envelope>'

Our own few lines rather than zeep: zeep reads the service's description over the network before the first
call, takes 120 ms and 27 MB more at start, and brings a transport that cannot say whether a byte of ours has
gone out, which is what ``authority.https_line`` is for. Answers are read by ``signing.safe_xml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.errors import AnswerNonsense, GatewayFailed, Rejected
from authority.http_answers import printable
from errors import ThunganError
from invoice.document import canonical_text
from signing.safe_xml import parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.etree import _Element

    from signing.passphrase import Secret

NAMESPACE = "http://tempuri.org/"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def write_call(operation: str, parameters: Iterable[tuple[str, str | Secret]]) -> bytes:
    """The envelope of a call; a text that is XML itself goes as CDATA, as the provider's samples do. A
    secret is revealed only here.

    Raises:
        FieldInvalid: a text with characters that XML cannot carry.
    """
    inside = "".join(f"<{name}>{_carried(text)}</{name}>" for name, text in parameters)
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{_SOAP}"><soap:Body>'
        f'<{operation} xmlns="{NAMESPACE}">{inside}</{operation}></soap:Body></soap:Envelope>'
    ).encode()


def headers_of(operation: str) -> dict[str, str]:
    """What goes with a call over HTTP."""
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{NAMESPACE}{operation}"'}


def read_result(answer: bytes, operation: str, host: str) -> str:
    """The string that a call gave.

    Raises:
        AnswerNonsense: not an envelope with the answer of that call.
        Rejected: a fault of ours (``soap:Client``): nothing was done.
        GatewayFailed: a fault of theirs: it may have been done.
    """
    try:
        root = parse(answer)
    except ThunganError as error:
        raise AnswerNonsense(f"{host} answered no SOAP envelope: {error.message}") from error
    body = _only(root, f"{{{_SOAP}}}Body") if root.tag == f"{{{_SOAP}}}Envelope" else None
    if body is None:
        raise AnswerNonsense(f"{host} answered XML that is not a SOAP 1.1 envelope")
    fault = _only(body, f"{{{_SOAP}}}Fault")
    if fault is not None:
        raise _fault(fault, host)
    response = _only(body, f"{{{NAMESPACE}}}{operation}Response")
    result = _only(response, f"{{{NAMESPACE}}}{operation}Result") if response is not None else None
    if result is None or len(result):
        raise AnswerNonsense(f"{host} answered something else than {operation} gives")
    return (result.text or "").strip()


def _carried(given: str | Secret) -> str:
    text = given if isinstance(given, str) else given.reveal()
    if not isinstance(given, str) or not text.startswith("<"):
        return canonical_text(text)
    # A CDATA section ends at the first "]]>": where one stands in the text, it is cut in two there.
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _only(element: _Element, tag: str) -> _Element | None:
    found = [child for child in element if child.tag == tag]
    return found[0] if len(found) == 1 else None


def _fault(fault: _Element, host: str) -> GatewayFailed | Rejected:
    code = (fault.findtext("faultcode") or "").rpartition(":")[2]
    words = printable(fault.findtext("faultstring") or "no reason")
    if code in {"Client", "VersionMismatch"}:
        return Rejected(f"{host} does not understand the call: {words}", status=500)
    return GatewayFailed(f"{host} has failed: {words}")
