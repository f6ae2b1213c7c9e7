"""The sandbox authority as a real HTTPS server, on loopback unless told otherwise.

Blocking, as ``thungan sandbox`` runs it::

    serve(directory, port=8443, faults=FaultPlan.parse("lose-answer=0.1"), ready=print)

Beside a test, in a thread of its own::

    with RunningSandbox(directory) as running:
        gateway = DirectGateway(running.url, "K0409990010", ca=running.ca)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.sandbox.core import Sandbox
from authority.sandbox.https_server import LOOPBACK, Address, HttpsServer, ServerThread, utc_now
from authority.sandbox.store import Store
from authority.sandbox.web import sandbox_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from authority.sandbox.faults import FaultPlan
    from authority.sandbox.keys import SandboxKeys
    from authority.sandbox.settings import Settings


class ServedAuthority:
    """The authority with its store in a file, and its pages."""

    def __init__(
        self,
        directory: Path,
        keys: SandboxKeys,
        faults: FaultPlan | None,
        settings: Settings | None,
        clock: Callable[[], datetime],
    ) -> None:
        store = Store(directory / "sandbox.sqlite")
        self.sandbox = Sandbox(store, keys.signer, settings=settings, faults=faults)
        self.app = sandbox_app(self.sandbox, clock)

    def close(self) -> None:
        """Close the store."""
        self.sandbox.close()


def serve(
    directory: Path,
    port: int = 0,
    *,
    faults: FaultPlan | None = None,
    settings: Settings | None = None,
    host: str = LOOPBACK,
    ready: Callable[[Address], None] | None = None,
    clock: Callable[[], datetime] | None = None,
) -> None:
    """Run until SIGINT or SIGTERM; keys and store live in ``directory`` and are made on first start.

    ``port`` 0 takes a free one. ``ready`` is called once the server takes connections.

    Raises:
        GatewaySettingInvalid: the port cannot be had.
    """
    _server(directory, port, faults, settings, host, clock or utc_now).run(ready)


class RunningSandbox(ServerThread[ServedAuthority]):
    """The server in a thread, for tests and the demo; a context manager."""

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        *,
        faults: FaultPlan | None = None,
        settings: Settings | None = None,
        host: str = LOOPBACK,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Start, and return when connections are taken.

        Raises:
            GatewaySettingInvalid: the port cannot be had.
            RuntimeError: the server ended before it was ready.
        """
        super().__init__(_server(directory, port, faults, settings, host, clock or utc_now))

    @property
    def sandbox(self) -> Sandbox:
        """The authority behind the server."""
        return self.served.sandbox


def _server(
    directory: Path,
    port: int,
    faults: FaultPlan | None,
    settings: Settings | None,
    host: str,
    clock: Callable[[], datetime],
) -> HttpsServer[ServedAuthority]:
    def make(keys: SandboxKeys) -> ServedAuthority:
        return ServedAuthority(directory, keys, faults, settings, clock)

    return HttpsServer(directory, port, make, host=host, now=clock())
