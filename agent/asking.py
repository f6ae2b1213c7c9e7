"""Asking the other side of the configured route whether it is there, without sending or issuing anything."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from agent.parts import open_gateway
from agent.provider_gateway import open_provider
from invoice.numbers import Symbol
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from datetime import timedelta

    from agent.config import Config
    from authority.gateway import Capabilities
    from authority.providers.provider import ProviderStanding
    from errors import ThunganError


@dataclass(slots=True)
class Asked:
    """What was found out: who answers, what the route can do, how far the other clock is ahead; on a
    provider's route how the account stands there. ``problem``: why nothing answered as it should."""

    address: str
    can: Capabilities
    skew: timedelta | None = None
    standing: ProviderStanding | None = None
    problem: ThunganError | None = None


def ask_route(config: Config) -> Asked:
    """Ask once.

    Raises:
        ConfigInvalid, GatewaySettingInvalid, SigningError: there is nobody to ask.
    """
    return _ask_provider(config) if config.provider is not None else _ask_authority(config)


def _ask_authority(config: Config) -> Asked:
    """After a message that was never sent: TLS, name and token are all behind the answer."""
    from authority.codes import new_message_id
    from errors import ThunganError

    with closing(open_gateway(config)) as gateway:
        asked = Asked(gateway.name, gateway.can)
        try:
            gateway.look_up(new_message_id(config.parties.sender, uuid4()))
        except ThunganError as error:
            asked.problem = error
        asked.skew = gateway.clock_skew
    return asked


def _ask_provider(config: Config) -> Asked:
    """For the account and the register's series of this year."""
    from errors import ThunganError

    symbol = Symbol.of_year(config.register.letters, datetime.now(UTC).astimezone(VIETNAM).year)
    with closing(open_provider(config)) as gateway:
        asked = Asked(gateway.name, gateway.can)
        try:
            asked.standing = gateway.standing(config.register.terms.form, symbol)
        except ThunganError as error:
            asked.problem = error
        asked.skew = gateway.clock_skew
    return asked
