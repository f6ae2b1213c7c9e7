"""The API's addresses. What each takes and gives stands in ``openapi.json``, which the tests hold them to."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.api.callers import Callers
from agent.api.describing import description, docs_page
from agent.api.errors import RequestInvalid
from agent.api.problems import problem, problem_of
from agent.api.selling import answer_of, checked_encoding, checked_key, sell
from agent.api.tokens import Scope, Tokens
from agent.commands.status import certificate_words, standing_of
from agent.correction import draft
from agent.errors import ReasonMissing
from agent.metrics import MEDIA_TYPE, metrics_text
from agent.web.shop import own_report
from errors import ThunganError
from invoice.corrections import Correction, check_chain, check_correction
from invoice.printed import render_html, render_pdf
from invoice.sale_json import sale_from_json
from outbox import reports
from outbox.api_requests import once
from outbox.correcting import issue_correction, read_original
from outbox.history import history_of, last_place, proof_of, steps_since
from outbox.order_reports import history_of_order, open_order_named
from outbox.search import Wanted, search
from outbox.states import InvoiceState

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from agent.web.shop import Shop
    from invoice.invoice import Invoice
    from invoice.sale import Sale

JSON = "application/json"
MOST_LISTED, LISTED = 200, 50
LONGEST_SEARCH = 100
MOST_SAFE = 2**53  # larger whole numbers are not exact in JavaScript
LOOK_EVERY = 1.0  # seconds between looks for what other programs have written
EVENTS_AT_ONCE = 200
_PUBLIC_ORDER = ("reference", "key", "form", "symbol", "number", "day", "total", "state", "reason")
_PUBLIC = ("id", "symbol", "number", "code", "day", "total", "issued_at", "state", "reason", "receipt_no")


def routes(shop: Shop) -> list[Route]:
    """Of the API of a shop that is set up."""
    return _Api(shop).routes()


class _Api:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._callers = Callers(Tokens(shop.folder))

    def routes(self) -> list[Route]:
        return [
            Route("/v1/openapi.json", lambda _: JSONResponse(description())),
            Route("/v1/docs", docs_page),
            Route("/v1/sales", self._asked(self._sell, Scope.SELL), methods=["POST"]),
            Route("/v1/invoices", self._plain(self._list, Scope.READ)),
            Route("/v1/invoices/{name}", self._plain(self._show, Scope.SELL, Scope.READ)),
            Route(
                "/v1/invoices/{name}/corrections", self._asked(self._correct, Scope.CORRECT), methods=["POST"]
            ),
            Route("/v1/invoices/{name}/{paper}", self._plain(self._paper, Scope.READ)),
            Route("/v1/status", self._plain(self._status, Scope.READ)),
            Route("/v1/standing", self._plain(self._standing, Scope.PEER, Scope.READ)),
            Route("/v1/metrics", self._plain(self._metrics, Scope.READ)),
            Route("/v1/events", self._stream),
        ]

    def _asked(
        self, answer: Callable[[Request, str, bytes], Response], scope: Scope
    ) -> Callable[[Request], Awaitable[Response]]:
        """A request with a body: read here, answered in a thread, since a commit is waited for."""

        async def run(request: Request) -> Response:
            from starlette.concurrency import run_in_threadpool

            try:
                client = self._callers.check(request, scope).name
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != JSON:
                    return problem_of(415, "E-API-005", f"Content-Type must be {JSON}")
                body = await request.body()
                return await run_in_threadpool(answer, request, client, body)
            except ThunganError as error:
                return problem(error)

        return run

    def _plain(self, answer: Callable[[Request], Response], *scopes: Scope) -> Callable[[Request], Response]:
        """A request that only reads; one of the scopes is enough."""

        def run(request: Request) -> Response:
            try:
                self._check(request, *scopes)
                return answer(request)
            except ThunganError as error:
                return problem(error)

        return run

    def _check(self, request: Request, *scopes: Scope) -> None:
        from agent.api.errors import ScopeMissing

        for scope in scopes[:-1]:
            try:
                self._callers.check(request, scope)
            except ScopeMissing:
                continue
            return
        self._callers.check(request, scopes[-1])

    def _sell(self, request: Request, client: str, body: bytes) -> Response:
        key = checked_key(request.headers.get("idempotency-key"))
        encoding = checked_encoding(request.query_params.get("encoding"))
        sale = sale_from_json(body)
        answered = self._shop.running.store.run(sell(self._shop.config, client, key, sale, body, encoding))
        return _answered(answered.body, again=answered.again)

    def _list(self, request: Request) -> Response:
        asked = request.query_params
        state = asked.get("state", "")
        if "state" in asked and state not in set(InvoiceState):
            raise RequestInvalid(f"state must be one of {', '.join(InvoiceState)}")
        text = asked.get("q", "")
        if len(text) > LONGEST_SEARCH:
            raise RequestInvalid(f"q has at most {LONGEST_SEARCH} characters")
        wanted = Wanted(
            text=text,
            state=state,
            since=_day(asked.get("from"), "from"),
            until=_day(asked.get("to"), "to"),
            before=_whole(asked.get("before"), "before", 0, MOST_SAFE, 0),
        )
        limit = _whole(asked.get("limit"), "limit", 1, MOST_LISTED, LISTED)
        with self._shop.reader() as connection:
            rows = search(connection, wanted, limit + 1)
        found = [_public(row) for row in rows[:limit]]
        return JSONResponse({"invoices": found, "next": found[-1]["id"] if len(rows) > limit else None})

    def _show(self, request: Request) -> Response:
        with self._shop.reader() as connection:
            if (order := open_order_named(connection, request.path_params["name"])) is not None:
                return JSONResponse(_order(connection, order))
            row, _ = reports.find_invoice(connection, request.path_params["name"])
            steps = [{"at": step.at, "kind": step.kind} for step in history_of(connection, row["id"])]
        return JSONResponse({**_public(row), "qr": row["qr"], "history": steps})

    def _paper(self, request: Request) -> Response:
        from invoice.reader import read_invoice

        kind = request.path_params["paper"]
        with self._shop.reader() as connection:
            row, document = reports.find_invoice(connection, request.path_params["name"])
            if kind == "proof":
                return JSONResponse(proof_of(connection, row["id"]))
        if kind == "xml":
            return Response(document, media_type="application/xml")
        if kind not in {"html", "pdf"}:
            return problem_of(404, "E-API-005", "an invoice has xml, html, pdf, proof and corrections")
        size = request.query_params.get("size", "A4")
        if size not in {"A4", "A5", "80mm"}:
            raise RequestInvalid("size must be A4, A5 or 80mm")
        invoice, payee = read_invoice(document).invoice, self._shop.config.payee
        if kind == "pdf":
            content = render_pdf(invoice, size=size, state=row["state"], payee=payee)
            return Response(content, media_type="application/pdf")
        text = render_html(invoice, size=size, state=row["state"], payee=payee)
        return Response(text, media_type="text/html; charset=utf-8")

    def _correct(self, request: Request, client: str, body: bytes) -> Response:
        """Replace or adjust; ``"preview": true`` shows what would be issued, and issues nothing."""
        asked = _object(body)
        how, reason = asked.get("how"), asked.get("reason")
        if not isinstance(how, str) or how not in set(Correction):
            raise RequestInvalid(f"how must be one of {', '.join(Correction)}")
        if not isinstance(reason, str) or not reason.strip():
            raise ReasonMissing("a correction is written down with its reason")
        correction = Correction(how)
        sale = _sale_in(asked)
        if correction is Correction.INFORM:
            sale = None
        config = self._shop.config
        with self._shop.reader() as connection:
            row, _ = reports.find_invoice(connection, request.path_params["name"])
            original = read_original(connection, row["id"])
        check_correction(correction, sale, reason)
        given = request.headers.get("idempotency-key")
        if asked.get("preview") is True:
            if given is not None:
                checked_key(given)
            check_chain(original.invoice, original.corrections, correction)
            return JSONResponse(_preview(draft(config, original.invoice, correction, sale, reason)))
        key = checked_key(given)
        issuing = issue_correction(row["id"], correction, sale, config.register, reason)
        digest = sha256(f"correct {row['id']}\n".encode() + body).hexdigest()
        job = once(client, key, digest, issuing, lambda sold: answer_of(config, sold, "utf-8"))
        answered = self._shop.running.store.run(job)
        return _answered(answered.body, again=answered.again)

    def _status(self, _: Request) -> Response:
        daemon = self._shop.running
        return JSONResponse(standing_of(daemon.config, certificate_words(daemon.keys.certificate)))

    def _standing(self, _: Request) -> Response:
        return JSONResponse(own_report(self._shop).as_json())

    def _metrics(self, _: Request) -> Response:
        with self._shop.reader() as connection:
            text = metrics_text(connection, self._shop.folder, self._shop.running.keys.certificate)
        return Response(text, media_type=MEDIA_TYPE)

    async def _stream(self, request: Request) -> Response:
        try:
            self._callers.check(request, Scope.READ)
            last = request.headers.get("last-event-id")
            since = None if last is None else _whole(last, "Last-Event-ID", 0, MOST_SAFE, 0)
        except ThunganError as error:
            return problem(error)
        return StreamingResponse(
            self._events(since), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    async def _events(self, since: int | None) -> AsyncIterator[str]:
        """The ledger's entries as they are written, each under its place: nothing is missed in between."""
        with self._shop.reader() as connection:
            place = last_place(connection) if since is None else since
            yield "retry: 2000\n\n"
            async for _ in self._shop.live.listen(LOOK_EVERY):
                found = steps_since(connection, place, EVENTS_AT_ONCE)
                for event in found:
                    place = event.seq
                    yield f"id: {event.seq}\nevent: {event.kind}\ndata: {event.body}\n\n"
                if not found:
                    yield ": still here\n\n"  # so that a caller that has gone is noticed


