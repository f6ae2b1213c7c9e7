"""Profiles as they are written, of whichever kind: TOML in UTF-8, of a bounded length."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

from drivers.reading.errors import ProfileInvalid

if TYPE_CHECKING:
    from pathlib import Path

MAX_PROFILE = 200_000  # bytes


def text_of(path: Path) -> str:
    """The text of a profile's file.

    Raises:
        ProfileInvalid: it cannot be read, is too long, or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PROFILE + 1)
        if len(data) > MAX_PROFILE:
            raise ProfileInvalid(f"{path.name} is longer than {MAX_PROFILE} bytes")
        return data.decode("utf-8")
    except OSError as error:
        raise ProfileInvalid(f"{path.name} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProfileInvalid(f"{path.name} is not UTF-8 text") from error


def said_in(text: str, where: str) -> dict[str, Any]:
    """What the TOML says.

    Raises:
        ProfileInvalid: it is none.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileInvalid(f"{where} is not TOML: {error}") from error
