"""updates.toml: where updates come from and when they may be put in. It belongs to the administrator.

It stands apart from the shop's config.toml: the update runs with the administrator's rights, and what the
shop's account may write must not tell it what to do.
"""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.hours import Hours
from agent.updating.errors import UpdatesNotSet

NIGHT = "23:30-05:30"
KEYS = {"url", "hours", "place", "programs", "stop", "start", "user"}


@dataclass(frozen=True, slots=True)
class UpdateSettings:
    """``place``: how programs stand on this machine: ``debian``, ``windows`` or ``folder``.

    ``programs``, ``stop`` and ``start`` are for ``folder``: the folder with one folder per version and a link
    ``current``, and the commands that end and start the daemon. ``user`` is the account that owns the data.
    """

    url: str
    hours: Hours
    place: str
    programs: Path | None = None
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    user: str = ""


def read_update_settings(state: Path) -> UpdateSettings:
    """Read ``state``/updates.toml.

    Raises:
        UpdatesNotSet: it is missing, no TOML, or has a missing, unknown or wrong value.
    """
    path = state / "updates.toml"
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UpdatesNotSet(f"{path}: {error}") from error
    if unknown := set(data) - KEYS:
        raise UpdatesNotSet(f"{path} has unknown keys: {', '.join(sorted(unknown))}")
    url, place = data.get("url"), data.get("place", "windows" if sys.platform == "win32" else "debian")
    if not isinstance(url, str) or not url.startswith(("https://", "http://127.0.0.1", "file://")):
        raise UpdatesNotSet(f"{path}: url must be an https address")
    if place not in {"debian", "windows", "folder"}:
        raise UpdatesNotSet(f"{path}: place must be debian, windows or folder")
    programs = data.get("programs")
    if place == "folder" and not isinstance(programs, str):
        raise UpdatesNotSet(f"{path}: programs is missing, the folder of all versions")
    return UpdateSettings(
        url.rstrip("/"),
        _hours(path, str(data.get("hours", NIGHT))),
        place,
        Path(programs) if isinstance(programs, str) else None,
        _words(path, data, "stop"),
        _words(path, data, "start"),
        str(data.get("user", "thungan" if place == "debian" else "")),
    )


def _hours(path: Path, text: str) -> Hours:
    """When the shop is closed, in its local time."""
    try:
        return Hours.parse(text)
    except ValueError as error:
        raise UpdatesNotSet(f'{path}: hours must be like "23:30-05:30", not {text!r}') from error


def _words(path: Path, data: dict[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UpdatesNotSet(
            f'{path}: {key} must be a command as a list, such as ["systemctl", "stop", "thungan"]'
        )
    return tuple(value)
