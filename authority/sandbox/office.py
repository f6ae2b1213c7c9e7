"""What the sandbox's desks share: settings, faults, store, key, and the way of an answer into the inbox."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from authority.codes import AUTHORITY, new_message_id

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable
    from datetime import datetime

    from authority.sandbox.authority_signer import AuthoritySigner
    from authority.sandbox.faults import FaultPlan
    from authority.sandbox.settings import Settings
    from authority.sandbox.store import Store

VERSION = "2.1.0"
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(slots=True)
class Office:
    """One sandbox's. ``settings`` may be changed between messages."""

    store: Store
    signer: AuthoritySigner
    settings: Settings
    faults: FaultPlan
    new_id: Callable[[], uuid.UUID]

    def new_message_id(self) -> str:
        """An MTDiep of the authority's."""
        return new_message_id(AUTHORITY, self.new_id())

    def characters(self, tax_code: str, now: datetime) -> str | None:
        """The five characters of a taxpayer that may issue from registers, None for any other."""
        return (
            self.settings.taxpayers.get(tax_code)
            or self.store.characters_of(tax_code)
            or self.store.registered_characters(tax_code, now.timestamp())
        )

    def new_characters(self, tax_code: str) -> str:
        """Five characters that no other taxpayer has; the same ones for the same taxpayer."""
        attempt = 0
        while True:
            digest = hashlib.blake2b(f"{tax_code}/{attempt}".encode(), digest_size=5).digest()
            characters = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest)
            others = {code for code, held in self.settings.taxpayers.items() if held == characters}
            if not others - {tax_code} and not self.store.characters_taken(characters, tax_code):
                return characters
            attempt += 1

    def leave(self, receiver: str, submission_id: str, document: bytes, due: datetime) -> None:
        """Leave an answer for a party, with whatever the fault plan does to it; inside a transaction."""
        lost = self.faults.strikes("lose-notice", submission_id)
        self.store.add_answer(receiver, submission_id, due.timestamp(), document, in_inbox=not lost)
        if not lost and self.faults.strikes("repeat", submission_id):
            self.store.add_answer(receiver, submission_id, due.timestamp(), document, in_look_up=False)

    def due(self, submission_id: str, now: datetime) -> datetime:
        """When the result of checking a message falls due."""
        return now + self.settings.notice_delay + timedelta(seconds=self.faults.later(submission_id))
