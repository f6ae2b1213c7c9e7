"""``thungan invoice replace/adjust``: correct an invoice, with a preview before anything is issued."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.issue import read_input
from agent.errors import FileUnreadable
from agent.parts import open_store
from agent.sold_words import sold_line
from invoice.compose import Identity
from invoice.corrections import Correction, check_chain, correct
from invoice.numbers import AuthorityCode, Symbol
from invoice.sale_json import VIETNAM, sale_from_json
from outbox import reports
from outbox.correcting import issue_correction, read_original
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse

    from agent.config import Config
    from invoice.invoice import Invoice
    from invoice.sale import Buyer, Sale


def add_corrections(parser: argparse.ArgumentParser) -> None:
    """Options of replace and adjust."""
    parser.add_argument(
        "--sale",
        type=Path,
        metavar="SALE.json",
        help="replace: the right sale; adjust: what is given back (docs/sale-json.md)",
    )
    parser.add_argument(
        "--buyer", type=Path, metavar="BUYER.json", help="replace: the same sale with this buyer"
    )
    parser.add_argument("--list", metavar="BKE.xml", help="attach: the list with the buyer's signature")
    parser.add_argument("--adjusts", action="store_true", help="record: the invoice is to be adjusted")
    parser.add_argument("--increase", action="store_true", help="adjust: the sale is added, not given back")
    parser.add_argument("--yes", action="store_true", help="issue it; else it is only shown")


def run_correction(config: Config, arguments: argparse.Namespace) -> int:
    """Show the correcting invoice; with --yes, issue it."""
    sale = read_sale(arguments.sale)
    connection = open_reader(config.folder / "thungan.db")
    try:
        row, _ = reports.find_invoice(connection, arguments.name or "")
        original = read_original(connection, row["id"])
        if arguments.buyer is not None:
            same = sale_from_json(reports.sale_of(connection, row["id"]))
            sale = replace(sale or same, buyer=read_buyer(arguments.buyer))
        correction = _correction(arguments, sale)
    finally:
        connection.close()
    if not arguments.yes:
        check_chain(original.invoice, original.corrections, correction)
        _preview(draft(config, original.invoice, correction, sale, arguments.reason))
        return 0
    store = open_store(config)
    try:
        job = issue_correction(row["id"], correction, sale, config.register, arguments.reason)
        sold = store.run(job)
    finally:
        store.close()
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(sold), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{sold_line(sold)}\n")
    return 0


def read_sale(path: Path | None) -> Sale | None:
    """The sale in a JSON file; None where none is named."""
    if path is None:
        return None
    try:
        return sale_from_json(path.read_bytes())
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}") from error


def read_buyer(name: str | Path) -> Buyer | None:
    """The buyer alone, as it stands under ``buyer`` in the JSON of a sale; ``-`` is standard input.

    Raises:
        FileUnreadable: there is no such file.
        SaleInvalid: it is no buyer.
    """
    return sale_from_json(b'{"total": 0, "buyer": ' + read_input(str(name)) + b"}").buyer


def _correction(arguments: argparse.Namespace, sale: Sale | None) -> Correction:
    if arguments.action == "replace":
        return Correction.REPLACE
    if sale is None:
        return Correction.INFORM
    return Correction.INCREASE if arguments.increase else Correction.REFUND


def draft(
    config: Config, original: Invoice, correction: Correction, sale: Sale | None, reason: str
) -> Invoice:
    """The invoice as it would be."""
    return correct(original, correction, sale, config.register.terms, draft_identity(config), reason)


def draft_identity(config: Config) -> Identity:
    """A number and a code that stand for the next ones."""
    register = config.register
    day = datetime.now(UTC).astimezone(VIETNAM).date()
    return Identity(
        Symbol.of_year(register.letters, day.year),
        1,
        AuthorityCode.for_register(register.terms.form, day.year, register.taxpayer, register.number, 1),
        day,
    )


def _preview(invoice: Invoice) -> None:
    related = invoice.related
    if related is not None:
        does = "replaces" if related.kind == 1 else "adjusts"
        sys.stdout.write(
            f"{does} {related.symbol}-{related.number} of {related.day:%d/%m/%Y}: {related.note}\n"
        )
    for line in invoice.lines:
        amount = "" if line.amount is None else f"{line.amount:,}"
        sys.stdout.write(f"  {line.name:<40} {amount:>15} {line.rate or ''}\n")
    for total in invoice.rate_totals:
        sys.stdout.write(f"  {total.rate}: {total.net:,} + VAT {total.tax:,}\n")
    sys.stdout.write(f"total {invoice.total:,} {invoice.currency} ({invoice.words})\n")
    sys.stdout.write("nothing is issued yet: the same command with --yes issues it\n")
