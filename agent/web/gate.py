"""Who may see what: everything needs a session, but for what is named here.

A program's requests under ``/v1/`` carry a token of their own, which their routes look at; a browser's cookie
counts for nothing there. All other requests that change something must bring the token of their session's
forms: the form is read here, so no page can forget to ask.
"""

from __future__ import annotations

import ipaddress
from secrets import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from agent.web.person import Form, Person, Upload, language_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from agent.web.sessions import Session
    from agent.web.shop import Shop

OPEN = ("/assets/", "/language/", "/health")  # what everybody may see
PROGRAMS = "/v1/"
ENTER, CHOOSE_PIN = "/enter", "/pin"
FRAGMENT = "x-fragment"  # a header of our own script: no redirect, a plain refusal
TOKEN = "token"  # noqa: S105 - the name of the field
_SAFE = frozenset({"GET", "HEAD"})
_MOST_FIELDS, _MOST_FILES = 400, 20


class Gate:
    """Puts the ``Person`` into ``request.state`` and lets the request pass, or answers it."""

    def __init__(self, app: ASGIApp, shop: Shop) -> None:
        self._app = app
        self._shop = shop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        path = scope["path"]
        beyond = not _is_loopback(scope)
        session = None if path.startswith(PROGRAMS) else self._session(request)
        refusal = self._refusal(request, path, session, beyond=beyond)
        form = Form()
        if refusal is None and request.method not in _SAFE and not path.startswith(PROGRAMS):
            form = await _read_form(request)
            # The door itself asks for no token: a second tab may still show it.
            if session is not None and path != ENTER and not _same(form.text(TOKEN), session.token):
                refusal = PlainTextResponse("The form has no token, or an old one: load it anew.\n", 403)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        language = language_of(request, self._shop.page.language)
        scope.setdefault("state", {})["person"] = Person(language, beyond, session, form)
        await self._app(scope, receive, send)

    def _session(self, request: Request) -> Session | None:
        return self._shop.sessions.find(request.cookies.get(cookie_name(self._shop)))

    def _refusal(
        self, request: Request, path: str, session: Session | None, *, beyond: bool
    ) -> Response | None:
        if path.startswith((*OPEN, PROGRAMS)):
            return None
        if not self._shop.pin.is_set:
            if beyond:
                return PlainTextResponse("Choose the PIN on the shop's computer first.\n", 403)
            return None if path == CHOOSE_PIN else _go(request, CHOOSE_PIN)
        if session is not None or path == ENTER:
            return None
        return _go(request, ENTER)


def cookie_name(shop: Shop) -> str:
    """Browsers share cookies between the ports of one host, so the port is in the name."""
    return f"{'__Host-' if shop.page.tls else ''}thungan_{shop.page.port}"


def keep_cookie(response: Response, shop: Shop, word: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(shop), word, httponly=True, samesite="strict", secure=shop.page.tls, path="/"
    )


def inner_path(text: str) -> str:
    """A path of this site to go back to; anything else is the home page."""
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or not text.startswith("/") or text.startswith("//"):
        return "/"
    return text if text.isprintable() and text.isascii() and "\\" not in text else "/"


def _go(request: Request, where: str) -> Response:
    """To the PIN; whoever cannot follow is told so."""
    if request.method not in _SAFE or request.headers.get(FRAGMENT):
        return PlainTextResponse("The session has ended: enter the PIN again.\n", 401)
    back = inner_path(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    return RedirectResponse(where if back == "/" else f"{where}?back={quote(back, safe='/')}", 303)


async def _read_form(request: Request) -> Form:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return Form()
    form = Form()
    try:
        async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS) as sent:
            for name, value in sent.multi_items():
                if isinstance(value, UploadFile):
                    form.files[name] = Upload(value.filename or "", await value.read())
                else:
                    form.fields.setdefault(name, []).append(value)
    except HTTPException:
        return Form()  # a form that is none has no token either
    return form


def _same(given: str, wanted: str) -> bool:
    return compare_digest(given.encode(), wanted.encode())


def _is_loopback(scope: Scope) -> bool:
    try:
        return ipaddress.ip_address(str((scope.get("client") or ("", 0))[0])).is_loopback
    except ValueError:
        return False
