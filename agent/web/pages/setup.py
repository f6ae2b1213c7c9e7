"""The first set-up in the browser: shop, key, register, authority, a test invoice, and go.

The same answers and the same checks as in the terminal (``agent.setting_up``). They are kept in memory until
the last step; only that writes the data folder.
"""

from __future__ import annotations

import tempfile
import threading
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.setting_up import Answers, certificate_of, config_text, set_up
from agent.trial import try_invoice
from agent.web.errors import FormInvalid
from agent.web.page_settings import PORT
from agent.web.person import person_of
from agent.web.showing import behind, show
from drivers.uri import parse_source
from errors import ThunganError
from invoice.numbers import MAX_REGISTER, Symbol
from invoice.rates import Rate
from invoice.tax_code import checked_tax_code
from signing.expiry import days_left
from signing.keys import subject_name
from signing.passphrase import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from agent.config_writing import Value
    from agent.first_receipt import FirstReceipt
    from agent.web.person import Form
    from agent.web.shop import Shop

STEPS = ("shop", "key", "register", "authority", "finish")
LISTEN = 4.0  # seconds at each speed
RATES = ("8%", "10%", "5%", "0%", "KCT", "KKKNT")


@dataclass(slots=True)
class _Draft:
    """What has been answered so far, what was typed, and the receipt that was heard."""

    answers: Answers = field(default_factory=Answers)
    typed: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    subject: str = ""
    days: int = 0
    receipt: bytes = b""
    first: FirstReceipt | None = None
    one: threading.Lock = field(default_factory=threading.Lock)


def routes(shop: Shop) -> list[Route]:
    """Of the set-up; served as long as there is no config.toml."""
    draft = _Draft()
    takers: dict[str, Callable[[Form, _Draft], None]] = {
        "shop": _take_shop,
        "key": _take_key,
        "register": _take_register,
        "authority": _take_authority,
    }

    def start(_: Request) -> Response:
        return RedirectResponse(f"/setup/{_next(draft)}", 303)

    def step(request: Request) -> Response:
        name = request.path_params["step"]
        if name not in STEPS or (name != "shop" and "shop" not in draft.done):
            return start(request)
        if request.method != "POST" or name not in takers:
            return _show(request, name, draft)
        form = person_of(request).form
        typed = {key: values[0] for key, values in form.fields.items() if key not in {"token", "passphrase"}}
        draft.typed |= typed
        try:
            takers[name](form, draft)
        except ThunganError as error:
            return _show(request, name, draft, error)
        draft.done.add(name)
        return RedirectResponse(f"/setup/{STEPS[STEPS.index(name) + 1]}", 303)

    def hear(request: Request) -> Response:
        """Listen on a port while the register prints; the answer is a part of the page."""
        from agent.listening import listen

        port = person_of(request).form.text("port")
        if not draft.one.acquire(blocking=False):
            raise FormInvalid("another listening is under way: wait for its end")
        try:
            best = listen(port, LISTEN)
        except ThunganError as error:
            return show(request, "heard.html", error=error, best=None, first=None, port=port)
        finally:
            draft.one.release()
        if best.heard.score:
            from agent.first_receipt import read_first_receipt

            draft.receipt, draft.first = best.data, read_first_receipt(best.data)
        return show(request, "heard.html", error=None, best=best.heard, first=draft.first, port=port)

    def picture(_: Request) -> Response:
        from agent.web.picture import png_of

        return Response(png_of(draft.receipt, 576), media_type="image/png")

    def trial(request: Request) -> Response:
        """The test invoice: of the receipt that was heard, or of a glass of tea."""
        sale = draft.first.reading.sale if draft.first is not None and draft.first.understood else None
        try:
            with tempfile.TemporaryDirectory(prefix="thungan-setup-") as name:
                tried = try_invoice(set_up(Path(name), draft.answers), sale)
        except ThunganError as error:
            return show(request, "tried.html", error=error, tried=None)
        return show(request, "tried.html", error=None, tried=tried)

    def finish(request: Request) -> Response:
        if not draft.done >= set(takers):
            return start(request)
        try:
            port: dict[str, Value] = {} if shop.page.port == PORT else {"page.port": shop.page.port}
            set_up(shop.folder, draft.answers.also(port))
        except ThunganError as error:
            return _show(request, "finish", draft, error)
        shop.restart()
        return show(request, "starting.html", run=shop.live.run)

    return [
        Route("/", start),
        Route("/setup/hear", hear, methods=["POST"]),
        Route("/setup/receipt.png", picture),
        Route("/setup/trial", trial, methods=["POST"]),
        Route("/setup/done", finish, methods=["POST"]),
        Route("/setup/{step}", step, methods=["GET", "POST"]),
    ]


