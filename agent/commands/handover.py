"""``thungan handover``: the sheet that the installer leaves beside the till."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.errors import FileUnwritable
from agent.handover import Installer, handover_sheet
from agent.key_choice import open_signer
from errors import ThunganError
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("-o", "--output", type=Path, default=Path("thungan.pdf"), metavar="FILE")
    parser.add_argument("--installer", default="", metavar="NAME", help="whom the shop calls")
    parser.add_argument("--phone", default="", metavar="NUMBER", help="and where")


def run(arguments: argparse.Namespace) -> int:
    """Write the sheet; a key that is away costs its line about the certificate only."""
    config = load_config(arguments.data or default_folder())
    try:
        signer = open_signer(config)
        expires = signer.certificate.not_valid_after_utc
        signer.close()
    except ThunganError as error:
        sys.stderr.write(f"{error}\n")
        expires = None
    today = datetime.now(UTC).astimezone(VIETNAM).date()
    installer = Installer(arguments.installer[:60], arguments.phone[:30])
    sheet = handover_sheet(config, installer, today, expires)
    try:
        arguments.output.write_bytes(sheet)
    except OSError as error:
        raise FileUnwritable(f"{arguments.output}: {error.strerror or error}") from error
    sys.stdout.write(f"{arguments.output}\n")
    return 0
