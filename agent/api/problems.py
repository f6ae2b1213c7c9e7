"""Errors as ``application/problem+json`` (RFC 9457): code, what is wrong, what to do in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from agent.api import errors as api
from agent.errors import ReasonMissing
from authority.errors import AuthorityError
from invoice.errors import InvoiceError
from outbox import errors as outbox
from outbox.api_requests import KeyReused
from signing.errors import SigningError

if TYPE_CHECKING:
    from starlette.responses import Response

    from errors import ThunganError

MEDIA_TYPE = "application/problem+json"
# The first that fits counts. What lies with the request is 4xx; what a person has to mend here is 503.
_STATUS: tuple[tuple[type[ThunganError], int], ...] = (
    (api.TokenWrong, 401),
    (api.ScopeMissing, 403),
    (api.TooOften, 429),
    (api.KeyMissing, 400),
    (api.RequestInvalid, 400),
    (outbox.NotFound, 404),
    (KeyReused, 422),
    (outbox.TransitionRefused, 409),
    (ReasonMissing, 422),
    (InvoiceError, 422),
    (SigningError, 503),
    (AuthorityError, 503),
    (outbox.OutboxError, 503),
)


def problem(error: ThunganError) -> Response:
    """The answer to a request that failed with ``error``."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    headers = {}
    if isinstance(error, api.TooOften):
        headers["retry-after"] = str(error.seconds)
    if isinstance(error, api.TokenWrong):
        headers["www-authenticate"] = 'Bearer realm="thungan"'
    return problem_of(
        status,
        error.code,
        error.message,
        headers=headers,
        advice={"vi": error.advice("vi"), "en": error.advice("en")},
    )


def problem_of(
    status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> Response:
    """A problem with a code of its own."""
    body = {"type": f"urn:thungan:error:{code}", "title": code, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)
