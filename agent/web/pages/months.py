"""Months and their totals: a chart, a table, and every invoice of a month as CSV."""

from __future__ import annotations

import csv
import io
import re
from calendar import monthrange
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from agent.web.chart import bar_chart
from agent.web.person import person_of
from agent.web.shop import legal_today
from agent.web.showing import money, show
from outbox.errors import NotFound
from outbox.months import by_day, by_month, invoices_of, years

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from agent.web.shop import Shop

_MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")
_HEAD = (
    "form", "symbol", "number", "authority_code", "day", "receipt_no", "buyer", "buyer_tax_code", "total",
    "state", "corrects", "counted",
)  # fmt: skip
_RELATIONS = {1: "replaces", 2: "adjusts", 3: "replaces", 4: "adjusts"}


def routes(shop: Shop) -> list[Route]:
    """Of months."""

    def year(request: Request) -> Response:
        language, today = person_of(request).language, legal_today()
        asked = request.query_params.get("year", "")
        chosen = int(asked) if re.fullmatch("2[0-9]{3}", asked) else today.year
        with shop.reader() as connection:
            spans, known = by_month(connection, chosen), years(connection)
        found = {span.name: span for span in spans}
        names = [f"{chosen}-{month:02}" for month in range(1, 13)]
        values = [
            (
                name[5:],
                found[name].total if name in found else 0,
                f"{name[5:]}/{name[:4]}: {money(found[name].total if name in found else 0, language)}",
                name == f"{today:%Y-%m}",
            )
            for name in names
        ]
        return show(
            request,
            "months.html",
            year=chosen,
            years=sorted({*known, today.year}),
            spans=spans[::-1],
            chart=bar_chart(values, language),
            month=None,
        )

    def month(request: Request) -> Response:
        name = _checked(request)
        language, today = person_of(request).language, legal_today().isoformat()
        with shop.reader() as connection:
            spans, known = by_day(connection, name), years(connection)
        found = {span.name: span.total for span in spans}
        days = [f"{name}-{day:02}" for day in range(1, monthrange(int(name[:4]), int(name[5:]))[1] + 1)]
        values = [
            (
                day[8:].lstrip("0"),
                found.get(day, 0),
                f"{day[8:]}/{day[5:7]}: {money(found.get(day, 0), language)}",
                day == today,
            )
            for day in days
        ]
        return show(
            request,
            "months.html",
            year=int(name[:4]),
            years=known,
            spans=spans[::-1],
            chart=bar_chart(values, language),
            month=name,
        )

    def export(request: Request) -> Response:
        name = _checked(request)
        headers = {"content-disposition": f'attachment; filename="thungan-{name}.csv"'}
        return StreamingResponse(_rows(shop, name), media_type="text/csv; charset=utf-8", headers=headers)

    return [
        Route("/months", year),
        Route("/months/{month}", month),
        Route("/months/{month}/invoices.csv", export),
    ]


def _checked(request: Request) -> str:
    name: str = request.path_params["month"]
    if not _MONTH.fullmatch(name):
        raise NotFound(f"there is no month {name[:20]!r}")
    return name


def _rows(shop: Shop, month: str) -> Iterator[str]:
    """UTF-8 with a mark at its beginning, by which spreadsheets know it."""
    out = io.StringIO("\ufeff")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    # Read whole, a line each: a response may go on in another thread, where a connection may not.
    with shop.reader() as connection:
        rows = list(invoices_of(connection, month))
    for row in rows:
        cells = (
            row["form"], row["symbol"], row["number"], row["code"], row["day"], row["receipt_no"] or "",
            row["buyer"] or "", row["buyer_tax_code"] or "", row["total"], row["state"],
            _RELATIONS.get(row["relation"], ""), "yes" if row["counted"] else "no",
        )  # fmt: skip
        writer.writerow([_harmless(cell) for cell in cells])
        if out.tell() > 60_000:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _harmless(cell: object) -> object:
    """Text that a spreadsheet would run as a formula is text for it too."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
