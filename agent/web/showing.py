"""Templates to pages: jinja2 with escaping always on, and what every page has around it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from agent.web.person import Person, person_of
from errors import ThunganError
from invoice.local_time import with_local_times
from invoice.references import spoken
from invoice.sale_json import VIETNAM
from outbox import reports
from outbox.errors import OutboxError

if TYPE_CHECKING:
    from decimal import Decimal

    from starlette.requests import Request

    from agent.web.shop import Shop


def show(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of that template, in the person's language."""
    person = person_of(request)
    text = (
        environment()
        .get_template(template)
        .render(
            person=person,
            say=person.say,
            money=lambda amount: money(amount, person.language),
            when=lambda moment: when(moment, person.language),
            number=lambda figure: grouped(figure, person.language),
            price=lambda figure: price(figure, person.language),
            day=day_in_words,
            path=request.url.path,
            token=person.session.token if person.session else "",
            **_around(request, person),
            **values,
        )
    )
    return HTMLResponse(text, status)


def _around(request: Request, person: Person) -> dict[str, Any]:
    """What is around every page: the shop's name and how much waits in quarantine. Broken disks included."""
    shop: Shop = request.app.state.shop
    around: dict[str, Any] = {"seller": None, "nav": shop.daemon is not None, "to_check": 0, "peered": False}
    if shop.daemon is not None and person.session is not None:
        around |= {"seller": shop.config.seller.name, "peered": bool(shop.config.peers)}
        with suppress(OutboxError, sqlite3.Error), shop.reader() as connection:
            around["to_check"] = reports.count_quarantined(connection)
    return around


def show_error(request: Request, error: ThunganError, status: int) -> HTMLResponse:
    """What happened and what to do."""
    return show(
        request, "error.html", status=status, error=error, advice=error.advice(person_of(request).language)
    )


def behind(error: ThunganError) -> ThunganError:
    """The error that another was raised from: its advice says what to do, not where it was found."""
    return error.__cause__ if isinstance(error.__cause__, ThunganError) else error


@cache
def environment() -> Environment:
    """One for all pages: templates are compiled once."""
    made = Environment(
        loader=PackageLoader("agent.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["version"] = asset_version()
    made.filters["local"] = with_local_times
    made.filters["spoken"] = spoken
    return made


@cache
def asset_version() -> str:
    """Changes with every change of style or script, so that browsers may keep them for ever."""
    import hashlib
    from importlib.resources import files

    folder = files("agent.web").joinpath("assets")
    content = b"".join(part.read_bytes() for part in sorted(folder.iterdir(), key=lambda part: part.name))
    return hashlib.sha256(content).hexdigest()[:12]


def money(amount: int | Decimal | None, language: str) -> str:
    """Dong for people: ``1.234.567 ₫``, in English ``1,234,567 ₫``."""
    if amount is None:
        return "–"
    return f"{grouped(amount, language)}\N{NO-BREAK SPACE}₫"


def grouped(amount: int | Decimal, language: str) -> str:
    """A figure with its thousands apart."""
    text = f"{amount:,}"
    return text if language == "en" else text.translate(str.maketrans(",.", ".,"))


def price(figure: Decimal | None, language: str) -> str:
    """A price, to the hundredth of a dong: without VAT it may have six decimals, which nobody reads."""
    if figure is None:
        return ""
    rounded = round(figure, 2)
    return grouped(int(rounded) if rounded == int(rounded) else rounded, language)


def when(moment: str | datetime | None, language: str) -> str:
    """A UTC time of the store in words of the shop's clock: time alone today, else with the day."""
    if moment is None:
        return "chưa có" if language == "vi" else "not yet"
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    local = at.astimezone(VIETNAM)
    if local.date() == datetime.now(VIETNAM).date():
        return f"{local:%H:%M:%S}"
    return f"{local:%d/%m/%Y %H:%M}"


def day_in_words(day: str | date) -> str:
    """``24/11/2026``, as both languages write it here."""
    return f"{date.fromisoformat(day) if isinstance(day, str) else day:%d/%m/%Y}"
