"""The first page: the light, today, what waits, the last receipts; and the stream that keeps it fresh."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agent.standing import standing
from agent.web.person import person_of
from agent.web.showing import show

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from agent.standing import Standing
    from agent.web.shop import Shop

REST = 0.5  # seconds between two changes told: a storm of receipts must not become one of pages
LOOK_EVERY = 2.0  # seconds between looks whether another program has changed the store


def routes(shop: Shop) -> list[Route]:
    """Of the first page."""

    def home(request: Request) -> Response:
        return show(request, "home.html", now=_standing(request))

    def now(request: Request) -> Response:
        return show(request, "now.html", now=_standing(request))

    def _standing(request: Request) -> Standing:
        daemon = shop.running
        with shop.reader() as connection:
            return standing(
                connection,
                daemon.config,
                daemon.certificate,
                daemon.delivery_problem,
                person_of(request).language,
            )

    async def events(_: Request) -> Response:
        return StreamingResponse(
            _changes(shop), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    return [Route("/", home), Route("/now", now), Route("/events", events)]


async def _changes(shop: Shop) -> AsyncIterator[str]:
    """``changed`` each time something was committed to the store, or another register was asked."""
    yield "retry: 2000\nevent: changed\ndata: \n\n"
    with shop.reader() as connection:
        known = _known(connection, shop)
        async for taken in shop.live.listen(LOOK_EVERY):
            now = _known(connection, shop)
            if taken or now != known:
                known = now
                yield "event: changed\ndata: \n\n"
                await asyncio.sleep(REST)  # what happens meanwhile is one more change
            else:
                yield ": still here\n\n"  # so that a browser that has gone is noticed


def _known(connection: sqlite3.Connection, shop: Shop) -> tuple[int, int]:
    return connection.execute("PRAGMA data_version").fetchone()[0], shop.running.peers.changes
