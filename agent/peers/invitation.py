"""An invitation: one line that lets another register ask this one how it stands.

::

    thungan-peer https://192.168.1.21:8380 pin=sha256:… token=thg_… name=Máy 2

``invite`` makes the token and the line; ``accept`` takes the line into another shop's config.toml. The line
holds a secret: it goes through standard input, a pipe or the page, never through a command line, which every
program on the computer can read (promise P6).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.api.tokens import Scope, Tokens
from agent.config import load_config
from agent.config_writing import append_table, remove_table
from agent.errors import ConfigInvalid
from agent.peers.errors import InvitationWrong, NotInvitable
from agent.peers.settings import checked_name, checked_pin, checked_url
from outbox.store import stamp
from signing.passphrase import Secret
from signing.private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Config

PER_MINUTE = 60  # questions; a peer asks every 15 seconds
WILDCARDS = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on
_LINE = re.compile(
    r"thungan-peer (?P<url>\S+)(?: pin=(?P<pin>\S+))?"
    r" token=(?P<token>thg_[A-Za-z0-9_-]{20,100}) name=(?P<name>.+)"
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where a register is asked, how it is known, and the token to ask with."""

    name: str
    url: str
    pin: str | None
    token: Secret

    def line(self) -> str:
        """As it is handed on; with the token in it."""
        pin = f" pin={self.pin}" if self.pin else ""
        return f"thungan-peer {self.url}{pin} token={self.token.reveal()} name={self.name}"

    @classmethod
    def parse(cls, line: str) -> Invitation:
        """From the line, however it was wrapped or quoted on its way.

        Raises:
            InvitationWrong: it is none. The message repeats nothing of it: it may hold the token.
        """
        match = _LINE.fullmatch(" ".join(line.strip().strip("\"'").split()))
        if match is None:
            raise InvitationWrong("that line is no invitation of thungan peers invite")
        try:
            url = checked_url(match["url"], "invitation")
            name = checked_name(match["name"], "invitation")
            pin = checked_pin(match["pin"], "invitation") if match["pin"] else None
        except ConfigInvalid as error:
            raise InvitationWrong(error.message) from None
        return cls(name, url, pin, Secret(match["token"]))


def invite(config: Config, guest: str = "", url: str = "", name: str = "") -> Invitation:
    """Make a token for ``guest`` and what it needs to ask us at ``url`` (by default: as configured).

    Raises:
        NotInvitable: no page is served, or not at an address that others know.
        TokenInvalid: that guest has a token already.
        SigningError: the token file or the page's key cannot be used.
    """
    from agent.web.tls_files import key_pin, page_certificate  # late: a shop without peers needs none of it

    page = config.page
    if not page.on:
        raise NotInvitable("the page is off ([page] on = false)")
    host = (page.names[0] if page.names else "") if page.host in WILDCARDS else page.host
    if not url and (not host or page.port == 0):
        raise NotInvitable("the page listens on every address: say which one others use")
    shown = f"[{host}]" if ":" in host else host
    address = checked_url(url or f"{'https' if page.tls else 'http'}://{shown}:{page.port}", "invitation")
    pin = key_pin(page_certificate(config.folder, page)[0]) if page.tls else None
    tokens = Tokens(config.folder)
    word = tokens.make(guest or _free_name(tokens), [Scope.PEER], PER_MINUTE, stamp(datetime.now(UTC)))
    own = checked_name(name, "invitation") if name else own_name(config)
    return Invitation(own, address, pin, Secret(word))


def accept(folder: Path, invitation: Invitation, name: str = "") -> str:
    """Write the invited register into a folder's config.toml, its token beside the keys; what it is called.

    A register that is known already at that address gets the new token and key.

    Raises:
        ConfigInvalid: the configuration would be wrong with it: nothing is changed.
    """
    config = load_config(folder)
    known = next((peer for peer in config.peers if peer.url == invitation.url), None)
    chosen = checked_name(name, "peers") if name else (known.name if known else invitation.name)
    place = f"keys/peer-{_file_word(invitation.url)}"
    entry = {"name": chosen, "url": invitation.url, "token": f"file:{place}"}
    if invitation.pin:
        entry["pin"] = invitation.pin
    (folder / "keys").mkdir(mode=0o700, exist_ok=True)
    before = (folder / place).read_bytes() if (folder / place).exists() else None
    write_private(folder / place, invitation.token.reveal().encode())
    try:
        append_table(folder, "peers", entry, instead=("url", invitation.url))
    except ConfigInvalid:
        if before is None:
            (folder / place).unlink()
        else:
            write_private(folder / place, before)
        raise
    return chosen


def forget(folder: Path, name: str) -> None:
    """Take a register out of config.toml, and its token out of the keys.

    Raises:
        ConfigInvalid: there is none of that name.
    """
    peer = next((peer for peer in load_config(folder).peers if peer.name == name), None)
    if peer is None:
        raise ConfigInvalid(f"there is no peer {name!r}")
    remove_table(folder, "peers", ("name", name))
    own = folder / f"keys/peer-{_file_word(peer.url)}"
    if peer.token == f"file:{own}":
        with suppress(FileNotFoundError):
            own.unlink()


def own_name(config: Config) -> str:
    """What this register is called beside others."""
    return f"Máy {config.register.number}"


def _free_name(tokens: Tokens) -> str:
    known = {token.name for token in tokens.all()}
    return next(name for number in range(1, 1000) if (name := f"peer {number}") not in known)


def _file_word(url: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", url.partition("://")[2]).strip("-")
