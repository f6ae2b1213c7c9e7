"""What stands before every page: headers, limits on what is sent to us, no requests of other sites.

``Shield`` is the outermost layer. It answers instead of the pages where a request is too large, too slow, or
was made by a browser on behalf of another site; to every answer it adds the headers that forbid a browser
scripts, styles and frames that are not ours.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": with it a browser hides the origin of our own forms too.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=()",
    "cache-control": "no-store",
}
BODY_LIMIT = 1_000_000  # bytes: the largest thing to be sent is a key file or a few receipts
BODY_SECONDS = 30.0
ADDRESS_LIMIT = 4_096  # bytes of path and query
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
log = logging.getLogger("thungan")


class Shield:
    """Headers on every answer, limits on every request, and no request of another site."""

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._scheme = "https" if tls else "http"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        began = False

        async def guarded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                answered = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answered.setdefault(name, value)
            await send(message)

        if refusal := self._refusal(scope, headers):
            await refusal(scope, receive, guarded)
            return
        try:
            await self._app(scope, _bounded(receive), guarded)
        except _Refused as refused:
            if not began:
                await PlainTextResponse(f"{refused}\n", refused.status)(scope, receive, guarded)
        except Exception:
            log.exception("the page %s failed", scope["path"])
            if began:
                raise
            await PlainTextResponse("E-GEN-070: internal error; see the log.\n", 500)(scope, receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT:
            return PlainTextResponse("Too large.\n", 413)
        if len(scope["raw_path"]) + len(scope["query_string"]) > ADDRESS_LIMIT:
            return PlainTextResponse("Too long.\n", 414)
        if scope["method"] not in _SAFE and not self._same_site(headers):
            return PlainTextResponse("Requests of other sites are refused.\n", 403)
        return None

    def _same_site(self, headers: Headers) -> bool:
        """Whether a browser that sent this did so for one of our own pages; programs say nothing of it."""
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"{self._scheme}://{headers.get('host', '').lower()}":
            return False
        return headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


class _Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def _bounded(receive: Receive) -> Receive:
    """A ``receive`` that ends a body which is too large or too slow."""
    had, more = 0, True

    async def bounded() -> Message:
        nonlocal had, more
        if not more:
            return await receive()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                message = await receive()
        except TimeoutError:
            raise _Refused(408, "Too slow.") from None
        if message["type"] == "http.request":
            had += len(message.get("body", b""))
            more = message.get("more_body", False)
            if had > BODY_LIMIT:
                raise _Refused(413, "Too large.")
        return message

    return bounded
