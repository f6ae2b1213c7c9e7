"""Invoices: search, one of them with its papers and history, set aside and let go."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import ReasonMissing
from agent.web.person import person_of
from agent.web.showing import show
from agent.web.step_words import step_words
from invoice.printed import render_html, render_pdf
from invoice.reader import read_invoice
from outbox import reports
from outbox.correcting import corrections_of
from outbox.correcting_many import read_list
from outbox.errors import NotFound
from outbox.history import history_of, proof_of
from outbox.order_reports import count_orders, open_order_named
from outbox.packages import hold, release_held
from outbox.provider_papers import PAPERS, paper_of_provider
from outbox.search import Wanted, search
from outbox.states import InvoiceState

if TYPE_CHECKING:
    import sqlite3

    from starlette.requests import Request

    from agent.web.shop import Shop

PER_PAGE = 50
SIZES = ("A4", "A5", "80mm")
# The printed form has its style inside: here that is allowed, and nothing else, not even our own.
_PRINTED_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; sandbox"
)


def routes(shop: Shop) -> list[Route]:
    """Of invoices."""

    def listed(request: Request) -> Response:
        asked = request.query_params
        choosing = asked.get("choose") == "1"
        wanted = Wanted(
            text=asked.get("q", "")[:100],
            state=asked.get("state", "") if asked.get("state") in set(InvoiceState) else "",
            since=_day(asked.get("since")),
            until=_day(asked.get("until")),
            before=_whole(asked.get("before")),
        )
        with shop.reader() as connection:
            rows = search(connection, wanted, PER_PAGE + 1)
            waiting = count_orders(connection)
            order = open_order_named(connection, wanted.text) if wanted.text else None
        if order is not None and not rows:
            return RedirectResponse(f"/orders/{order['reference']}", 303)
        more = None
        if len(rows) > PER_PAGE:
            kept = {"q": wanted.text, "state": wanted.state, "since": wanted.since, "until": wanted.until}
            given = {name: value for name, value in kept.items() if value} | (
                {"choose": 1} if choosing else {}
            )
            more = f"/invoices?{urlencode({**given, 'before': rows[PER_PAGE - 1]['id']})}"
        return show(
            request,
            "invoices.html",
            rows=rows[:PER_PAGE],
            wanted=wanted,
            states=[state.value for state in InvoiceState],
            more=more,
            choosing=choosing,
            waiting=sum(waiting.values()),
        )

    def one(request: Request) -> Response:
        person = person_of(request)
        with shop.reader() as connection:
            row, document = _invoice(connection, request)
            steps = [(step, step_words(step, person.language)) for step in history_of(connection, row["id"])]
            corrected_by = corrections_of(connection, row["id"])
            has_paper = _paper(connection, row["id"]) is not None
            has_list = _has_list(connection, row["id"])
            provided = [kind for kind in PAPERS if paper_of_provider(connection, row["id"], kind)]
        return show(
            request,
            "invoice.html",
            row=row,
            invoice=read_invoice(document).invoice,
            steps=steps,
            corrected_by=corrected_by,
            has_paper=has_paper,
            has_list=has_list,
            provided=provided,
            qr=_squares(row["qr"]),
            done=request.query_params.get("done"),
        )

    def paper(request: Request) -> Response:
        """The exact XML, the printed forms, the receipt as it came out, the proof of its history."""
        kind = request.path_params["kind"]
        with shop.reader() as connection:
            row, document = _invoice(connection, request)
            found = _paper(connection, row["id"]) if kind == "receipt.png" else None
            proof = proof_of(connection, row["id"]) if kind == "proof.json" else None
            theirs = {one: paper_of_provider(connection, row["id"], one) for one in PAPERS}
        name = f"{row['symbol']}-{row['number']}"
        size = request.query_params.get("size", "A4")
        size = size if size in SIZES else "A4"
        for one, content in theirs.items():
            if kind == f"provider.{one}" and content is not None:
                # Not ours: a browser keeps it and does not show it as a page of this site.
                return _file(content, f"application/{one}", f"{name}-provider.{one}", keep=True)
        if kind == "xml":
            return _file(document, "application/xml", f"{name}.xml")
        if kind == "html":
            invoice = read_invoice(document).invoice
            text = render_html(invoice, size=size, state=row["state"], payee=shop.config.payee)
            headers = {"content-security-policy": _PRINTED_POLICY}
            return Response(text, media_type="text/html; charset=utf-8", headers=headers)
        if kind == "pdf":
            invoice = read_invoice(document).invoice
            content = render_pdf(invoice, size=size, state=row["state"], payee=shop.config.payee)
            return _file(content, "application/pdf", f"{name}.pdf")
        if kind == "proof.json":
            return _file(
                json.dumps(proof, ensure_ascii=False, indent=1).encode(), "application/json", f"{name}.json"
            )
        if kind == "receipt.png" and found is not None:
            return Response(_picture(shop, *found), media_type="image/png")
        raise NotFound(f"the invoice {name} has no {kind}")

    def set_aside(request: Request) -> Response:
        """Hold an invoice back with a reason, or let a held one go."""
        form = person_of(request).form
        invoice_id = request.path_params["id"]
        if form.text("do") == "release":
            shop.running.store.run(release_held(invoice_id))
        elif reason := form.text("reason"):
            shop.running.store.run(hold(invoice_id, reason))
        else:
            raise ReasonMissing("an invoice is held with a reason")
        return RedirectResponse(f"/invoices/{invoice_id}", 303)

    return [
        Route("/invoices", listed),
        Route("/invoices/{id:int}", one),
        Route("/invoices/{id:int}/set-aside", set_aside, methods=["POST"]),
        Route("/invoices/{id:int}/{kind}", paper),
    ]


def _invoice(connection: sqlite3.Connection, request: Request) -> tuple[dict[str, Any], bytes]:
    return reports.find_invoice(connection, str(request.path_params["id"]))


def _paper(connection: sqlite3.Connection, invoice_id: int) -> tuple[Any, bytes] | None:
    try:
        return reports.paper_of(connection, invoice_id)
    except NotFound:
        return None


def _has_list(connection: sqlite3.Connection, invoice_id: int) -> bool:
    """Whether it corrects many, with a list of them."""
    try:
        read_list(connection, invoice_id)
    except NotFound:
        return False
    return True


def _picture(shop: Shop, issued: Any, receipt: bytes) -> bytes:
    from agent.receipt_block import receipt_as_printed
    from agent.web.picture import png_of

    return png_of(receipt_as_printed(shop.config, issued, receipt), shop.config.printer.dots)


def _squares(text: str) -> dict[str, Any]:
    """The look-up code as one SVG path."""
    from invoice.printed.matrix import QUIET, runs

    size, black = runs(text)
    path = "".join(f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z" for x, y, length in black)
    return {"edge": size + 2 * QUIET, "path": path}


def _file(content: bytes, kind: str, name: str, *, keep: bool = False) -> Response:
    """Shown, or (``keep``) for the browser to put away."""
    safe, way = re.sub(r"[^A-Za-z0-9._-]", "_", name), "attachment" if keep else "inline"
    return Response(content, media_type=kind, headers={"content-disposition": f'{way}; filename="{safe}"'})


def _day(text: str | None) -> str:
    try:
        return date.fromisoformat(text or "").isoformat()
    except ValueError:
        return ""


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else 0