def _answered(body: bytes, *, again: bool) -> Response:
    headers = {"idempotency-replayed": "true"} if again else {}
    return Response(body, 201, headers=headers, media_type=JSON)


def _public(row: dict[str, Any]) -> dict[str, Any]:
    found = {name: row.get(name) for name in _PUBLIC}
    return {**found, "name": f"{row['symbol']}-{row['number']}"}


def _order(connection: sqlite3.Connection, order: dict[str, Any]) -> dict[str, Any]:
    found = {name: order[name] for name in _PUBLIC_ORDER}
    steps = history_of_order(connection, order["id"])
    return {**found, "history": [{"at": step.at, "kind": step.kind} for step in steps]}


def _preview(invoice: Invoice) -> dict[str, Any]:
    return {
        "total": invoice.dong,
        "words": invoice.words,
        "lines": [
            {
                "name": line.name,
                "amount": None if line.amount is None else str(line.amount),
                "rate": None if line.rate is None else str(line.rate),
            }
            for line in invoice.lines
        ],
    }


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise RequestInvalid(f"the body is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise RequestInvalid("the body must be a JSON object")
    return found


def _sale_in(asked: dict[str, Any]) -> Sale | None:
    sale = asked.get("sale")
    return None if sale is None else sale_from_json(json.dumps(sale).encode())


def _day(text: str | None, name: str) -> str:
    from datetime import date

    if text is None:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise RequestInvalid(f"{name} must be a day such as 2026-11-24") from error


def _whole(text: str | None, name: str, least: int, most: int, default: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or not least <= int(text) <= most:
        raise RequestInvalid(f"{name} must be a whole number from {least} to {most}")
    return int(text)
