"""A T-VAN over SOAP: the same ``Gateway`` as over plain HTTPS, the same bytes in it (docs/tvan-soap.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from authority.codes import checked_message_id
from authority.envelope import read_envelope
from authority.errors import AnswerNonsense, CredentialsRefused, MessageTooLarge, MessageUnreadable
from authority.gateway import MESSAGE_ROUTE, Capabilities, Collected, LookUp, NumbersKnown
from authority.http_answers import checked_base, refusal
from authority.https_line import CONNECTIONS, HttpsLine, Timeouts
from authority.package import PACKAGE_LIMIT
from authority.soap.envelope import (
    MEDIA_TYPE,
    SERVICE,
    headers_of,
    messages_in,
    only,
    read_answer,
    text_in,
    write_envelope,
)
from authority.soap.security import Account, security_header
from signing.errors import SigningError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from pathlib import Path

    from lxml.etree import _Element

    from authority.gateway import Gateway

_ROUTE = replace(MESSAGE_ROUTE, at_once=CONNECTIONS)
_AT_ONCE = 100  # messages of one collect
_LONGEST_CURSOR = 200


class SoapGateway:
    """A ``Gateway`` over SOAP 1.2. ``account`` is asked for again where the T-VAN refuses it: a new password
    in its source counts without a new start."""

    def __init__(
        self,
        url: str,
        sender_code: str,
        account: Callable[[], Account],
        *,
        ca: Path | None = None,
        timeouts: Timeouts | None = None,
        proxy: str | None = None,
        pin: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Raises:
        GatewaySettingInvalid: the address is not ``https://host[:port]/path``, or another setting.
        SigningError: the password's source holds none.
        """
        self._url = checked_base(url)
        self._sender = sender_code
        self._ask_account = account
        self._account = account()
        self._clock = clock
        self._line = HttpsLine(ca=ca, timeouts=timeouts, proxy=proxy, pin=pin, compressed=True)

    @property
    def name(self) -> str:
        """Host and port."""
        return urlsplit(self._url).netloc

    @property
    def can(self) -> Capabilities:
        """As over plain HTTPS."""
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
        """``GuiThongDiep``; see ``Gateway.send``."""
        if len(message) > self.max_bytes:
            raise MessageTooLarge(f"the message has {len(message)} bytes, the gateway takes {self.max_bytes}")
        checked_message_id(message_id)
        answer = self._call("GuiThongDiep", (("MTDiep", message_id), ("thongDiep", message)))
        answers = messages_in(answer, "thongDiep", self.name)
        for one in answers:
            try:
                read_envelope(one)
            except MessageUnreadable as error:
                raise AnswerNonsense(f"{self.name} answered with no message: {error.message}") from error
        return answers

    def collect(self, after: str) -> Collected:
        """``NhanThongDiep``; see ``Gateway.collect``."""
        asked = (("noiNhan", self._sender), ("sau", after), ("toiDa", str(_AT_ONCE)))
        answer = self._call("NhanThongDiep", asked)
        entries = answer.findall(f"{{{SERVICE}}}muc")
        messages, cursor = [], after
        for entry in entries:
            cursor = text_in(entry, "conTro", self.name)
            content = messages_in(entry, "thongDiep", self.name)
            if not 0 < len(cursor) <= _LONGEST_CURSOR or len(content) != 1:
                raise AnswerNonsense(f"an entry in the inbox of {self.name} is not of the documented form")
            messages.append(content[0])
        more = _yes(answer, "conNua", self.name)
        return Collected(tuple(messages), cursor, more and bool(messages) and cursor != after)

    def look_up(self, message_id: str) -> LookUp:
        """``TraThongDiep``; see ``Gateway.look_up``."""
        answer = self._call("TraThongDiep", (("MTDiep", checked_message_id(message_id)),))
        known = _yes(answer, "biet", self.name)
        messages = messages_in(answer, "thongDiep", self.name)
        if messages and not known:
            raise AnswerNonsense(f"{self.name} does not know the message, and answers it")
        return LookUp(known, messages)

    def numbers_known(self, tax_code: str, form: int, symbol: str, after: int) -> NumbersKnown:
        """``TraSo``; see ``KnowsNumbers``."""
        asked = (("MST", tax_code), ("KHMSHDon", str(form)), ("KHHDon", symbol), ("sau", str(after)))
        answer = self._call("TraSo", asked)
        code = only(answer, f"{{{SERVICE}}}maCuoi")
        numbers = [_whole(one.text, self.name) for one in answer.findall(f"{{{SERVICE}}}so")]
        last = _whole(text_in(answer, "soCuoi", self.name), self.name)
        return NumbersKnown(last, code.text if code is not None else None, frozenset(numbers))

    def close(self) -> None:
        """See ``Gateway.close``."""
        self._line.close()

    def _call(self, name: str, fields: Sequence[tuple[str, str | bytes]]) -> _Element:
        try:
            return self._called(name, fields)
        except CredentialsRefused as refused:
            try:
                account = self._ask_account()
            except SigningError:
                raise refused from None  # its source has none just now
            if account.user == self._account.user and (
                account.password.reveal() == self._account.password.reveal()
            ):
                raise
            self._account = account
            return self._called(name, fields)  # refused: nothing was done

    def _called(self, name: str, fields: Sequence[tuple[str, str | bytes]]) -> _Element:
        content = write_envelope(name, fields, security_header(self._account, self._clock()))
        answer = self._line.request("POST", self._url, content=content, headers=headers_of(name))
        if answer.status not in {200, 400, 500} or not answer.media_type.startswith(MEDIA_TYPE):
            raise refusal(answer, self.name)
        return read_answer(answer.body, name, self.name)


def _yes(element: _Element, field: str, host: str) -> bool:
    said = text_in(element, field, host)
    if said not in {"true", "false", "1", "0"}:
        raise AnswerNonsense(f"{host} says neither yes nor no for {field}")
    return said in {"true", "1"}


def _whole(text: str | None, host: str) -> int:
    given = (text or "").strip()
    if not given.isascii() or not given.isdigit() or len(given) > 8:
        raise AnswerNonsense(f"{host} says a number that is none")
    return int(given)


if TYPE_CHECKING:
    _shape: type[Gateway] = SoapGateway  # mypy holds it against the protocol
