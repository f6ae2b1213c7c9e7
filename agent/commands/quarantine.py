"""``thungan quarantine list/show/resolve/reread``: captures that need a person."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.commands.issue import read_input
from agent.config import Config, default_folder, load_config
from agent.errors import ReasonMissing
from agent.field_setting import set_fields
from agent.known_goods import known_goods
from agent.paper_showing import show_bytes, show_proof, write_picture
from agent.parts import open_store
from agent.sold_words import name_of
from agent.source_profiles import SourceProfiles
from agent.till import DOUBTFUL_ENDS
from drivers.reading import Reading, reading_to_json
from drivers.understanding import understand
from errors import ThunganError
from invoice.errors import SaleInvalid
from invoice.local_time import local_time
from invoice.sale import Kind, Sale
from invoice.sale_json import sale_from_json, sale_from_object, sale_to_json
from outbox import reports
from outbox.resolving import resolve_as_nothing, resolve_as_sale
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse
    import sqlite3


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "show", "resolve", "reread"])
    parser.add_argument("capture", nargs="?", type=int, help="the capture's number, for show and resolve")
    parser.add_argument("--png", type=Path, metavar="OUT.png", help="show: draw the paper")
    parser.add_argument("--hex", action="store_true", help="show: the bytes; > where a field was read from")
    parser.add_argument("--sale", metavar="SALE.json", help="resolve: the sale that the paper was")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="resolve: what was understood, with this field right: total=125000, lines.0.amount=5000",
    )
    parser.add_argument(
        "--profile", metavar="NAME", help="read by this profile: a shipped one's name, or a file"
    )
    parser.add_argument("--no-sale", action="store_true", help="resolve: the paper was no sale")
    parser.add_argument("--reason", default="", help="resolve: why")
    parser.add_argument("--yes", action="store_true", help="reread: issue what reads as a sale now")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """List what waits, show one, decide what it was, or read all of them again by another profile."""
    config = load_config(arguments.data or default_folder())
    if arguments.action == "resolve":
        return _resolve(config, arguments)
    if arguments.action == "reread":
        return _reread(config, arguments)
    connection = open_reader(config.folder / "thungan.db")
    try:
        if arguments.action == "list":
            return _list(connection, as_json=arguments.json)
        kept = reports.capture(connection, arguments.capture or 0)
        goods = known_goods(config.folder, connection)
    finally:
        connection.close()
    content = kept.data
    reading = understand(kept.form, content, SourceProfiles(config, arguments.profile).of(kept.source), goods)
    if arguments.png is not None:
        write_picture(content, arguments.png, form=kept.form)
    if arguments.json:
        sys.stdout.write(json.dumps(reading_to_json(reading), ensure_ascii=False, indent=1) + "\n")
        return 0
    sys.stdout.write(reading.text + "\n")
    for problem in reading.problems:
        sys.stdout.write(f"problem: {problem}\n")
    show_proof(reading)
    if arguments.hex:
        show_bytes(content, reading)
    return 0


def _list(connection: sqlite3.Connection, *, as_json: bool) -> int:
    rows = reports.quarantined(connection)
    if as_json:
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    for row in [] if as_json else rows:
        at, origin = local_time(row["captured_at"]), f" {row['origin']}" if row["origin"] else ""
        sys.stdout.write(f"{row['id']:>6} {at} {row['bytes']} bytes{origin} {row['problems']}\n")
    return 3 if rows else 0


def _resolve(config: Config, arguments: argparse.Namespace) -> int:
    """A person's decision, with its reason; ``decode`` and ``show`` give a sale to start from."""
    ways = [arguments.sale is not None, bool(arguments.set or arguments.profile), arguments.no_sale]
    if not arguments.reason.strip() or ways.count(True) != 1:
        raise ReasonMissing("resolve takes --sale SALE.json, --set and --profile, or --no-sale, and a reason")
    number, reason = arguments.capture or 0, arguments.reason.strip()
    sale = None if arguments.no_sale else _right_sale(config, arguments)
    store = open_store(config)
    try:
        if sale is None:
            store.run(resolve_as_nothing(number, reason, login_name()))
            sys.stdout.write(f"capture {number}: no sale\n")
        else:
            sold = store.run(resolve_as_sale(number, sale, config.register, reason, login_name()))
            sys.stdout.write(f"capture {number}: {name_of(sold)}\n")
    finally:
        store.close()
    return 0


def _right_sale(config: Config, arguments: argparse.Namespace) -> Sale:
    """The sale as a person has it: whole, or what is understood with some fields set right."""
    if arguments.sale is not None:
        return sale_from_json(read_input(arguments.sale))
    connection = open_reader(config.folder / "thungan.db")
    try:
        kept = reports.capture(connection, arguments.capture or 0)
        goods = known_goods(config.folder, connection)
    finally:
        connection.close()
    profile = SourceProfiles(config, arguments.profile).of(kept.source)
    reading = understand(kept.form, kept.data, profile, goods)
    if not arguments.set:
        if reading.kind is not Kind.SALE or reading.sale is None:
            raise SaleInvalid(f"by that profile it is {reading.kind.value}: {'; '.join(reading.problems)}")
        return reading.sale
    understood: dict[str, Any] = {} if reading.sale is None else sale_to_json(reading.sale)
    return sale_from_object(set_fields({**understood, "kind": "sale"}, arguments.set))


def _reread(config: Config, arguments: argparse.Namespace) -> int:
    """Read the whole quarantine again; only what is exact now is issued, and only with --yes."""
    profile = arguments.profile or config.profile or None
    connection = open_reader(config.folder / "thungan.db")
    try:
        profiles = SourceProfiles(config, arguments.profile)
        found = reports.quarantined(connection)
        goods = known_goods(config.folder, connection)
        exact: list[tuple[int, Sale]] = []
        for row in found:  # each is shown once it is read: a picture takes seconds
            kept = reports.capture(connection, row["id"])
            reading = understand(kept.form, kept.data, profiles.of(kept.source), goods)
            if (sale := reading.sale) is not None and _is_exact(kept.ended_by, reading):
                exact.append((kept.capture_id, sale))
                sys.stdout.write(f"{kept.capture_id:>6} {sale.receipt_no or '-':<12} {sale.total:>13,}\n")
                sys.stdout.flush()
    finally:
        connection.close()
    sys.stdout.write(f"{len(exact)} of {len(found)} read exactly\n")
    if not exact or not arguments.yes:
        if exact:
            sys.stdout.write("nothing is issued yet: the same command with --yes issues them\n")
        return 3 if found else 0
    reason = arguments.reason.strip() or f"read again by the profile {profile or 'general'}"
    store, done = open_store(config), 0
    try:
        for number, sale in exact:
            try:
                store.run(resolve_as_sale(number, sale, config.register, reason, login_name()))
                done += 1
            except ThunganError as error:
                sys.stderr.write(f"capture {number}: {error}\n")
    finally:
        store.close()
    sys.stdout.write(f"{done} issued\n")
    return 0 if done == len(found) else 3


def _is_exact(ended_by: str, reading: Reading) -> bool:
    return reading.kind is Kind.SALE and ended_by not in DOUBTFUL_ENDS


def login_name() -> str | None:
    """Who is logged in at this computer, for the ledger; None where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return None
