"""The daemon as a Windows service: what it does between start and stop, without Windows in it.

``ServiceHost`` is what the service needs of its platform; ``agent/windows_host.py`` is the real one, by
pywin32. A service that ends with an error code is started again by Windows (installer/windows/thungan.nsi).
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from agent.serving import Serving
from errors import ThunganError

if TYPE_CHECKING:
    from pathlib import Path

    from agent.daemon import Daemon

FAILED = 1  # the service's own exit code: anything but 0 lets Windows start it again


class ServiceHost(Protocol):
    """What a service asks of its platform."""

    def running(self) -> None:
        """Say that the service is up."""

    def stop_asked(self) -> bool:
        """Whether Windows has asked the service to stop, or is shutting down."""

    def event(self, words: str, *, error: bool) -> None:
        """Write into the system's event log."""


def run_service(host: ServiceHost, folder: Path) -> int:
    """Run the daemon of ``folder`` until Windows asks for the end; not 0: it is to be started anew."""
    serving, hangs = Serving(folder), threading.Event()

    def started(_daemon: Daemon | None, url: str | None) -> None:
        host.running()
        host.event(f"thungan: đang chạy / running, {folder}, {url or 'no page'}", error=False)

    def second(alive: bool) -> None:  # noqa: FBT001 - the one thing it is told
        if not alive:
            hangs.set()
        if not alive or host.stop_asked():
            serving.end()

    try:
        serving.run(started, second)
    except ThunganError as error:
        host.event(f"thungan: {error}", error=True)
        return FAILED
    if hangs.is_set():
        host.event("thungan: bị treo, khởi động lại / a part of it ended, starting again", error=True)
        return FAILED
    host.event("thungan: đã dừng / stopped", error=False)
    return 0
