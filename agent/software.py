"""What the ledger keeps of the program and its set-up: version, hash of the code, configuration, profiles.

A program that was swapped may of course lie here; one that was only changed does not know that it should.
"""

from __future__ import annotations

import platform
import re
import sys
from functools import lru_cache
from hashlib import sha256
from importlib import import_module, resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.parts import ledger_key, ledger_origin
from agent.redaction import SECRET, without_credentials
from outbox.chronicle import note_configuration, program_started
from outbox.note import NoteKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.config import Config
    from outbox.store import Store

PACKAGES = ("agent", "audit", "authority", "drivers", "errors", "invoice", "outbox", "signing")
# Personal data of a person who is no party to a sale stay out.
_PRIVATE_SECTIONS = frozenset({"representative"})
# A value is all address, so unlike in the text of a log no quotation mark ends what is taken out of it.
_USER_IN_URI = re.compile(r"(?<=//)[^/@\s]+@")
_SECRET_IN_URI = re.compile(r"((?:pass|secret|token|pin|pwd|key|credential)[a-z_-]*=)[^&\s]+", re.IGNORECASE)


def program_name() -> str:
    """Name and version."""
    return f"thungan {version('thungan')}"


@lru_cache(maxsize=1)
def code_digest() -> str:
    """SHA-256 (hex) of the running program: the executable where it is one file, else every source file."""
    if getattr(sys, "frozen", False):
        return sha256(Path(sys.executable).read_bytes()).hexdigest()
    whole = sha256()
    for name in PACKAGES:
        folder = Path(str(import_module(name).__file__)).parent
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".py", ".toml"}:
                content = sha256(path.read_bytes()).hexdigest()
                whole.update(f"{name}/{path.relative_to(folder).as_posix()} {content}\n".encode())
    return whole.hexdigest()


def record_start(config: Config, store: Store) -> None:
    """Write the daemon's start into the ledger, and its set-up where that is new."""
    store.run(program_started(program_name(), f"{platform.system()} {platform.release()}"))
    record_set_up(config, store)


def record_set_up(config: Config, store: Store) -> None:
    """Write the set-up into the ledger where it is new."""
    key = NoteKey(ledger_origin(config), ledger_key(config.folder).public_key())
    content = public_content(config.said)
    store.run(note_configuration(content, dict(_profiles(config)), program_name(), code_digest(), str(key)))


def public_content(said: Mapping[str, Any]) -> dict[str, Any]:
    """config.toml without what is secret or no business of an officer's."""
    return {section: _public(value) for section, value in said.items() if section not in _PRIVATE_SECTIONS}


def _public(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _public(inner) for key, inner in value.items() if not SECRET.search(key)}
    if isinstance(value, list):
        return [_public(inner) for inner in value]
    if isinstance(value, str):
        return without_credentials(_SECRET_IN_URI.sub(r"\1…", _USER_IN_URI.sub("…@", value)))
    return value if isinstance(value, bool | int | float) else str(value)


def _profiles(config: Config) -> Iterator[tuple[str, str]]:
    """The general profile, on which every other stands, and the configured one."""
    for name in dict.fromkeys(("general", config.profile or "general")):
        path = Path(name)
        shipped = resources.files("drivers.profiles") / f"{name}.toml"
        content = path.read_bytes() if path.is_file() else shipped.read_bytes()
        yield path.name, sha256(content).hexdigest()
