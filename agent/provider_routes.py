"""The provider of the configured route, put together from its settings; its adapter is loaded only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.config import Config
    from agent.provider_settings import ProviderSettings
    from authority.providers.provider import ProviderGateway

_OPENERS: dict[str, Callable[[Config, ProviderSettings], ProviderGateway]] = {}


def open_provider(config: Config) -> ProviderGateway:
    """The way to the configured provider; who opens it closes it.

    Raises:
        ConfigInvalid: none is configured, or this version cannot reach it.
        GatewaySettingInvalid: its address, or a file that belongs to it.
        SigningError: the source of a password holds none.
    """
    settings = config.provider
    if settings is None or not config.url:
        raise ConfigInvalid("authority.url and authority.route do not name a provider")
    if settings.name not in _OPENERS:
        raise ConfigInvalid(f'this version has no way to authority.route = "{settings.name}"')
    return _OPENERS[settings.name](config, settings)
