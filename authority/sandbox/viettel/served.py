"""S-Invoice over HTTP: the paths and shapes of its interface, and a page for tests.

``GET /sandbox/issued`` gives every issued invoice as one JSON object per line, ``GET /sandbox/counters`` how
often what happened.
"""

from __future__ import annotations

import itertools
import json
from base64 import b64encode
from collections import Counter
from dataclasses import asdict
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from authority.sandbox.faulty_line import Cut, Dated, Shutter, bounded_body, failure
from authority.sandbox.hosted_keys import HostedKeys
from authority.sandbox.issued_book import Issued, IssuedBook
from authority.sandbox.issued_page import pdf
from authority.sandbox.viettel.desk import Desk, TokenOver
from authority.sandbox.viettel.fields import OrderRefused, read_json
from authority.sandbox.viettel.papers import archive

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from pathlib import Path

    from starlette.requests import Request

    from authority.sandbox.faults import FaultPlan
    from authority.sandbox.provider_account import ProviderAccount
    from authority.sandbox.viettel.settings import ViettelSettings

BASE = "/services/einvoiceapplication/api"
_INVOICES = f"{BASE}/InvoiceAPI/InvoiceWS"
_UTILS = f"{BASE}/InvoiceAPI/InvoiceUtilsWS"
_FILE_FIELDS = {"supplierTaxCode", "templateCode", "invoiceNo", "fileType"}


