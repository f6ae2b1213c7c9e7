"""``thungan archive``: the files of closed months, and whether they are what was signed."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from agent.config import default_folder, load_config
from agent.parts import ledger_key, ledger_origin
from outbox.archived import ARCHIVES
from outbox.errors import ArchiveDamaged
from outbox.reports import archives
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--check", action="store_true", help="read every file whole and check its signature")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Exit 1 where a file is missing or not what was signed."""
    config = load_config(arguments.data or default_folder())
    key, origin = ledger_key(config.folder).public_key(), ledger_origin(config)
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        found = archives(connection)
    for row in found:
        path: Path = config.folder / ARCHIVES / row["name"]
        row["bytes"] = path.stat().st_size if path.exists() else 0
        row["problem"] = None if path.exists() else "missing"
        if arguments.check:
            row["problem"] = _problem(path, row, origin, key)
    _show(found, as_json=arguments.json)
    return 1 if any(row["problem"] for row in found) else 0


def _problem(path: Path, row: dict[str, Any], origin: str, key: Any) -> str | None:
    from outbox.archive_file import check_archive, file_digest

    try:
        check_archive(path, origin, key)
    except ArchiveDamaged as error:
        return error.message
    return None if file_digest(path) == row["sha256"] else "is not the file that the ledger holds"


def _show(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        return
    for row in found:
        state = row["problem"] or "good"
        size = f"{row['documents']:>9,} documents {row['bytes']:>13,} B"
        sys.stdout.write(f"{row['month']}  {row['name']:<14} {size}  {state}\n")
