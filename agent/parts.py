"""Putting the house together from a configuration: keys, store, gateway, delivery."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import ConfigInvalid
from outbox.checkpoint import write_checkpoint
from outbox.store import Store, stamp
from signing.certificates import check_owner
from signing.keys import open_key
from signing.passphrase import read_passphrase
from signing.private_file import read_private, write_private
from signing.xmldsig import XmlSigner

if TYPE_CHECKING:
    from pathlib import Path

    from agent.config import Config
    from outbox.delivery import Delivery
    from outbox.store import Tx

LEDGER_KEY = "keys/ledger.key"


def open_signer(config: Config) -> XmlSigner:
    """The seller's key, ready to sign; raises SigningError saying what is wrong with it."""
    secret = read_passphrase(config.passphrase)
    key = open_key(config.key, secret, folder=config.folder, digest=config.digest)
    check_owner(key.certificate, config.seller.tax_code)
    return XmlSigner(key)


def open_store(config: Config) -> Store:
    """The outbox of the data folder with its signer."""
    return Store(config.folder, open_signer(config))


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


def open_delivery(config: Config, store: Store, signer: XmlSigner | None = None) -> Delivery:
    """The sync worker for the configured authority (httpx is loaded only now)."""
    from authority.codes import direct_code
    from authority.direct import DirectGateway
    from authority.package import PackageFrame
    from outbox.delivery import Delivery
    from outbox.pace import Limits, Pace

    if not config.url:
        raise ConfigInvalid("authority.url is empty: there is nowhere to deliver to")
    tax_code = config.seller.tax_code
    sender = direct_code(tax_code)
    gateway = DirectGateway(config.url, sender, ca=config.ca, proxy=config.proxy, pin=config.pin)
    frame = PackageFrame.of(
        signer or open_signer(config), sender=sender, tax_code=tax_code, version=config.version
    )
    pace = Pace(Limits(config.per_minute))
    return Delivery(store, gateway, frame, sender, tax_code, read_trust(config.trust), pace=pace)


def read_trust(path: Path | None) -> list[x509.Certificate]:
    """Certificates of a PEM file; without one no notice can be proven, so it is asked for.

    Raises:
        ConfigInvalid: no file is configured, or it holds no certificate.
    """
    if path is None:
        raise ConfigInvalid("authority.trust is empty: notices of the authority could not be proven")
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError, x509.InvalidVersion) as error:
        raise ConfigInvalid(f"{path} holds no PEM certificate: {error}") from error
