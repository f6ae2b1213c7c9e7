"""``thungan notices``: try the ways by which people elsewhere are told of alarms."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.errors import ConfigInvalid
from agent.notices.ways import NoticeNotSent, ways_of

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["test"], help="send a trial notice by every configured way")


def run(arguments: argparse.Namespace) -> int:
    """A line for each way; exit 1 where one did not go."""
    config = load_config(arguments.data or default_folder())
    ways = ways_of(config.notices)
    if not ways:
        raise ConfigInvalid("[notices] names no way: nobody would be told")
    title = f"{config.seller.name} ({config.register.number}): thử / trial"
    text = "Tin thử của thungan, không cần làm gì. / A trial notice of thungan, nothing to do."
    failed = 0
    for way in ways:
        try:
            way.send(title, text, {"code": "trial", "state": "trial", "urgent": "no"})
            sys.stdout.write(f"{way.name}: sent\n")
        except NoticeNotSent as error:
            failed = 1
            sys.stdout.write(f"{way.name}: NOT SENT, {error}\n")
    return failed
