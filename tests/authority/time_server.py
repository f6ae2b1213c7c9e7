"""A time server on loopback that answers what a test says."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


def stamp(moment: datetime) -> tuple[int, int]:
    """Seconds (of whichever era) and fraction."""
    since = moment - EPOCH
    return int(since.total_seconds()) % (1 << 32), since.microseconds * (1 << 32) // 1_000_000


def answer(
    question: bytes,
    moment: datetime,
    *,
    leap: int = 0,
    mode: int = 4,
    stratum: int = 2,
    reference: bytes = b"\x7f\0\0\1",
    origin: bytes | None = None,
) -> bytes:
    """A packet of RFC 5905 that says ``moment``."""
    head = struct.pack(">BBbb", leap << 6 | 4 << 3 | mode, stratum, 6, -20)
    times = struct.pack(">II", *stamp(moment))
    asked = question[40:48] if origin is None else origin
    return head + bytes(8) + reference[:4] + times + asked + times + times


class TimeServer:
    """Answers each question with ``say(question)``; None is silence."""

    def __init__(self, say: Callable[[bytes], bytes | None]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._say = say
        self.questions: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @staticmethod
    def ahead(**by: float) -> "TimeServer":
        """One whose clock is ahead of ours by days, hours, seconds…"""
        return TimeServer(lambda question: answer(question, datetime.now(UTC) + timedelta(**by)))

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            question, sender = self._socket.recvfrom(1024)
            if not question:
                return
            self.questions.append(question)
            if (said := self._say(question)) is not None:
                self._socket.sendto(said, sender)
