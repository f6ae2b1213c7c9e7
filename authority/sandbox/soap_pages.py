"""The sandbox's SOAP side: the operations of ``docs/tvan-soap.md`` behind WS-Security, at ``POST /soap``.

``GET /soap?wsdl`` describes them, so that any SOAP client can call them.
"""

from __future__ import annotations

import binascii
import zlib
from base64 import b64decode
from collections import OrderedDict
from datetime import datetime, timedelta
from importlib.resources import files
from secrets import compare_digest
from typing import TYPE_CHECKING, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from authority.sandbox.faulty_line import bounded_body
from authority.soap.envelope import (
    ENVELOPE,
    FAILED_AUTHENTICATION,
    MEDIA_TYPE,
    SERVICE,
    body_of,
    only,
    write_envelope,
    write_fault,
)
from authority.soap.security import DIGEST, LASTING, WSSE, WSU, digest_of
from errors import ThunganError
from signing.safe_xml import parse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lxml.etree import _Element
    from starlette.requests import Request

    from authority.sandbox.core import Sandbox
    from authority.sandbox.faulty_line import Shutter

    Received: TypeAlias = Callable[[bytes, str], Awaitable[Response | bytes | None]]

LARGEST = 4_000_000  # bytes of an unpacked call: 2 MB in Base64, and what stands around it
_NONCES = 100_000  # kept, so that no header counts twice
_ASIDE = timedelta(minutes=5)  # by which a caller's clock may be off
_MOST_AT_ONCE = 1_000


class _Refused(Exception):
    """A fault of the caller's; ``subcode`` is WS-Security's."""

    def __init__(self, reason: str, subcode: str = "") -> None:
        super().__init__(reason)
        self.reason, self.subcode = reason, subcode


def soap_routes(
    sandbox: Sandbox, clock: Callable[[], datetime], received: Received, shutter: Shutter
) -> list[Route]:
    """``received`` takes a message in, with the sandbox's faults."""
    if sandbox.settings.soap_account is None:
        return []
    pages = _SoapPages(sandbox, clock, received, shutter)
    return [
        Route("/soap", pages.called, methods=["POST"]),
        Route("/soap", pages.described, methods=["GET"]),
    ]


