"""Setting the page: Jinja2 templates and one style sheet become a single file that loads and runs nothing.

The language is switched by two radio buttons and styles alone, so it works where scripts are forbidden.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from audit.figures import day, dong, moment
from audit.report.kinds import FATES, kind_of
from audit.report.page import MEANING_OF_WEIGHTS, WEIGHTS
from audit.words import Words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from audit.report.exhibits import Exhibits
    from audit.report.page import Page

TITLE = Words(
    "Báo cáo kiểm tra máy tính tiền",
    "Audit report of a cash register",
)


def render(page: Page, exhibits: Exhibits) -> str:
    """The report of one register as HTML."""
    return set_template(
        "register.html.j2",
        title=TITLE,
        page=page,
        exhibits=exhibits,
        weights=WEIGHTS,
        meanings=MEANING_OF_WEIGHTS,
        kind_of=kind_of,
        fates=FATES,
    )


def set_template(name: str, **values: Any) -> str:
    """A template of this folder with the style sheet inside."""
    style = files(__package__).joinpath("report.css").read_text("utf-8")
    return _environment().get_template(name).render(style=_safe(style), **values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("audit.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(both=_both, day=day, moment=moment, dong=dong)
    return environment


def _both(words: tuple[str, str]) -> Markup:
    """Both languages, of which the style sheet shows one; said once where they are the same."""
    from markupsafe import Markup

    vi, en = words
    if vi == en:
        return Markup.escape(vi)
    return Markup('<span class="vi" lang="vi">{}</span><span class="en" lang="en">{}</span>').format(vi, en)


def _safe(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own style sheet
