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
    secret = folder / "keys" / "provider"
    write_private(secret, PASSWORD.encode())
    changes = {
        "authority.route": route,
        "authority.url": running.url,
        "authority.ca": str(running.ca),
        "authority.user": "sandbox",
        "authority.password": "file:keys/provider",
        **(_STAFF if route == "vnpt" else {}),
        **more,
    }
    change_config(folder, changes)
    return folder
