"""The page's socket and thread: uvicorn beside the daemon, never in its way.

::

    server = PageServer(shop)   # binds; raises PageUnreachable
    server.start()
    ...
    server.stop()
"""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import uvicorn

from agent.web.errors import PageUnreachable
from agent.web.site import site
from agent.web.tls_files import page_certificate

if TYPE_CHECKING:
    from agent.web.shop import Shop

_MOST_CONNECTIONS = 64
_LONGEST_HEAD = 32_768  # bytes of request line and headers
_GRACE = 3  # seconds for requests under way


class PageServer:
    """A bound page; ``shop.page.port`` 0 takes any free one."""

    def __init__(self, shop: Shop) -> None:
        """Bind.

        Raises:
            PageUnreachable: the port cannot be had, or the certificate cannot be read.
        """
        settings = shop.page
        self._socket = _bound(settings.host, settings.port)
        port = int(self._socket.getsockname()[1])
        self.shop = replace(shop, page=replace(settings, port=port))
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.url = f"{'https' if settings.tls else 'http'}://{shown}:{port}/"
        try:
            tls = page_certificate(self.shop.folder, settings) if settings.tls else (None, None)
            config = uvicorn.Config(
                site(self.shop),
                http="h11",
                ws="none",
                lifespan="on",
                loop="asyncio",
                access_log=False,
                log_config=None,
                log_level="error",
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_MOST_CONNECTIONS,
                h11_max_incomplete_event_size=_LONGEST_HEAD,
                timeout_keep_alive=15,
                timeout_graceful_shutdown=_GRACE,
                ssl_certfile=tls[0],
                ssl_keyfile=tls[1],
            )
            config.load()
        except (OSError, ValueError) as error:
            self._socket.close()
            raise PageUnreachable(f"the certificate of the page cannot be used: {error}") from error
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="page", daemon=True)

    def start(self) -> None:
        """Take requests; returns at once, the socket is open already."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether its thread does."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End streams, let requests under way finish, close the socket."""
        self.shop.live.end()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # On Windows this option would let another program take the port away from us.
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(64)
    except (OSError, OverflowError) as error:
        made.close()
        raise PageUnreachable(f"port {port} on {host} cannot be had: {error}") from error
    return made
