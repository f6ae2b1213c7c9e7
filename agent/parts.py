"""Putting the house together from a configuration: keys, store, gateway, delivery."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import ConfigInvalid
from agent.key_choice import open_signer
from agent.pem_file import read_certificates
from agent.proxy import proxy_address
from outbox.checkpoint import write_checkpoint
from outbox.signing_desk import EachInvoice
from outbox.store import Store, stamp
from signing.errors import SigningError
from signing.passphrase import read_passphrase
from signing.private_file import read_private, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

    from agent.config import Config
    from authority.direct import DirectGateway
    from authority.package import PackageFrame
    from authority.soap.gateway import SoapGateway
    from outbox.delivery import Delivery
    from outbox.provider_delivery import ProviderDelivery
    from outbox.store import Tx
    from signing.xmldsig import XmlSigner

LEDGER_KEY = "keys/ledger.key"


def open_store(config: Config) -> Store:
    """The outbox of the data folder with its signer; without, where invoices may go without signature.

    Raises:
        SigningError: the key cannot be opened, and each invoice must be signed.
    """
    try:
        signer = open_signer(config)
    except SigningError:
        if config.keys.invoices is EachInvoice.ALWAYS:
            raise
        signer = None
    from agent.software import record_set_up

    store = Store(config.folder, signer, invoices=config.keys.invoices)
    record_set_up(config, store)
    return store


def ledger_key(folder: Path) -> Ed25519PrivateKey:
    """The ledger's own key, made on first use (32 raw bytes, readable by the owner only)."""
    path = folder / LEDGER_KEY
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        write_private(path, os.urandom(32))
    return Ed25519PrivateKey.from_private_bytes(read_private(path, 64))


def ledger_origin(config: Config) -> str:
    """The ledger's name in its checkpoints: one for each register of a seller."""
    return f"thungan/{config.seller.tax_code}/{config.register.number}"


def sign_checkpoint(config: Config, store: Store) -> None:
    """Sign the ledger as it stands and store the checkpoint."""
    key = ledger_key(config.folder)
    origin = ledger_origin(config)

    def job(tx: Tx) -> None:
        edge = tx.ledger.frontier
        note = write_checkpoint(origin, edge.size, edge.root(), key)
        tx.execute(
            "INSERT OR IGNORE INTO checkpoint (size, at, note) VALUES (?, ?, ?)",
            (edge.size, stamp(tx.now), note),
        )

    store.run(job)


def package_frame(config: Config, signer: XmlSigner) -> PackageFrame:
    """What stands around the invoices of this shop's packages.

    Raises:
        SigningError: the key does not sign now.
    """
    from authority.package import PackageFrame

    way, tax_code = config.parties, config.seller.tax_code
    return PackageFrame.of(
        signer, sender=way.sender, receiver=way.receiver, tax_code=tax_code, version=config.version
    )


def open_gateway(config: Config) -> DirectGateway | SoapGateway:
    """The way to the configured authority; who opens it closes it.

    Raises:
        ConfigInvalid: none is configured.
        GatewaySettingInvalid: its address, or a file that belongs to it.
        SigningError: the source of the token or the proxy's password holds none.
    """
    from authority.direct import DirectGateway

    if not config.url:
        raise ConfigInvalid("authority.url is empty: there is nowhere to deliver to")
    sender, proxy = config.parties.sender, proxy_address(config.proxy)
    if (soap := config.soap) is not None:
        from authority.soap.gateway import SoapGateway
        from authority.soap.security import Account

        def account() -> Account:
            return Account(soap.user, read_passphrase(soap.password))

        return SoapGateway(config.url, sender, account, ca=config.ca, proxy=proxy, pin=config.pin)
    token = partial(read_passphrase, config.token) if config.token else None
    return DirectGateway(config.url, sender, ca=config.ca, token=token, proxy=proxy, pin=config.pin)


def open_delivery(config: Config, store: Store, signer: XmlSigner | None) -> Delivery | ProviderDelivery:
    """The sync worker for the configured authority or provider (httpx is loaded only now).

    Without a ``signer`` nothing is packed until ``Delivery.use_frame`` gives one; what is packed is sent.
    Orders to a provider are signed when they are made.
    """
    from outbox.delivery import Delivery
    from outbox.pace import Limits, Pace

    if config.provider is not None:
        return _open_provider_delivery(config, store)
    tax_code = config.seller.tax_code
    gateway = open_gateway(config)
    frame = None if signer is None else package_frame(config, signer)
    pace = Pace(Limits(config.per_minute, config.at_once))
    return Delivery(
        store,
        gateway,
        frame,
        config.parties.sender,
        tax_code,
        read_trust(config.trust),
        receiver=config.parties.receiver,
        version=config.version,
        pace=pace,
    )


def _open_provider_delivery(config: Config, store: Store) -> ProviderDelivery:
    from agent.provider_gateway import open_provider
    from outbox.pace import Limits, Pace
    from outbox.provider_delivery import ProviderDelivery

    assert config.provider is not None  # noqa: S101 - for the type checker: the caller has looked
    return ProviderDelivery(
        store,
        open_provider(config),
        config.provider.name,
        config.seller.tax_code,
        user=config.provider.user,
        pace=Pace(Limits(config.per_minute)),
    )


def read_trust(path: Path | None) -> list[x509.Certificate]:
    """The authority's certificates; without a file no notice can be proven, so it is asked for.

    Raises:
        ConfigInvalid: no file is configured, or it holds no certificate.
    """
    if path is None:
        raise ConfigInvalid("authority.trust is empty: notices of the authority could not be proven")
    return read_certificates(path)
