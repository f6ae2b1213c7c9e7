"""Under which names the page may be asked for: the answer to DNS rebinding.

A foreign site can make its own name point to 127.0.0.1 and so have a browser talk to us as if we were that
site. The browser then says that name in ``Host``; who is asked for under a name not ours answers nothing.
Addresses cannot be rebound, so the address a connection came in on is always one of our names.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


class HostCheck:
    """Refuses what is asked for under a foreign name, or for another port."""

    def __init__(self, app: ASGIApp, names: tuple[str, ...], port: int, *, tls: bool) -> None:
        self._app = app
        self._names = frozenset(names)
        self._port = port
        self._usual = 443 if tls else 80

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(scope):
            refusal = PlainTextResponse("This address is not thungan's.\n", 421)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        name, port = _split(hosts[0].decode("latin-1").lower())
        if port != str(self._port) and not (port == "" and self._port == self._usual):
            return False
        return name in self._names or name in _own_names(scope)


def _split(host: str) -> tuple[str, str]:
    """Name and port; an IPv6 address keeps its brackets."""
    if host.startswith("["):
        name, _, rest = host.partition("]")
        return f"{name}]", rest.removeprefix(":")
    name, _, port = host.partition(":")
    return name, port


def _own_names(scope: Scope) -> frozenset[str]:
    """The address this connection came in on; loopback has more than one name."""
    address = str((scope.get("server") or ("", 0))[0])
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return frozenset()
    if parsed.is_loopback:
        return _LOOPBACK_NAMES
    return frozenset({f"[{address}]" if parsed.version == 6 else address})
