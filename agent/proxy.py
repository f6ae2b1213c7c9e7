"""The shop's proxy: its address in config.toml, its password where secrets are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from agent.errors import ConfigInvalid
from agent.key_settings import inside
from signing.passphrase import read_passphrase

if TYPE_CHECKING:
    from pathlib import Path

    from agent.sections import Sections


@dataclass(frozen=True, slots=True)
class Proxy:
    """``address`` has at most a user's name in it; ``password`` is a source for ``read_passphrase``."""

    address: str
    password: str | None


def read_proxy(take: Sections, folder: Path) -> Proxy | None:
    """Read authority.proxy and authority.proxy_password.

    Raises:
        ConfigInvalid: no address, or one with a password in it, which would stand in every copy of the file.
    """
    address, source = take.text("authority.proxy", 200, ""), take.text("authority.proxy_password", 500, "")
    try:
        parts = urlsplit(address)
        user, password = parts.username, parts.password
    except ValueError:
        raise ConfigInvalid("authority.proxy must be an address such as http://192.168.1.1:3128") from None
    if password is not None:
        raise ConfigInvalid("authority.proxy holds a password: name its source in authority.proxy_password")
    if source and not user:
        raise ConfigInvalid("authority.proxy must name the user of authority.proxy_password: http://USER@…")
    return Proxy(address, inside(folder, source) or None) if address else None


def proxy_address(proxy: Proxy | None) -> str | None:
    """The address as HTTP clients take it, with the password. Keep it in no variable longer than needed.

    Raises:
        SigningError: the password's source holds none, or may be read by others.
    """
    if proxy is None or proxy.password is None:
        return proxy.address if proxy else None
    secret = read_passphrase(proxy.password)
    parts = urlsplit(proxy.address)
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(secret.reveal(), safe='')}@{host}"))
