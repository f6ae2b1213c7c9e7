"""A virtual register and a virtual printer on pseudo-terminals, for the demonstration and the tests.

The register sends receipts byte by byte at the speed of the line, each with a fresh number and the present
time, and prints the next one only when the last has been cut (or the patience for it is over).
"""

from __future__ import annotations

import os
import re
import threading
import time
import tty
from datetime import datetime
from typing import TYPE_CHECKING

from drivers.escpos.events import Cut
from drivers.escpos.parser import EscPosParser
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER = re.compile(rb"HD[0-9]{6}")
_TIME = re.compile(rb"[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}")
BITS_PER_BYTE = 10  # start, eight data bits, stop


def fresh_receipt(template: bytes, number: int, now: datetime) -> bytes:
    """The template's bytes with another receipt number and the given time, of the same length."""
    numbered = _NUMBER.sub(b"HD%06d" % (number % 1_000_000), template)
    return _TIME.sub(f"{now.astimezone(VIETNAM):%d/%m/%Y %H:%M}".encode(), numbered)


class VirtualPrinter:
    """A printer on a pseudo-terminal: keeps the paper and counts the cuts."""

    def __init__(self) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self.paper = bytearray()
        self.cuts = 0
        self._cut = threading.Condition()
        self._parser = EscPosParser()
        threading.Thread(target=self._print, name="virtual-printer", daemon=True).start()

    def wait_for_cut(self, count: int, seconds: float) -> bool:
        """Whether at least ``count`` receipts have been cut within ``seconds``."""
        with self._cut:
            return self._cut.wait_for(lambda: self.cuts >= count, seconds)

    def close(self) -> None:
        """Switch the printer off."""
        for descriptor in (self._slave, self._master):
            os.close(descriptor)

    def _print(self) -> None:
        while True:
            try:
                data = os.read(self._master, 4096)
            except OSError:
                return
            self.paper += data
            cuts = sum(isinstance(event, Cut) for event in self._parser.feed(data))
            if cuts:
                with self._cut:
                    self.cuts += cuts
                    self._cut.notify_all()


class VirtualRegister:
    """A register on a pseudo-terminal that sends at ``baud``."""

    def __init__(self, baud: int) -> None:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._baud = baud

    def send(self, data: bytes) -> None:
        """Send as a serial line does: never more bytes than the elapsed time allows."""
        began, sent = time.monotonic(), 0
        while sent < len(data):
            due = int((time.monotonic() - began) * self._baud / BITS_PER_BYTE) + 1
            if due > sent:
                sent += os.write(self._master, data[sent : min(due, len(data))])
            time.sleep(BITS_PER_BYTE / self._baud)

    def print_all(self, receipts: Sequence[bytes], count: int, first: int, printer: VirtualPrinter) -> int:
        """Print ``count`` receipts, numbered from ``first``; how many came out of the printer."""
        out = 0
        for place in range(count):
            self.send(fresh_receipt(receipts[place % len(receipts)], first + place, datetime.now(VIETNAM)))
            out += printer.wait_for_cut(place + 1, 5.0)
        return out

    def close(self) -> None:
        """Switch the register off."""
        for descriptor in (self._slave, self._master):
            os.close(descriptor)
