"""One line of the doctor's: what was looked at, how it stands, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from errors import ThunganError


class Level(StrEnum):
    """How something stands."""

    OK = "ok"
    WARN = "warn"  # works, and will not for ever
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """``name`` is fixed (a contract of the JSON form); ``said`` the facts, ``vi`` and ``en`` what to do."""

    name: str
    level: Level
    said: str
    vi: str = ""
    en: str = ""

    @classmethod
    def fine(cls, name: str, said: str) -> Finding:
        """Nothing to do."""
        return cls(name, Level.OK, said)

    @classmethod
    def of(cls, name: str, error: ThunganError, level: Level = Level.FAIL) -> Finding:
        """What an error says, and its advice."""
        return cls(name, level, f"{error.code}: {error.message}", error.advice("vi"), error.advice("en"))
