"""A shop whose route is a provider's, with the provider beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agent.commands.init import make_folder
from agent.config_writing import change_config
from authority.sandbox.provider_server import RunningProvider
from signing.private_file import write_private

_STAFF = {"authority.account": "sandbox", "authority.account_password": "file:keys/provider"}
PASSWORD = "mật khẩu của tiệm"


def provider_shop(folder: Path, running: RunningProvider, route: str = "viettel", **more: Any) -> Path:
    """A demo shop's folder, its route changed to the provider that runs."""
    make_folder(folder, demo=True)
    change_config(folder, {**provider_changes(folder, running, route), **more})
    return folder


def provider_changes(folder: Path, running: RunningProvider, route: str = "viettel") -> dict[str, Any]:
    """What such a shop has in config.toml; its password is put beside it."""
    write_private(folder / "keys" / "provider", PASSWORD.encode())
    return {
        "authority.route": route,
        "authority.url": running.url,
        "authority.ca": str(running.ca),
        "authority.user": "sandbox",
        "authority.password": "file:keys/provider",
        **(_STAFF if route == "vnpt" else {}),
    }
