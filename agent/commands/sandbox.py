"""``thungan sandbox``: the sandbox authority, or a provider, alone, over HTTPS on loopback."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.config import default_folder
from authority.sandbox.faults import FaultPlan
from authority.sandbox.provider_account import ProviderAccount, read_series
from authority.sandbox.provider_server import PROVIDERS, serve_provider
from authority.sandbox.server import serve
from authority.sandbox.settings import Settings
from invoice.tax_code import checked_tax_code
from signing.passphrase import read_passphrase

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from authority.sandbox.https_server import Address


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--port", type=int, default=8443, metavar="P", help="0: any free one (default 8443)")
    parser.add_argument("--faults", default="", metavar="PLAN", help="e.g. lose-answer=0.1,delay=2s,seed=7")
    parser.add_argument(
        "--require-registration", action="store_true", help="sellers must send form 100 before they send"
    )
    parser.add_argument("--tvan", metavar="CODE", help="be a T-VAN with this tax code, not the authority")
    parser.add_argument(
        "--soap", metavar="USER", help="with --tvan: be called over SOAP too, by this user and --password"
    )
    parser.add_argument(
        "--token", metavar="SOURCE", help="ask for this token: env:NAME, file:PATH, keyring:…"
    )
    parser.add_argument("--provider", choices=PROVIDERS, help="be this provider, which allots the numbers")
    parser.add_argument("--user", default="sandbox", help="a provider's account (default: sandbox)")
    parser.add_argument(
        "--password", metavar="SOURCE", help="its password: env:NAME, file:PATH, keyring:… (default: sandbox)"
    )
    parser.add_argument("--tax-code", metavar="CODE", help="a provider's customer, as its invoices name it")
    parser.add_argument(
        "--series",
        action="append",
        default=[],
        metavar="SYMBOL=COUNT",
        help="a provider's symbol and how many numbers it has; without, every symbol has all",
    )
    parser.add_argument("--json", action="store_true", help="print the address as JSON when ready")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; keys and store live in DIR/sandbox, a provider's in DIR/sandbox/NAME."""
    folder = (arguments.data or default_folder()) / "sandbox"
    plan = FaultPlan.parse(arguments.faults) if arguments.faults else None
    if arguments.provider:
        return _provide(folder / arguments.provider, arguments, plan)
    folder.mkdir(parents=True, exist_ok=True)
    token = read_passphrase(arguments.token).reveal() if arguments.token else None
    tvan_code = checked_tax_code(arguments.tvan).replace("-", "") if arguments.tvan else None
    settings = Settings(
        auto_register=not arguments.require_registration,
        tvan_code=tvan_code,
        token=token,
        soap_account=_soap_account(arguments),
    )

    def ready(address: Address) -> None:
        _tell(address, "sandbox authority", as_json=arguments.json)

    serve(folder, arguments.port, faults=plan, settings=settings, ready=ready)
    return 0


def _soap_account(arguments: argparse.Namespace) -> tuple[str, str] | None:
    if not arguments.soap:
        return None
    password = read_passphrase(arguments.password).reveal() if arguments.password else "sandbox"
    return arguments.soap, password


def _provide(folder: Path, arguments: argparse.Namespace, plan: FaultPlan | None) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    tax_code = checked_tax_code(arguments.tax_code) if arguments.tax_code else None
    account = ProviderAccount(user=arguments.user, tax_code=tax_code, series=read_series(arguments.series))
    if arguments.password:
        account = replace(account, password=read_passphrase(arguments.password).reveal())

    def ready(address: Address) -> None:
        _tell(address, f"sandbox {arguments.provider}", as_json=arguments.json)

    serve_provider(arguments.provider, folder, arguments.port, account=account, faults=plan, ready=ready)
    return 0


def _tell(address: Address, what: str, *, as_json: bool) -> None:
    data = {"url": address.url, "ca": str(address.ca), "trust": str(address.trust)}
    text = json.dumps(data) if as_json else f"{what} at {address.url}, CA {address.ca}"
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
