"""The sandbox as a real HTTPS server, on loopback unless told otherwise.

Blocking, as ``thungan sandbox`` runs it::

    serve(directory, port=8443, faults=FaultPlan.parse("lose-answer=0.1"), ready=print)

Beside a test, in a thread of its own::

    with RunningSandbox(directory) as running:
        gateway = DirectGateway(running.url, "K0409990010", ca=running.ca)
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from authority.errors import GatewaySettingInvalid
from authority.sandbox.core import Sandbox
from authority.sandbox.keys import SandboxKeys, open_keys
from authority.sandbox.store import Store
from authority.sandbox.web import CUT, sandbox_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from starlette.types import Receive, Scope, Send

    from authority.sandbox.faults import FaultPlan
    from authority.sandbox.settings import Settings

LOOPBACK = "127.0.0.1"
_GRACE = 3  # seconds for requests under way when the server stops


@dataclass(frozen=True, slots=True)
class Address:
    """Where a started sandbox is: its URL, the certificate to trust for HTTPS (``ca``) and the
    authority's certificate that proves its notices (``trust``), both PEM files."""

    url: str
    port: int
    ca: Path
    trust: Path


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
    _Running(directory, port, faults, settings, host, clock).run(ready)


class RunningSandbox:
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
        self._running = _Running(directory, port, faults, settings, host, clock)
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="sandbox", daemon=True)
        self._thread.start()
        started.wait()
        if not self._running.server.started:
            raise RuntimeError("the sandbox server ended before it was ready")

    @property
    def address(self) -> Address:
        """Where it is."""
        return self._running.address

    @property
    def url(self) -> str:
        """``https://127.0.0.1:<port>``."""
        return self.address.url

    @property
    def ca(self) -> Path:
        """The certificate (PEM) to trust for HTTPS."""
        return self.address.ca

    @property
    def trust(self) -> Path:
        """The authority's certificate (PEM)."""
        return self.address.trust

    @property
    def sandbox(self) -> Sandbox:
        """The authority behind the server."""
        return self._running.sandbox

    def stop(self) -> None:
        """Let requests under way finish, then end the thread and close the store."""
        self._running.server.should_exit = True
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, started: threading.Event) -> None:
        try:
            self._running.run(lambda _: started.set())
        finally:
            started.set()


class _Running:
    """A server with its socket bound: the port is known before it starts."""

    def __init__(
        self,
        directory: Path,
        port: int,
        faults: FaultPlan | None,
        settings: Settings | None,
        host: str,
        clock: Callable[[], datetime] | None,
    ) -> None:
        now = clock or _now
        keys: SandboxKeys = open_keys(directory, host, now())
        self._socket = _bound(host, port)
        taken = int(self._socket.getsockname()[1])
        shown = f"[{host}]" if ":" in host else host
        self.address = Address(f"https://{shown}:{taken}", taken, keys.ca, keys.trust)
        self.sandbox = Sandbox(
            Store(directory / "sandbox.sqlite"), keys.signer, settings=settings, faults=faults
        )
        config = uvicorn.Config(
            sandbox_app(self.sandbox, now),
            http=_CuttableProtocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            access_log=False,
            log_config=None,
            log_level="critical",  # it speaks through its answers; a cut connection is no error here
            server_header=False,
            proxy_headers=False,
            ssl_certfile=str(keys.ca),
            ssl_keyfile=str(keys.tls_key),
            timeout_graceful_shutdown=_GRACE,
        )
        self.server = _Server(config)

    def run(self, ready: Callable[[Address], None] | None) -> None:
        def tell() -> None:
            if ready is not None:
                ready(self.address)

        self.server.on_started = tell
        try:
            # uvicorn raises the signal that ended it once more, for the benefit of wrappers; here the
            # server's end is the end.
            with suppress(KeyboardInterrupt):
                self.server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self.sandbox.close()


class _Server(uvicorn.Server):
    """Says when it takes connections."""

    on_started: Callable[[], None]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(0)  # the loop tells the connections that they are lost
        await asyncio.sleep(0)


class _CuttableProtocol(H11Protocol):
    """Offers the application to cut the connection, as a bad line would (``scope[CUT]``)."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        line = cast("asyncio.Transport", transport)  # asyncio's own signature is wider than what comes
        super().connection_made(line)
        app = self.app

        def cut(*, gently: bool) -> None:
            # Gently: what was written still goes out, then the line ends; else even that is dropped.
            if gently:
                line.close()
            else:
                line.abort()

        async def cuttable(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, CUT: cut}, receive, send)

        self.app: Any = cuttable

    def shutdown(self) -> None:
        super().shutdown()
        idle = self.cycle is None or self.cycle.response_complete
        if idle and not self.transport.get_write_buffer_size():
            # A TLS connection lingers until the other side says good-bye too; a stopping server need not.
            self.transport.abort()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only for sockets that name TCP: without it every answer
    # waits 40 ms for the client's delayed acknowledgement.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except (OSError, OverflowError) as error:
        made.close()
        raise GatewaySettingInvalid(f"port {port} on {host} cannot be had: {error}") from error
    return made


def _now() -> datetime:
    return datetime.now(UTC)
