"""``thungan keys list/check/import``: the seller's key, its certificate, and what is wrong with them."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.config import default_folder, load_config
from agent.errors import AlreadyThere, FileUnreadable
from agent.parts import open_signer
from errors import ThunganError
from signing.certificates import check_validity
from signing.expiry import days_left, expiry_alarm
from signing.keys import open_key, subject_name
from signing.passphrase import read_passphrase
from signing.private_file import write_private

if TYPE_CHECKING:
    import argparse

    from cryptography.x509 import Certificate

    from agent.config import Config


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "check", "import"])
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a .p12 or .pfx file to import")
    parser.add_argument(
        "--passphrase", default="env:THUNGAN_PASSPHRASE", metavar="WHERE", help="env:, file: or keyring:"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """list: the configured key. check: exit 1 where it may not sign now. import: copy a key file in."""
    config = load_config(arguments.data or default_folder())
    if arguments.action == "import":
        return _import(config, arguments)
    now = datetime.now(UTC)
    problem = None
    described: dict[str, Any] = {"key": config.key}
    try:
        certificate = open_signer(config).certificate
        described |= _describe(certificate, now)
        check_validity(certificate, now)
    except ThunganError as error:
        problem = str(error)
    described["problem"] = problem
    if arguments.json:
        sys.stdout.write(json.dumps(described, ensure_ascii=False, indent=1) + "\n")
    else:
        for name, value in described.items():
            sys.stdout.write(f"{name:<10} {value if value is not None else '-'}\n")
    return 1 if arguments.action == "check" and problem else 0


def _describe(certificate: Certificate, now: datetime) -> dict[str, Any]:
    alarm = expiry_alarm(days_left(certificate, now))
    return {
        "subject": subject_name(certificate),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:X}",
        "from": certificate.not_valid_before_utc.isoformat(),
        "to": certificate.not_valid_after_utc.isoformat(),
        "days_left": days_left(certificate, now),
        "alarm": alarm.text_en if alarm else None,
    }


def _import(config: Config, arguments: argparse.Namespace) -> int:
    """Copy a key file into the keys folder, readable by its owner only, once it has opened."""
    if arguments.file is None:
        raise FileUnreadable("keys import needs a FILE")
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{arguments.file}: {error.strerror}") from error
    target = config.folder / "keys" / arguments.file.name
    if target.exists():
        raise AlreadyThere(f"{target} exists already")
    target.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(target, content)
    try:
        key = open_key(f"file:{target}", read_passphrase(arguments.passphrase), folder=config.folder)
    except ThunganError:
        target.unlink()
        raise
    sys.stdout.write(f"{target}: {subject_name(key.certificate)}\n")
    sys.stdout.write(f'set in config.toml, under [key]: file = "keys/{target.name}"\n')
    return 0
