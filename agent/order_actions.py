"""``thungan invoice`` for orders: sales whose number a provider has not given yet, or will not give so."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from agent.correction import read_buyer, read_sale
from agent.errors import ReasonMissing
from agent.parts import open_store
from agent.sold_words import sold_line
from invoice.references import spoken
from invoice.sale_json import sale_from_json
from outbox.errors import NotFound
from outbox.order_decisions import drop_order, hold_order, release_order
from outbox.order_reports import history_of_order, order_named, sale_of_order
from outbox.provider_papers import PAPERS, keep_paper, numbered_of
from outbox.replacing_orders import replace_order
from outbox.store import Store, open_reader

if TYPE_CHECKING:
    import argparse
    import sqlite3

    from agent.config import Config
    from outbox.store import Job

SET_ASIDE = ("hold", "release", "again", "drop")


def order_line(row: dict[str, Any]) -> str:
    """One line of the list."""
    return (
        f"{row['symbol']} {spoken(row['reference'])}  {row['day']} {row['total']:>15,}"
        f"  {row['state']}  {row['reason'] or ''}"
    )


def show_order(connection: sqlite3.Connection, row: dict[str, Any], *, as_json: bool) -> None:
    """Everything the store says of it, and its steps."""
    steps = [{"at": step.at, "kind": step.kind} for step in history_of_order(connection, row["id"])]
    if as_json:
        sys.stdout.write(json.dumps({**row, "history": steps}, ensure_ascii=False) + "\n")
        return
    for key, value in row.items():
        sys.stdout.write(f"{key:<12} {spoken(value) if key == 'reference' else value}\n")
    for step in steps:
        sys.stdout.write(f"{step['at']}  {step['kind']}\n")


def set_order_aside(config: Config, row: dict[str, Any], arguments: argparse.Namespace) -> int:
    """Hold an order back or drop it, with a reason; let it go (again)."""
    reason = arguments.reason.strip()
    if arguments.action in {"hold", "drop"} and not reason:
        raise ReasonMissing(f"an order is set aside with --reason: {arguments.action}")
    jobs: dict[str, Job[None]] = {
        "hold": hold_order(row["id"], reason),
        "drop": drop_order(row["id"], reason),
        "release": release_order(row["id"]),
        "again": release_order(row["id"]),
    }
    with closing(Store(config.folder)) as store:
        store.run(jobs[arguments.action])
        with closing(store.reader()) as connection:
            after, _ = order_named(connection, row["reference"])
    sys.stdout.write(f"{spoken(row['reference'])} {after['state']}\n")
    return 0


def replace_open_order(config: Config, row: dict[str, Any], arguments: argparse.Namespace) -> int:
    """Order the right sale in its place; without --yes only say what it would be."""
    sale = read_sale(arguments.sale)
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        if arguments.buyer is not None:
            same = sale_from_json(sale_of_order(connection, row["id"]))
            sale = replace(sale or same, buyer=read_buyer(arguments.buyer))
    if sale is None:
        raise ReasonMissing("replace takes the right sale (--sale) or its buyer (--buyer)")
    if not arguments.yes:
        sys.stdout.write(
            f"{spoken(row['reference'])} {row['total']:,} dong has no number yet: a new order of"
            f" {sale.total:,} dong would stand in its place. Add --yes to do it.\n"
        )
        return 0
    with closing(open_store(config)) as store:
        sold = store.run(replace_order(row["id"], sale, config.register, arguments.reason))
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(sold), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{sold_line(sold)}\n")
    return 0


def fetch_papers(config: Config, invoice_id: int) -> dict[str, bytes]:
    """The provider's XML and PDF of an invoice, asked for now, compared, and kept.

    Raises:
        NotFound: no provider has numbered it, or its papers are not ready there.
        GatewayError: the provider cannot be asked now.
    """
    from agent.provider_gateway import open_provider

    found: dict[str, bytes] = {}
    with closing(Store(config.folder)) as store:
        with closing(store.reader()) as connection:
            order_id, key, numbered = numbered_of(connection, invoice_id)
        with closing(open_provider(config)) as gateway:
            for kind in PAPERS:
                document = gateway.fetch(numbered, key, kind)
                if document is None:
                    raise NotFound(f"the provider has no {kind} of it yet")
                store.run(keep_paper(order_id, kind, document))
                found[kind] = document
    return found
