"""One line to a customer's address at VNPT, with its accounts: a call, and what it said."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from authority.errors import GatewayError
from authority.http_answers import checked_base, refusal
from authority.https_line import HttpsLine, Timeouts
from authority.providers.vnpt.login import LoginKeeper
from authority.providers.vnpt.refusals import SERVICE, STAFF, Said, read_error
from authority.providers.vnpt.soap import headers_of, read_result, write_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta
    from pathlib import Path

    from authority.providers.vnpt.calls import Call
    from authority.providers.vnpt.login import Sources

_REFUSED_PAUSE = 600.0  # seconds
_PATIENCE = Timeouts(connect=10.0, read=75.0, total=90.0)  # issuing signs at the provider: 60 to 90 s


class Wire:
    """Used by one thread at a time; blocks."""

    def __init__(
        self,
        base_url: str,
        login: Sources,
        *,
        ca: Path | None,
        timeouts: Timeouts | None,
        proxy: str | None,
        pin: str | None,
        clock: Callable[[], float],
    ) -> None:
        """The arguments of ``VnptGateway``; ``clock`` counts seconds.

        Raises:
            GatewaySettingInvalid: the address, or one of the settings.
        """
        self._base = checked_base(base_url)
        self._login = LoginKeeper(login)
        self._clock = clock
        self._held: dict[str, tuple[Said, float]] = {}  # by call: the refusal of the accounts, and until when
        self._line = HttpsLine(ca=ca, timeouts=timeouts or _PATIENCE, proxy=proxy, pin=pin)

    @property
    def name(self) -> str:
        """Host and port."""
        return urlsplit(self._base).netloc

    @property
    def clock_skew(self) -> timedelta | None:
        """By the Date header of the last answer over verified TLS."""
        return self._line.clock_skew

    @property
    def accounts(self) -> str:
        """Both names, for the person who tries the route."""
        return self._login.names

    def call(self, call: Call) -> str | Said:
        """What a call gave, or the ``ERR:n`` it said.

        Where the accounts are refused their sources are read anew: if they hold others by now the call is
        made once more (nothing was done the first time), if not it is not made again for a while, so that no
        account is locked by a program that keeps trying.

        Raises:
            GatewayError: as ``HttpsLine.request`` and ``soap.read_result``.
            SigningError: a source of a password holds none.
        """
        held, until = self._held.pop(call.operation, (None, 0.0))
        if held is not None and self._clock() < until and not self._login.changed():
            self._held[call.operation] = held, until
            return held
        said = self._exchange(call)
        if _of_accounts(said) and self._login.changed():
            said = self._exchange(call)
        if isinstance(said, Said) and _of_accounts(said):
            self._held[call.operation] = said, self._clock() + _REFUSED_PAUSE
        return said

    def close(self) -> None:
        """End the connection and its thread."""
        self._line.close()

    def hidden(self, text: str) -> str:
        """The text without the passwords, to be kept or shown."""
        return self._login.now().hidden_in(text)

    @contextmanager
    def hiding(self) -> Iterator[None]:
        """Errors that leave it quote no password, whatever the other side has put into its answer."""
        try:
            yield
        except GatewayError as error:
            shown = self.hidden(error.message)
            if shown == error.message:
                raise
            error.message, error.args = shown, (shown,)
            raise error from None

    def _exchange(self, call: Call) -> str | Said:
        content = write_call(call.operation, call.parameters(self._login.now()))
        url = f"{self._base}/{call.service}"
        answer = self._line.request("POST", url, content=content, headers=headers_of(call.operation))
        # A fault comes with HTTP 500 and a body that says more than the status.
        if answer.status != 200 and not (answer.status == 500 and b"Envelope" in answer.body):
            raise refusal(answer, self.name)
        text = read_result(answer.body, call.operation, self.name)
        said = read_error(text)
        return text if said is None else replace(said, words=self.hidden(said.words))


def _of_accounts(said: str | Said) -> bool:
    return isinstance(said, Said) and said.number in {STAFF, SERVICE}
