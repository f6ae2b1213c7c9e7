"""Orders: sales whose invoice a provider has still to number; looked at, held, let go, set right, settled."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import ReasonMissing
from agent.sold_words import page_of
from agent.web.person import person_of
from agent.web.sale_form import form_of, sale_of, typed
from agent.web.showing import show
from agent.web.step_words import step_words
from errors import ThunganError
from invoice.reader import read_order
from invoice.references import spoken
from outbox.errors import NotFound
from outbox.order_decisions import drop_order, hold_order, release_order
from outbox.order_reports import (
    count_orders,
    history_of_order,
    open_orders,
    order_named,
    paper_of_order,
    sale_of_order,
)
from outbox.replacing_orders import replace_order

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.shop import Shop

MOST = 200
# What a person may do about an order in each state (outbox.orders, outbox.replacing_orders).
ACTIONS = {"ordered": ("replace", "hold"), "refused": ("replace", "again", "drop"), "held": ("again", "drop")}


def routes(shop: Shop) -> list[Route]:
    """Of orders."""

    def listed(request: Request) -> Response:
        with shop.reader() as connection:
            rows, counts = open_orders(connection, MOST), count_orders(connection)
        done = request.query_params.get("done")
        return show(request, "orders.html", rows=rows, counts=counts, done=done)

    def one(request: Request) -> Response:
        person = person_of(request)
        with shop.reader() as connection:
            row, document = order_named(connection, request.path_params["name"])
            if row["invoice_id"] is not None:
                return RedirectResponse(f"/invoices/{row['invoice_id']}", 303)
            steps = [
                (step, step_words(step, person.language)) for step in history_of_order(connection, row["id"])
            ]
            has_paper = paper_of_order(connection, row["id"]) is not None
        return show(
            request,
            "order.html",
            row=row,
            name=spoken(row["reference"]),
            invoice=read_order(document),
            steps=steps,
            actions=_actions(row),
            has_paper=has_paper,
            done=request.query_params.get("done"),
        )

    def paper(request: Request) -> Response:
        """The signed XML, or the receipt as it came out."""
        with shop.reader() as connection:
            row, document = order_named(connection, request.path_params["name"])
            if request.path_params["kind"] == "xml":
                shown = f'attachment; filename="{row["reference"]}.xml"'
                return Response(
                    document, media_type="application/xml", headers={"content-disposition": shown}
                )
            found = paper_of_order(connection, row["id"])
        if found is None or request.path_params["kind"] != "receipt.png":
            raise NotFound(f"the order {row['reference']} has no {request.path_params['kind']}")
        from agent.receipt_block import receipt_as_printed
        from agent.web.picture import png_of

        dots = shop.config.printer.dots
        return Response(png_of(receipt_as_printed(shop.config, *found), dots), media_type="image/png")

    def set_aside(request: Request) -> Response:
        """Hold it or settle it elsewhere, with a reason; let it go (again)."""
        form = person_of(request).form
        with shop.reader() as connection:
            row, _ = order_named(connection, request.path_params["name"])
        do, reason = form.text("do"), form.text("reason")
        if do in {"hold", "drop"} and not reason:
            raise ReasonMissing("an order is set aside with a reason")
        if do == "hold":
            shop.running.store.run(hold_order(row["id"], reason))
        elif do == "drop":
            shop.running.store.run(drop_order(row["id"], reason))
            return RedirectResponse("/orders?done=dropped", 303)
        else:
            shop.running.store.run(release_order(row["id"]))
        return RedirectResponse(f"/orders/{row['reference']}", 303)

    def replaced(request: Request) -> Response:
        """GET: the sale as fields. POST: the right one is ordered in its place."""
        person = person_of(request)
        if place := person.sent_before():
            return RedirectResponse(place, 303)
        with shop.reader() as connection:
            row, _ = order_named(connection, request.path_params["name"])
            base = json.loads(sale_of_order(connection, row["id"]))
        values: dict[str, Any] = {"row": row, "name": spoken(row["reference"])}
        values["once"] = secrets.token_urlsafe(16)
        if request.method != "POST":
            form = form_of(base, person.language)
            return show(request, "order_replace.html", **values, form=form, reason="", error=None)
        try:
            job = replace_order(
                row["id"], sale_of(person.form, base), shop.config.register, person.form.text("reason")
            )
            place = person.once(lambda: f"{page_of(shop.running.store.run(job))}?done=replaced")
        except ThunganError as error:
            return show(
                request,
                "order_replace.html",
                status=422,
                **values,
                form=typed(person.form),
                reason=person.form.text("reason"),
                error=error,
            )
        return RedirectResponse(place, 303)

    return [
        Route("/orders", listed),
        Route("/orders/{name}", one),
        Route("/orders/{name}/set-aside", set_aside, methods=["POST"]),
        Route("/orders/{name}/replace", replaced, methods=["GET", "POST"]),
        Route("/orders/{name}/{kind}", paper),
    ]


def _actions(row: dict[str, Any]) -> tuple[str, ...]:
    """No other stands in the place of an order that corrects an invoice: that one is corrected again."""
    found = ACTIONS.get(row["state"], ())
    return tuple(one for one in found if one != "replace" or row["corrects"] is None)
