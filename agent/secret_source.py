"""Where a secret is, as config.toml says it (``signing.passphrase``), from the data folder on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def from_folder(folder: Path, source: str) -> str:
    """The source with its file, if it is one, named from ``folder``."""
    kind, colon, path = source.partition(":")
    return f"file:{folder / path}" if kind == "file" and colon else source
