"""The forms that a shop sends: registration (100), notices of wrong invoices (303, 300); what came back."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import ReasonMissing
from agent.form_filling import (
    error_notice_job,
    error_notice_of,
    registration_job,
    registration_of,
    wrong_invoices,
)
from agent.web.errors import FormInvalid
from agent.web.person import person_of
from agent.web.showing import show
from authority.form_answers import told
from authority.forms.message import form_lines
from errors import ThunganError
from outbox import reports
from outbox.forms import answered_reviews, forms, review_asked, reviews

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from starlette.requests import Request

    from agent.web.person import Form
    from agent.web.shop import Shop
    from authority.forms.error_notice import ErrorNotice
    from authority.forms.message import NoticeKind
    from outbox.store import Job

MOST = 200  # invoices that a notice of the page names


def routes(shop: Shop) -> list[Route]:
    """Of forms."""

    def listed(request: Request) -> Response:
        return show(request, "forms.html", **_stand(shop), done=request.query_params.get("done"))

    def now(request: Request) -> Response:
        return show(request, "forms_now.html", **_stand(shop))

    def registration(request: Request) -> Response:
        """GET: the form as configuration and certificate fill it. POST: sign and send it."""
        change = bool(person_of(request).form.text("change") or request.query_params.get("change"))
        lines, error = [], None
        try:
            made = registration_of(shop.config, change=change)
            lines = form_lines(made)
            if request.method == "POST":
                return _sent(request, partial(registration_job, shop.config, made))
        except ThunganError as refused:
            error = refused
        return show(
            request,
            "form_registration.html",
            status=422 if error else 200,
            lines=lines,
            change=change,
            error=error,
            once=secrets.token_urlsafe(16),
        )

    def notice(request: Request) -> Response:
        """GET: which invoices, and what is wrong. POST: the preview; with ``do=send`` the notice itself."""
        form, lines, error = person_of(request).form, [], None
        with shop.reader() as connection:
            asked, answered = reviews(connection), answered_reviews(connection)
        if request.method == "POST":
            try:
                with shop.reader() as connection:
                    made = _notice(shop, connection, form)
                lines = form_lines(made)
                if form.text("do") == "send":
                    return _sent(request, partial(error_notice_job, shop.config, made, _kind(form)))
            except ThunganError as refused:
                error = refused
        return show(
            request,
            "form_notice.html",
            status=422 if error else 200,
            lines=[] if error else lines,
            names=form.text("names") or _names(shop, request.query_params.getlist("invoice")),
            reason=form.text("reason"),
            review=form.text("review") or request.query_params.get("review", ""),
            reviews=[one for one in asked if one.number and one.number not in answered],
            kind=_kind(form),
            error=error,
            once=secrets.token_urlsafe(16),
        )

    def _sent(request: Request, job: Callable[[], Job[int]]) -> Response:
        def send() -> str:
            shop.running.store.run(job())
            return "/forms?done=sent"

        person = person_of(request)
        return RedirectResponse(person.sent_before() or person.once(send), 303)

    return [
        Route("/forms", listed),
        Route("/forms/now", now),
        Route("/forms/registration", registration, methods=["GET", "POST"]),
        Route("/forms/notice", notice, methods=["GET", "POST"]),
    ]


def _stand(shop: Shop) -> dict[str, Any]:
    """Requests of the authority with what they say, then our forms, newest first."""
    with shop.reader() as connection:
        answered = answered_reviews(connection)
        asked = [(one, one.number in answered, list(told(one))) for one in reviews(connection)]
        return {"reviews": asked, "sent": forms(connection)}


def _names(shop: Shop, chosen: list[str]) -> str:
    """The invoices that were chosen in the list, as people name them."""
    with shop.reader() as connection:
        rows = [reports.find_invoice(connection, one)[0] for one in chosen[:MOST]]
    return " ".join(f"{row['symbol']}-{row['number']}" for row in rows)


def _kind(form: Form) -> NoticeKind:
    return "300" if form.text("kind") == "300" else "303"


def _notice(shop: Shop, connection: sqlite3.Connection, form: Form) -> ErrorNotice:
    """The notice that the form asks for.

    Raises:
        FormInvalid, ReasonMissing, NotFound, ConfigInvalid: what is missing.
    """
    names = form.text("names").replace(",", " ").split()
    if not names or len(names) > MOST:
        raise FormInvalid(f"name 1 to {MOST} invoices, such as C26MAA-7")
    reason = form.text("reason")
    if not reason:
        raise ReasonMissing("a notice says what is wrong")
    wrong = wrong_invoices(connection, names, reason)
    number = form.text("review")
    return error_notice_of(shop.config, wrong, review_asked(connection, number) if number else None)
