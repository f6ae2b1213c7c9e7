"""Strict reading of a configuration: values are asked for by name and kind, and none may be left over."""

from __future__ import annotations

from datetime import date
from typing import Any

from agent.errors import ConfigInvalid

_LISTS = {"peers"}  # what is a list of tables [[…]] rather than a section


class Sections:
    """Takes ``section.key`` values one by one; what is left over is a spelling mistake.

    Raises from each of its methods:
        ConfigInvalid: the value is missing or of another kind.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._left: dict[str, Any] = {}
        for section, values in data.items():
            if section in _LISTS:
                self._left[section] = values
                continue
            if not isinstance(values, dict):
                raise ConfigInvalid(f"{section} must be a section [{section}]")
            self._left.update({f"{section}.{key}": value for key, value in values.items()})

    def text(self, key: str, longest: int, default: str | None = None) -> str:
        """Text of at most ``longest`` characters; without a ``default`` it must be there."""
        value = self._left.pop(key, default)
        if value is None:
            raise ConfigInvalid(f"{key} is missing")
        if not isinstance(value, str) or len(value) > longest or (default is None and not value.strip()):
            raise ConfigInvalid(f"{key} must be text of 1 to {longest} characters")
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where it is missing."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            raise ConfigInvalid(f"{key} must be a list of texts")
        return tuple(value)

    def tables(self, key: str) -> list[dict[str, Any]]:
        """Tables ``[[key]]``; none where they are missing."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            raise ConfigInvalid(f"{key} must be tables [[{key}]]")
        return value

    def table(self, key: str) -> dict[str, Any]:
        """A table; empty where it is missing."""
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise ConfigInvalid(f"{key} must be a table")
        return value

    def value(self, key: str) -> Any:
        """Whatever stands there, for a reader that checks it by itself; None where it is missing."""
        return self._left.pop(key, None)

    def day(self, key: str) -> date | None:
        """A day; None where it is missing."""
        value = self._left.pop(key, None)
        if value is not None and type(value) is not date:
            raise ConfigInvalid(f"{key} must be a day such as 2027-01-01")
        return value

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number of that span."""
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigInvalid(f"{key} must be a whole number from {least} to {most}")
        return value

    def switch(self, key: str, *, default: bool) -> bool:
        """true or false."""
        value = self._left.pop(key, default)
        if not isinstance(value, bool):
            raise ConfigInvalid(f"{key} must be true or false")
        return value

    def finish(self) -> None:
        """Raises ConfigInvalid where a key was asked for by nobody: a spelling mistake."""
        if self._left:
            raise ConfigInvalid(f"unknown keys: {', '.join(sorted(self._left))}")
