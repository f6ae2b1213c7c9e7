"""``thungan numbers``: how far the series have come, and taking over from another program."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.errors import ConfigInvalid
from invoice.numbers import Symbol
from invoice.sale_json import VIETNAM
from outbox import reports
from outbox.numbering import take_over
from outbox.store import Store, open_reader

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["show", "take-over"])
    parser.add_argument("--last", type=int, metavar="N", help="the last number the other program used")
    parser.add_argument("--last-code", type=int, metavar="N", help="the last eight digits of its last code")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """show: last number of every series. take-over: go on after --last, before the first invoice only."""
    config = load_config(arguments.data or default_folder())
    register = config.register
    if arguments.action == "take-over":
        if arguments.last is None:
            raise ConfigInvalid("take-over needs --last, the last number the other program used")
        year = datetime.now(UTC).astimezone(VIETNAM).year
        store = Store(config.folder)
        try:
            store.run(take_over(register, year, arguments.last, arguments.last_code))
        finally:
            store.close()
        symbol = Symbol.of_year(register.letters, year)
        sys.stdout.write(f"{symbol} goes on with {arguments.last + 1}\n")
        return 0
    connection = open_reader(config.folder / "thungan.db")
    try:
        counters = reports.counters(connection)
    finally:
        connection.close()
    if arguments.json:
        sys.stdout.write(json.dumps(counters) + "\n")
    else:
        sys.stdout.write("".join(f"{name:<24} {value:>12,}\n" for name, value in counters.items()))
    return 0
