"""``thungan backup``: a verified copy of the database in the second place, now; or which are there."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.backing_up import back_up
from agent.config import default_folder, load_config
from invoice.local_time import local_time
from outbox.backup import Backup, backups

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--list", action="store_true", help="the backups that are there, newest first")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """The daemon may run meanwhile. Exit 1 where ``--list`` finds none."""
    config = load_config(arguments.data or default_folder())
    if arguments.list:
        found = backups(config.backup.place) if config.backup.place else []
        _show(found, as_json=arguments.json)
        return 0 if found else 1
    _show([back_up(config, datetime.now(UTC))], as_json=arguments.json)
    return 0


def _show(found: list[Backup], *, as_json: bool) -> None:
    if as_json:
        rows = [{"file": str(one.path), "at": one.at.isoformat(), "ledger": one.size} for one in found]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    for one in found:
        size = one.path.stat().st_size
        sys.stdout.write(f"{one.path}  {local_time(one.at)}  {size:,} B  ledger {one.size:,}\n")
