"""Which profile reads what a source gives: the one its URI names, or the shop's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.reading.errors import ProfileInvalid
from drivers.understanding import load_any
from drivers.uri import parse_source
from errors import ThunganError

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Config
    from drivers.understanding import AnyProfile


def source_profile(folder: Path, source: str, general: str) -> AnyProfile | None:
    """The profile of a source: a file in the data folder, a shipped one's name, or a path.

    A source that is no URI (a test, one that was taken out of the configuration) has the shop's.

    Raises:
        ProfileInvalid: it is not there, or cannot be understood.
    """
    try:
        named = parse_source(source).profile
    except ThunganError:
        named = ""
    name = named or general
    if not name:
        return None
    path = folder / name
    return load_any(path if path.is_file() else name)


class SourceProfiles:
    """The profiles of a configuration, each read once. A person may name another one for all."""

    def __init__(self, config: Config, instead: str | None = None) -> None:
        self._config, self._instead = config, instead
        self._found: dict[str, AnyProfile | None] = {}

    def of(self, source: str) -> AnyProfile | None:
        """As ``source_profile``."""
        if source not in self._found:
            self._found[source] = load_any(self._instead) if self._instead else self._own(source)
        return self._found[source]

    def _own(self, source: str) -> AnyProfile | None:
        try:
            return source_profile(self._config.folder, source, self._config.profile)
        except ProfileInvalid:
            return None  # of a source that was taken out of the configuration; its captures need a person
