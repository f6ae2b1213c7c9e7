"""Reading the log's files (``agent.log_files``): which there are, and their lines, without secrets.

Lines are shown and sent as they were written, less passwords, tokens and people; a line that is broken off (a
power cut, a full disk) is shown as it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.log_files import LOG_FILE, LOG_FOLDER, OLDER
from agent.redaction import without_secrets
from outbox.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PER_PAGE = 200
_NAMES = (LOG_FILE, *(f"{LOG_FILE}.{number}" for number in range(1, OLDER + 1)))
_WARNINGS = frozenset({"warning", "error", "critical"})
_LONGEST = 20_000  # characters of a line that are shown


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A line. ``at`` is UTC (ISO 8601), empty where the line says no time."""

    at: str
    level: str
    where: str
    what: str
    traceback: str


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of the log: how many bytes, and the time of its first line."""

    name: str
    size: int
    since: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Lines of one file, newest first; ``older``: where the page before them begins, None at the end."""

    file: str
    entries: tuple[LogEntry, ...]
    older: int | None


def log_files(folder: Path) -> list[LogFile]:
    """The files that are there, newest first."""
    found = []
    for name in _NAMES:
        path = folder / LOG_FOLDER / name
        try:
            if path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                first = file.readline(_LONGEST)
            found.append(LogFile(name, path.stat().st_size, _entry(first).at))
        except OSError:
            continue  # rotated away meanwhile
    return found


def log_page(folder: Path, name: str, before: int = 0, *, warnings: bool = False) -> LogPage:
    """Up to ``PER_PAGE`` lines of a file, newest first, from the one that is ``before`` lines above its end.

    Raises:
        NotFound: there is no such file.
    """
    kept = [entry for entry in _entries(folder, name) if not warnings or entry.level in _WARNINGS]
    end = max(0, len(kept) - before)
    start = max(0, end - PER_PAGE)
    return LogPage(name, tuple(reversed(kept[start:end])), before + end - start if start else None)


def lines_to_send(folder: Path, name: str) -> Iterator[str]:
    """The lines of a file for the support bundle, each an object again where it was one.

    Raises:
        NotFound: there is no such file.
    """
    for line in _lines(folder, name):
        said = _object(line)
        if said is None:
            yield without_secrets(line.decode("utf-8", "replace"))
        else:
            yield json.dumps({key: _harmless(value) for key, value in said.items()}, ensure_ascii=False)


def _entries(folder: Path, name: str) -> Iterator[LogEntry]:
    return (_entry(line) for line in _lines(folder, name))


def _lines(folder: Path, name: str) -> list[bytes]:
    path = folder / LOG_FOLDER / name
    if name not in _NAMES or path.is_symlink():
        raise NotFound(f"there is no log {name[:40]!r}")
    try:
        return path.read_bytes().splitlines()
    except OSError as error:
        raise NotFound(f"the log {name} cannot be read: {error.strerror}") from error


def _entry(line: bytes) -> LogEntry:
    said = _object(line)
    if said is None:
        return LogEntry("", "", "", without_secrets(line[:_LONGEST].decode("utf-8", "replace")), "")
    words = {key: str(_harmless(said.get(key) or ""))[:_LONGEST] for key in LogEntry.__slots__}
    return LogEntry(**words)


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _harmless(value: Any) -> Any:
    return without_secrets(value) if isinstance(value, str) else value
