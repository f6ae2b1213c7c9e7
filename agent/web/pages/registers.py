"""The shop as one page: its registers with their lights, the sum, and how another register comes in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.peers.invitation import Invitation, accept, forget, invite, own_name
from agent.peers.shop_view import shop_view
from agent.web.person import must_be_here, person_of
from agent.web.shop import legal_today, own_report
from agent.web.showing import behind, show
from errors import ThunganError
from outbox.errors import NotFound

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.shop import Shop


def routes(shop: Shop) -> list[Route]:
    """Of the shop."""

    def page(request: Request, *, status: int = 200, **more: Any) -> Response:
        values = {"view": _view(), "peers": shop.config.peers, "invitation": None, "error": None, "line": ""}
        return show(request, "shop.html", status=status, **{**values, **more})

    def _view() -> Any:
        daemon = shop.running
        return shop_view(own_name(daemon.config), own_report(shop), daemon.peers.heard(), legal_today())

    def whole(request: Request) -> Response:
        return page(request)

    def now(request: Request) -> Response:
        return show(request, "shop_now.html", view=_view())

    def change(request: Request) -> Response:
        """Invite, take an invitation in, or forget a register: on the shop's own computer only."""
        form, what = person_of(request).form, request.path_params["what"]
        try:
            must_be_here(request)
            if what == "invite":
                return page(request, invitation=invite(replace(shop.config, page=shop.page)))
            if what == "add":
                accept(shop.folder, Invitation.parse(form.text("line")))
            elif what == "forget":
                forget(shop.folder, form.text("name"))
            else:
                raise NotFound(f"nothing is called {what[:20]!r} here")
        except ThunganError as error:
            return page(request, status=422, error=behind(error), line="")
        shop.restart()
        return show(request, "starting.html", run=shop.live.run)

    def back(_: Request) -> Response:
        """A form's address that is loaded again."""
        return RedirectResponse("/shop", 303)

    return [
        Route("/shop", whole),
        Route("/shop/now", now),
        Route("/shop/{what}", change, methods=["POST"]),
        Route("/shop/{what}", back),
    ]
