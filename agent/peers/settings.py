"""``[[peers]]`` of config.toml: the other registers of the shop, where they are and how they are known."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent.errors import ConfigInvalid
from agent.secret_source import from_folder

if TYPE_CHECKING:
    from pathlib import Path

    from agent.sections import Sections

MOST_PEERS = 30
TEMPLATE = """
# [[peers]]                     # máy khác trong tiệm, xem chung một trang / other registers (docs/shop.md)
# name = "Máy 2"                # thungan peers add ghi các dòng này / thungan peers add writes these lines
# url = "https://192.168.1.21:8380"
# token = "file:keys/peer-2"    # env:TÊN, file:ĐƯỜNG_DẪN, keyring:DỊCH_VỤ/NGƯỜI_DÙNG
# # khóa của máy ấy; hoặc ca = "keys/ca.pem" / its key, or an issuer to trust
# pin = "sha256:8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"
"""
_PIN = re.compile(r"sha256:[0-9a-f]{64}")
# Host names as people give them; one of figures alone would be an address that is none.
_LABEL = r"(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*(?![0-9]+$){_LABEL}")
_KEYS = {"name", "url", "token", "pin", "ca"}


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """Another register. ``url`` is an origin without path; ``token`` a source for ``read_passphrase``.

    ``pin`` is the SHA-256 of its public key, ``ca`` a PEM file of issuers to trust; without both the
    system's issuers count.
    """

    name: str
    url: str
    token: str
    pin: str | None
    ca: Path | None


def read_peers(take: Sections, folder: Path) -> tuple[PeerSettings, ...]:
    """Every peer, each with a name and an address of its own.

    Raises:
        ConfigInvalid: naming the value that is missing or wrong.
    """
    tables = take.tables("peers")
    if len(tables) > MOST_PEERS:
        raise ConfigInvalid(f"peers: at most {MOST_PEERS}")
    found = tuple(_peer(table, f"peers[{place}]", folder) for place, table in enumerate(tables))
    for what in ("name", "url"):
        values = [getattr(peer, what) for peer in found]
        if twice := {value for value in values if values.count(value) > 1}:
            raise ConfigInvalid(f"peers: two have the {what} {min(twice)!r}")
    return found


def _peer(table: dict[str, Any], where: str, folder: Path) -> PeerSettings:
    if unknown := set(table) - _KEYS:
        raise ConfigInvalid(f"unknown keys: {where}.{', '.join(sorted(unknown))}")

    def text(key: str, longest: int, *, needed: bool = True) -> str:
        value = table.get(key, "")
        if not isinstance(value, str) or len(value) > longest or (needed and not value.strip()):
            raise ConfigInvalid(f"{where}.{key} must be text of 1 to {longest} characters")
        return value.strip()

    pin, ca = text("pin", 80, needed=False), text("ca", 500, needed=False)
    if pin and ca:
        raise ConfigInvalid(f"{where}: set pin or ca, not both")
    return PeerSettings(
        name=checked_name(text("name", 40), where),
        url=checked_url(text("url", 300), where),
        token=from_folder(folder, text("token", 500)),
        pin=checked_pin(pin, where) if pin else None,
        ca=folder / ca if ca else None,
    )


def checked_name(name: str, where: str) -> str:
    """A name for people.

    Raises:
        ConfigInvalid: it is empty, too long, or has signs that cannot be seen.
    """
    if not name.strip() or len(name) > 40 or not name.isprintable():
        raise ConfigInvalid(f"{where}.name must be 1 to 40 characters that can be seen")
    return name.strip()


def checked_pin(pin: str, where: str) -> str:
    """``sha256:`` and 64 hex digits.

    Raises:
        ConfigInvalid: it is not of that form.
    """
    if not _PIN.fullmatch(pin.lower()):
        raise ConfigInvalid(f"{where}.pin must be sha256: and 64 hex digits")
    return pin.lower()


def checked_url(url: str, where: str) -> str:
    """The origin of a register's page, without path: https, or http to this very computer.

    Raises:
        ConfigInvalid: anything else; an address must not lead to anything but the one question.
    """
    wrong = ConfigInvalid(f"{where}.url must be an address such as https://192.168.1.21:8380")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    plain = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    # One spelling of each address: it is shown as a link, and two peers must not have the same.
    if not plain or not (_is_address(host) or (len(host) < 254 and _HOST.fullmatch(host))):
        raise wrong
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise ConfigInvalid(f"{where}.url must begin with https://")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + ("" if port is None else f":{port}")


def _is_address(host: str) -> bool:
    try:
        return "%" not in str(ipaddress.ip_address(host))
    except ValueError:
        return False


def _is_here(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
