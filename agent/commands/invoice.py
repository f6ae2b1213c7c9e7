"""``thungan invoice``: look at invoices, print, correct, set one aside."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.config import Config, default_folder, load_config
from agent.correction import add_corrections, run_correction
from agent.errors import FileUnwritable, ReasonMissing
from agent.order_actions import (
    SET_ASIDE,
    fetch_papers,
    order_line,
    replace_open_order,
    set_order_aside,
    show_order,
)
from agent.paper_showing import write_picture
from invoice.local_time import with_local_times
from invoice.references import spoken
from outbox import reports
from outbox.errors import NotFound
from outbox.order_reports import (
    open_order_named,
    open_orders,
    order_named,
    reference_of_invoice,
)
from outbox.packages import hold, release_held
from outbox.provider_papers import paper_of_provider
from outbox.store import Store, open_reader

if TYPE_CHECKING:
    import argparse
    import sqlite3

    from invoice.qr import Payee


ORDERS_TOO = (*SET_ASIDE, "replace")
MANY = ("replace-many", "adjust-many", "bke", "attach", "record")
ACTIONS = (
    *("list", "show", "xml", "html", "pdf", "fetch", "paper", "replace", "adjust", *MANY),
    *("hold", "release", "again", "drop"),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument(
        "name",
        nargs="?",
        help="id, authority code, SYMBOL-NUMBER such as C26MAA-128, or the provisional code of an order"
        " that waits for a provider's number; for …-many RIGHT.json",
    )
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="how many to list (default 20)")
    parser.add_argument("--state", help="only invoices in this state")
    parser.add_argument("--size", default="A4", help="paper of html and pdf: A4, A5 or 80mm (default A4)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there")
    parser.add_argument("--reason", default="", help="why: for hold, drop, replace and adjust")
    add_corrections(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """List, show one, give out its XML or its printed form, hold or release it."""
    config = load_config(arguments.data or default_folder())
    if arguments.action in ORDERS_TOO and (order := _open_order(config, arguments.name)) is not None:
        return (
            replace_open_order(config, order, arguments)
            if arguments.action == "replace"
            else set_order_aside(config, order, arguments)
        )
    if arguments.action in SET_ASIDE:
        return _set_aside(config, arguments)
    if arguments.action == "fetch":
        return _fetch(config, arguments)
    if arguments.action in {"replace", "adjust"}:
        return run_correction(config, arguments)
    if arguments.action in MANY:
        from agent.correction_many import run_many

        return run_many(config, arguments)
    connection = open_reader(config.folder / "thungan.db")
    try:
        if arguments.action == "list":
            orders = open_orders(connection, arguments.limit, arguments.state)
            rows = reports.invoices(connection, arguments.limit, arguments.state)
            if arguments.json:
                sys.stdout.write(json.dumps([*orders, *rows], ensure_ascii=False) + "\n")
            for row in [] if arguments.json else orders:
                sys.stdout.write(order_line(row) + "\n")
            for row in [] if arguments.json else rows:
                sys.stdout.write(
                    f"{row['symbol']}-{row['number']:<9} {row['code']}  {row['day']}"
                    f" {row['total']:>15,}  {row['state']}  {row['reason'] or ''}\n"
                )
            return 0
        if (order := open_order_named(connection, arguments.name or "")) is not None:
            return _show_order(connection, order, arguments)
        row, document = reports.find_invoice(connection, arguments.name or "")
        if arguments.action == "xml":
            document = paper_of_provider(connection, row["id"], "xml") or document
        if arguments.action == "paper":
            if arguments.output is None:
                raise ReasonMissing("paper draws into a file: -o paper.png")
            from agent.receipt_block import receipt_as_printed

            issued, receipt = reports.paper_of(connection, row["id"])
            write_picture(receipt_as_printed(config, issued, receipt), arguments.output, config.printer.dots)
            return 0
        if arguments.action in {"xml", "html", "pdf"}:
            give_out(_form(document, row["state"], arguments, config.payee), arguments.output)
        elif arguments.json:
            row["captured_on"] = reports.late_capture(connection, row["id"])
            row["reference"] = reference_of_invoice(connection, row["id"])
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            for key, value in row.items():
                sys.stdout.write(f"{key:<12} {with_local_times(str(value))}\n")
            if (reference := reference_of_invoice(connection, row["id"])) is not None:
                sys.stdout.write(f"{'ordered as':<12} {spoken(reference)}\n")
            if (day := reports.late_capture(connection, row["id"])) is not None:
                sys.stdout.write(f"{'late':<12} the receipt was captured on {day}, decided about later\n")
        return 0
    finally:
        connection.close()


def _open_order(config: Config, name: str | None) -> dict[str, Any] | None:
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        return open_order_named(connection, name or "")


def _show_order(connection: sqlite3.Connection, order: dict[str, Any], arguments: argparse.Namespace) -> int:
    """An order has no printed form before it has its number; its signed XML it has."""
    if arguments.action == "xml":
        give_out(order_named(connection, order["reference"])[1], arguments.output)
    elif arguments.action == "show":
        show_order(connection, order, as_json=arguments.json)
    else:
        raise NotFound(f"{arguments.name} waits for its number: it has {arguments.action} when it has that")
    return 0


def _fetch(config: Config, arguments: argparse.Namespace) -> int:
    """The provider's own papers, asked for now where they are not kept; -o takes the PDF."""
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        row, _ = reports.find_invoice(connection, arguments.name or "")
    papers = fetch_papers(config, row["id"])
    if arguments.output is not None:
        give_out(papers["pdf"], arguments.output)
    for kind, content in papers.items():
        sys.stdout.write(f"{row['symbol']}-{row['number']} {kind} {len(content):,} bytes\n")
    return 0


def _form(document: bytes, state: str, arguments: argparse.Namespace, payee: Payee | None) -> bytes:
    """The exact XML, or the form for people."""
    if arguments.action == "xml":
        return document
    from invoice.printed import render_html, render_pdf
    from invoice.reader import read_invoice

    invoice = read_invoice(document).invoice
    if arguments.action == "pdf":
        return render_pdf(invoice, size=arguments.size, state=state, payee=payee)
    return render_html(invoice, size=arguments.size, state=state, payee=payee).encode()


def give_out(content: bytes, path: Path | None) -> None:
    """Write a document to a file, or to standard output.

    Raises:
        FileUnwritable: it cannot be written there.
    """
    if path is None:
        sys.stdout.buffer.write(content)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise FileUnwritable(f"{path}: {error.strerror}") from error


def _set_aside(config: Config, arguments: argparse.Namespace) -> int:
    """Hold an issued invoice back with a reason, or let a held one go."""
    if arguments.action in {"again", "drop"}:
        raise NotFound(f"there is no order {arguments.name} without a number")
    holding = arguments.action == "hold"
    if holding and not arguments.reason.strip():
        raise ReasonMissing("an invoice is held with --reason")
    connection = open_reader(config.folder / "thungan.db")
    try:
        row, _ = reports.find_invoice(connection, arguments.name or "")
    finally:
        connection.close()
    store = Store(config.folder)
    try:
        store.run(hold(row["id"], arguments.reason.strip()) if holding else release_held(row["id"]))
    finally:
        store.close()
    sys.stdout.write(f"{row['symbol']}-{row['number']} {'held' if holding else 'issued'}\n")
    return 0
