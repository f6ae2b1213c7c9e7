"""Asking one peer once: bounded in time and size, over TLS to the one key that is known, nothing followed."""

from __future__ import annotations

from concurrent.futures import CancelledError
from functools import partial
from typing import TYPE_CHECKING

from agent.peers.errors import PeerNonsense, PeerRefuses, PeerSilent, PeerStranger
from agent.peers.report import MOST_BYTES, read_report
from authority.errors import AnswerNonsense, GatewayError, TlsNotTrusted
from signing.errors import SigningError
from signing.passphrase import read_passphrase

if TYPE_CHECKING:
    from agent.peers.report import Report
    from agent.peers.settings import PeerSettings
    from authority.https_line import HttpsLine

PATH = "/v1/standing"
CONNECT, READ, TOTAL = 2.0, 4.0, 5.0  # seconds: a slow peer holds up the others no longer


class PeerLine:
    """The way to one peer. Keeps no connection and no thread between two questions."""

    def __init__(self, peer: PeerSettings) -> None:
        self._peer = peer
        self._line: HttpsLine | None = None

    def ask(self) -> Report:
        """The peer's report of now; within ``TOTAL`` seconds.

        Raises:
            PeerError: why there is none.
        """
        line = self._line = self._line or self._open()
        try:
            answer = line.request("GET", f"{self._peer.url}{PATH}", headers={"Accept": "application/json"})
        except TlsNotTrusted as error:
            raise PeerStranger(error.message) from error
        except AnswerNonsense as error:
            raise PeerNonsense(error.message) from error
        except (GatewayError, CancelledError) as error:
            raise PeerSilent(str(getattr(error, "message", "")) or "the question was given up") from error
        finally:
            line.close()
        if answer.status in {401, 403}:
            self._line = None  # the token may be another one by the next time
            raise PeerRefuses(f"the token for {self._peer.name} is not taken ({answer.status})")
        if answer.status in {429, 503}:
            raise PeerSilent(f"it has no time now ({answer.status})")
        if 300 <= answer.status < 400:
            # Never followed: who answers must not choose what this computer asks next.
            raise PeerNonsense(f"it points elsewhere ({answer.status}), which is not followed")
        if answer.status != 200:
            raise PeerNonsense(f"it answers with status {answer.status}")
        return read_report(answer.body)

    def close(self) -> None:
        """Give up a question that is under way."""
        if self._line is not None:
            self._line.close()

    def _open(self) -> HttpsLine:
        from authority.errors import GatewaySettingInvalid
        from authority.https_line import HttpsLine, Timeouts

        try:
            return HttpsLine(
                ca=self._peer.ca,
                token=partial(read_passphrase, self._peer.token),
                timeouts=Timeouts(connect=CONNECT, read=READ, total=TOTAL),
                max_answer=MOST_BYTES,
                pin=self._peer.pin,
                pin_alone=True,
            )
        except SigningError as error:
            raise PeerRefuses(f"the token for {self._peer.name}: {error.message}") from error
        except GatewaySettingInvalid as error:
            raise PeerStranger(error.message) from error
