"""The site: every page's routes, and what stands before them.

From the outside in: ``Shield`` (limits, headers, no other sites), ``HostCheck`` (no foreign names), ``Gate``
(who may see what), then the pages. A new page is a module with ``routes(shop)``, named here.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from agent.api import routes as api
from agent.api.problems import problem_of
from agent.web.gate import PROGRAMS, Gate
from agent.web.hosts import HostCheck
from agent.web.pages import (
    assets,
    corrections,
    corrections_many,
    door,
    forms,
    health,
    home,
    invoices,
    months,
    orders,
    quarantine,
    registers,
    settings,
    setup,
    waiting,
)
from agent.web.person import person_of
from agent.web.shield import Shield
from agent.web.showing import show, show_error
from errors import ThunganError
from outbox.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import ASGIApp

    from agent.web.shop import Shop

ALWAYS = (assets, health, door)
FIRST = (setup,)  # as long as there is no config.toml
SET_UP = (
    api,
    home,
    corrections,
    corrections_many,
    forms,
    invoices,
    months,
    orders,
    quarantine,
    registers,
    settings,
    waiting,
)
_THREADS = 4  # for pages: more would only take memory on a computer with two cores


def site(shop: Shop) -> ASGIApp:
    """The application for that shop."""
    from starlette.exceptions import HTTPException

    pages = (*ALWAYS, *(FIRST if shop.daemon is None else SET_UP))
    routes: list[Route] = [route for page in pages for route in page.routes(shop)]
    application = Starlette(
        routes=routes,
        middleware=[
            Middleware(Shield, tls=shop.page.tls),
            Middleware(HostCheck, names=shop.page.names, port=shop.page.port, tls=shop.page.tls),
            Middleware(Gate, shop=shop),
        ],
        exception_handlers={ThunganError: _failed, HTTPException: _not_there},
        lifespan=_few_threads,
    )
    application.state.shop = shop
    return application


@asynccontextmanager
async def _few_threads(_: Starlette) -> AsyncIterator[None]:
    from anyio.to_thread import current_default_thread_limiter

    current_default_thread_limiter().total_tokens = _THREADS
    yield


def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, ThunganError)  # noqa: S101 - it is registered for these only
    return show_error(request, error, 404 if isinstance(error, NotFound) else 422)


def _not_there(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    if request.url.path.startswith(PROGRAMS):
        words = f"{request.method} {request.url.path} is nothing here; see /v1/docs"
        return problem_of(status, "E-API-005", words, headers=getattr(error, "headers", None))
    say = person_of(request).say
    return show(
        request, "missing.html", status=status, title=say("Không có trang này", "There is no such page")
    )
