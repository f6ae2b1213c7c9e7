"""Fetching revocation answers over HTTP: bounded in time and size, no redirects, no other schemes.

The answers are signed by the certificate's issuer, so plain http, which most issuers name, is enough.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from signing.errors import RevocationUnreadable

if TYPE_CHECKING:
    import httpx

_LARGEST = 16 * 1024 * 1024  # bytes; the lists of large issuers have some megabytes
_PLAIN = {"Accept-Encoding": "identity"}  # what is compressed has no known size
_POST = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}


class HttpFetch:
    """As ``revocation.Fetch``. ``seconds`` bounds one answer as a whole; ``proxy`` is an address such as
    ``http://192.168.1.1:3128``."""

    def __init__(
        self,
        seconds: float = 10.0,
        *,
        proxy: str | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._seconds, self._proxy = seconds, proxy
        self._transport = transport

    def __call__(self, url: str, body: bytes | None) -> bytes:
        """Post ``body``, or get where there is none.

        Raises:
            RevocationUnreadable: no answer, an answer that is none, or one that is too large or slow.
        """
        import httpx  # late: a tenth of a second that start-up need not pay

        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        host = parts.hostname
        if parts.scheme not in ("http", "https") or not host:
            raise RevocationUnreadable(f"{url[:80]!r} is not an address to ask")
        end = time.monotonic() + self._seconds
        try:
            with (
                httpx.Client(
                    timeout=self._seconds, transport=self._transport, proxy=self._proxy, trust_env=False
                ) as client,
                client.stream(
                    "GET" if body is None else "POST",
                    url,
                    content=body,
                    headers={} if body is None else _POST,
                ) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    raise RevocationUnreadable(f"{host} answers {response.status_code}")
                data = bytearray()
                for chunk in response.iter_raw():
                    data += chunk
                    if len(data) > _LARGEST:
                        raise RevocationUnreadable(f"{host} answers more than {_LARGEST} bytes")
                    if time.monotonic() > end:
                        raise RevocationUnreadable(f"{host} takes longer than {self._seconds:.0f} seconds")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RevocationUnreadable(f"{host} does not answer: {type(error).__name__}") from None
