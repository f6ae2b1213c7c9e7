"""``thungan page``: where the shop's page is, and its PIN."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.web.errors import FormInvalid
from agent.web.pin import PinLock

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["address", "pin"])


def run(arguments: argparse.Namespace) -> int:
    """address: print it. pin: choose it anew (typed twice, or one line of standard input)."""
    folder = arguments.data or default_folder()
    if arguments.action == "address":
        page = load_config(folder).page
        sys.stdout.write(f"{'https' if page.tls else 'http'}://{page.host}:{page.port}/\n")
        return 0
    PinLock(folder).choose(_typed())
    sys.stdout.write("the PIN is set; who is signed in on the page stays so until the program starts anew\n")
    return 0


def _typed() -> str:
    """Never on the command line: process lists are public."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    pin = getpass.getpass("PIN: ")
    if pin != getpass.getpass("PIN (again): "):
        raise FormInvalid("the two entries differ")
    return pin
