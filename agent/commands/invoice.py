"""``thungan invoice list/show/xml``: look at invoices."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from outbox import reports
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "show", "xml"])
    parser.add_argument("name", nargs="?", help="id, authority code or SYMBOL-NUMBER, such as C26MAA-128")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many to list (default 20)")
    parser.add_argument("--state", help="only invoices in this state")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """List, show one, or print the exact stored XML of one."""
    config = load_config(arguments.data or default_folder())
    connection = open_reader(config.folder / "thungan.db")
    try:
        if arguments.action == "list":
            rows = reports.invoices(connection, arguments.limit, arguments.state)
            if arguments.json:
                sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
            for row in [] if arguments.json else rows:
                sys.stdout.write(
                    f"{row['symbol']}-{row['number']:<9} {row['code']}  {row['day']}"
                    f" {row['total']:>15,}  {row['state']}  {row['reason'] or ''}\n"
                )
            return 0
        row, document = reports.find_invoice(connection, arguments.name or "")
        if arguments.action == "xml":
            sys.stdout.buffer.write(document)
        elif arguments.json:
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            for key, value in row.items():
                sys.stdout.write(f"{key:<12} {value}\n")
        return 0
    finally:
        connection.close()
