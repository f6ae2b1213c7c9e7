"""A program's line to its fiscal device: every byte passes on at once, both ways, and is listened to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from drivers.errors import PortHangs
from drivers.frames.conversation import Conversation
from drivers.frames.transcript import DEVICE, PROGRAM
from drivers.line import give_back
from drivers.ports.port import PortEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.captured import Captured
    from drivers.ports.abandonable import AbandonablePort
    from drivers.printer_line import PrinterLine


class FrameLine:
    """Reads one open port of a program until it ends or ``ended`` is set; the device is behind it."""

    def __init__(
        self,
        port: AbandonablePort,
        device: PrinterLine,
        take: Callable[[Captured], object],
        ended: threading.Event,
    ) -> None:
        self._port, self._device, self._take, self._ended = port, device, take, ended
        self._conversation = Conversation()
        self._hearing = threading.Lock()  # both sides speak from their own threads

    def run(self) -> None:
        """As ``Line.run``."""
        try:
            while not self._ended.is_set():
                data = self._port.read()
                if data:
                    # Heard before it is passed on: the answer comes on another thread, and after it.
                    self._hear(PROGRAM, data)
                    self._device.put(data)
        except PortEnded:
            self._finish("closed early")
        except (OSError, PortHangs):
            self._finish("broken")
            raise
        else:
            self._finish("broken")

    def answer(self, data: bytes) -> None:
        """What the device says goes back to the program."""
        self._hear(DEVICE, data)
        give_back(self._port, data)

    def _hear(self, side: str, data: bytes) -> None:
        with self._hearing:
            for captured in self._conversation.feed(side, data):
                self._take(captured)

    def _finish(self, ended_by: str) -> None:
        with self._hearing:
            for captured in self._conversation.finish(ended_by):
                self._take(captured)
