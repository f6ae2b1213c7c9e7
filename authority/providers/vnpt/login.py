"""Both accounts of a customer: user and password of the service, account and password of a member of staff.

Passwords come from their sources (env:, file:, keyring:) when the first call needs them, and are read anew
when the provider refuses them: one that was changed while the shop sells takes effect without a restart.
They stand in no error and no log: what the provider says is shown without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signing.passphrase import read_passphrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing.passphrase import Secret

_HIDDEN = "(…)"


@dataclass(frozen=True, slots=True)
class Sources:
    """Names, and where their passwords are kept."""

    user: str
    password: str
    account: str
    account_password: str


@dataclass(frozen=True, slots=True)
class Login:
    """Names and passwords as they are just now."""

    user: str
    password: Secret
    account: str
    account_password: Secret

    def hidden_in(self, text: str) -> str:
        """The text without the passwords."""
        for secret in sorted((self.password.reveal(), self.account_password.reveal()), key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text

    def same_as(self, other: Login) -> bool:
        """Whether both show the same."""
        return all(
            mine.reveal() == theirs.reveal()
            for mine, theirs in (
                (self.password, other.password),
                (self.account_password, other.account_password),
            )
        )


class LoginKeeper:
    """Reads the sources once, and again when asked to."""

    def __init__(self, sources: Sources, read: Callable[[str], Secret] = read_passphrase) -> None:
        self._sources = sources
        self._read = read
        self._known: Login | None = None

    @property
    def names(self) -> str:
        """Both names, without their passwords."""
        return f"{self._sources.user} / {self._sources.account}"

    def now(self) -> Login:
        """What is shown to the provider.

        Raises:
            SigningError: a source holds none.
        """
        if self._known is None:
            self._known = self._afresh()
        return self._known

    def changed(self) -> bool:
        """Read anew after a refusal; whether anything is another than what was refused.

        Raises:
            SigningError: a source holds none.
        """
        before, self._known = self._known, self._afresh()
        return before is None or not self._known.same_as(before)

    def _afresh(self) -> Login:
        sources = self._sources
        return Login(
            sources.user,
            self._read(sources.password),
            sources.account,
            self._read(sources.account_password),
        )
