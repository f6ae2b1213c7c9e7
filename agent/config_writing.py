"""Writing config.toml: values changed in place, comments kept, nothing that could not be read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from agent.config import Config, parse_config
from agent.errors import ConfigInvalid
from signing.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

Value: TypeAlias = "str | int | bool | datetime | list[str] | None"  # None takes the key away


def change_config(folder: Path, changes: Mapping[str, Value]) -> Config:
    """Change ``section.key`` values of a folder's config.toml; the configuration as it is then.

    Raises:
        ConfigInvalid: the file cannot be read, or would be wrong with these values: it stays as it was.
    """
    return _rewrite(folder, lambda text: with_values(text, changes))


def append_table(
    folder: Path, name: str, values: Mapping[str, str], *, instead: tuple[str, str] | None = None
) -> Config:
    """Add a ``[[name]]`` to a folder's config.toml; ``instead`` (key, value): of the one that has it, if any.

    Raises:
        ConfigInvalid: as ``change_config``.
    """
    return _rewrite(folder, lambda text: with_table(text, name, values, instead=instead))


def remove_table(folder: Path, name: str, which: tuple[str, str]) -> Config:
    """Take the ``[[name]]`` with that (key, value) away.

    Raises:
        ConfigInvalid: as ``change_config``.
    """
    return _rewrite(folder, lambda text: with_table(text, name, None, instead=which))


def _rewrite(folder: Path, change: Callable[[str], str]) -> Config:
    path = folder / "config.toml"
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} cannot be read: {error}") from error
    changed = change(text)
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


def with_table(
    text: str, name: str, values: Mapping[str, str] | None, *, instead: tuple[str, str] | None = None
) -> str:
    """TOML text with a further table ``[[name]]``, in place of the one with that (key, value) where it is.

    ``values`` None takes the old one away. Comments and all else stay.

    Raises:
        ConfigInvalid: the text is not TOML, or has something else under that name.
    """
    import tomlkit  # late: only writing needs it
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import AoT

    try:
        document = tomlkit.parse(text)
        known = document.get(name)
        if known is not None and not isinstance(known, AoT):
            raise ConfigInvalid(f"{name} must be tables [[{name}]]")
        tables = known if known is not None else tomlkit.aot()
        old = next((one for one in tables if instead and one.get(instead[0]) == instead[1]), None)
        if values is None:
            if old is not None:
                del tables[list(tables).index(old)]
        elif old is not None:
            old.clear()
            old.update(values)
        else:
            table = tomlkit.table()
            table.update(values)
            if tables:
                tables[-1].add(tomlkit.nl())
            tables.append(table)
        if known is None and tables:
            document.append(name, tables)
        elif known is not None and not tables:
            document.remove(name)
    except TOMLKitError as error:
        raise ConfigInvalid(f"not TOML: {error}") from error
    return tomlkit.dumps(document)
