"""``thungan status``: how the register stands."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agent.config import Config, default_folder, load_config
from agent.standing import Light
from errors import ThunganError
from invoice.local_time import with_local_times
from invoice.numbers import Symbol
from invoice.sale_json import VIETNAM
from outbox import reports
from outbox.spool import reserve_alarms
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse

    from cryptography.x509 import Certificate

    from agent.peers.shop_view import Card


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--json", action="store_true", help="print as one JSON object")
    parser.add_argument("--shop", action="store_true", help="all registers of the shop: asks each one now")


def run(arguments: argparse.Namespace) -> int:
    """Print the status; exit 3 where something needs a person."""
    config = load_config(arguments.data or default_folder())
    if arguments.shop:
        return _shop(config, as_json=arguments.json)
    status = collect(config)
    if arguments.json:
        sys.stdout.write(json.dumps(status, ensure_ascii=False, indent=1) + "\n")
    else:
        for key, value in status.items():
            sys.stdout.write(f"{key:<14} {_in_words(value)}\n")
    return 3 if status["alarms"] else 0


def _shop(config: Config, *, as_json: bool) -> int:
    """Every register, asked now and not through the daemon; exit 3 where the shop's light is red."""
    from agent.peers import shop_view
    from agent.peers.asked_now import shop_now

    view = shop_now(config)
    if as_json:
        sys.stdout.write(json.dumps(shop_view.as_json(view), ensure_ascii=False, indent=1) + "\n")
    else:
        for card in view.cards:
            sys.stdout.write(_line_of(card) + "\n")
        counted, left = ([card.name for card in cards] for cards in (view.counted, view.left))
        sys.stdout.write(
            f"{view.light.value:<5} {'+'.join(counted):<20} {view.sales:>6} sales {view.total:>15,} dong"
            f"{'  without ' + ', '.join(left) if left else ''}\n"
        )
    return 3 if view.light is Light.NEEDS_YOU else 0


def _line_of(card: Card) -> str:
    said = f"{card.light.value:<5} {card.name:<20}"
    if card.report is not None:
        said += f" {card.report.sales:>6} sales {card.report.total:>15,} dong  waiting {card.report.waiting}"
        said += "".join(f"  {alarm.code}" for alarm in card.report.alarms)
    if card.trouble is not None:
        said += f"  {card.trouble}"
    return said + (f"  uses the numbers of {card.clash}" if card.clash else "")


def _in_words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(with_local_times(str(one)) for one in value) or "none"
    return f"{value:,}" if isinstance(value, int) else with_local_times(str("-" if value is None else value))


def collect(config: Config) -> dict[str, Any]:
    """The contract's object, with the key opened as configured."""
    return standing_of(config, _certificate(config))


def standing_of(config: Config, certificate: dict[str, str | None]) -> dict[str, Any]:
    """The contract's object, for whoever has the certificate at hand."""
    now = datetime.now(UTC)
    day = now.astimezone(VIETNAM).date()
    connection = open_reader(config.folder / "thungan.db")
    try:
        register = config.register
        reserved = reserve_alarms(config.folder, config.backup.place)
        return {
            "register": {
                "number": register.number,
                "form": int(register.terms.form),
                "symbol": str(Symbol.of_year(register.letters, day.year)),
            },
            "seller": {"name": config.seller.name, "tax_code": config.seller.tax_code},
            "today": reports.today(connection, day.isoformat()),
            "queue": reports.queue(connection),
            "oldest_unsent": reports.oldest_unsent(connection),
            "last_sync": reports.last_sync(connection),
            "certificate": certificate,
            "ledger": reports.ledger_head(connection),
            "alarms": [
                *(f"{alarm['code']}: {alarm['message']}" for alarm in reserved),
                *reports.alarms(connection),
            ],
        }
    finally:
        connection.close()


def _certificate(config: Config) -> dict[str, str | None]:
    from agent.key_choice import open_signer

    try:
        return certificate_words(open_signer(config).certificate)
    except ThunganError as error:
        return {"subject": None, "expires": None, "problem": str(error)}


def certificate_words(certificate: Certificate | None) -> dict[str, str | None]:
    """Whose it is and until when; None where no key is open."""
    from signing.keys import subject_name

    if certificate is None:
        return {"subject": None, "expires": None}
    return {
        "subject": subject_name(certificate),
        "expires": certificate.not_valid_after_utc.isoformat(),
    }
