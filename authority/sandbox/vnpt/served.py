"""The three addresses over HTTP, and two pages for tests.

``POST /PublishService.asmx`` (and Business, Portal) takes a SOAP 1.1 call, ``GET …?wsdl`` describes it. What
was issued: ``GET /sandbox/issued`` gives one JSON object per line, ``GET /sandbox/issued/FKEY`` one,
``GET /sandbox/counters`` how often each call came.
"""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from authority.elements import VIETNAM
from authority.sandbox.faulty_line import Cut, Dated, Shutter, bounded_body, failure
from authority.sandbox.hosted_keys import HostedKeys
from authority.sandbox.issued_book import IssuedBook
from authority.sandbox.vnpt.desk import Desk
from authority.sandbox.vnpt.envelope import CONTENT_TYPE, Fault, fault, read_call, result
from authority.sandbox.vnpt.operations import SERVICES
from authority.sandbox.vnpt.shelf import Shelf
from authority.sandbox.vnpt.wsdl import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from starlette.requests import Request

    from authority.sandbox.faults import FaultPlan
    from authority.sandbox.issued_book import Issued
    from authority.sandbox.vnpt.terms import Terms


class ServedVnpt:
    """The service as an application; ``clock`` gives aware times."""

    def __init__(
        self,
        directory: Path,
        terms: Terms,
        faults: FaultPlan,
        clock: Callable[[], datetime],
    ) -> None:
        """What was issued lives in ``directory``, and the key that the customer has there."""
        self._book = IssuedBook(directory / "vnpt.sqlite")
        self._shelf = Shelf(directory / "vnpt-stored.sqlite")
        self._faults = faults
        self._clock = clock
        self.desk = Desk(self._book, self._shelf, terms, faults, HostedKeys(directory, clock))
        self._shutter = Shutter(faults)
        self._occasions = itertools.count()
        self.app = Starlette(
            routes=[
                *(
                    Route(f"/{service}.asmx", self._service, methods=["GET", "POST"], name=service)
                    for service in SERVICES
                ),
                Route("/sandbox/issued", self._issued_page, methods=["GET"]),
                Route("/sandbox/issued/{fkey}", self._issued_one_page, methods=["GET"]),
                Route("/sandbox/counters", self._counters_page, methods=["GET"]),
            ],
            middleware=[Middleware(Dated, faults=faults)],
        )

    def issued(self) -> Sequence[Issued]:
        """Everything it has issued, by series and number."""
        return self._book.all()

    def counters(self) -> dict[str, int]:
        """How often each call came."""
        return self._book.counters()

    def close(self) -> None:
        """Close the files."""
        self._book.close()
        self._shelf.close()

    def now(self) -> datetime:
        """The service's clock, which a fault may set ahead."""
        return self._clock() + timedelta(seconds=self._faults.clock_ahead)

    async def _service(self, request: Request) -> Response:
        if refusal := await self._shutter.closed():
            return refusal
        if request.method == "POST":
            return await self._call(request)
        service = request.url.path[1:].removesuffix(".asmx")
        if request.url.query.lower() != "wsdl":
            return PlainTextResponse(f"{service}: SOAP 1.1, described at ?wsdl")
        address = str(request.url.replace(query=""))
        return Response(describe(service, address), media_type=CONTENT_TYPE)

    async def _call(self, request: Request) -> Response:
        data = await bounded_body(request)
        if isinstance(data, Response):
            return data
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "text/xml":
            return PlainTextResponse("the content type of a SOAP 1.1 call is text/xml", 415)
        occasion = f"vnpt-line:{next(self._occasions)}"
        faults = self._faults
        if faults.strikes("lose-request", occasion):
            return Cut()
        failing, faulting = faults.strikes("http-500", occasion), faults.strikes("soap-fault", occasion)
        if failing and faults.chance("http-500-early", occasion) < 0.5:
            return failure()
        try:
            if faulting and faults.chance("soap-fault-early", occasion) < 0.5:
                raise Fault("Server", "Server was unable to process request. ---> (sandbox fault)")
            service = request.url.path[1:].removesuffix(".asmx")
            operation, given = read_call(data, request.headers.get("soapaction"), service)
            said = await run_in_threadpool(self.desk.answer, operation, given, self.now())
            if faulting:
                raise Fault("Server", "Server was unable to process request. ---> (sandbox fault)")
        except Fault as error:
            return Response(fault(error), 500, media_type=CONTENT_TYPE)
        answer = result(operation, said)
        if failing:
            return failure()
        if faults.strikes("lose-answer", occasion):
            return Cut()
        if faults.strikes("cut-body", occasion):
            return Cut(answer)
        return Response(answer, media_type=CONTENT_TYPE)

    async def _issued_page(self, request: Request) -> Response:
        del request
        issued = await run_in_threadpool(self._book.all)
        return StreamingResponse(_lines(issued), media_type="application/x-ndjson")

    async def _issued_one_page(self, request: Request) -> Response:
        issued = await run_in_threadpool(self._book.all)
        for one in issued:
            if one.key == request.path_params["fkey"]:
                return JSONResponse(_shown(one))
        return JSONResponse({"known": False}, 404)

    async def _counters_page(self, request: Request) -> Response:
        del request
        return JSONResponse(await run_in_threadpool(self._book.counters))


def _lines(issued: Sequence[Issued]) -> Iterator[str]:
    for one in issued:
        yield json.dumps(_shown(one), ensure_ascii=False) + "\n"


def _shown(one: Issued) -> dict[str, object]:
    return {
        "fkey": one.key,
        "form": one.form,
        "serial": one.symbol,
        "number": one.number,
        "code": one.code,
        "day": f"{datetime.fromtimestamp(one.moment / 1000, VIETNAM):%Y-%m-%d}",
        "total": one.total,
        "kind": one.kind,
        "corrects": one.corrects,
    }
