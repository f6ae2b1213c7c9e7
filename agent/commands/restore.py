"""``thungan restore``: bring a backup back, or go on with the database that is there, without using a number
twice."""

from __future__ import annotations

import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.parts import open_gateway
from authority.errors import AuthorityError
from authority.gateway import KnowsNumbers
from errors import ThunganError
from invoice.numbers import Symbol
from invoice.sale_json import VIETNAM
from outbox.alarms import raise_alarm
from outbox.backup import backups, check_backup
from outbox.database import lock_folder
from outbox.errors import BackupFailed, LastNumberUnknown
from outbox.restoring import (
    MARGIN,
    LastSeen,
    code_count,
    doubt_orders,
    forget_witness,
    hold_known,
    jump_numbers,
    put_in_place,
    seen_beside,
)
from outbox.store import Store

if TYPE_CHECKING:
    import argparse

    from agent.config import Config
    from authority.gateway import NumbersKnown

RESTORED_ALARM = "database-restored"


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("file", nargs="?", type=Path, help="a backup (default: the newest of [backup])")
    parser.add_argument(
        "--here", action="store_true", help="keep the database that is there: an older copy, put back by hand"
    )
    parser.add_argument(
        "--last-number", type=int, metavar="N", help="the number on the latest printed receipt, where known"
    )
    parser.add_argument(
        "--margin",
        type=int,
        default=MARGIN,
        metavar="N",
        help=f"numbers left out behind the highest that is known (default {MARGIN})",
    )


def run(arguments: argparse.Namespace) -> int:
    """With the daemon stopped. What was there is set aside, never deleted."""
    folder: Path = arguments.data or default_folder()
    config = load_config(folder)
    lock_folder(folder).close()
    now = datetime.now(UTC)
    backup = None if arguments.here else _chosen(arguments.file, config)
    year = now.astimezone(VIETNAM).year
    why = f"restored from {backup.name}" if backup else "went on with an older copy of the database"
    if config.register.by_provider:
        _put_in_place(folder, backup, now)
        _doubt_orders(config, why)
        return 0
    seen = seen_beside(folder, config.register, year)
    known = _ask_authority(config, year)
    if known is not None:
        code = code_count(known.last_code) if known.last_code else 0
        seen.append(LastSeen("the authority", known.last_number, code))
    if arguments.last_number is not None:
        seen.append(LastSeen("a person", arguments.last_number, arguments.last_number))
    if known is None and arguments.last_number is None and not any(one.who == "witness" for one in seen):
        raise LastNumberUnknown("neither the authority nor the data folder says which numbers were used")
    _put_in_place(folder, backup, now)
    _go_on(config, year, seen, known, arguments.margin, why)
    return 0


def _put_in_place(folder: Path, backup: Path | None, now: datetime) -> None:
    if backup is not None:
        for path in put_in_place(folder, backup, f"{now:%Y%m%dT%H%M%S}"):
            sys.stdout.write(f"set aside: {path}\n")


def _doubt_orders(config: Config, why: str) -> None:
    """The numbers are the provider's: none is left out, and it is asked about every order that waits."""
    with closing(Store(config.folder, believed=True)) as store:
        orders = store.run(doubt_orders(why))
        store.run(
            raise_alarm(
                RESTORED_ALARM,
                f"{why}; hóa đơn lập sau bản sao chỉ còn ở nhà cung cấp: đối chiếu /"
                " what was sold after the backup is at the provider only: compare",
            )
        )
    forget_witness(config.folder)
    Store(config.folder).close()
    sys.stdout.write(f"{why}\n{orders} orders are looked up at the provider before they are asked for\n")


def _chosen(file: Path | None, config: Config) -> Path:
    place = config.backup.place
    for path in [file] if file else [one.path for one in (backups(place) if place else [])]:
        try:
            check_backup(path)
        except ThunganError as error:
            if file:
                raise
            sys.stderr.write(f"{error}\n")
            continue
        return path
    raise BackupFailed(f"there is no whole backup in {place or 'config.toml: [backup] names no folder'}")


def _ask_authority(config: Config, year: int) -> NumbersKnown | None:
    """None where it cannot be asked, with the reason on standard error."""
    if not config.url:
        return None
    try:
        with closing(open_gateway(config)) as gateway:
            if not isinstance(gateway, KnowsNumbers):
                return None
            symbol = str(Symbol.of_year(config.register.letters, year))
            form = int(config.register.terms.form)
            return gateway.numbers_known(config.seller.tax_code, form, symbol, 0)
    except AuthorityError as error:
        sys.stderr.write(f"the authority could not be asked for the last number: {error}\n")
        return None


def _go_on(
    config: Config, year: int, seen: list[LastSeen], known: NumbersKnown | None, margin: int, why: str
) -> None:
    store = Store(config.folder, believed=True)
    try:
        left_out = store.run(jump_numbers(config.register, year, seen, margin, why))
        held = store.run(hold_known(config.register, year, known.numbers)) if known else 0
        message = (
            f"{why}; bỏ trống các số / numbers left out: {left_out[0]}-{left_out[1]}" if left_out else why
        )
        store.run(raise_alarm(RESTORED_ALARM, message))
    finally:
        store.close()
    forget_witness(config.folder)
    Store(config.folder).close()
    sys.stdout.write(f"{why}\n")
    for one in seen:
        sys.stdout.write(f"  {one.who}: last number {one.number}\n")
    if left_out:
        sys.stdout.write(f"numbers {left_out[0]} to {left_out[1]} are left out; the ledger says why\n")
    if held:
        sys.stdout.write(f"{held} invoices are held: the authority has them already\n")
