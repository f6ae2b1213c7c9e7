"""The first page: the light, today, what waits, the last receipts; and the stream that keeps it fresh."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agent.web.person import person_of
from agent.web.showing import show
from agent.web.standing import standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from agent.web.shop import Shop

REST = 0.5  # seconds between two changes told: a storm of receipts must not become one of pages
LOOK_EVERY = 2.0  # seconds between looks whether another program has changed the store


def routes(shop: Shop) -> list[Route]:
    """Of the first page."""

    def home(request: Request) -> Response:
        return show(request, "home.html", now=standing(shop, person_of(request).language))

    def now(request: Request) -> Response:
        return show(request, "now.html", now=standing(shop, person_of(request).language))

    async def events(_: Request) -> Response:
        return StreamingResponse(
            _changes(shop), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    return [Route("/", home), Route("/now", now), Route("/events", events)]


async def _changes(shop: Shop) -> AsyncIterator[str]:
    """``changed`` each time something was committed to the store, by whatever program."""
    yield "retry: 2000\nevent: changed\ndata: \n\n"
    with shop.reader() as connection:
        known = connection.execute("PRAGMA data_version").fetchone()[0]
        async for taken in shop.live.listen(LOOK_EVERY):
            version = connection.execute("PRAGMA data_version").fetchone()[0]
            if taken or version != known:
                known = version
                yield "event: changed\ndata: \n\n"
                await asyncio.sleep(REST)  # what happens meanwhile is one more change
            else:
                yield ": still here\n\n"  # so that a browser that has gone is noticed
