"""Writing config.toml: values changed in place, comments kept, nothing that could not be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from agent.config import Config, parse_config
from agent.errors import ConfigInvalid
from signing.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

Value: TypeAlias = "str | int | bool | datetime | list[str] | None"  # None takes the key away


def change_config(folder: Path, changes: Mapping[str, Value]) -> Config:
    """Change ``section.key`` values of a folder's config.toml; the configuration as it is then.

    Raises:
        ConfigInvalid: the file cannot be read, or would be wrong with these values: it stays as it was.
    """
    path = folder / "config.toml"
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}") from error
    changed = with_values(text, changes)
    config = parse_config(folder, changed)
    write_config(folder, changed)
    return config


def write_config(folder: Path, text: str) -> None:
    """The whole file, durable; for its owner only, as the rest of the folder."""
    write_private(folder / "config.toml", text.encode())


def with_values(text: str, changes: Mapping[str, Value]) -> str:
    """TOML text with other values at ``section.key``; sections that are not there are added.

    Raises:
        ConfigInvalid: the text is not TOML, or has something else where a section is wanted.
    """
    import tomlkit  # late: only writing needs it
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import Table

    try:
        document = tomlkit.parse(text)
        for name, value in changes.items():
            section, _, key = name.partition(".")
            table = document.get(section)
            if table is None:
                if value is None:
                    continue
                table = tomlkit.table()
                document.append(section, table)
            if not isinstance(table, Table):
                raise ConfigInvalid(f"{section} must be a section [{section}]")
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value
    except TOMLKitError as error:
        raise ConfigInvalid(f"not TOML: {error}") from error
    return tomlkit.dumps(document)
