"""``thungan support``: the support bundle, without secrets."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.invoice import give_out
from agent.config import default_folder
from agent.errors import FileUnreadable
from agent.listening import find_ports
from agent.support_bundle import support_bundle

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("-o", "--output", type=Path, default=Path("thungan-support.zip"), metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """Write it; what a running daemon keeps in memory of its log is in the bundle of its page."""
    folder = arguments.data or default_folder()
    if not folder.is_dir():
        raise FileUnreadable(f"there is no folder {folder}")
    give_out(support_bundle(folder, (), [asdict(port) for port in find_ports()]), arguments.output)
    sys.stdout.write(f"{arguments.output}\n")
    return 0
