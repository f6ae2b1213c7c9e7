"""Settings with their tests, the log, the support bundle."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from agent.config_writing import change_config
from agent.log_reading import log_files, log_page
from agent.recent_log import RecentLog
from agent.redaction import without_secrets
from agent.setting_checks import check_authority, check_key, check_printer, check_source
from agent.support_bundle import support_bundle
from agent.web.page_settings import LANGUAGES
from agent.web.person import must_be_here, person_of
from agent.web.showing import behind, show
from drivers.codeblock import BlockStyle, QrStyle
from errors import ThunganError

if TYPE_CHECKING:
    from starlette.requests import Request

    from agent.config_writing import Value
    from agent.web.person import Form
    from agent.web.shop import Shop


def routes(shop: Shop) -> list[Route]:
    """Of settings."""

    def settings(request: Request) -> Response:
        error = None
        if request.method == "POST":
            try:
                must_be_here(request)
                change_config(shop.folder, _changes(person_of(request).form))
            except ThunganError as refused:
                error = behind(refused)
            else:
                shop.restart()
                return show(request, "starting.html", run=shop.live.run)
        typed = person_of(request).form
        config = shop.config
        values = {
            "uri": config.sources[0] if config.sources else "",
            "more": "\n".join(config.sources[1:]),
            "paper": "58" if config.printer.dots < 500 else "80",
            "qr": config.printer.qr.value,
            "block": config.printer.block.value,
            "slip": "yes" if config.late_slip else "no",
            "url": config.url,
            "every": str(int(config.every)),
            "proxy": config.proxy.address if config.proxy else "",
            "language": shop.page.language,
        }
        if error is not None:
            values |= {name: typed.text(name) for name in values if name in typed.fields}
        return show(
            request,
            "settings.html",
            status=422 if error else 200,
            values=values,
            config=config,
            styles=[style.value for style in QrStyle],
            blocks=[style.value for style in BlockStyle],
            certificate=shop.running.certificate,
            page=shop.page,
            error=error,
        )

    def test(request: Request) -> Response:
        """The answer is a part of the page."""
        must_be_here(request)
        form, what = person_of(request).form, request.path_params["what"]
        if what == "source":
            found = [check_source(shop.running, form.text("uri"))]
        elif what == "printer":
            found = check_printer(shop.running)
        elif what == "key":
            found = check_key(shop.config)
        else:
            found = [check_authority(shop.config)]
        return show(request, "tested.html", found=found)

    def log(request: Request) -> Response:
        """A file of the log, or, where none is written, what this run has said so far."""
        asked, files = request.query_params, log_files(shop.folder)
        name, before = asked.get("file", files[0].name if files else ""), asked.get("before", "")
        warnings = asked.get("only") == "warnings"
        skipped = int(before) if before.isascii() and before.isdecimal() and len(before) < 9 else 0
        page = log_page(shop.folder, name, skipped, warnings=warnings) if name else None
        lines = [] if page else [without_secrets(line) for line in RecentLog.here().lines()]
        return show(request, "log.html", lines=lines[::-1], page=page, files=files, warnings=warnings)

    def bundle(_: Request) -> Response:
        from agent.listening import find_ports

        content = support_bundle(shop.folder, RecentLog.here().lines(), map(asdict, find_ports()))
        headers = {"content-disposition": 'attachment; filename="thungan-support.zip"'}
        return Response(content, media_type="application/zip", headers=headers)

    RecentLog.here()
    return [
        Route("/settings", settings, methods=["GET", "POST"]),
        Route("/settings/test/{what}", test, methods=["POST"]),
        Route("/settings/log", log),
        Route("/settings/support.zip", bundle),
    ]


def _changes(form: Form) -> dict[str, Value]:
    """What the form says, as values of config.toml."""
    more = [line.strip() for line in form.text("more").splitlines() if line.strip()]
    style, block = form.text("qr"), form.text("block")
    language = form.text("language")
    return {
        "source.uri": form.text("uri"),
        "source.more": more or None,
        "printer.paper": form.whole("paper", 58, 80),
        "printer.qr": style if style in set(QrStyle) else QrStyle.NATIVE.value,
        "printer.block": block if block in set(BlockStyle) else BlockStyle.AUTO.value,
        "printer.late_slip": form.text("slip") != "no",
        "authority.url": form.text("url"),
        "authority.every": form.whole("every", 1, 86_400),
        "authority.proxy": form.text("proxy") or None,
        "page.language": language if language in LANGUAGES else LANGUAGES[0],
    }
