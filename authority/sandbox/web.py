"""The sandbox's HTTP side: the wire of ``docs/direct-gateway.md``, and three pages for tests.

``GET /v1/statistics`` gives the figures as JSON, ``GET /v1/registered`` every registered invoice as one
JSON object per line. ``POST /v1/reviews`` makes the authority ask a seller to review invoices (302)::

    {"receiver": "K0409990010", "tax_code": "0409990010", "reason": "Sai thuế suất", "days": 2,
     "invoices": [{"form": 1, "symbol": "C26MAA", "number": 128, "day": "2026-11-23"}]}
"""

from __future__ import annotations

import itertools
import json
from dataclasses import asdict
from datetime import date
from secrets import compare_digest
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from authority.sandbox.faulty_line import Cut, Shutter, bounded_body, failure
from authority.sandbox.form_rules import Mentioned
from authority.sandbox.soap_pages import soap_routes
from errors import ThunganError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from starlette.requests import Request

    from authority.sandbox.core import Sandbox

_MOST_AT_ONCE = 1_000
_XML = "application/xml"


def sandbox_app(sandbox: Sandbox, clock: Callable[[], datetime]) -> Starlette:
    """The ASGI application around a sandbox; ``clock`` gives aware times."""
    pages = _Pages(sandbox, clock)
    return Starlette(
        routes=[
            *soap_routes(sandbox, clock, pages.received, pages.shutter),
            Route("/v1/messages", pages.take_in, methods=["POST"]),
            Route("/v1/messages/{message_id}", pages.look_up, methods=["GET"]),
            Route("/v1/inbox/{code}", pages.inbox, methods=["GET"]),
            Route("/v1/numbers/{tax_code}/{form:int}/{symbol}", pages.numbers, methods=["GET"]),
            Route("/v1/statistics", pages.statistics, methods=["GET"]),
            Route("/v1/registered", pages.registered, methods=["GET"]),
            Route("/v1/reviews", pages.ask_review, methods=["POST"]),
        ]
    )


class _Pages:
    def __init__(self, sandbox: Sandbox, clock: Callable[[], datetime]) -> None:
        self._sandbox = sandbox
        self._clock = clock
        self.shutter = Shutter(sandbox.faults)
        self._requests = itertools.count()

    async def take_in(self, request: Request) -> Response:
        if refusal := await self._closed(request):
            return refusal
        data = await bounded_body(request)
        if isinstance(data, Response):
            return data
        answer = await self.received(data, request.headers.get("message-id", ""))
        if isinstance(answer, Response):
            return answer
        return Response(answer, media_type=_XML) if answer else Response(status_code=202)

    async def received(self, data: bytes, message_id: str) -> Response | bytes | None:
        """The answer by return to a message, if there is one; or what a fault makes of it."""
        faults = self._sandbox.faults
        occasion = f"{message_id}:{next(self._requests)}"
        if faults.strikes("lose-request", occasion):
            return Cut()
        failing = faults.strikes("http-500", occasion)
        if failing and faults.chance("http-500-early", occasion) < 0.5:
            return failure()
        answer = await run_in_threadpool(self._sandbox.receive, data, self._clock())
        if failing:
            return failure()
        if faults.strikes("lose-answer", occasion):
            return Cut()
        if faults.strikes("cut-body", occasion):
            return Cut(answer or b"<TDiep>")
        return answer

    async def inbox(self, request: Request) -> Response:
        if refusal := await self._closed(request):
            return refusal
        limit = request.query_params.get("limit", "100")
        if not (limit.isascii() and limit.isdigit() and 0 < int(limit[:9]) <= _MOST_AT_ONCE):
            return PlainTextResponse(f"limit must be 1 to {_MOST_AT_ONCE}", 400)
        after = request.query_params.get("after", "")
        code = request.path_params["code"]
        due = await run_in_threadpool(self._sandbox.answers_due, code, after, self._clock(), int(limit))
        entries = [{"cursor": cursor, "xml": content.decode()} for cursor, content in due.entries]
        return JSONResponse({"messages": entries, "more": due.more})

    async def look_up(self, request: Request) -> Response:
        if refusal := await self._closed(request):
            return refusal
        found = await run_in_threadpool(
            self._sandbox.look_up, request.path_params["message_id"], self._clock()
        )
        if not found.known:
            return JSONResponse({"known": False}, 404)
        return JSONResponse({"known": True, "messages": [content.decode() for content in found.messages]})

    async def numbers(self, request: Request) -> Response:
        if refusal := await self._closed(request):
            return refusal
        after = request.query_params.get("after", "0")
        if not (after.isascii() and after.isdigit() and len(after) <= 9):
            return PlainTextResponse("after must be a number", 400)
        series = request.path_params
        found = await run_in_threadpool(
            self._sandbox.numbers_known, series["tax_code"], series["form"], series["symbol"], int(after)
        )
        return JSONResponse(
            {
                "last_number": found.last_number,
                "last_code": found.last_code,
                "numbers": sorted(found.numbers),
            }
        )

    async def statistics(self, request: Request) -> Response:
        del request
        return JSONResponse(await run_in_threadpool(self._sandbox.statistics))

    async def registered(self, request: Request) -> Response:
        del request
        return StreamingResponse(_lines(self._sandbox), media_type="application/x-ndjson")

    async def ask_review(self, request: Request) -> Response:
        data = await bounded_body(request)
        if isinstance(data, Response):
            return data
        try:
            asked = _review(json.loads(data))
            message = await run_in_threadpool(lambda: self._sandbox.ask_review(**asked, now=self._clock()))
        except (ValueError, TypeError, KeyError, AttributeError, ThunganError) as error:
            return PlainTextResponse(f"not a review to be asked: {error!r}", 400)
        return Response(message, media_type=_XML)

    async def _closed(self, request: Request) -> Response | None:
        """What stands before every page of the wire: down times, slowness, the token."""
        if refusal := await self.shutter.closed():
            return refusal
        token = self._sandbox.settings.token
        if token is not None:
            given = request.headers.get("authorization", "")
            if not compare_digest(given.encode(), f"Bearer {token}".encode()):
                return PlainTextResponse("token not accepted", 401)
        return None


def _review(asked: dict[str, Any]) -> dict[str, Any]:
    """The arguments of ``Sandbox.ask_review``."""
    invoices = [
        Mentioned(
            path="",
            code="",
            form=str(int(one["form"])),
            symbol=str(one["symbol"]),
            number=int(one["number"]),
            day=date.fromisoformat(one["day"]).isoformat(),
            kind="1",
        )
        for one in asked["invoices"]
    ]
    if not invoices:
        raise ValueError("no invoices")
    return {
        "receiver": str(asked["receiver"]),
        "tax_code": str(asked["tax_code"]),
        "invoices": invoices,
        "why": str(asked["reason"]),
        "days": int(asked.get("days", 2)),
    }


def _lines(sandbox: Sandbox) -> Iterator[str]:
    for invoice in sandbox.registered():
        fields: dict[str, Any] = asdict(invoice)
        yield json.dumps(fields, ensure_ascii=False) + "\n"
