"""An authority and a line that do what they like, in front of a sandbox that knows the truth.

Each call does the next trick that was asked for of its kind, else what is right. What the shop was *told* is
kept apart from what is *true*: promise P3 is about what was told (``said_no``), and where the authority told
an untruth (``lied_about``) nobody can know better.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from typing import TYPE_CHECKING

from authority.answer_writing import NoticeContent, build_notice, build_technical
from authority.answers import PACKAGE_REFUSED, Notice, TechnicalAnswer, TechnicalError, parse_answer
from authority.codes import AUTHORITY, new_message_id
from authority.errors import (
    AnswerNonsense,
    AuthorityError,
    ConnectionCut,
    CredentialsRefused,
    GatewayBusy,
    GatewayError,
    GatewayFailed,
    GatewayTimeout,
    GatewayUnreachable,
    RedirectRefused,
    Rejected,
    TlsNotTrusted,
)
from authority.gateway import Collected, LookUp
from authority.memory import MemoryGateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from authority.sandbox.authority_signer import AuthoritySigner
    from authority.sandbox.core import Sandbox

FAILURES: dict[str, Callable[[], GatewayError]] = {
    "unreachable": lambda: GatewayUnreachable("no connection"),
    "wrong host": lambda: TlsNotTrusted("its certificate is for another host"),
    "time-out": lambda: GatewayTimeout("no complete answer"),
    "cut": lambda: ConnectionCut("the connection broke"),
    "500": lambda: GatewayFailed("the gateway has failed (HTTP 500)"),
    "503": lambda: GatewayFailed("the gateway has failed (HTTP 503)", retry_after=900),
    "nonsense": lambda: AnswerNonsense("the gateway answered with no message"),
    "400": lambda: Rejected("the gateway refuses (HTTP 400)", status=400),
    "401": lambda: CredentialsRefused("the gateway does not accept our credentials", status=401),
    "redirect": lambda: RedirectRefused("the gateway redirects", status=302),
    "429": lambda: GatewayBusy("the gateway asks to come later", status=429, retry_after=120),
}
# Failures after which the message may have arrived all the same.
LATE = ("time-out", "cut", "500", "503", "nonsense")
TRICKS = {
    "send": (
        *FAILURES,
        *(f"taken, then {name}" for name in LATE),
        "taken twice",
        "silence",
        "garbage",
        "another's answer",
        "answer twice",
        "refused, not taken",
        "refused, though taken",
    ),
    "look_up": (*FAILURES, "cannot say", "garbage", "another's answer", "knows it not", "no answers yet"),
    "collect": (*FAILURES, "garbage", "from the beginning", "another's answer", "nothing", "backwards"),
}
LIES = ("refused, though taken", "knows it not")
GARBAGE = (
    b"",
    b"<html>503</html>",
    b"\x00\xff",
    b"<TDiep><TTChung/></TDiep>",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>",
)
_NUMBER = re.compile(rb"<SHDon>([0-9]+)</SHDon>")
_PARTY = "K0107001729"


class HostileGateway(MemoryGateway):
    """The way to the sandbox, with tricks; see the module."""

    def __init__(
        self, sandbox: Sandbox, sender_code: str, clock: Callable[[], datetime], new_id: Callable[[], UUID]
    ) -> None:
        super().__init__(sandbox, sender_code, clock)
        self._new_id = new_id
        self._now = clock
        self._box = sandbox
        self._other = sandbox.settings.tvan_code or AUTHORITY  # who answers on this route
        self.tricks: dict[str, deque[str]] = defaultdict(deque)
        self.sent: dict[str, list[bytes]] = defaultdict(list)
        self.packages: dict[str, frozenset[int]] = {}  # MTDiep -> the numbers in it
        self.said_no: set[str] = set()  # MTDiep that the authority refused, or says it does not know
        self.lied_about: set[int] = set()  # numbers
        self.broken_promises: list[str] = []
        self._litter = 0

    def send(self, message: bytes, message_id: str) -> tuple[bytes, ...]:
        """See ``Gateway.send``."""
        self._note(message, message_id)
        trick = self._trick("send")
        failure, taken = trick.removeprefix("taken, then "), trick.startswith("taken, then ")
        if failure in FAILURES:
            if taken:
                super().send(message, message_id)
            raise self._failure(failure)
        if trick == "refused, not taken":
            return self._told((self.refusal(message_id),))
        if trick == "garbage":
            return (self._garbage(),)
        if trick == "another's answer":
            return (self._anothers(),)
        known = self._box.look_up(message_id, self._now()).known
        answers = super().send(message, message_id)
        if trick == "taken twice":
            super().send(message, message_id)
        elif trick == "silence":
            return ()
        elif trick == "answer twice":
            answers *= 2
        elif trick == "refused, though taken" and not known:
            # The first copy: a refusal that is believed. That of a later one is asked about.
            self.lied_about |= self.packages.get(message_id, frozenset())
            return self._told((self.refusal(message_id),))
        return self._told(answers)

    def look_up(self, message_id: str) -> LookUp:
        """See ``Gateway.look_up``."""
        trick = self._trick("look_up")
        if trick in FAILURES:
            raise self._failure(trick)
        found = super().look_up(message_id)
        if trick == "cannot say":
            return LookUp(known=None)
        if trick == "garbage":
            return LookUp(found.known, (self._garbage(), *found.messages))
        if trick == "another's answer":
            return LookUp(
                found.known, (self.refusal(new_message_id(_PARTY, self._new_id())), *found.messages)
            )
        if trick == "knows it not":
            if found.known:
                self.lied_about |= self.packages.get(message_id, frozenset())
            self.said_no.add(message_id)
            return LookUp(known=False)
        if trick == "no answers yet":
            return LookUp(found.known)
        if not found.known:
            self.said_no.add(message_id)
        self._told(found.messages)
        return found

    def collect(self, after: str) -> Collected:
        """See ``Gateway.collect``."""
        trick = self._trick("collect")
        if trick in FAILURES:
            raise self._failure(trick)
        found = super().collect("" if trick == "from the beginning" else after)
        if trick == "garbage":
            found = Collected((self._garbage(), *found.messages), found.cursor, found.more)
        elif trick == "another's answer":
            found = Collected((*found.messages, self._anothers()), found.cursor, found.more)
        elif trick == "nothing":
            return Collected((), after, more=True)
        elif trick == "backwards":
            found = Collected(found.messages[::-1], found.cursor, found.more)
        self._told(found.messages)
        return found

    def refusal(self, message_id: str) -> bytes:
        """A 999 that refuses a message."""
        return build_technical(
            version="2.1.0",
            sender=self._other,
            receiver=self._sender,
            message_id=new_message_id(AUTHORITY, self._new_id()),
            reply_to=message_id,
            original_sender=self._sender,
            received_at=self._now(),
            errors=(TechnicalError("1012", "thông điệp không đúng"),),
        )

    def notice(self, message_id: str, kind: int, signer: AuthoritySigner, tax_code: str) -> None:
        """Leave a 204 about a package in the inbox, signed by ``signer``."""
        content = NoticeContent(
            kind=kind,
            number="260000000001",
            place="Hà Nội",
            tax_code=tax_code,
            taxpayer="CỬA HÀNG",
            submission_id=message_id,
            count=1,
            received_at=self._now(),
            noticed_at=self._now(),
        )
        document = build_notice(
            content,
            version="2.1.0",
            receiver=self._sender,
            message_id=new_message_id(AUTHORITY, self._new_id()),
            signer=signer,
        )
        self._box._store.add_answer(self._sender, message_id, self._now().timestamp(), document)

    def _trick(self, call: str) -> str:
        return self.tricks[call].popleft() if self.tricks[call] else ""

    def _anothers(self) -> bytes:
        return self.refusal(new_message_id(_PARTY, self._new_id()))

    def _failure(self, name: str) -> GatewayError:
        return FAILURES[name]()

    def _garbage(self) -> bytes:
        self._litter += 1
        return GARBAGE[self._litter % len(GARBAGE)]

    def _note(self, message: bytes, message_id: str) -> None:
        """What leaves, and whether it may (P3): under a second MTDiep only after a no to the first."""
        self.sent[message_id].append(message)
        if b"<MLTDiep>206</MLTDiep>" not in message:
            return
        numbers = frozenset(int(number) for number in _NUMBER.findall(message))
        for other, theirs in self.packages.items():
            if other != message_id and theirs & numbers and other not in self.said_no:
                self.broken_promises.append(
                    f"{sorted(theirs & numbers)} leave as {message_id} while {other} may still be decided"
                )
        self.packages[message_id] = numbers

    def _told(self, documents: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Remember which messages these answers refuse."""
        for document in documents:
            try:
                answer = parse_answer(document)
            except AuthorityError:
                continue
            if isinstance(answer, TechnicalAnswer) and not answer.ok:
                self.said_no.add(answer.reply_to)
            elif isinstance(answer, Notice) and answer.kind == PACKAGE_REFUSED:
                self.said_no.add(answer.submission_id)
        return documents
