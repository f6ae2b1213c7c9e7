"""One HTTPS line to one gateway: a request, a bounded answer, and certainty about what was sent.

Why an event loop in a thread of its own: a server that drips one byte every few seconds resets every
per-read time-out. Only cancelling the whole exchange holds a total deadline, and asyncio can cancel.

The classification rests on one fact, asked from the HTTP library's trace: had the request's first byte
gone out? Before that nothing can have arrived (``NotDelivered``), after it anything can (``MaybeDelivered``).
"""

from __future__ import annotations

import asyncio
import gzip
import re
import ssl
import threading
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from authority.errors import (
    AnswerNonsense,
    ConnectionCut,
    GatewayError,
    GatewaySettingInvalid,
    GatewayTimeout,
    GatewayUnreachable,
    TlsNotTrusted,
)
from signing.errors import SigningError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import httpx

    from signing.passphrase import Secret

CONNECTIONS = 4  # requests under way at the same time, at the most (authority.at_once in config.toml)
MAX_ANSWER = 8_000_000  # bytes of one answer
_MAX_REFUSAL = 64_000  # bytes of an error page that are read at all
_MAX_RETRY_AFTER = 86_400.0
# Below the 5 s after which common servers close an idle connection: reusing one that is just being
# closed would make a certain failure look like a possible delivery.
_KEEP_ALIVE = 3.0


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, for one read or write, and for the whole exchange."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 90.0


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A complete HTTP answer; ``retry_after`` in seconds, None where the server did not say."""

    status: int
    body: bytes
    retry_after: float | None
    location: str
    media_type: str = ""


class HttpsLine:
    """HTTP/1.1 over verified TLS; never follows redirects, never reads proxy settings on its own."""

    def __init__(
        self,
        *,
        ca: Path | None = None,
        token: Callable[[], Secret] | None = None,
        timeouts: Timeouts | None = None,
        proxy: str | None = None,
        max_answer: int = MAX_ANSWER,
        pin: str | None = None,
        pin_alone: bool = False,
        compressed: bool = False,
    ) -> None:
        """``ca``: PEM file with the only issuers to trust; None for the system's. ``pin``: SHA-256 of the
        server's public key, looked at besides the issuers, or (``pin_alone``) instead of them and of names.
        ``token`` reads the access token; again where an answer says 401, so that a new one counts at once.
        ``compressed``: gzip both ways; an answer never unpacks to more than one that was not packed may have.

        Raises:
            GatewaySettingInvalid: the ``ca`` file cannot be read, or a time-out is not positive.
            SigningError: the token's source holds none.
        """
        self._timeouts = timeouts or Timeouts()
        if min(self._timeouts.connect, self._timeouts.read, self._timeouts.total) <= 0:
            raise GatewaySettingInvalid("time-outs must be more than 0 seconds")
        self._tls = _tls_context(ca, pin, alone=pin_alone)
        self._read_token = token
        self._token = token() if token is not None else None
        self._proxy = proxy
        self._compressed = compressed
        self._max_answer = max_answer
        self.clock_skew: timedelta | None = None  # their clock less ours, at the last answer
        self._starting = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx.AsyncClient | None = None

    def request(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> HttpAnswer:
        """Exchange once; blocks for at most ``timeouts.total`` seconds. Thread-safe.

        Raises:
            NotDelivered, MaybeDelivered: see the module.
            GatewaySettingInvalid: the token cannot stand in a header, or the proxy address is wrong.
        """
        answer = self._requested(method, url, content, headers or {})
        if answer.status != 401 or self._read_token is None or self._token is None:
            return answer
        try:
            renewed = self._read_token()
        except SigningError:
            return answer  # its source has none just now: refused is what there is to tell
        if renewed.reveal() == self._token.reveal():
            return answer
        self._token = renewed  # put in its place meanwhile; what was refused has done nothing
        return self._requested(method, url, content, headers or {})

    def _requested(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]
    ) -> HttpAnswer:
        sent = dict(headers)
        sent["Accept-Encoding"] = "gzip" if self._compressed else "identity"
        if self._compressed and content is not None:
            content, sent["Content-Encoding"] = gzip.compress(content, 6), "gzip"
        if self._token is not None:
            sent["Authorization"] = f"Bearer {_header_safe(self._token)}"
        self.clock_skew = None  # what the last server said is no word on the clock of now
        loop = self._started()
        exchange = self._exchange(method, url, content, sent)
        return asyncio.run_coroutine_threadsafe(exchange, loop).result()

    def close(self) -> None:
        """Close the connection and end the thread."""
        with self._starting:
            loop, thread, client = self._loop, self._thread, self._client
            self._loop = self._thread = self._client = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(_wind_up(client), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._client = self._new_client()
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="gateway-https", daemon=True
                )
                self._thread.start()
            return self._loop

    def _new_client(self) -> httpx.AsyncClient:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx  # late: start-up and a till that is offline do without it (94 ms, 28 MB)

        waiting = httpx.Timeout(self._timeouts.read, connect=self._timeouts.connect)
        limits = httpx.Limits(
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=_KEEP_ALIVE,
        )
        try:
            return httpx.AsyncClient(
                verify=self._tls,
                http2=False,
                trust_env=False,
                follow_redirects=False,
                timeout=waiting,
                limits=limits,
                proxy=self._proxy,
                headers={"User-Agent": "thungan"},
                # Nothing a server sets is kept or shown again: what is needed is said in each request.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            )
        except (ValueError, httpx.InvalidURL) as error:
            raise GatewaySettingInvalid(f"the proxy address cannot be used: {type(error).__name__}") from None

    async def _exchange(
        self, method: str, url: str, content: bytes | None, headers: dict[str, str]
    ) -> HttpAnswer:
        import httpx

        client = self._client
        if client is None:
            raise GatewayUnreachable("the gateway was closed")
        begun = _Begun()
        try:
            async with asyncio.timeout(self._timeouts.total):
                async with client.stream(
                    method, url, content=content, headers=headers, extensions={"trace": begun.trace}
                ) as response:
                    return await self._read(response)
        except GatewayError:
            raise
        except (TimeoutError, httpx.TimeoutException) as error:
            raise self._late(error, url, begun=begun.sending) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            raise _broken(error, url, begun=begun.sending) from error

    async def _read(self, response: httpx.Response) -> HttpAnswer:
        refusal = response.status_code >= 300
        limit = _MAX_REFUSAL if refusal else self._max_answer
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > limit:
                if refusal:
                    break
                raise AnswerNonsense(f"the gateway's answer is longer than {limit} bytes")
        headers = response.headers
        self.clock_skew = _clock_skew(headers.get("date"))
        packing = headers.get("content-encoding", "identity").lower()
        content = bytes(body[:limit])
        if packing == "gzip" and self._compressed:
            content = _unpacked(content, limit)
        elif packing != "identity":
            raise AnswerNonsense("the gateway's answer is compressed, which was not asked for")
        return HttpAnswer(
            status=response.status_code,
            body=content,
            retry_after=_retry_after(headers.get("retry-after"), headers.get("date")),
            location=headers.get("location", "")[:300],
            media_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        )

    def _late(self, error: Exception, url: str, *, begun: bool) -> GatewayError:
        whole = isinstance(error, TimeoutError)
        limit = self._timeouts.total if whole else self._timeouts.read
        if begun:
            return GatewayTimeout(f"no complete answer from {_place(url)} within {limit:g} seconds")
        limit = self._timeouts.total if whole else self._timeouts.connect
        return GatewayUnreachable(f"no connection to {_place(url)} within {limit:g} seconds")


def _unpacked(content: bytes, limit: int) -> bytes:
    """What gzip has packed, of at most ``limit`` bytes: a few packed bytes can be gigabytes."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        found = unpacker.decompress(content, limit + 1)
    except zlib.error:
        raise AnswerNonsense("the gateway's answer is not the gzip it says it is") from None
    if len(found) > limit:
        raise AnswerNonsense(f"the gateway's answer is longer than {limit} bytes")
    if not unpacker.eof:
        raise AnswerNonsense("the gateway's answer breaks off")
    return found


