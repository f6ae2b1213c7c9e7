"""The daemon with its page beside it, as ``thungan run`` has them: started, started anew, stopped.

The page never decides whether the register runs: a page that cannot be served is an alarm, no more. What a
person's browser holds on to (PIN, session) outlives a new start with changed settings.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from agent.config import load_config
from agent.daemon import Daemon
from agent.web.page_settings import PORT, PageSettings
from errors import ThunganError
from outbox.alarms import clear_alarm, raise_alarm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.till import Taken
    from agent.web.pin import PinLock
    from agent.web.server import PageServer
    from agent.web.sessions import Sessions

PAGE_ALARM = "page-away"
LISTENING_PATIENCE = (
    2.0  # seconds for a port to open before we say that we run; one unplugged is waited for on
)
log = logging.getLogger("thungan")


class Serving:
    """One run of the program over a data folder. ``url`` is where the page is, if it is served."""

    def __init__(
        self, folder: Path, on_taken: Callable[[Taken], None] | None = None, *, port: int = PORT
    ) -> None:
        """``port``: of the page that sets a shop up, as long as there is no configuration to say it."""
        self._folder = folder
        self._on_taken = on_taken
        self._port = port
        self._door: tuple[PinLock, Sessions] | None = None
        self._ended = threading.Event()
        self._woken = threading.Event()

    def end(self) -> None:
        """Stop in good order. Safe to call from a signal handler and from any thread."""
        self._ended.set()
        self._woken.set()

    def restart(self) -> None:
        """Read config.toml anew. Safe to call from any thread."""
        self._woken.set()

    def run(
        self,
        on_start: Callable[[Daemon | None, str | None], None],
        on_second: Callable[[bool], None] | None = None,
    ) -> None:
        """Until ``end``; ``on_start`` hears each time what runs and where its page is, ``on_second`` every
        second whether the threads that must never end still run."""
        while not self._ended.is_set():
            self._woken.clear()
            self._once(on_start, on_second or (lambda _alive: None))

    def _once(
        self, on_start: Callable[[Daemon | None, str | None], None], on_second: Callable[[bool], None]
    ) -> None:
        if not (self._folder / "config.toml").exists():
            self._set_up(on_start, on_second)
            return
        config = load_config(self._folder)
        live_tell: list[Callable[[Taken], None]] = [self._on_taken] if self._on_taken else []

        def taken(one: Taken) -> None:
            for tell in live_tell:
                tell(one)

        daemon = Daemon(config, taken)
        page: PageServer | None = None
        try:
            if config.page.on:
                page = self._open_page(config.page, daemon)
            if page is not None:
                live_tell.append(page.shop.live.tell)
            daemon.start()
            if page is not None:
                page.start()
            if config.sources:
                daemon.wait_until_listening(LISTENING_PATIENCE)
            on_start(daemon, page.url if page else None)
            while not self._woken.wait(1.0):
                on_second(daemon.alive())
        finally:
            if page is not None:
                page.stop()
            daemon.stop()

    def _set_up(
        self, on_start: Callable[[Daemon | None, str | None], None], on_second: Callable[[bool], None]
    ) -> None:
        """No shop yet: a page on loopback that sets one up.

        Raises:
            PageUnreachable: its port cannot be had.
        """
        page = self._bind(PageSettings(port=self._port), None)
        page.start()
        on_start(None, page.url)
        try:
            while not self._woken.wait(1.0):
                on_second(page.running)
        finally:
            page.stop()

    def _open_page(self, settings: PageSettings, daemon: Daemon) -> PageServer | None:
        """The page, bound; an alarm where it cannot be."""
        try:
            server = self._bind(settings, daemon)
        except ThunganError as error:
            log.warning("%s", error)
            daemon.tell(raise_alarm(PAGE_ALARM, str(error)))
            return None
        daemon.tell(clear_alarm(PAGE_ALARM))
        return server

    def _bind(self, settings: PageSettings, daemon: Daemon | None) -> PageServer:
        from agent.web.live import Live  # late: a register without a page needs none of this
        from agent.web.pin import PinLock
        from agent.web.server import PageServer
        from agent.web.sessions import Sessions
        from agent.web.shop import Shop

        if self._door is None:
            self._door = (PinLock(self._folder), Sessions())
        return PageServer(Shop(self._folder, settings, *self._door, Live(), daemon, self.restart))
