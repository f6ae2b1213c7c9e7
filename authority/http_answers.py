"""What an HTTP answer of a gateway says: which address, which refusal, which JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from authority.errors import (
    AnswerNonsense,
    CredentialsRefused,
    GatewayBusy,
    GatewayError,
    GatewayFailed,
    GatewaySettingInvalid,
    RedirectRefused,
    Rejected,
)

if TYPE_CHECKING:
    from authority.https_line import HttpAnswer

_LONGEST_REASON = 200  # letters


def checked_base(base_url: str) -> str:
    """The address ``https://host[:port][/path]`` without a slash at its end.

    Raises:
        GatewaySettingInvalid: it is none, or carries a user, a password or a query.
    """
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        raise GatewaySettingInvalid(f"{base_url!r} is not an address") from None
    if parts.username is not None or parts.password is not None:
        raise GatewaySettingInvalid("the address must not carry a user or password; use a token")
    if parts.scheme != "https" or not parts.hostname or port == 0:
        raise GatewaySettingInvalid(f"{base_url!r} is not an https:// address")
    if parts.query or parts.fragment:
        raise GatewaySettingInvalid(f"{base_url!r} must not have a query or fragment")
    return base_url.rstrip("/")


def refusal(answer: HttpAnswer, host: str) -> GatewayError:
    """The error that an answer with another status than was hoped for stands for."""
    status, wait = answer.status, answer.retry_after
    words = first_words(answer.body)
    if 300 <= status < 400:
        return RedirectRefused(
            f"{host} redirects to {answer.location or 'nowhere'} (HTTP {status})", status=status
        )
    if status in {401, 403, 407}:
        return CredentialsRefused(
            f"{host} does not accept our credentials (HTTP {status}){words}", status=status
        )
    if status in {408, 425, 429}:
        return GatewayBusy(
            f"{host} asks to come later (HTTP {status}){words}", status=status, retry_after=wait
        )
    if 400 <= status < 500:
        return Rejected(f"{host} refuses (HTTP {status}){words}", status=status, retry_after=wait)
    if status >= 500:
        return GatewayFailed(f"{host} has failed (HTTP {status}){words}", retry_after=wait)
    return AnswerNonsense(f"{host} answered HTTP {status} where it should not{words}")


def first_words(body: bytes) -> str:
    """The first words of an error page, printable and short, for the person who reads the log."""
    shown = printable(re.sub(r"<[^>]*>", " ", body[:4_000].decode("utf-8", "replace")))
    return f": {shown}" if shown else ""


def printable(text: str) -> str:
    """Words of the other side, short and without what a log or terminal would act on."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:_LONGEST_REASON]


def json_object(answer: HttpAnswer, host: str) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        AnswerNonsense: it is something else.
    """
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise AnswerNonsense(
            f"{host} answered something that is not JSON{first_words(answer.body)}"
        ) from None
    if not isinstance(value, dict):
        raise AnswerNonsense(f"{host} answered JSON that is not an object")
    return value
