"""Answers of many shops in one TOML file (docs/set-up.md).

The sections are those of config.toml; what stands outside of ``[[shop]]`` is the same for all::

    [authority]
    url = "https://gateway.example.vn"
    trust = "authority.pem"                 # files: beside the answer file

    [[shop]]
    id = "hai-chau-1"
    seller = { tax_code = "0409990010", name = "Tạp hóa Sông Hàn", address = "12 Bạch Đằng, Đà Nẵng" }
    register = { taxpayer = "SHNDN", letters = "AA", number = 1 }
    key = { import = "hai-chau-1.p12", passphrase = "file:hai-chau-1.txt" }
    source = { uri = "serial:///dev/ttyUSB0?baud=9600" }
    page = { pin = "env:PAGE_PIN" }

Registers of one shop that see each other (docs/shop.md) name each other by id, ``peers = ["hai-chau-2"]``, or
give ``[[shop.peers]]`` as config.toml has them. Secrets never stand in it: ``passphrase`` and ``pin`` say
where they are (``env:``, ``file:``, ``keyring:``).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.errors import ConfigInvalid, FileUnreadable
from agent.setting_up import Answers
from signing.passphrase import Secret, read_passphrase

if TYPE_CHECKING:
    from pathlib import Path

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MOST = 10_000_000  # bytes


@dataclass(frozen=True, slots=True)
class ShopAnswers:
    """One shop of the file. ``name`` is its id, empty where the file is one shop's.

    ``sees``: ids of other shops of the file; ``peers``: registers elsewhere, as config.toml has them.
    """

    name: str
    answers: Answers
    pin: Secret | None
    sees: tuple[str, ...] = ()
    peers: tuple[dict[str, str], ...] = ()


def read_answer_file(path: Path) -> list[ShopAnswers]:
    """Every shop of the file, each complete.

    Raises:
        FileUnreadable: the file, or one that it names, cannot be read.
        ConfigInvalid: it is not TOML, or a shop has no id or another's.
        SigningError: a secret is not where it says.
    """
    try:
        data = tomllib.loads(_read(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} is not TOML: {error}") from error
    shops = data.pop("shop", None)
    if shops is None:
        return [_shop("", data, path)]
    if not isinstance(shops, list) or not all(isinstance(shop, dict) for shop in shops):
        raise ConfigInvalid(f"{path}: shops are tables [[shop]]")
    found: dict[str, ShopAnswers] = {}
    for place, shop in enumerate(shops, 1):
        name = shop.pop("id", None)
        if not isinstance(name, str) or not _ID.fullmatch(name) or name in found:
            raise ConfigInvalid(f"{path}: shop {place} needs an id of its own, of letters, digits, - and .")
        found[name] = _shop(name, _merged(data, shop), path)
    for one in found.values():
        if strange := [name for name in one.sees if name not in found or name == one.name]:
            raise ConfigInvalid(f"{path}, shop {one.name}: peers names {strange[0]!r}, no other shop here")
    return list(found.values())


def _merged(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    merged = {
        section: dict(values) if isinstance(values, dict) else values for section, values in common.items()
    }
    for section, values in own.items():
        both = isinstance(values, dict) and isinstance(merged.get(section), dict)
        merged[section] = {**merged[section], **values} if both else values
    return merged


def _shop(name: str, sections: dict[str, Any], path: Path) -> ShopAnswers:
    where = f"{path}{f', shop {name}' if name else ''}"
    peers = sections.pop("peers", [])
    if not isinstance(peers, list) or not all(isinstance(peer, str | dict) for peer in peers):
        raise ConfigInvalid(f"{where}: peers must be ids of other shops, or tables [[shop.peers]]")
    flat: dict[str, Any] = {}
    for section, values in sections.items():
        if not isinstance(values, dict):
            raise ConfigInvalid(f"{where}: {section} must be a section [{section}]")
        flat |= {f"{section}.{key}": value for key, value in values.items()}

    def content(key: str) -> bytes | None:
        return None if (file := flat.pop(key, None)) is None else _read(path.parent / str(file))

    def secret(key: str) -> Secret | None:
        return None if (source := flat.pop(key, None)) is None else _secret(str(source), path)

    pin = secret("page.pin")
    profile = content("source.learned")
    authority = flat.get("authority.url")
    sandbox = authority == "sandbox"
    if sandbox:
        flat.pop("authority.url")
    throwaway = flat.get("key.file") == "throwaway"
    if throwaway:
        flat.pop("key.file")
    answers = Answers(
        values=flat,
        key_file=content("key.import"),
        passphrase=None if throwaway else secret("key.passphrase"),
        throwaway=throwaway,
        trust=content("authority.trust"),
        ca=content("authority.ca"),
        profile=None if profile is None else profile.decode(),
        sandbox=sandbox,
    )
    return ShopAnswers(
        name,
        answers,
        pin,
        tuple(peer for peer in peers if isinstance(peer, str)),
        tuple(peer for peer in peers if isinstance(peer, dict)),
    )


def _secret(source: str, path: Path) -> Secret:
    kind, colon, rest = source.partition(":")
    if kind == "file" and colon:
        source = f"file:{path.parent.absolute() / rest}"
    return read_passphrase(source)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}") from error
    if len(content) > _MOST:
        raise FileUnreadable(f"{path} is larger than {_MOST} bytes")
    return content
