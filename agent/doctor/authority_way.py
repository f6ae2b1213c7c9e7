"""The way to the authority, one stretch after the other: the first that is broken is the one to mend."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.asking import ask_route
from agent.doctor.findings import Finding, Level
from agent.parts import read_trust
from errors import ThunganError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config import Config

PATIENCE = 10.0  # seconds for one stretch


class AuthorityWay:
    """``findings`` walks it; ``skew`` is then how far the authority's clock is ahead, in seconds."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.skew: float | None = None

    def findings(self) -> Iterator[Finding]:
        """Name, connection, TLS, answer; what comes after a broken stretch is not tried."""
        if not self._config.url:
            yield Finding(
                "authority",
                Level.FAIL,
                "authority.url is empty",
                "Ghi địa chỉ của cơ quan thuế hoặc nhà cung cấp vào [authority] url.",
                "Write the authority's or provider's address into [authority] url.",
            )
            return
        yield self._trust()
        if self._config.proxy:
            yield Finding.fine("proxy", self._config.proxy.address)
        else:
            for stretch in (self._name, self._connection):
                found = stretch()
                yield found
                if found.level is Level.FAIL:
                    return
        yield self._answer()

    @property
    def _place(self) -> tuple[str, int]:
        parts = urlsplit(self._config.url)
        return parts.hostname or "", parts.port or 443

    def _trust(self) -> Finding:
        if self._config.provider is not None:
            return Finding.fine("authority-certificates", "not needed: no notices come on this route")
        try:
            certificates = read_trust(self._config.trust)
        except ThunganError as error:
            return Finding.of("authority-certificates", error)
        last = max(one.not_valid_after_utc for one in certificates)
        said = f"{len(certificates)} certificates, the last until {last:%d/%m/%Y}"
        if last < datetime.now(UTC):
            return Finding(
                "authority-certificates",
                Level.FAIL,
                said,
                "Chứng thư của cơ quan thuế đã hết hạn: lấy tệp mới cho [authority] trust.",
                "The authority's certificates have expired: get new ones for [authority] trust.",
            )
        return Finding.fine("authority-certificates", said)

    def _name(self) -> Finding:
        host, port = self._place
        try:
            found = {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
        except OSError as error:
            return Finding(
                "dns",
                Level.FAIL,
                f"{host}: {error}",
                "Không có mạng hoặc DNS hỏng: xem dây mạng, Wi-Fi, modem; thử mở một trang web.",
                "No network, or DNS is broken: look at cable, Wi-Fi, modem; try to open a web page.",
            )
        return Finding.fine("dns", f"{host} is {', '.join(sorted(map(str, found)))}")

    def _connection(self) -> Finding:
        host, port = self._place
        began = time.perf_counter()
        try:
            with socket.create_connection((host, port), PATIENCE) as line:
                took = (time.perf_counter() - began) * 1000
                context = ssl.create_default_context(cafile=self._config.ca and str(self._config.ca))
                with context.wrap_socket(line, server_hostname=host) as tls:
                    said = f"connected in {took:.0f} ms, {tls.version()}"
        except ssl.SSLError as error:
            return Finding(
                "tls",
                Level.FAIL,
                str(error.reason or error),
                "Đồng hồ sai, chứng thư máy chủ hết hạn, hoặc phần mềm diệt vi-rút chặn HTTPS.",
                "The clock is wrong, the server's certificate has expired, or a virus scanner opens HTTPS.",
            )
        except OSError as error:
            return Finding(
                "connection",
                Level.FAIL,
                f"{host}:{port}: {error}",
                "Máy chủ không trả lời, hoặc tường lửa chặn cổng này. Bán hàng vẫn chạy; hóa đơn gửi sau.",
                "The server does not answer, or a firewall blocks it. Selling goes on; invoices go later.",
            )
        return Finding.fine("connection", said)

    def _answer(self) -> Finding:
        began = time.perf_counter()
        try:
            asked = ask_route(self._config)
        except ThunganError as error:
            return Finding.of("authority", error)
        if asked.problem is not None:
            return Finding.of("authority", asked.problem)
        self.skew = None if asked.skew is None else asked.skew.total_seconds()
        return Finding.fine("authority", f"answers in {(time.perf_counter() - began) * 1000:.0f} ms")
