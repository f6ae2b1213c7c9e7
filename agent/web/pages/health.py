"""``/health``: that the page answers, for scripts and for the page itself while the program starts anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.shop import Shop


def routes(shop: Shop) -> list[Route]:
    """Of health; it tells nothing about the shop."""

    def health(_: Request) -> Response:
        return JSONResponse({"set_up": shop.daemon is not None, "run": shop.live.run})

    return [Route("/health", health)]
