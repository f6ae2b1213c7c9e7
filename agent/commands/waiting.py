"""``thungan waiting list/buyer/issue``: sales that wait for their buyer."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.correction import read_buyer
from agent.errors import ReasonMissing
from agent.parts import open_store
from agent.sold_words import sold_line
from invoice.local_time import local_time
from outbox.store import open_reader
from outbox.waiting import give_buyer, waiting_sales

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "buyer", "issue"])
    parser.add_argument("sale", nargs="?", type=int, help="the sale's number, as it stands on its paper")
    parser.add_argument("buyer", nargs="?", metavar="BUYER.json", help="buyer: name, tax_code, address, …")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """list: what waits. buyer: invoice one for its buyer. issue: invoice one without a buyer."""
    config = load_config(arguments.data or default_folder())
    if arguments.action == "list":
        connection = open_reader(config.folder / "thungan.db")
        try:
            rows = [asdict(waiting) for waiting in waiting_sales(connection)]
        finally:
            connection.close()
        if arguments.json:
            sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
        for row in [] if arguments.json else rows:
            sys.stdout.write(
                f"{row['sale_id']:>6}  {row['receipt_no'] or '-':<12} {row['total']:>13,}"
                f"  since {local_time(row['since'])}  until {local_time(row['until'])}\n"
            )
        return 0
    if arguments.sale is None or (arguments.buyer is None) == (arguments.action == "buyer"):
        raise ReasonMissing(
            "waiting buyer takes a sale's number and BUYER.json, waiting issue the number alone"
        )
    buyer = None if arguments.buyer is None else read_buyer(arguments.buyer)
    store = open_store(config)
    try:
        sold = store.run(give_buyer(arguments.sale, buyer, config.register))
    finally:
        store.close()
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(sold), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{sold_line(sold)}\n")
    return 0
