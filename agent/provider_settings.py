"""``[authority]`` of a route with an account: a provider's, a T-VAN's over SOAP; where passwords are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid
from agent.key_settings import inside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROVIDERS = ("viettel", "vnpt")


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """An account at a provider. Passwords are sources (env:, file:, keyring:), never themselves.

    ``account`` and ``account_password``: the member of staff in whose name VNPT issues, apart from the user
    of its service; "" and None elsewhere.
    """

    name: str
    user: str
    password: str
    account: str = ""
    account_password: str | None = None


@dataclass(frozen=True, slots=True)
class SoapSettings:
    """The user of a T-VAN's SOAP service; ``password`` is a source (env:, file:, keyring:)."""

    user: str
    password: str


def read_account(
    text: Callable[[str, int, str], str], folder: Path, route: str
) -> tuple[ProviderSettings | None, SoapSettings | None]:
    """Who we are at a provider, or at a T-VAN that is called over SOAP.

    ``text`` takes a key, its longest and what stands for it.

    Raises:
        ConfigInvalid: naming the key that is missing, or that belongs to another route.
    """
    transport = text("authority.transport", 10, "https")
    if transport not in {"https", "soap"}:
        raise ConfigInvalid('authority.transport must be "https" or "soap"')
    if transport == "https":
        return _read_provider(text, folder, route), None
    if route != "tvan":
        raise ConfigInvalid('authority.transport = "soap" belongs to authority.route = "tvan"')
    user, password = text("authority.user", 100, ""), text("authority.password", 500, "")
    if not user or not password:
        raise ConfigInvalid('authority.transport = "soap" needs authority.user and authority.password')
    return None, SoapSettings(user, inside(folder, password))


def _read_provider(text: Callable[[str, int, str], str], folder: Path, route: str) -> ProviderSettings | None:
    user, password = text("authority.user", 100, ""), text("authority.password", 500, "")
    account = text("authority.account", 100, "")
    account_password = text("authority.account_password", 500, "")
    if route not in PROVIDERS:
        if user or password or account or account_password:
            raise ConfigInvalid(
                f"authority.user, password, account belong to authority.route = {' or '.join(PROVIDERS)},"
                ' or to authority.transport = "soap"'
            )
        return None
    if not user or not password:
        raise ConfigInvalid(f'authority.route = "{route}" needs authority.user and authority.password')
    if (route == "vnpt") != bool(account) or bool(account) != bool(account_password):
        raise ConfigInvalid('authority.account and account_password belong to authority.route = "vnpt"')
    return ProviderSettings(
        route, user, inside(folder, password), account, inside(folder, account_password) or None
    )
