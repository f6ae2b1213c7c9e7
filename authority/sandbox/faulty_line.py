"""What every sandbox's HTTP side shares: lines that are cut, bodies with an end, times when it is down."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from authority.sandbox.faults import FaultPlan

CUT = "thungan.cut"  # the scope's key under which the server offers to cut the connection
_BODY_LIMIT = 4_000_000  # bytes; above the message limit, so that a message too large gets its 999
_BODY_SECONDS = 60.0


class Cut(Response):
    """Cuts the connection: at once, or in the middle of a body."""

    def __init__(self, body: bytes | None = None) -> None:
        super().__init__(body or b"")
        self._half = body is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._half:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            half = bytes(self.body)[: len(self.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            scope[CUT](gently=True)
        else:
            scope[CUT](gently=False)
        while (await receive())["type"] != "http.disconnect":
            pass


async def bounded_body(request: Request) -> bytes | Response:
    """The request's body, or the answer to one that is too long or too slow."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _BODY_LIMIT:
                    return PlainTextResponse("message too large", 413, headers={"Connection": "close"})
    except TimeoutError:
        return PlainTextResponse("message came too slowly", 408, headers={"Connection": "close"})
    return bytes(body)


class Shutter:
    """When the line is down or slow, by a plan's ``down`` and ``slow``."""

    def __init__(self, faults: FaultPlan) -> None:
        self._faults = faults
        self._started = time.monotonic()

    async def closed(self) -> Response | None:
        """The 503 of a down time; waits where the line is slow."""
        if (wait := self._faults.down_for(time.monotonic() - self._started)) is not None:
            return PlainTextResponse("down", 503, headers={"Retry-After": str(int(wait) + 1)})
        if self._faults.slow:
            await asyncio.sleep(self._faults.slow)
        return None


class Dated:
    """Writes the Date header, by a clock that may run ahead."""

    def __init__(self, app: ASGIApp, faults: FaultPlan) -> None:
        self._app, self._ahead = app, timedelta(seconds=faults.clock_ahead)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(datetime.now(UTC) + self._ahead, usegmt=True).encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
            await send(message)

        await self._app(scope, receive, dated)


def failure() -> Response:
    """HTTP 500."""
    return PlainTextResponse("internal error (sandbox fault)", 500)
