"""The demonstration on a provider's route: the provider's sandbox, and a shop's account at it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from agent.commands.init import DEMO_SELLER
from agent.config_writing import change_config
from signing.private_file import write_private

if TYPE_CHECKING:
    from pathlib import Path

USER = "demo"
KEPT = "keys/provider"  # the account's password


def provider_options(folder: Path, provider: str) -> list[str]:
    """The options with which the sandbox plays the provider, its account's password made on first use."""
    place = folder / KEPT
    if not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(place, secrets.token_urlsafe(18).encode())
    customer = ["--user", USER, "--password", f"file:{place}", "--tax-code", DEMO_SELLER[1]]
    return ["--provider", provider, *customer]


def take_provider(folder: Path, provider: str, url: str) -> None:
    """Send the demonstration's shop through the provider at that address."""
    source = f"file:{KEPT}"
    staff = {"authority.account": USER, "authority.account_password": source} if provider == "vnpt" else {}
    change_config(
        folder,
        {
            "authority.route": provider,
            "authority.url": url,
            "authority.ca": f"sandbox/{provider}/tls.crt.pem",
            "authority.user": USER,
            "authority.password": source,
            **staff,
        },
    )
