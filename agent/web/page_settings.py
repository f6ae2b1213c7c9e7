"""The section ``[page]`` of config.toml: whether a page is served, where, and under which names."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
PORT = 8380
LANGUAGES = ("vi", "en")
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class PageSettings:
    """``host`` is an address to listen on; ``names`` are host names beside it by which browsers may ask.

    ``certificate`` and ``key`` are PEM files; without them a page beyond loopback makes its own.
    """

    on: bool = True
    host: str = LOOPBACK
    port: int = PORT
    names: tuple[str, ...] = ()
    language: str = "vi"
    certificate: Path | None = None
    key: Path | None = None

    @property
    def beyond_loopback(self) -> bool:
        """Whether other computers can reach it: then only over TLS."""
        return not ipaddress.ip_address(self.host).is_loopback

    @property
    def tls(self) -> bool:
        """Whether the page speaks HTTPS."""
        return self.beyond_loopback or self.certificate is not None


def page_settings(
    *,
    on: bool,
    host: str,
    port: int,
    names: tuple[str, ...],
    language: str,
    certificate: Path | None,
    key: Path | None,
) -> PageSettings:
    """The checked settings.

    Raises:
        ConfigInvalid: naming the key that is wrong.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise ConfigInvalid("page.host must be an address such as 127.0.0.1 or 192.168.1.20") from None
    if wrong := [name for name in names if not _NAME.fullmatch(name.lower())]:
        raise ConfigInvalid(f"page.names: {wrong[0]!r} is no host name")
    if language not in LANGUAGES:
        raise ConfigInvalid("page.language must be vi or en")
    if (certificate is None) != (key is None):
        raise ConfigInvalid("page.certificate and page.key belong together")
    return PageSettings(on, host, port, tuple(name.lower() for name in names), language, certificate, key)
