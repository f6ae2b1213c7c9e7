"""Receipts that could not be understood: the picture, what was read, and a person's decision."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import ReasonMissing
from agent.sold_words import page_of
from agent.source_profiles import SourceProfiles
from agent.web.person import person_of
from agent.web.problem_words import in_words
from agent.web.sale_form import form_of, sale_of, typed
from agent.web.showing import show
from drivers.captured import PAPER_FORMS
from drivers.errors import JobUnreadable
from drivers.reading.draft import draft_sale
from drivers.understanding import understand
from errors import ThunganError
from invoice.errors import SaleInvalid
from invoice.sale_json import sale_to_json
from outbox import reports
from outbox.resolving import resolve_as_nothing, resolve_as_sale

if TYPE_CHECKING:
    import sqlite3

    from starlette.requests import Request

    from agent.web.shop import Shop
    from drivers.reading import Reading
    from drivers.understanding import AnyProfile
    from outbox.captures import RawCapture


KEPT = 8  # readings


def routes(shop: Shop) -> list[Route]:
    """Of the quarantine."""
    readings = _Readings()

    def listed(request: Request) -> Response:
        language = person_of(request).language
        with shop.reader() as connection:
            rows = reports.quarantined(connection)
        for row in rows:
            row["words"] = in_words(json.loads(row["problems"] or "[]"), language)
        return show(request, "quarantine.html", rows=rows, done=request.query_params.get("done"))

    def one(request: Request) -> Response:
        person = person_of(request)
        if place := person.sent_before():
            return RedirectResponse(place, 303)
        with shop.reader() as connection:
            row, kept = _capture(connection, request)
        reading = readings.of(kept, SourceProfiles(shop.config).of(kept.source))
        base = _understood(reading)
        values: dict[str, Any] = {
            "row": row,
            "text": reading.text,
            "is_paper": kept.form in PAPER_FORMS,
            "problems": in_words(json.loads(row["problems"] or "[]"), person.language),
            "once": secrets.token_urlsafe(16),
        }
        if request.method != "POST":
            return show(
                request,
                "resolve.html",
                **values,
                form=form_of(base, person.language),
                reason="",
                error=None,
                sums=(),
            )
        form, reason = person.form, person.form.text("reason")
        sums: list[str] = []
        try:
            if not reason:
                raise ReasonMissing("what a person decides is written down with its reason")
            if form.text("do") == "nothing":
                shop.running.store.run(resolve_as_nothing(row["id"], reason, _who(request)))
                return RedirectResponse("/quarantine?done=nothing", 303)
            sale = sale_of(form, base)
            if problems := sale.problems():
                sums = in_words(problems, person.language)
                raise SaleInvalid("; ".join(problems))
            job = resolve_as_sale(row["id"], sale, shop.config.register, reason, _who(request))
            place = person.once(lambda: f"{page_of(shop.running.store.run(job))}?done=resolved")
        except ThunganError as error:
            return show(
                request,
                "resolve.html",
                status=422,
                **values,
                form=typed(form) if form.texts("name") else form_of(base, person.language),
                reason=reason,
                error=error,
                sums=sums,
            )
        return RedirectResponse(place, 303)

    def picture(request: Request) -> Response:
        from agent.web.picture import png_of

        with shop.reader() as connection:
            kept = reports.capture(connection, request.path_params["id"])
        try:
            drawn = png_of(kept.data, shop.config.printer.dots, kept.form)
        except JobUnreadable:
            return Response(status_code=404)  # a record of a file or database is no paper
        return Response(drawn, media_type="image/png")

    return [
        Route("/quarantine", listed),
        Route("/quarantine/{id:int}", one, methods=["GET", "POST"]),
        Route("/quarantine/{id:int}/paper.png", picture),
    ]


class _Readings:
    """The last few: a picture takes seconds to read, and a page that is sent asks for it again."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[AnyProfile | None, Reading]] = {}

    def of(self, capture: RawCapture, profile: AnyProfile | None) -> Reading:
        """How a capture is read by a profile, which may have been written anew since."""
        by, reading = self._kept.get(capture.capture_id, (None, None))
        if reading is None or by != profile:
            reading = understand(capture.form, capture.data, profile)
            for oldest in [*self._kept][: len(self._kept) + 1 - KEPT]:
                self._kept.pop(oldest, None)
            self._kept[capture.capture_id] = (profile, reading)
        return reading


def _capture(connection: sqlite3.Connection, request: Request) -> tuple[dict[str, Any], RawCapture]:
    capture_id = request.path_params["id"]
    return reports.one_quarantined(connection, capture_id), reports.capture(connection, capture_id)


def _understood(reading: Reading) -> dict[str, Any]:
    """The sale as it was read (where only its beginning is in doubt), or a first draft of it."""
    if reading.sale is not None:
        return sale_to_json(reading.sale)
    return draft_sale(reading.text)


def _who(request: Request) -> str:
    """Who decides on the page, for the ledger: all share one PIN, so it is the computer that is known."""
    return f"page {request.client.host}" if request.client else "page"