async def _wind_up(client: httpx.AsyncClient | None) -> None:
    """Give up what is under way, close the connections, and let what was cut off come to its end."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    if client is not None:
        await client.aclose()
    await asyncio.get_running_loop().shutdown_asyncgens()


class _Begun:
    """Watches the HTTP library's trace for the first byte of our own request."""

    def __init__(self) -> None:
        self.sending = False

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            # Through a proxy the CONNECT goes first; nothing of ours is in it.
            self.sending = self.sending or info["request"].method != b"CONNECT"


def _broken(error: Exception, url: str, *, begun: bool) -> GatewayError:
    if begun:
        return ConnectionCut(f"the connection to {_place(url)} broke: {_words(error)}")
    if why := _tls_problem(error):
        return TlsNotTrusted(f"{_place(url)} is not trusted: {why}")
    return GatewayUnreachable(f"no connection to {_place(url)}: {_words(error)}")


def _tls_problem(error: BaseException) -> str | None:
    """What is wrong with the server's certificate, in words; None where TLS was not the trouble."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            if not hasattr(cause, "verify_code"):
                return str(cause.args[-1])  # our own: the pinned key
            return _VERIFY_WORDS.get(cause.verify_code, cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection ({cause.reason or 'TLS handshake failed'})"
    return None


# OpenSSL's X509_V_ERR_ numbers (x509_vfy.h).
_VERIFY_WORDS = {
    9: "its certificate is not valid yet (is this computer's date right?)",
    10: "its certificate has expired (is this computer's date right?)",
    18: "its certificate is self-signed and not the configured one",
    19: "an issuer in its chain is not trusted",
    20: "its certificate's issuer is unknown",
    21: "its certificate's issuer is unknown",
    23: "its certificate has been revoked",
    62: "its certificate is for another host",
    64: "its certificate is for another address",
}


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or cause in found:
            continue
        found.append(cause)
        waiting += [cause.__context__, cause.__cause__]
    return found


def _words(error: BaseException) -> str:
    """The root of the trouble: libraries wrap "connection refused" in "all attempts failed"."""
    roots = [cause for cause in _causes(error) if isinstance(cause, OSError) and cause.strerror]
    root = roots[-1] if roots else error
    return str(root)[:200] or type(root).__name__


def _place(url: str) -> str:
    return url.split("/", 3)[2]


def _retry_after(value: str | None, date: str | None) -> float | None:
    """Retry-After in seconds; its date form is measured by the server's own Date, not by our clock."""
    if not value:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), _MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    if until.tzinfo is None or sent.tzinfo is None:
        until, sent = until.replace(tzinfo=UTC), sent.replace(tzinfo=UTC)
    return min(max((until - sent).total_seconds(), 0.0), _MAX_RETRY_AFTER)


