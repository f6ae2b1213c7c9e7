"""The door: choosing the PIN, giving it, going out, and the language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.web.errors import FormInvalid, LockedOut, PinInvalid, PinWrong
from agent.web.gate import CHOOSE_PIN, ENTER, cookie_name, inner_path, keep_cookie
from agent.web.page_settings import LANGUAGES
from agent.web.person import LANGUAGE_COOKIE, person_of
from agent.web.showing import show

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.web.shop import Shop
    from errors import ThunganError

_YEAR = 365 * 24 * 3600


def routes(shop: Shop) -> list[Route]:
    """Of the door."""

    def enter(request: Request) -> Response:
        back = inner_path(request.query_params.get("back", "/"))
        if request.method != "POST":
            return show(request, "enter.html", back=back, error=None, advice=None)
        person = person_of(request)
        back = inner_path(person.form.text("back"))
        try:
            shop.pin.check(person.form.text("pin"), beyond=person.beyond)
        except (PinWrong, LockedOut) as error:
            status = 429 if isinstance(error, LockedOut) else 401
            return show(
                request,
                "enter.html",
                status=status,
                back=back,
                error=_in_words(error, person.language),
                advice=error.advice(person.language),
            )
        return _let_in(back)

    def choose(request: Request) -> Response:
        person = person_of(request)
        if request.method != "POST":
            return show(request, "pin.html", error=None, advice=None)
        form = person.form
        try:
            if shop.pin.is_set:
                shop.pin.check(form.text("old"), beyond=person.beyond)
            if form.text("pin") != form.text("again"):
                raise FormInvalid(person.say("hai lần nhập không giống nhau", "the two entries differ"))
            shop.pin.choose(form.text("pin"))
        except (FormInvalid, PinInvalid, PinWrong, LockedOut) as error:
            return show(
                request,
                "pin.html",
                status=422,
                error=_in_words(error, person.language),
                advice=error.advice(person.language),
            )
        shop.sessions.end_all()
        return _let_in("/")

    def _let_in(where: str) -> Response:
        response = RedirectResponse(where, 303)
        keep_cookie(response, shop, shop.sessions.begin())
        return response

    def leave(request: Request) -> Response:
        shop.sessions.end(request.cookies.get(cookie_name(shop)))
        response = RedirectResponse(ENTER, 303)
        response.delete_cookie(
            cookie_name(shop), path="/", secure=shop.page.tls, httponly=True, samesite="strict"
        )
        return response

    def language(request: Request) -> Response:
        response = RedirectResponse(inner_path(request.query_params.get("back", "/")), 303)
        chosen = request.path_params["name"]
        if chosen in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, chosen, max_age=_YEAR, samesite="lax", secure=shop.page.tls, httponly=True
            )
        return response

    return [
        Route(ENTER, enter, methods=["GET", "POST"]),
        Route(CHOOSE_PIN, choose, methods=["GET", "POST"]),
        Route("/leave", leave, methods=["POST"]),
        Route("/language/{name}", language),
    ]


def _in_words(error: ThunganError, language: str) -> str:
    """What went wrong at the door, for people."""
    if isinstance(error, LockedOut):
        minutes, seconds = divmod(error.seconds, 60)
        if language == "en":
            return f"Too many wrong tries. Locked for {minutes} min {seconds:02} s."
        return f"Nhập sai quá nhiều lần. Khóa trong {minutes} phút {seconds:02} giây."
    if isinstance(error, PinWrong):
        return "This is not the PIN." if language == "en" else "Mã PIN không đúng."
    if isinstance(error, PinInvalid) and language != "en":
        return "Mã PIN quá ngắn hoặc quá dễ đoán."
    return error.message[:1].upper() + error.message[1:] + "."
