"""[backup] of config.toml: where copies of the database go, how often, how many stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """``place``: this register's own folder below the configured one, or None; ``every``: minutes."""

    place: Path | None = None
    every: int = 15
    keep: int = 10
