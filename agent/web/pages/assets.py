"""Style, script and icon: three files, named with their version so that browsers keep them."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.web.showing import asset_version

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.shop import Shop

_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


def routes(_: Shop) -> list[Route]:
    """Of the files; what is served is fixed here, so no path can lead elsewhere."""
    folder = files("agent.web").joinpath("assets")
    served = {part.name: part.read_bytes() for part in folder.iterdir()}

    def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in served or request.path_params["version"] != asset_version():
            return PlainTextResponse("There is no such file.\n", 404)
        kind = _KINDS[name.rpartition(".")[2]]
        headers = {"cache-control": "public, max-age=31536000, immutable"}
        return Response(served[name], media_type=kind, headers=headers)

    return [Route("/assets/{version}/{name}", asset)]
