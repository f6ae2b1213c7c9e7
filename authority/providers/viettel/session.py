"""The log-in: a token that lives for minutes, renewed before it ends, and a password read where it is kept.

The password is read from its source when it is first needed and again when it is refused; one that was
refused is not shown again for a while, so that no account is locked by a program that keeps trying.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

from authority.errors import AnswerNonsense, GatewayUnreachable, MaybeDelivered
from authority.http_answers import json_object, refusal
from authority.providers.errors import LogInRefused
from signing.passphrase import Secret, Unshown

if TYPE_CHECKING:
    from collections.abc import Callable

    from authority.https_line import HttpsLine

_USUAL_LIFE = 300.0  # seconds, where the answer does not say
_MARGIN = 30.0  # renewed that long before its end, or at three quarters of a short life
_REFUSED_PAUSE = 600.0
_COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]{1,8192}")  # RFC 6265, cookie-octet


class Session:
    """One account's token; used by one thread at a time."""

    def __init__(
        self,
        line: HttpsLine,
        url: str,
        user: str,
        password: Callable[[], Secret],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``password`` reads it from its source; ``clock`` counts seconds."""
        self._line, self._url, self._user = line, url, user
        self._read, self._clock = password, clock
        self._password: Secret | None = None
        self._token: Secret | None = None
        self._until = 0.0
        self._refused: tuple[Secret, float] | None = None

    def headers(self, kind: str) -> Unshown:
        """The headers of a request with a body of that media type; logs in where it must.

        Raises:
            LogInRefused: user or password are not accepted.
            NotDelivered, GatewayError: nobody could be asked; nothing of the request has been sent.
            SigningError: the password's source holds none.
        """
        if self._token is None or self._clock() >= self._until:
            self._log_in()
        token = self._token
        cookie = f"access_token={token.reveal()}" if token is not None else ""
        return Unshown({"Content-Type": kind, "Cookie": cookie})

    def drop(self) -> None:
        """Forget the token: it was refused."""
        self._token = None

    def _log_in(self) -> None:
        password = self._password or self._read()
        if self._try(password):
            return
        again = self._read()
        if again.reveal() != password.reveal() and self._try(again):
            return
        raise LogInRefused("the provider does not accept user or password", status=401)

    def _try(self, password: Secret) -> bool:
        if self._refused is not None:
            refused, until = self._refused
            if password.reveal() == refused.reveal() and self._clock() < until:
                return False
        content = json.dumps(Unshown(username=self._user, password=password.reveal())).encode()
        try:
            answer = self._line.request(
                "POST", self._url, content=content, headers={"Content-Type": "application/json"}
            )
        except MaybeDelivered as error:
            # Whatever became of the log-in: the order behind it has not been sent.
            raise GatewayUnreachable(f"no log-in: {error.message}", retry_after=error.retry_after) from error
        host = self._url.split("/", 3)[2]
        if answer.status in {400, 401, 403}:
            self._password, self._refused = None, (password, self._clock() + _REFUSED_PAUSE)
            return False
        if answer.status != 200:
            said = refusal(answer, host)
            if isinstance(said, MaybeDelivered):
                raise GatewayUnreachable(f"no log-in: {said.message}", retry_after=said.retry_after)
            raise said
        try:
            self._keep(json_object(answer, host))
        except AnswerNonsense as error:
            raise GatewayUnreachable(f"no log-in: {error.message}") from None
        self._password, self._refused = password, None
        return True

    def _keep(self, given: dict[str, object]) -> None:
        token, life = given.get("access_token"), given.get("expires_in")
        if not isinstance(token, str) or not _COOKIE.fullmatch(token):
            raise AnswerNonsense("the answer to the log-in has no usable access_token")
        seconds = float(life) if isinstance(life, int) and life > 0 else _USUAL_LIFE
        self._token = Secret(token)
        self._until = self._clock() + seconds - min(_MARGIN, seconds / 4)
