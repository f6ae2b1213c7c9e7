"""The person behind a request: language, session, and what a form sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from agent.web.errors import FormInvalid, NotHere
from agent.web.page_settings import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from agent.web.sessions import Session

LANGUAGE_COOKIE = "thungan_language"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent with a form."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """What a form sent; every field may come more than once."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The field without surrounding blanks; empty where it is not there."""
        return self.fields.get(name, [""])[0].strip()

    def texts(self, name: str) -> list[str]:
        """Every value of the field, as sent."""
        return self.fields.get(name, [])

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number.

        Raises:
            FormInvalid: it is none, or out of its bounds.
        """
        text = self.text(name)
        if not text.isascii() or not text.isdecimal() or not least <= int(text[:18]) <= most:
            raise FormInvalid(f"{name} must be a whole number from {least} to {most}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks. ``beyond``: from another computer."""

    language: str
    beyond: bool
    session: Session | None = None
    form: Form = field(default_factory=Form)

    def sent_before(self) -> str | None:
        """Where to see what this very form has done already: a double click, or a lost answer."""
        return self.session.done(self.form.text("once")) if self.session else None

    def once(self, do: Callable[[], str]) -> str:
        """``do``, which issues something and says where to see it, once for this form.

        Raises:
            FormInvalid: the form does not say which one it is.
        """
        if self.session is None or not self.form.text("once"):
            raise FormInvalid("the form is not one of this page: load it anew")
        return self.session.once(self.form.text("once"), do)

    def say(self, vietnamese: str, english: str) -> str:
        """The text in the person's language."""
        return english if self.language == "en" else vietnamese


def person_of(request: Request) -> Person:
    """Who asks, as the gate has found out."""
    return cast("Person", request.state.person)


def must_be_here(request: Request) -> None:
    """Settings are changed and tried on the shop's own computer only.

    Raises:
        NotHere: the request is another computer's.
    """
    if person_of(request).beyond:
        raise NotHere("settings are changed and tried on the shop's own computer only")


def language_of(request: Request, usual: str) -> str:
    """The language chosen in this browser, or the shop's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, usual)
    return chosen if chosen in LANGUAGES else usual
