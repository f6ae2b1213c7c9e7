"""A real HTTPS server around a sandbox, whatever it plays: authority or provider.

What is served is anything with an ``app`` and a ``close``; it is made once the keys are open and the port is
known. ``HttpsServer`` blocks, ``ServerThread`` runs beside a test.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from authority.errors import GatewaySettingInvalid
from authority.sandbox.faulty_line import CUT
from authority.sandbox.keys import SandboxKeys, open_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

LOOPBACK = "127.0.0.1"
_GRACE = 3  # seconds for requests under way when the server stops


@dataclass(frozen=True, slots=True)
class Address:
    """Where a started sandbox is: its URL, the certificate to trust for HTTPS (``ca``) and the
    certificate that proves what it signs (``trust``), both PEM files."""

    url: str
    port: int
    ca: Path
    trust: Path


class Served(Protocol):
    """What stands behind the server."""

    @property
    def app(self) -> Starlette: ...

    def close(self) -> None: ...


S = TypeVar("S", bound=Served)


class HttpsServer(Generic[S]):
    """A server with its socket bound: the port is known before it starts."""

    def __init__(
        self,
        directory: Path,
        port: int,
        make: Callable[[SandboxKeys], S],
        *,
        host: str,
        now: datetime,
        says_date: bool = True,
    ) -> None:
        """Keys live in ``directory`` and are made on first start; ``port`` 0 takes a free one.
        ``says_date``: the server writes the Date header, not the application.

        Raises:
            GatewaySettingInvalid: the port cannot be had.
        """
        keys = open_keys(directory, host, now)
        self._socket = _bound(host, port)
        taken = int(self._socket.getsockname()[1])
        shown = f"[{host}]" if ":" in host else host
        self.address = Address(f"https://{shown}:{taken}", taken, keys.ca, keys.trust)
        self.served = make(keys)
        config = uvicorn.Config(
            self.served.app,
            http=_CuttableProtocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            access_log=False,
            log_config=None,
            log_level="critical",  # it speaks through its answers; a cut connection is no error here
            server_header=False,
            date_header=says_date,
            proxy_headers=False,
            ssl_certfile=str(keys.ca),
            ssl_keyfile=str(keys.tls_key),
            timeout_graceful_shutdown=_GRACE,
        )
        self._server = _Server(config)

    @property
    def started(self) -> bool:
        """Whether it took connections."""
        return self._server.started

    def stop(self) -> None:
        """Let ``run`` come to its end."""
        self._server.should_exit = True

    def run(self, ready: Callable[[Address], None] | None) -> None:
        """Serve until ``stop``, SIGINT or SIGTERM; ``ready`` is called once connections are taken."""

        def tell() -> None:
            if ready is not None:
                ready(self.address)

        self._server.on_started = tell
        try:
            # uvicorn raises the signal that ended it once more, for the benefit of wrappers; here the
            # server's end is the end.
            with suppress(KeyboardInterrupt):
                self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            self.served.close()


class ServerThread(Generic[S]):
    """A server in a thread, for tests and the demo; a context manager."""

    def __init__(self, server: HttpsServer[S]) -> None:
        """Start, and return when connections are taken.

        Raises:
            RuntimeError: the server ended before it was ready.
        """
        self._running = server
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="sandbox", daemon=True)
        self._thread.start()
        started.wait()
        if not server.started:
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
        """The certificate (PEM) that proves what it signs."""
        return self.address.trust

    @property
    def served(self) -> S:
        """What stands behind the server."""
        return self._running.served

    def stop(self) -> None:
        """Let requests under way finish, then end the thread and close what was served."""
        self._running.stop()
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
        if self.transport.is_closing():
            # Closed a second time, a TLS transport forgets its connection without ending it.
            self.transport.abort()
            return
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


def utc_now() -> datetime:
    """The computer's clock."""
    return datetime.now(UTC)