def _next(draft: _Draft) -> str:
    return next((name for name in STEPS if name not in draft.done), "finish")


def _show(request: Request, name: str, draft: _Draft, error: ThunganError | None = None) -> Response:
    typed = defaultdict(str, draft.typed)
    values: dict[str, Any] = {"typed": typed, "draft": draft, "place": STEPS.index(name), "count": len(STEPS)}
    if name == "register":
        from agent.listening import find_ports

        values["ports"] = find_ports()
    if name == "finish":
        values["complete"] = draft.done >= set(STEPS[:-1])
    return show(
        request,
        f"setup_{name}.html",
        status=422 if error else 200,
        **values,
        rates=RATES,
        error=behind(error) if error else None,
    )


def _take_shop(form: Form, draft: _Draft) -> None:
    letters = form.text("letters").upper()
    Symbol.of_year(letters, 2026)
    taxpayer = form.text("taxpayer").upper()
    if len(taxpayer) != 5 or not taxpayer.isalnum() or not taxpayer.isascii():
        raise FormInvalid("the authority's code has five letters or digits")
    values: dict[str, Value] = {
        "seller.tax_code": checked_tax_code(form.text("tax_code")),
        "seller.name": _needed(form, "name"),
        "seller.address": _needed(form, "address"),
        "seller.phone": form.text("phone") or None,
        "register.form": form.whole("form", 1, 2),
        "register.letters": letters,
        "register.number": form.whole("number", 1, MAX_REGISTER),
        "register.taxpayer": taxpayer,
        "vat.default": Rate.parse(form.text("rate")).word,
    }
    draft.answers = draft.answers.also(values)
    draft.done -= {"key"}  # another tax code may want another key


def _take_key(form: Form, draft: _Draft) -> None:
    kind = form.text("key_kind")
    values = {name: value for name, value in draft.answers.values.items() if name != "key.file"}
    trying = kind == "throwaway"
    made = replace(draft.answers, values=values, key_file=None, passphrase=None, throwaway=trying)
    if kind != "throwaway":
        made = replace(made, passphrase=Secret(form.fields.get("passphrase", [""])[0]))
    if kind == "file":
        upload = form.files.get("file")
        content = upload.content if upload and upload.content else draft.answers.key_file
        if not content:
            raise FormInvalid("choose the key's file (.p12 or .pfx)")
        made = replace(made, key_file=content)
    elif kind == "setting":
        made = made.also({"key.file": _needed(form, "setting")})
    elif kind != "throwaway":
        raise FormInvalid("choose what kind of key it is")
    certificate = certificate_of(made)
    draft.answers = made
    draft.subject, draft.days = subject_name(certificate), days_left(certificate, datetime.now(UTC))


def _take_register(form: Form, draft: _Draft) -> None:
    uri = form.text("uri")
    printer = form.text("printer")
    if uri and printer:
        uri += f"{'&' if '?' in uri else '?'}printer={printer.replace('&', '%26')}"
    if uri:
        parse_source(uri)
    values: dict[str, Value] = {"source.uri": uri, "printer.paper": 58 if form.text("paper") == "58" else 80}
    learned = draft.first.profile if draft.first is not None else None
    made = replace(draft.answers.also(values), profile=learned)
    config_text(made)
    draft.answers = made


def _take_authority(form: Form, draft: _Draft) -> None:
    kind = form.text("receiver")
    values = {name: value for name, value in draft.answers.values.items() if name != "authority.url"}
    made = replace(draft.answers, values=values, sandbox=kind == "sandbox", trust=None, ca=None)
    if kind == "authority":
        url = _needed(form, "url")
        if not url.startswith("https://"):
            raise FormInvalid("the authority's address begins with https://")
        trust = form.files.get("trust")
        content = trust.content if trust and trust.content else draft.answers.trust
        if not content:
            raise FormInvalid("choose the file of the authority's certificate (PEM)")
        made = replace(made.also({"authority.url": url}), trust=content)
    elif kind != "sandbox":
        raise FormInvalid("choose where invoices go")
    with tempfile.TemporaryDirectory(prefix="thungan-setup-") as name:
        set_up(Path(name), made)  # everything together, as the last step will make it
    draft.answers = made


def _needed(form: Form, name: str) -> str:
    if not (text := form.text(name)):
        raise FormInvalid(f"{name} is needed")
    return text
