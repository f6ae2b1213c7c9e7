"""``thungan run``: the daemon, until interrupted."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.daemon import Daemon, Taken

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--quiet", action="store_true", help="no line per receipt")


def run(arguments: argparse.Namespace) -> int:
    """Run; SIGINT and SIGTERM end it in good order."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    config = load_config(arguments.data or default_folder())
    daemon = Daemon(config, None if arguments.quiet else show)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    daemon.start()
    sys.stdout.write(f"thungan runs: {', '.join(config.sources) or 'no source configured'}\n")
    sys.stdout.flush()
    while not ended.wait(1.0):
        pass
    daemon.stop()
    return 0


def show(taken: Taken) -> None:
    """One line per piece of paper."""
    sys.stdout.write(line_of(taken) + "\n")
    sys.stdout.flush()


def line_of(taken: Taken) -> str:
    """Receipt number, total, symbol, number, code, state; or what else it was."""
    sale = taken.reading.sale
    receipt = (sale.receipt_no if sale else None) or "-"
    if taken.issued is None:
        return f"{receipt:<12} {taken.reading.kind.value:<12} {'; '.join(taken.reading.problems)}"
    issued = taken.issued
    return (
        f"{receipt:<12} {issued.total:>13,}  {issued.symbol} {issued.number:>8}"
        f"  {issued.code}  {issued.state}  {taken.seconds * 1000:.0f} ms"
    )
