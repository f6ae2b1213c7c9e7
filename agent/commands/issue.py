"""``thungan issue SALE.json``: one invoice from a sale in JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.errors import FileUnreadable
from agent.parts import open_store
from agent.sold_words import sold_line
from invoice.sale_json import sale_from_json
from outbox.issuing import issue

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("sale", metavar="SALE.json", help="the sale; - for standard input")
    parser.add_argument("--json", action="store_true", help="print the invoice as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Issue and print symbol, number and code, or the order's reference, once they are durable."""
    config = load_config(arguments.data or default_folder())
    sale = sale_from_json(read_input(arguments.sale))
    store = open_store(config)
    try:
        sold = store.run(issue(sale, config.register))
    finally:
        store.close()
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(sold), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{sold_line(sold)}\n")
    return 0


def read_input(name: str) -> bytes:
    """The bytes of a file named on the command line, or of standard input for ``-``.

    Raises:
        FileUnreadable: there is none, or it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{name}: {error.strerror}") from error
