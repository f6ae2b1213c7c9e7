"""Changing single values of config.toml and nothing else: comments and order are the shop's own.

>>> print(with_values('[key]  # chữ ký số\\nfile = "a.p12"  # cũ\\n', "key", {"file": '"b.p12"'}), end="")
[key]  # chữ ký số
file = "b.p12"
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER = re.compile(r"\s*\[")


def with_values(text: str, section: str, values: Mapping[str, str | None]) -> str:
    """The text with these values in ``[section]``: TOML as it is to stand there, None takes the key out.

    A section that is not there is added at the end.

    Raises:
        ConfigInvalid: the text is written in a way that this cannot change safely.
    """
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    head = next((n for n, line in enumerate(lines) if _names(line, section)), None)
    if head is None:
        lines += ["\n", f"[{section}]\n"]
        head = len(lines) - 1
    end = next((n for n in range(head + 1, len(lines)) if _HEADER.match(lines[n])), len(lines))
    body = lines[head + 1 : end]
    for key, value in values.items():
        wanted = [] if value is None else [f"{key} = {value}\n"]
        place = next((n for n, line in enumerate(body) if re.match(rf"\s*{key}\s*=", line)), None)
        if place is None:
            body[0:0] = wanted
        else:
            body[place : place + 1] = wanted
    changed = "".join([*lines[: head + 1], *body, *lines[end:]])
    _check(text, changed, section, values)
    return changed


def without_section(text: str, section: str) -> str:
    """The text without ``[section]`` and its values; comments of the next section stay."""
    lines = text.splitlines(keepends=True)
    head = next((n for n, line in enumerate(lines) if _names(line, section)), None)
    if head is None:
        return text
    end = next((n for n in range(head + 1, len(lines)) if _HEADER.match(lines[n])), len(lines))
    kept = [line for line in lines[head + 1 : end] if line.lstrip().startswith("#") or not line.strip()]
    return "".join([*lines[:head], *kept, *lines[end:]])


def _names(line: str, section: str) -> bool:
    return line.partition("#")[0].strip() == f"[{section}]"


def _check(before: str, after: str, section: str, values: Mapping[str, str | None]) -> None:
    """Nothing but these values has changed."""
    try:
        old, new = tomllib.loads(before), tomllib.loads(after)
        wanted = {key: tomllib.loads(f"x = {value}")["x"] for key, value in values.items() if value}
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"config.toml cannot be changed: {error}") from error
    expected = {key: value for key, value in old.get(section, {}).items() if key not in values} | wanted
    others = {name: part for name, part in old.items() if name != section}
    if new.pop(section, {}) != expected or new != others:
        raise ConfigInvalid(f"config.toml is written in a way that [{section}] must be changed by hand")
