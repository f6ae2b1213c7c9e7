"""Shops with certificates of a real issuer, for the tests of keys in service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from issuing_house import House, name

from agent.commands.init import make_folder
from signing.private_file import write_private

if TYPE_CHECKING:
    from cryptography import x509

TAX_CODE = "0409990010"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))


def write_key(
    folder: Path, house: House, file: str, *, start: datetime = NOW - DAY, end: datetime = NOW + 200 * DAY
) -> x509.Certificate:
    """A key of the shop in ``keys/``, with a certificate of the house."""
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = house.issue(name("SÔNG HÀN", TAX_CODE), private, start=start, end=end)
    phrase = (folder / "keys" / "passphrase").read_bytes()
    data = pkcs12.serialize_key_and_certificates(
        b"seller", private, certificate, None, BestAvailableEncryption(phrase)
    )
    (folder / "keys" / file).unlink(missing_ok=True)
    write_private(folder / "keys" / file, data)
    return certificate


def new_shop(folder: Path, house: House, more: str = "", **times: datetime) -> x509.Certificate:
    """A data folder whose key is the house's, trusted by [signing] roots; ``more`` is added to [signing]."""
    make_folder(folder, demo=True)
    certificate = write_key(folder, house, "seller.p12", **times)
    (folder / "keys" / "roots.pem").write_bytes(house.certificate.public_bytes(Encoding.PEM))
    configure(folder, f'[signing]\nroots = "keys/roots.pem"\n{more}\n')
    return certificate


def configure(folder: Path, more: str) -> None:
    path = folder / "config.toml"
    path.write_text(path.read_text("utf-8") + more, "utf-8")


def following(since: datetime | None = None, file: str = "next.p12") -> str:
    """The section [next_key]."""
    begins = f"from = {since.isoformat()}\n" if since else ""
    return f'[next_key]\nfile = "keys/{file}"\npassphrase = "file:keys/passphrase"\n{begins}'
