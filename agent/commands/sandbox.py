"""``thungan sandbox``: the sandbox authority alone, over HTTPS on loopback."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from agent.config import default_folder
from authority.sandbox.faults import FaultPlan
from authority.sandbox.server import Address, serve
from authority.sandbox.settings import Settings
from invoice.tax_code import checked_tax_code
from signing.passphrase import read_passphrase

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--port", type=int, default=8443, metavar="P", help="0: any free one (default 8443)")
    parser.add_argument("--faults", default="", metavar="PLAN", help="e.g. lose-answer=0.1,delay=2s,seed=7")
    parser.add_argument(
        "--require-registration", action="store_true", help="sellers must send form 100 before they send"
    )
    parser.add_argument("--tvan", metavar="CODE", help="be a T-VAN with this tax code, not the authority")
    parser.add_argument(
        "--token", metavar="SOURCE", help="ask for this token: env:NAME, file:PATH, keyring:…"
    )
    parser.add_argument("--json", action="store_true", help="print the address as JSON when ready")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; keys and store live in DIR/sandbox."""
    folder = (arguments.data or default_folder()) / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)

    def ready(address: Address) -> None:
        data = {"url": address.url, "ca": str(address.ca), "trust": str(address.trust)}
        text = json.dumps(data) if arguments.json else f"sandbox authority at {address.url}, CA {address.ca}"
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    plan = FaultPlan.parse(arguments.faults) if arguments.faults else None
    token = read_passphrase(arguments.token).reveal() if arguments.token else None
    tvan_code = checked_tax_code(arguments.tvan).replace("-", "") if arguments.tvan else None
    settings = Settings(auto_register=not arguments.require_registration, tvan_code=tvan_code, token=token)
    serve(folder, arguments.port, faults=plan, settings=settings, ready=ready)
    return 0