class _SoapPages:
    def __init__(
        self, sandbox: Sandbox, clock: Callable[[], datetime], received: Received, shutter: Shutter
    ) -> None:
        self._sandbox = sandbox
        self._clock = clock
        self._received = received
        self._shutter = shutter
        self._nonces: OrderedDict[str, None] = OrderedDict()

    async def described(self, request: Request) -> Response:
        text = files("authority.sandbox").joinpath("tvan.wsdl").read_text("utf-8")
        address = str(request.url.replace(query=""))
        return Response(text.replace("{address}", address), media_type="text/xml")

    async def called(self, request: Request) -> Response:
        if refusal := await self._shutter.closed():
            return refusal
        data = await bounded_body(request)
        if isinstance(data, Response):
            return data
        try:
            call = self._checked(data, request.headers.get("content-encoding", ""))
            answer = await self._answer(call)
        except _Refused as refused:
            fault = write_fault(sender=True, reason=refused.reason, subcode=refused.subcode)
            return Response(fault, 400, media_type=MEDIA_TYPE)
        if isinstance(answer, Response):
            return answer
        packed = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"content-encoding": "gzip"} if packed else {}
        return Response(_packed(answer) if packed else answer, media_type=MEDIA_TYPE, headers=headers)

    def _checked(self, data: bytes, encoding: str) -> _Element:
        """The call of an envelope whose sender is known."""
        if encoding == "gzip":
            data = _unpacked(data)
        elif encoding:
            raise _Refused(f"content encoding {encoding} is not taken")
        try:
            root = parse(data)
            call = body_of(data)
        except ThunganError as error:
            raise _Refused(f"not XML: {error.message}") from error
        if call is None:
            raise _Refused("not a SOAP 1.2 envelope with one call")
        header = only(root, f"{{{ENVELOPE}}}Header")
        security = None if header is None else only(header, f"{{{WSSE}}}Security")
        if security is None:
            raise _Refused("there is no Security header", "InvalidSecurity")
        self._check_sender(security)
        return call

    def _check_sender(self, security: _Element) -> None:
        names = {"wsse": WSSE, "wsu": WSU}
        now = self._clock()
        expires = _moment(security.findtext("wsu:Timestamp/wsu:Expires", "", names))
        stamped = _moment(security.findtext("wsu:Timestamp/wsu:Created", "", names))
        if now > expires + _ASIDE or stamped > now + _ASIDE or expires - stamped > LASTING + _ASIDE:
            raise _Refused("the message has expired, or is of the future", "MessageExpired")
        token = security.find("wsse:UsernameToken", names)
        password = None if token is None else token.find("wsse:Password", names)
        if token is None or password is None or password.get("Type") != DIGEST:
            raise _Refused("a UsernameToken with a PasswordDigest is asked for", "InvalidSecurity")
        nonce, created = token.findtext("wsse:Nonce", "", names), token.findtext("wsu:Created", "", names)
        if abs(now - _moment(created)) > LASTING + _ASIDE:
            raise _Refused("the token's time is over", FAILED_AUTHENTICATION)
        if nonce in self._nonces:
            raise _Refused("this nonce was used before", FAILED_AUTHENTICATION)
        try:
            seed = b64decode(nonce, validate=True)
        except (binascii.Error, ValueError):
            raise _Refused("the nonce is not Base64", "InvalidSecurity") from None
        account = self._sandbox.settings.soap_account
        assert account is not None  # noqa: S101 - for the type checker: there is no route without
        user = token.findtext("wsse:Username", "", names)
        good = compare_digest((password.text or "").encode(), digest_of(seed, created, account[1]).encode())
        if user != account[0] or not good:
            raise _Refused("user or password is wrong", FAILED_AUTHENTICATION)
        self._nonces[nonce] = None
        while len(self._nonces) > _NONCES:
            self._nonces.popitem(last=False)

    async def _answer(self, call: _Element) -> bytes | Response:
        name = call.tag.removeprefix(f"{{{SERVICE}}}")
        answers = {
            "GuiThongDiep": self._take_in,
            "NhanThongDiep": self._inbox,
            "TraThongDiep": self._look_up,
            "TraSo": self._numbers,
        }
        if name not in answers:
            raise _Refused(f"there is no operation {name[:100]}")
        return await answers[name](call)

    async def _take_in(self, call: _Element) -> bytes | Response:
        message = _bytes(call, "thongDiep")
        answer = await self._received(message, _text(call, "MTDiep"))
        if isinstance(answer, Response):
            return answer
        fields = (("thongDiep", answer),) if answer else ()
        return write_envelope("GuiThongDiepResponse", fields)

    async def _inbox(self, call: _Element) -> bytes:
        most = _whole(call, "toiDa")
        if not 0 < most <= _MOST_AT_ONCE:
            raise _Refused(f"toiDa must be 1 to {_MOST_AT_ONCE}")
        code, after = _text(call, "noiNhan"), _text(call, "sau")
        due = await run_in_threadpool(self._sandbox.answers_due, code, after, self._clock(), most)
        entries = "".join(_entry(cursor, content) for cursor, content in due.entries)
        more = "true" if due.more else "false"
        whole = write_envelope("NhanThongDiepResponse", (("conNua", more),))
        return whole.replace(b"<conNua>", entries.encode() + b"<conNua>", 1)

    async def _look_up(self, call: _Element) -> bytes:
        found = await run_in_threadpool(self._sandbox.look_up, _text(call, "MTDiep"), self._clock())
        known = ("biet", "true" if found.known else "false")
        return write_envelope(
            "TraThongDiepResponse", (known, *(("thongDiep", one) for one in found.messages))
        )

    async def _numbers(self, call: _Element) -> bytes:
        found = await run_in_threadpool(
            self._sandbox.numbers_known,
            _text(call, "MST"),
            _whole(call, "KHMSHDon"),
            _text(call, "KHHDon"),
            _whole(call, "sau"),
        )
        last = [("maCuoi", found.last_code)] if found.last_code else []
        numbers = [("so", str(number)) for number in sorted(found.numbers)]
        return write_envelope("TraSoResponse", (("soCuoi", str(found.last_number)), *last, *numbers))


def _entry(cursor: str, content: bytes) -> str:
    from base64 import b64encode

    return f"<muc><conTro>{cursor}</conTro><thongDiep>{b64encode(content).decode()}</thongDiep></muc>"


def _text(call: _Element, field: str) -> str:
    found = only(call, f"{{{SERVICE}}}{field}")
    if found is None or len(found):
        raise _Refused(f"{field} is missing")
    return (found.text or "").strip()


def _whole(call: _Element, field: str) -> int:
    text = _text(call, field)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise _Refused(f"{field} is not a number")
    return int(text)


def _bytes(call: _Element, field: str) -> bytes:
    try:
        return b64decode("".join(_text(call, field).split()), validate=True)
    except (binascii.Error, ValueError):
        raise _Refused(f"{field} is not Base64") from None


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _Refused("a time in the Security header is none", "InvalidSecurity") from None
    if found.tzinfo is None:
        raise _Refused("a time in the Security header has no zone", "InvalidSecurity")
    return found


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(data, LARGEST + 1)
    except zlib.error:
        raise _Refused("not the gzip that it says it is") from None
    if len(found) > LARGEST or not unpacker.eof:
        raise _Refused(f"the call is longer than {LARGEST} bytes, or breaks off")
    return found


def _packed(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data, 6)
