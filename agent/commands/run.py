"""``thungan run``: the daemon, until interrupted."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from agent.config import default_folder
from agent.log_files import set_up_log
from agent.no_dumps import forbid_dumps
from agent.service_notice import tell_service_manager
from agent.serving import Serving
from agent.sold_words import name_of
from agent.web.page_settings import PORT
from outbox.sold import Issued

if TYPE_CHECKING:
    import argparse

    from agent.daemon import Daemon
    from agent.till import Taken


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--quiet", action="store_true", help="no line per receipt")
    parser.add_argument(
        "--page-port",
        type=int,
        default=PORT,
        metavar="P",
        help=f"of the page that sets a new shop up (default {PORT}); later [page] in config.toml counts",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run; SIGINT and SIGTERM end it in good order."""
    folder = arguments.data or default_folder()
    set_up_log(folder if folder.is_dir() else None)
    forbid_dumps()
    serving = Serving(folder, None if arguments.quiet else show, port=arguments.page_port)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: serving.end())
    serving.run(_say_what_runs, _say_that_it_lives)
    tell_service_manager("STOPPING=1")
    return 0


def _say_what_runs(daemon: Daemon | None, url: str | None) -> None:
    if daemon is None:
        sys.stdout.write("thungan is not set up yet: open the page, or use thungan init\n")
    else:
        sys.stdout.write(f"thungan runs: {', '.join(daemon.config.sources) or 'no source configured'}\n")
    if url:
        sys.stdout.write(f"page: {url}\n")
    sys.stdout.flush()
    tell_service_manager("READY=1")


def _say_that_it_lives(alive: bool) -> None:  # noqa: FBT001 - the one thing it is told
    if alive:
        tell_service_manager("WATCHDOG=1")


def show(taken: Taken) -> None:
    """One line per piece of paper."""
    sys.stdout.write(line_of(taken) + "\n")
    sys.stdout.flush()


def line_of(taken: Taken) -> str:
    """Receipt number, total, symbol, number, code (or the order), state; or what else it was."""
    sale = taken.reading.sale
    receipt = (sale.receipt_no if sale else None) or "-"
    if taken.issued is None:
        return f"{receipt:<12} {taken.reading.kind.value:<12} {'; '.join(taken.reading.problems)}"
    sold = taken.issued
    name = f"{sold.symbol} {sold.number:>8}  {sold.code}" if isinstance(sold, Issued) else name_of(sold)
    return f"{receipt:<12} {sold.total:>13,}  {name}  {sold.state}  {taken.seconds * 1000:.0f} ms"
