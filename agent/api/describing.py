"""The description of the API (OpenAPI 3.1), as JSON for programs and as a page for people."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from starlette.requests import Request


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI document, with the program's version."""
    text = resources.files("agent.api").joinpath("openapi.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text.replace("@VERSION@", version("thungan")))
    return found


def docs_page(_: Request) -> Response:
    """``/v1/docs``: every address with what it takes, what it gives, and an example."""
    from jinja2 import ChainableUndefined, Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("agent.api", "."),
        autoescape=True,
        undefined=ChainableUndefined,
        trim_blocks=True,
    )
    page = environment.get_template("docs.html").render(api=description(), shown=_shown)
    return HTMLResponse(page)


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
