"""``thungan quarantine list/show/resolve``: captures that need a person."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from agent.commands.issue import read_input
from agent.config import Config, default_folder, load_config
from agent.errors import ReasonMissing
from agent.parts import open_store
from invoice.sale_json import sale_from_json
from outbox import reports
from outbox.resolving import resolve_as_nothing, resolve_as_sale
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "show", "resolve"])
    parser.add_argument("capture", nargs="?", type=int, help="the capture's number, for show and resolve")
    parser.add_argument("--sale", metavar="SALE.json", help="resolve: the sale that the paper was")
    parser.add_argument("--no-sale", action="store_true", help="resolve: the paper was no sale")
    parser.add_argument("--reason", default="", help="resolve: why")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """List what waits, show one with what was understood of it, or decide what it was."""
    config = load_config(arguments.data or default_folder())
    if arguments.action == "resolve":
        return _resolve(config, arguments)
    connection = open_reader(config.folder / "thungan.db")
    try:
        if arguments.action == "list":
            rows = reports.quarantined(connection)
            if arguments.json:
                sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
            for row in [] if arguments.json else rows:
                sys.stdout.write(
                    f"{row['id']:>6} {row['captured_at']} {row['bytes']} bytes {row['problems']}\n"
                )
            return 3 if rows else 0
        from drivers.reading import read_receipt, reading_to_json

        reading = read_receipt(reports.capture_bytes(connection, arguments.capture or 0))
        if arguments.json:
            sys.stdout.write(json.dumps(reading_to_json(reading), ensure_ascii=False, indent=1) + "\n")
        else:
            sys.stdout.write(reading.text + "\n")
            for problem in reading.problems:
                sys.stdout.write(f"problem: {problem}\n")
        return 0
    finally:
        connection.close()


def _resolve(config: Config, arguments: argparse.Namespace) -> int:
    """A person's decision, with its reason; ``decode`` and ``show`` give a sale to start from."""
    if not arguments.reason.strip() or (arguments.sale is None) == (not arguments.no_sale):
        raise ReasonMissing("resolve takes --sale SALE.json or --no-sale, and a reason")
    number, reason = arguments.capture or 0, arguments.reason.strip()
    sale = None if arguments.no_sale else sale_from_json(read_input(arguments.sale))
    store = open_store(config)
    try:
        if sale is None:
            store.run(resolve_as_nothing(number, reason))
            sys.stdout.write(f"capture {number}: no sale\n")
        else:
            issued = store.run(resolve_as_sale(number, sale, config.register, reason))
            sys.stdout.write(f"capture {number}: {issued.symbol} {issued.number} {issued.code}\n")
    finally:
        store.close()
    return 0
