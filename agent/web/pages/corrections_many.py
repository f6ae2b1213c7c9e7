"""Correcting many invoices by one: choose them, say what was wrong, look at it, issue it; its signed list."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.correction_many import checked_list, draft_of_many
from agent.errors import ReasonMissing
from agent.right_sales import Change, changed_sales, read_right_sales
from agent.sold_words import page_of
from agent.web.errors import FormInvalid
from agent.web.person import person_of
from agent.web.sale_form import number_of
from agent.web.showing import show, show_error
from authority.envelope import DECLARATION
from errors import ThunganError
from invoice.invoice import Relation
from outbox import reports
from outbox.correcting_many import attach_list, issue_correction_of_many, read_list
from outbox.packages import release_held

if TYPE_CHECKING:
    import sqlite3

    from starlette.requests import Request

    from agent.web.person import Form
    from agent.web.shop import Shop
    from invoice.sale import Sale

MOST = 100  # that a page shows; more are corrected with a file
_FIELDS = ("goods", "name", "unit_price", "vat_rate")
_HOW = {"adjust": Relation.ADJUSTS_MANY, "replace": Relation.REPLACES_MANY}


def routes(shop: Shop) -> list[Route]:
    """Of corrections of many."""

    def together(request: Request) -> Response:
        """GET: the form for the invoices chosen. POST: the preview; with ``do=issue`` the invoice itself."""
        person = person_of(request)
        if place := person.sent_before():
            return RedirectResponse(place, 303)
        form, posted = person.form, request.method == "POST"
        chosen = _chosen(form.texts("invoice") if posted else request.query_params.getlist("invoice"))
        right = _right(form)
        relation = _HOW.get(form.text("how"), Relation.ADJUSTS_MANY)
        reason, made, error = form.text("reason"), None, None
        rows: list[dict[str, Any]] = []
        try:
            with shop.reader() as connection:
                rows = [reports.find_invoice(connection, str(one))[0] for one in chosen]
                if posted and not reason:
                    raise ReasonMissing("a correction is written down with its reason")
                if posted:
                    rights = _rights(connection, form, chosen, right)
                    made = draft_of_many(shop.config, connection, rights, relation, reason)
            if made is not None and form.text("do") == "issue":
                job = issue_correction_of_many(rights, relation, shop.config.register, reason)
                place = person.once(lambda: f"{page_of(shop.running.store.run(job))}?done=corrected")
                return RedirectResponse(place, 303)
        except ThunganError as refused:
            made, error = None, refused
        return show(
            request,
            "together.html",
            status=422 if error else 200,
            rows=rows,
            chosen=chosen,
            how=form.text("how") or "adjust",
            reason=reason,
            change={name: form.text(name) for name in _FIELDS},
            right=right,
            made=made,
            error=error,
            once=secrets.token_urlsafe(16),
        )

    def signed(request: Request) -> Response:
        """The list with the buyer's signature comes back: the invoice may go."""
        invoice_id = request.path_params["id"]
        with shop.reader() as connection:
            row, _ = reports.find_invoice(connection, str(invoice_id))
            own = read_list(connection, invoice_id)
        upload = person_of(request).form.files.get("list")
        try:
            if upload is None or not upload.content:
                raise FormInvalid("choose the list that the buyer has signed")
            store = shop.running.store
            store.run(attach_list(invoice_id, checked_list(upload.content, own)))
            if row["state"] == "held":
                store.run(release_held(invoice_id))
        except ThunganError as error:
            return show_error(request, error, 422)
        return RedirectResponse(f"/invoices/{invoice_id}?done=signed", 303)

    def listed(request: Request) -> Response:
        """The list as it was signed here, for the buyer."""
        with shop.reader() as connection:
            document = read_list(connection, request.path_params["id"])
        headers = {"content-disposition": f'attachment; filename="BKe-{request.path_params["id"]}.xml"'}
        return Response(DECLARATION + document, media_type="application/xml", headers=headers)

    return [
        Route("/invoices/together", together, methods=["GET", "POST"]),
        Route("/invoices/{id:int}/list.xml", listed),
        Route("/invoices/{id:int}/list", signed, methods=["POST"]),
    ]


def _chosen(texts: list[str]) -> list[int]:
    whole = [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 16]
    return sorted(set(whole))[:MOST]


def _right(form: Form) -> str:
    """The right sales as a file says them: just sent, or carried on from the preview."""
    upload = form.files.get("file")
    if upload is not None and upload.content:
        return upload.content.decode("utf-8", "replace")
    return form.text("right")


def _rights(connection: sqlite3.Connection, form: Form, chosen: list[int], right: str) -> dict[int, Sale]:
    if right:
        return read_right_sales(connection, right.encode(), "the file")
    price = form.text("unit_price")
    change = Change(
        form.text("goods"),
        form.text("name") or None,
        int(number_of(price, "unit_price")) if price else None,
        form.text("vat_rate") or None,
    )
    if (change.name, change.unit_price, change.vat_rate) == (None, None, None):
        raise FormInvalid("say what is right: a name, a price or a rate")
    return changed_sales(connection, chosen, change)
