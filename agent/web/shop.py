"""What the pages know of the shop: its folder, its running register if there is one, who is signed in."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from invoice.sale_json import VIETNAM
from outbox.store import open_reader

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agent.config import Config
    from agent.daemon import Daemon
    from agent.peers.report import Report
    from agent.web.live import Live
    from agent.web.page_settings import PageSettings
    from agent.web.pin import PinLock
    from agent.web.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Shop:
    """``daemon`` is None as long as the shop is not set up: then only the set-up is served.

    ``restart`` asks the program to read config.toml anew; the page is away for a moment and comes back.
    """

    folder: Path
    page: PageSettings
    pin: PinLock
    sessions: Sessions
    live: Live
    daemon: Daemon | None
    restart: Callable[[], None]

    @property
    def running(self) -> Daemon:
        """The register. Only for pages that are served once it is set up."""
        assert self.daemon is not None  # noqa: S101 - the site gives these pages only to a shop with one
        return self.daemon

    @property
    def config(self) -> Config:
        """The configuration the register runs with."""
        return self.running.config

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """A read connection of the caller's own: the till never waits for a page.

        Raises:
            DatabaseUnusable: the database cannot be read.
        """
        connection = open_reader(self.folder / "thungan.db")
        try:
            yield connection
        finally:
            connection.close()


def legal_today() -> date:
    """The day in Viet Nam."""
    return datetime.now(UTC).astimezone(VIETNAM).date()


def own_report(shop: Shop) -> Report:
    """How this register stands, in what its peers may know of it.

    Raises:
        DatabaseUnusable, SigningError: the database, or the ledger's key, cannot be read.
    """
    from agent.peers.report import report_of  # late: most registers have no peers

    daemon = shop.running
    with shop.reader() as connection:
        return report_of(
            connection, daemon.config, daemon.certificate, daemon.delivery_problem, shop.live.run
        )