class ServedViettel:
    """The provider with its book in a file, and its pages."""

    def __init__(
        self,
        directory: Path,
        account: ProviderAccount,
        faults: FaultPlan,
        settings: ViettelSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._book = IssuedBook(directory / "viettel.sqlite")
        self.desk = Desk(self._book, account, faults, settings, clock)
        self._keys = HostedKeys(directory, clock)
        self._settings, self._faults = settings, faults
        self._shutter = Shutter(faults)
        self._occasions = itertools.count()
        self._asked: Counter[str] = Counter()
        self.app = Starlette(
            routes=[
                Route("/auth/login", self._log_in, methods=["POST"]),
                self._route(f"{_INVOICES}/createInvoice/{{tax_code}}", self._create),
                self._route(f"{_INVOICES}/createBatchInvoice/{{tax_code}}", self._create_batch),
                self._route(f"{_INVOICES}/searchInvoiceByTransactionUuid", self._search),
                self._route(f"{_UTILS}/getInvoiceRepresentationFile", self._file),
                self._route(f"{_UTILS}/getProvidesStatusUsingInvoice", self._series),
                Route("/sandbox/issued", self._issued_page, methods=["GET"]),
                Route("/sandbox/counters", self._counters_page, methods=["GET"]),
            ],
            middleware=[Middleware(Dated, faults=faults)],
        )

    def issued(self) -> list[Issued]:
        """Everything issued."""
        return self._book.all()

    def counters(self) -> dict[str, int]:
        """How often what happened: orders, keys_again, dates_behind, log_ins…"""
        return self._book.counters()

    def close(self) -> None:
        """Close the book."""
        self._book.close()

    def _route(self, path: str, handle: Callable[[Request, bytes], Awaitable[Response]]) -> Route:
        async def page(request: Request) -> Response:
            if refusal := await self._shutter.closed():
                return refusal
            body = await bounded_body(request)
            if isinstance(body, Response):
                return body
            occasion = f"viettel-line:{next(self._occasions)}"
            faults = self._faults
            if faults.strikes("lose-request", occasion):
                return Cut()
            failing = faults.strikes("http-500", occasion)
            if failing and faults.chance("http-500-early", occasion) < 0.5:
                return failure()
            try:
                await run_in_threadpool(self.desk.check_token, _token(request))
                answer = await handle(request, body)
            except TokenOver:
                answer = self._token_over()
            except OrderRefused as refused:
                answer = _refused(refused.word, refused.sentence)
            if failing:
                return failure()
            if faults.strikes("lose-answer", occasion):
                return Cut()
            if faults.strikes("cut-body", occasion):
                return Cut(bytes(answer.body))
            return answer

        return Route(path, page, methods=["POST"])

    async def _log_in(self, request: Request) -> Response:
        if refusal := await self._shutter.closed():
            return refusal
        body = await bounded_body(request)
        if isinstance(body, Response):
            return body
        try:
            given = _object(_json(request, body))
        except OrderRefused as refused:
            return _refused(refused.word, refused.sentence)
        token = await run_in_threadpool(self.desk.log_in, given.get("username"), given.get("password"))
        if token is None:
            return JSONResponse({"code": 401, "message": "INVALID_CREDENTIAL", "data": "Sai tài khoản"}, 401)
        return JSONResponse(token)

    async def _create(self, request: Request, body: bytes) -> Response:
        tax_code = request.path_params["tax_code"]
        result = await run_in_threadpool(self.desk.issue, tax_code, _json(request, body))
        return JSONResponse({"errorCode": None, "description": None, "result": result})

    async def _create_batch(self, request: Request, body: bytes) -> Response:
        if not self._settings.batch:
            return PlainTextResponse("Not Found", 404)
        given = _json(request, body)
        if not isinstance(given, dict) or set(given) != {"commonInvoiceInputs"}:
            raise OrderRefused("BAD_REQUEST_COMMON_INVOICE_INPUTS", "Thiếu commonInvoiceInputs")
        tax_code = request.path_params["tax_code"]
        return JSONResponse(
            await run_in_threadpool(self.desk.issue_batch, tax_code, given["commonInvoiceInputs"])
        )

    async def _search(self, request: Request, body: bytes) -> Response:
        if not _is(request, "application/x-www-form-urlencoded"):
            raise OrderRefused("BAD_REQUEST_CONTENT_TYPE", "Phải là application/x-www-form-urlencoded")
        given = dict(parse_qsl(body.decode("utf-8", "replace")))
        if set(given) != {"supplierTaxCode", "transactionUuid"}:
            raise OrderRefused(
                "BAD_REQUEST_TRANSACTION_UUID_REQUIRED", "Cần supplierTaxCode, transactionUuid"
            )
        key = given["transactionUuid"]
        found = await run_in_threadpool(self.desk.find, given["supplierTaxCode"], key)
        if not found:
            raise OrderRefused("NOT_FOUND_DATA", "Không tìm thấy dữ liệu")
        return JSONResponse({"errorCode": None, "description": None, "transactionUuid": key, "result": found})

    async def _file(self, request: Request, body: bytes) -> Response:
        given = _object(_json(request, body))
        if set(given) != _FILE_FIELDS or not all(isinstance(text, str) for text in given.values()):
            raise OrderRefused("BAD_REQUEST_FILE", f"Cần đúng {', '.join(sorted(_FILE_FIELDS))}")
        kind = given["fileType"]
        if kind not in {"PDF", "ZIP"}:
            raise OrderRefused("BAD_REQUEST_FILE_TYPE_INVALID", "fileType là PDF hoặc ZIP")
        tax_code, number = given["supplierTaxCode"], given["invoiceNo"]
        one = await run_in_threadpool(self.desk.named, tax_code, given["templateCode"], number)
        if one is None:
            raise OrderRefused("INVOICE_NOT_FOUND", f"Không có hóa đơn {number}")
        name = f"{tax_code}-{number}-{kind}"
        self._asked[name] += 1
        ready = self._asked[name] > self._settings.empty_files and self.desk.code_known(one)
        content = b""
        if ready:
            content = await run_in_threadpool(self._paper, one, kind)
        return JSONResponse(
            {
                "errorCode": None,
                "description": None,
                "fileName": f"{tax_code}-{number}",
                "fileToBytes": b64encode(content).decode(),
                "paymentStatus": True,
            }
        )

    def _paper(self, one: Issued, kind: str) -> bytes:
        return pdf(one, "S-INVOICE") if kind == "PDF" else archive(one, self._keys.signer(one.tax_code))

    async def _series(self, request: Request, body: bytes) -> Response:
        if not self._settings.series_status:
            return PlainTextResponse("Not Found", 404)
        given = _object(_json(request, body))
        if set(given) != {"supplierTaxCode", "templateCode", "serial"}:
            raise OrderRefused(
                "BAD_REQUEST_INVOICE_SERIAL_REQUIRED", "Cần supplierTaxCode, templateCode, serial"
            )
        series = await run_in_threadpool(
            self.desk.series, str(given["supplierTaxCode"]), str(given["templateCode"]), str(given["serial"])
        )
        return JSONResponse(
            {
                "errorCode": None,
                "description": None,
                "numOfpublishInv": series.used,
                "totalInv": series.numbers,
            }
        )

    async def _issued_page(self, request: Request) -> Response:
        del request
        rows = await run_in_threadpool(self.issued)
        lines = [
            json.dumps({**asdict(one), "content": json.loads(one.content)}, ensure_ascii=False)
            for one in rows
        ]
        return Response("\n".join([*lines, ""]), media_type="application/x-ndjson")

    async def _counters_page(self, request: Request) -> Response:
        del request
        return JSONResponse(await run_in_threadpool(self.counters))

    def _token_over(self) -> Response:
        if self._settings.expired_answer == "401":
            return JSONResponse({"code": 401, "message": "UNAUTHORIZED", "data": "Hết phiên đăng nhập"}, 401)
        return JSONResponse({"status": 500, "error": "Internal Server Error", "message": "GENERAL"}, 500)


def _token(request: Request) -> str:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(request.headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies["access_token"].value if "access_token" in cookies else ""


def _json(request: Request, body: bytes) -> Any:
    if not _is(request, "application/json"):
        raise OrderRefused("BAD_REQUEST_CONTENT_TYPE", "Phải là application/json")
    try:
        return read_json(body)
    except (ValueError, RecursionError):
        raise OrderRefused("JSON_PARSE_ERROR", "Dữ liệu không phải JSON") from None


def _object(given: object) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _is(request: Request, kind: str) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == kind


def _refused(word: str, sentence: str) -> Response:
    return JSONResponse({"code": 400, "message": word, "data": sentence}, 400)
