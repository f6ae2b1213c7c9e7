"""Sales whose buyer is to come: which there are, add the buyer, or issue one without."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.sold_words import page_of
from agent.web.errors import FormInvalid
from agent.web.person import person_of
from agent.web.sale_form import BUYER
from agent.web.showing import show
from errors import ThunganError
from invoice.sale_json import sale_from_object
from outbox.errors import NotFound
from outbox.waiting import give_buyer, waiting_sales

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.person import Form
    from agent.web.shop import Shop
    from invoice.sale import Buyer
    from outbox.waiting import Waiting


def routes(shop: Shop) -> list[Route]:
    """Of waiting sales."""

    def listed(request: Request) -> Response:
        with shop.reader() as connection:
            rows = waiting_sales(connection)
        return show(request, "waiting.html", rows=rows, waits=shop.config.buyer_wait)

    def one(request: Request) -> Response:
        """GET: the form for the buyer. POST: issue with the buyer, or (``do=without``) without."""
        person, form = person_of(request), person_of(request).form
        if place := person.sent_before():
            return RedirectResponse(place, 303)
        sale_id = request.path_params["id"]
        error = None
        if request.method == "POST":
            try:
                buyer = None if form.text("do") == "without" else _buyer(form)
                job = give_buyer(sale_id, buyer, shop.config.register)
                place = person.once(lambda: f"{page_of(shop.running.store.run(job))}?done=resolved")
                return RedirectResponse(place, 303)
            except ThunganError as refused:
                error = refused
        return show(
            request,
            "waiting_one.html",
            status=422 if error else 200,
            row=asdict(_waiting(shop, sale_id)),
            buyer={name: form.text(f"buyer_{name}") for name in BUYER},
            error=error,
            once=secrets.token_urlsafe(16),
        )

    return [Route("/waiting", listed), Route("/waiting/{id:int}", one, methods=["GET", "POST"])]


def _waiting(shop: Shop, sale_id: int) -> Waiting:
    with shop.reader() as connection:
        found = [row for row in waiting_sales(connection) if row.sale_id == sale_id]
    if not found:
        raise NotFound(f"no sale {sale_id} waits for its buyer")
    return found[0]


def _buyer(form: Form) -> Buyer:
    """The buyer as the form says.

    Raises:
        FormInvalid: every field is empty.
        SaleInvalid: a value that cannot be.
    """
    given = {name: value for name in BUYER if (value := form.text(f"buyer_{name}"))}
    buyer = sale_from_object({"total": 0, "buyer": given}).buyer if given else None
    if buyer is None:
        raise FormInvalid("fill in the buyer, or issue without one")
    return buyer
