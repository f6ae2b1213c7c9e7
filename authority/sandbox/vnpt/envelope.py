"""SOAP 1.1 as the service takes and gives it; everything that is not so is a fault, never a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from authority.sandbox.vnpt.operations import NAMESPACE, OPERATIONS, TYPES, Operation
from signing.errors import SigningError
from signing.safe_xml import parse

if TYPE_CHECKING:
    from lxml.etree import _Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CONTENT_TYPE = "text/xml; charset=utf-8"


class Fault(Exception):
    """What is answered with HTTP 500 and a ``soap:Fault``; ``code`` is Client, Server or VersionMismatch."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def read_call(data: bytes, action: str | None, service: str) -> tuple[Operation, dict[str, str]]:
    """The call in a request's body and its parameters, each given once and known.

    Raises:
        Fault: the action, the envelope or a parameter is not as the service describes them.
    """
    operation = _named(action, service)
    try:
        root = parse(data)
    except SigningError as error:
        raise Fault("Client", f"Server was unable to read request. ---> {error.message}") from None
    if root.tag != f"{{{SOAP}}}Envelope":
        raise Fault("VersionMismatch", "Possible SOAP version mismatch: the envelope is not SOAP 1.1")
    bodies = [child for child in root if child.tag == f"{{{SOAP}}}Body"]
    calls = [child for child in bodies[0] if isinstance(child.tag, str)] if len(bodies) == 1 else []
    if len(calls) != 1 or calls[0].tag != f"{{{NAMESPACE}}}{operation.name}":
        raise Fault("Client", f"The body does not hold one {operation.name} of {NAMESPACE}")
    return operation, _parameters(calls[0], operation)


def result(operation: Operation, text: str) -> bytes:
    """The answer of a call that was done."""
    name = operation.name
    return _enveloped(
        f'<{name}Response xmlns="{NAMESPACE}"><{name}Result>{_text(text)}</{name}Result></{name}Response>'
    )


def fault(error: Fault) -> bytes:
    """The answer of one that was not."""
    return _enveloped(
        f"<soap:Fault><faultcode>soap:{error.code}</faultcode><faultstring>{_text(str(error))}</faultstring>"
        "<detail/></soap:Fault>"
    )


def _named(action: str | None, service: str) -> Operation:
    named = (action or "").strip()
    inside = named[1:-1] if named[:1] == named[-1:] == '"' and len(named) > 1 else named
    operation = OPERATIONS.get(inside.removeprefix(NAMESPACE)) if inside.startswith(NAMESPACE) else None
    if operation is None or operation.service != service:
        raise Fault("Client", f"Server did not recognize the value of HTTP Header SOAPAction: {named}.")
    return operation


def _parameters(call: _Element, operation: Operation) -> dict[str, str]:
    given: dict[str, str] = {}
    for child in call:
        if not isinstance(child.tag, str):
            continue
        name = child.tag.removeprefix(f"{{{NAMESPACE}}}")
        if name not in operation.parameters or name in given or len(child):
            raise Fault("Client", f"{operation.name} does not take {child.tag} here")
        given[name] = child.text or ""
    for name in operation.parameters:
        if name in TYPES and not _is_number(given.get(name, "")):
            raise Fault("Client", f"Input string was not in a correct format: {name}")
    return given


def _is_number(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit()


def _text(text: str) -> str:
    return escape("".join(letter if letter.isprintable() or letter in "\t\n" else "?" for letter in text))


def _enveloped(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    ).encode()
