"""``thungan init``: config.toml (commented), empty database, keys folder."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.config import TEMPLATE, default_folder, load_config
from agent.errors import AlreadyThere
from agent.key_settings import TEMPLATE as KEYS
from agent.parts import ledger_key
from outbox.store import Store

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

DEMO_SELLER = ("CỬA HÀNG TẠP HÓA SÔNG HÀN", "0409990010", "12 Bạch Đằng, phường Hải Châu, Đà Nẵng")

DEMO_PHRASE = "passphrase"  # in the keys folder: the pass phrase of a throw-away key


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "--profile", choices=["shop", "demo"], default="shop", help="demo: sandbox and throw-away key"
    )
    parser.add_argument("--authority", default="", metavar="URL", help="the gateway's address")
    parser.add_argument("--source", default="", metavar="URI", help="e.g. serial:///dev/ttyUSB0?baud=9600")


def run(arguments: argparse.Namespace) -> int:
    """Make the folder; never touches one that is in use."""
    folder: Path = arguments.data or default_folder()
    make_folder(folder, demo=arguments.profile == "demo", url=arguments.authority, source=arguments.source)
    sys.stdout.write(f"{folder / 'config.toml'}\n")
    return 0


def make_folder(folder: Path, *, demo: bool, url: str = "", source: str = "", again: bool = False) -> None:
    """Write configuration, keys and an empty database.

    ``again``: a folder of an earlier demonstration is used on, with its key, invoices and ledger.

    Raises:
        AlreadyThere: the folder has a config.toml.
    """
    path = folder / "config.toml"
    keys = folder / "keys"
    name, tax_code, address = DEMO_SELLER
    known = again and path.exists() and (keys / DEMO_PHRASE).exists()
    if path.exists() and not known:
        raise AlreadyThere(f"{path} exists already")
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    if demo and not known:
        _throwaway_key(keys, tax_code, name)
    text = TEMPLATE.format(
        name=name,
        tax_code=tax_code,
        address=address,
        form=1,
        taxpayer="SHNDN",
        source=source,
        keys=KEYS.format(passphrase=f"file:keys/{DEMO_PHRASE}" if demo else "env:THUNGAN_PASSPHRASE"),
        url=url or ("https://127.0.0.1:8443" if demo else ""),
        ca="sandbox/tls.crt.pem" if demo else "",
        trust="sandbox/authority.crt.pem" if demo else "",
    )
    path.write_text(text, "utf-8")
    load_config(folder)
    ledger_key(folder)
    Store(folder).close()


def _throwaway_key(keys: Path, tax_code: str, name: str) -> None:
    from signing.keys import throwaway_pkcs12
    from signing.passphrase import Secret
    from signing.private_file import write_private

    words = secrets.token_urlsafe(18)
    write_private(keys / DEMO_PHRASE, words.encode())
    throwaway_pkcs12(keys / "seller.p12", Secret(words), tax_code, name, datetime.now(UTC), 365)
