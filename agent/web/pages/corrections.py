"""Correcting an invoice: fill in, look at what would be issued, issue it."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.correction import draft
from agent.errors import ReasonMissing
from agent.sold_words import page_of
from agent.web.person import person_of
from agent.web.sale_form import form_of, sale_of, typed
from agent.web.showing import show
from errors import ThunganError
from invoice.corrections import Correction, check_chain, check_correction
from outbox import reports
from outbox.correcting import issue_correction, read_original

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.person import Form
    from agent.web.shop import Shop
    from invoice.sale import Sale


def routes(shop: Shop) -> list[Route]:
    """Of corrections."""

    def correction(request: Request) -> Response:
        """GET: the form. POST: the preview, and with ``do=issue`` the invoice itself."""
        invoice_id = request.path_params["id"]
        person = person_of(request)
        if place := person.sent_before():
            return RedirectResponse(place, 303)
        with shop.reader() as connection:
            row, _ = reports.find_invoice(connection, str(invoice_id))
            original = read_original(connection, invoice_id)
            base = json.loads(reports.sale_of(connection, invoice_id))
        values: dict[str, Any] = {"row": row, "original": original.invoice, "left": original.left}
        if request.method != "POST":
            values |= {"how": "replace", "reason": "", "form": form_of(base, person.language)}
            return show(request, "correct.html", **values, error=None, preview=None)
        form = person.form
        how, sale = _how(form), None
        try:
            sale = _sale(form, how, base)
            reason = form.text("reason")
            if not reason:
                raise ReasonMissing("a correction is written down with its reason")
            check_correction(how, sale, reason)
            check_chain(original.invoice, original.corrections, how)
            preview = draft(shop.config, original.invoice, how, sale, reason)
            if form.text("do") == "issue":
                job = issue_correction(invoice_id, how, sale, shop.config.register, reason)
                place = person.once(lambda: f"{page_of(shop.running.store.run(job))}?done=corrected")
                return RedirectResponse(place, 303)
        except ThunganError as error:
            return show(
                request,
                "correct.html",
                status=422,
                **values,
                how=how.value,
                reason=form.text("reason"),
                form=typed(form),
                error=error,
                preview=None,
            )
        return show(
            request,
            "correct.html",
            **values,
            how=how.value,
            reason=reason,
            form=typed(form),
            error=None,
            preview=preview,
            once=secrets.token_urlsafe(16),
        )

    return [Route("/invoices/{id:int}/correct", correction, methods=["GET", "POST"])]


def _how(form: Form) -> Correction:
    chosen = form.text("how")
    return Correction(chosen) if chosen in set(Correction) else Correction.REPLACE


def _sale(form: Form, how: Correction, base: dict[str, Any]) -> Sale | None:
    return None if how is Correction.INFORM else sale_of(form, base)
