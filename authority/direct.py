"""The direct gateway: TDiep messages over HTTPS (``docs/direct-gateway.md``).

>>> from authority.direct import DirectGateway
>>> gateway = DirectGateway("https://gateway.example/thue", "K0409990010")
>>> gateway.name, gateway.can.numbering
('gateway.example', 'agent')

The wire is ours: the authority's own endpoints are given out on connection only (profile, section 1), so
a small bridge at the connected organisation speaks them; the sandbox speaks it too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from authority.codes import checked_message_id
from authority.envelope import read_envelope
from authority.errors import AnswerNonsense, GatewaySettingInvalid, MessageTooLarge, MessageUnreadable
from authority.gateway import MESSAGE_ROUTE, Capabilities, Collected, LookUp, NumbersKnown
from authority.http_answers import checked_base, json_object, refusal
from authority.https_line import CONNECTIONS, HttpsLine, Timeouts
from authority.package import PACKAGE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from pathlib import Path

    from authority.gateway import Gateway
    from signing.passphrase import Secret

_ROUTE = replace(MESSAGE_ROUTE, at_once=CONNECTIONS)
_AT_ONCE = 100  # messages of one collect
_SENDER = re.compile(r"[A-Z0-9]{3,14}")
_LONGEST_CURSOR = 200


class DirectGateway:
    """A ``Gateway`` over HTTPS. The agent makes numbers and authority codes itself."""

    def __init__(
        self,
        base_url: str,
        sender_code: str,
        *,
        ca: Path | None = None,
        token: Callable[[], Secret] | None = None,
        timeouts: Timeouts | None = None,
        proxy: str | None = None,
        pin: str | None = None,
    ) -> None:
        """``ca``: PEM file with the only issuers to trust (None: the system's). ``proxy``: an http(s) URL.
        ``token`` reads the access token from its source; it is read again where the gateway refuses it.
        ``pin``: SHA-256 in hex of the server key's SubjectPublicKeyInfo (RFC 7469), else it is not trusted.

        Raises:
            GatewaySettingInvalid: the address is not ``https://host[:port][/path]``, or another setting.
        """
        self._base = checked_base(base_url)
        if not _SENDER.fullmatch(sender_code):
            raise GatewaySettingInvalid(f"{sender_code!r} is not a party code such as K0409990010")
        self._sender = sender_code
        self._line = HttpsLine(ca=ca, token=token, timeouts=timeouts, proxy=proxy, pin=pin)

    @property
    def name(self) -> str:
        """Host and port."""
        return urlsplit(self._base).netloc

    @property
    def can(self) -> Capabilities:
        """Messages of finished invoices, which the agent numbers; several may be under way."""
        return _ROUTE

    @property
    def max_bytes(self) -> int:
        """The regulation's 2 MB."""
        return PACKAGE_LIMIT

    @property
    def clock_skew(self) -> timedelta | None:
        """By the Date header of the last answer over verified TLS."""
        return self._line.clock_skew

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        """``POST /v1/messages``; see ``Gateway.send``."""
        if len(message) > self.max_bytes:
            raise MessageTooLarge(f"the message has {len(message)} bytes, the gateway takes {self.max_bytes}")
        headers = {"Content-Type": "application/xml", "Message-Id": checked_message_id(message_id)}
        answer = self._line.request("POST", f"{self._base}/v1/messages", content=message, headers=headers)
        if answer.status == 202 and not answer.body.strip():
            return ()
        if answer.status != 200:
            raise refusal(answer, self.name)
        try:
            read_envelope(answer.body)
        except MessageUnreadable as error:
            raise AnswerNonsense(f"{self.name} answered with no message: {error.message}") from error
        return (answer.body,)

    def collect(self, after: str) -> Collected:
        """``GET /v1/inbox/{code}``; see ``Gateway.collect``."""
        url = f"{self._base}/v1/inbox/{self._sender}?after={quote(after, safe='')}&limit={_AT_ONCE}"
        answer = self._line.request("GET", url)
        if answer.status != 200:
            raise refusal(answer, self.name)
        page = json_object(answer, self.name)
        entries, more = page.get("messages"), page.get("more", False)
        if not isinstance(entries, list) or not isinstance(more, bool):
            raise AnswerNonsense(f"the inbox of {self.name} is not of the documented form")
        messages = []
        cursor = after
        for entry in entries:
            if not isinstance(entry, dict):
                raise AnswerNonsense(f"an entry in the inbox of {self.name} is not an object")
            place = entry.get("cursor")
            if not isinstance(place, str) or not 0 < len(place) <= _LONGEST_CURSOR:
                raise AnswerNonsense(f"an entry in the inbox of {self.name} has no cursor")
            cursor = place
            messages.append(_xml_bytes(entry.get("xml"), self.name))
        # An empty page that promises more would be asked for without end.
        return Collected(tuple(messages), cursor, more and bool(messages) and cursor != after)

    def look_up(self, message_id: str) -> LookUp:
        """``GET /v1/messages/{MTDiep}``; see ``Gateway.look_up``."""
        answer = self._line.request("GET", f"{self._base}/v1/messages/{checked_message_id(message_id)}")
        if answer.status not in {200, 404}:
            raise refusal(answer, self.name)
        try:
            found = json_object(answer, self.name)
        except AnswerNonsense:
            # A wrong address also says 404; only the documented object means "not known", because on
            # that word invoices may be packed anew.
            if answer.status == 404:
                raise refusal(answer, self.name) from None
            raise
        known, entries = found.get("known"), found.get("messages", [])
        if known is not (answer.status == 200) or not isinstance(entries, list):
            raise AnswerNonsense(f"the look-up at {self.name} is not of the documented form")
        return LookUp(known, tuple(_xml_bytes(entry, self.name) for entry in entries))

    def numbers_known(self, tax_code: str, form: int, symbol: str, after: int) -> NumbersKnown:
        """``GET /v1/numbers/{MST}/{form}/{symbol}``; see ``KnowsNumbers``."""
        series = f"{quote(tax_code, safe='')}/{form}/{quote(symbol, safe='')}"
        answer = self._line.request("GET", f"{self._base}/v1/numbers/{series}?after={after}")
        if answer.status != 200:
            raise refusal(answer, self.name)
        found = json_object(answer, self.name)
        last, code, numbers = found.get("last_number"), found.get("last_code"), found.get("numbers")
        whole = isinstance(numbers, list) and all(type(one) is int for one in numbers)
        if (
            type(last) is not int
            or not isinstance(code, str | None)
            or not isinstance(numbers, list)
            or not whole
        ):
            raise AnswerNonsense(f"what {self.name} says of its numbers is not of the documented form")
        return NumbersKnown(last, code, frozenset(numbers))

    def close(self) -> None:
        """See ``Gateway.close``."""
        self._line.close()


def _xml_bytes(xml: object, host: str) -> bytes:
    if not isinstance(xml, str):
        raise AnswerNonsense(f"{host} sent a message that is not text")
    try:
        return xml.encode()
    except UnicodeEncodeError:
        raise AnswerNonsense(f"{host} sent a message that is not Unicode") from None


if TYPE_CHECKING:
    _shape: type[Gateway] = DirectGateway  # mypy holds it against the protocol