def _clock_skew(date: str | None) -> timedelta | None:
    """The server's Date (whole seconds) less our clock."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return None if theirs.tzinfo is None else theirs - datetime.now(UTC)


def _tls_context(ca: Path | None, pin: str | None, *, alone: bool) -> ssl.SSLContext:
    try:
        if alone and pin is not None:
            # Issuers and names would say no more of a certificate that a shop's computer has made itself.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        else:
            context = ssl.create_default_context(cafile=str(ca) if ca else None)
    except (OSError, ssl.SSLError) as error:
        raise GatewaySettingInvalid(f"the ca file {ca} cannot be used: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if pin is not None:
        context.sslobject_class = _pinned(pin)
    return context


def _pinned(pin: str) -> type[ssl.SSLObject]:
    """TLS that ends the handshake, before a byte of ours goes out, where the server's key is another."""
    wanted = pin.removeprefix("sha256:").replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", wanted):
        raise GatewaySettingInvalid("a pin is the SHA-256 of the server's public key: 64 hex digits")

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            der = self.getpeercert(binary_form=True)
            if der is None or _key_digest(der) != wanted:
                raise ssl.SSLCertVerificationError(f"its key is not the pinned one, {wanted[:16]}…")

    return Pinned


def _key_digest(der: bytes) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = x509.load_der_x509_certificate(der).public_key()
    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _header_safe(token: Secret) -> str:
    """The token; checked here because the HTTP library would quote a bad one in its error."""
    value = token.reveal()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise GatewaySettingInvalid("the token is empty or has characters that a header cannot carry")
    return value
