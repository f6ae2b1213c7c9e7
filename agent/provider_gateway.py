"""The way to the provider that numbers, put together from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.errors import ConfigInvalid
from agent.proxy import proxy_address
from signing.passphrase import read_passphrase

if TYPE_CHECKING:
    from agent.config import Config
    from agent.provider_settings import ProviderSettings
    from authority.providers.provider import ProviderGateway
    from signing.passphrase import Secret


def open_provider(config: Config) -> ProviderGateway:
    """The provider of the configured route; who opens it closes it.

    Raises:
        ConfigInvalid: the route is none of a provider's, or has no address.
        GatewaySettingInvalid: its address, or a file that belongs to it.
        SigningError: the source of the proxy's password holds none.
    """
    if config.provider is None:
        raise ConfigInvalid(f"authority.route {config.route} is not a provider's")
    if not config.url:
        raise ConfigInvalid("authority.url is empty: there is nowhere to deliver to")
    if config.provider.name == "viettel":
        return _viettel(config, config.provider.user, config.provider.password)
    return _vnpt(config, config.provider)


def _viettel(config: Config, user: str, password: str) -> ProviderGateway:
    from authority.providers.viettel.gateway import ViettelGateway

    def read() -> Secret:
        return read_passphrase(password)

    return ViettelGateway(
        config.url,
        config.seller.tax_code,
        config.register.terms.form,
        user,
        read,
        settings=config.viettel,
        ca=config.ca,
        proxy=proxy_address(config.proxy),
        pin=config.pin,
    )


def _vnpt(config: Config, provider: ProviderSettings) -> ProviderGateway:
    from authority.providers.vnpt.gateway import VnptGateway
    from authority.providers.vnpt.login import Sources

    login = Sources(
        provider.user, provider.password, provider.account, provider.account_password or provider.password
    )
    return VnptGateway(
        config.url,
        login,
        manner=config.vnpt,
        ca=config.ca,
        proxy=proxy_address(config.proxy),
        pin=config.pin,
    )
