"""``[witness]`` of config.toml: who else keeps the ledger's checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid
from outbox.note import COSIGNATURE, NoteKey

if TYPE_CHECKING:
    from pathlib import Path

    from agent.sections import Sections


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """A witness: its address, the key of its signatures, and how often (minutes) it is asked."""

    url: str
    key: NoteKey
    ca: Path | None
    every: int


def read_witness(take: Sections, folder: Path) -> WitnessSettings | None:
    """The section; None where there is none.

    Raises:
        ConfigInvalid: an address that is not HTTPS, or a key that is not a witness's.
    """
    url, vkey = take.text("witness.url", 300, ""), take.text("witness.key", 200, "")
    ca, every = take.text("witness.ca", 500, ""), take.whole("witness.every", 1, 1440, 60)
    if not url and not vkey:
        return None
    if not url.startswith("https://"):
        raise ConfigInvalid("witness.url must begin with https://")
    try:
        key = NoteKey.parse(vkey)
    except ValueError as error:
        raise ConfigInvalid(f"witness.key: {error}") from None
    if key.kind != COSIGNATURE:
        raise ConfigInvalid("witness.key is not the key of a witness (cosignature/v1)")
    return WitnessSettings(url.rstrip("/"), key, folder / ca if ca else None, every)
