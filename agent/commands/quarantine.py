"""``thungan quarantine list/show``: captures that need a person."""

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
    parser.add_argument("action", choices=["list", "show"])
    parser.add_argument("capture", nargs="?", type=int, help="the capture's number, for show")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """List what waits, or show one with what was understood of it."""
    config = load_config(arguments.data or default_folder())
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
