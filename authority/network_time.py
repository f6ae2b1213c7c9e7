"""Asking a time server (SNTP, RFC 4330; packet format of RFC 5905): how far its clock is ahead of ours.

For shops whose line is up while the authority cannot be reached. An answer is not signed and can be forged by
anybody on the way, so it only warns, or stops issuing on a wrong day; no date is ever taken from it.

>>> from authority.network_time import ask_time_servers
>>> ask_time_servers(["vn.pool.ntp.org", "time.google.com"])  # doctest: +SKIP
datetime.timedelta(microseconds=13042)
"""

from __future__ import annotations

import os
import re
import socket
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

from authority.errors import TimeNotTold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PORT = 123
TIMEOUT = 3.0  # seconds for one server
_MOST_ADDRESSES = 2  # of one name, e.g. IPv6 without a route and IPv4
AGREE = 60.0  # seconds: servers that lie further apart tell nothing
_PACKET = struct.Struct(">BBbb11I")  # 48 bytes; what may follow (keys, extensions) is not looked at
_ADDRESS = re.compile(
    r"(?:(?P<bare>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)"  # an IPv6 address as it is
    r"|(?:\[(?P<inner>[0-9A-Fa-f:.]+)\]|(?P<host>[\w.-]+))(?::(?P<port>[0-9]{1,5}))?)",
    re.ASCII,
)
_CLIENT = 0b00_100_011  # leap 0, version 4, mode 3
_FIRST_ERA, _SECOND_ERA = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2036, 2, 7, 6, 28, 16, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A time as NTP writes it: seconds of an era and a fraction of 2^-32 s."""

    seconds: int
    fraction: int

    def moment(self) -> datetime:
        """Below 2^31 it is the era that begins in 2036 (RFC 4330, section 3)."""
        era = _FIRST_ERA if self.seconds & 0x8000_0000 else _SECOND_ERA
        return era + timedelta(seconds=self.seconds, microseconds=self.fraction * 1_000_000 >> 32)


def ask_time_servers(servers: Sequence[str], timeout: float = TIMEOUT) -> timedelta:
    """The middle of what the servers that answer say, as their clock less ours.

    ``servers``: ``host``, ``host:port`` or ``[address]:port``; ``timeout`` in seconds, for each.

    Raises:
        TimeNotTold: none answers usably, or they do not agree among themselves.
    """
    told, problems = [], []
    for server in servers:
        try:
            told.append(ask_time_server(server, timeout).total_seconds())
        except TimeNotTold as error:
            problems.append(error.message)
    if not told:
        raise TimeNotTold("; ".join(problems) or "no time server is named")
    if max(told) - min(told) > AGREE:
        raise TimeNotTold(f"the time servers lie {max(told) - min(told):.0f} seconds apart")
    return timedelta(seconds=median(told))


def ask_time_server(
    server: str, timeout: float = TIMEOUT, wall: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> timedelta:
    """Its clock less ours (``wall``); half of the way there and back is allowed for.

    Raises:
        TimeNotTold: no answer in time, or one that the RFC bids us not to use.
    """
    host, port = time_server_address(server)
    # RFC 5905 lets a client put anything here; the server gives it back, and who did not see it cannot forge.
    nonce = struct.unpack(">II", os.urandom(8))
    problem: OSError | None = None
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise TimeNotTold(f"{server} cannot be found: {error.strerror or error}") from error
    for family, kind, protocol, _, address in places[:_MOST_ADDRESSES]:
        try:
            with socket.socket(family, kind, protocol) as line:
                line.settimeout(timeout)
                line.connect(address)  # answers of others do not arrive
                sent_at, began = wall(), time.monotonic()
                line.send(_PACKET.pack(_CLIENT, 0, 0, 0, *[0] * 9, *nonce))
                answer = line.recv(1024)
                under_way = timedelta(seconds=time.monotonic() - began)
        except OSError as error:
            problem = error
            continue
        break
    else:
        raise TimeNotTold(
            f"{server} does not tell the time: {(problem and problem.strerror) or problem}"
        ) from problem
    received, transmitted = _read(answer, nonce, server)
    # ((T2 - T1) + (T3 - T4)) / 2, with T4 by the clock that nobody sets.
    return ((received - sent_at) + (transmitted - sent_at - under_way)) / 2


def time_server_address(server: str) -> tuple[str, int]:
    """Host and port of ``host``, ``host:port``, ``address`` or ``[address]:port``.

    Raises:
        TimeNotTold: it is none of these.
    """
    found = _ADDRESS.fullmatch(server)
    if found is None or not 0 < int(found["port"] or PORT) < 65_536:
        raise TimeNotTold(f"{server!r} is not the name of a time server")
    return found["bare"] or found["inner"] or found["host"], int(found["port"] or PORT)


def _read(answer: bytes, nonce: tuple[int, ...], server: str) -> tuple[datetime, datetime]:
    """When it received the question and when it answered, by its clock (RFC 4330, section 5)."""
    if len(answer) < _PACKET.size:
        raise TimeNotTold(f"{server} answered {len(answer)} bytes")
    first, stratum, _, _, *words = _PACKET.unpack_from(answer)
    leap, mode = first >> 6, first & 0b111
    if mode != 4 or tuple(words[5:7]) != nonce:
        raise TimeNotTold(f"{server} answered another question")
    if stratum == 0:
        reason = struct.pack(">I", words[2]).decode("ascii", "replace").strip("\0 ")
        raise TimeNotTold(f"{server} does not want to be asked ({reason[:4]})")
    received, transmitted = _Stamp(words[7], words[8]), _Stamp(words[9], words[10])
    if leap == 3 or stratum > 15 or not transmitted.seconds:
        raise TimeNotTold(f"{server} does not know the time itself")
    return received.moment(), transmitted.moment()
