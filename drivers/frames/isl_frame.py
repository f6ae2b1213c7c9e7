"""ISL framing: bytes to frames and back; no I/O.

::

    program to device   01 LEN SEQ CMD data             05 BCC 03
    device to program   01 LEN SEQ CMD data 04 status   05 BCC 03
    device, in between  16 (SYN: wait)   15 (NAK: send it again)

LEN counts from itself to the 05, plus 20h; BCC is the sum of the same bytes, as four digits 30h to 3Fh. Newer
devices (``extended``) write LEN and CMD as four such digits too, and eight bytes of status instead of six.
Source: the programmer's manuals of Datecs FP-550, FP-2000 and DP-25.

No byte below 20h stands inside a frame but tab, line feed and 10h, so that 01 always begins one and 03 ends
it: what is broken is over with the next 01.

>>> from drivers.frames.isl_frame import FrameReader, write_frame
>>> reader = FrameReader()
>>> reader.feed(write_frame(0x5A, 1, b"1")[:4]), reader.feed(write_frame(0x5A, 1, b"1")[4:])[0].command
([], 90)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

START, SEPARATOR, POSTAMBLE, END, NAK, SYN = 0x01, 0x04, 0x05, 0x03, 0x15, 0x16
OFFSET = 0x20
MAX_FRAME = 2048  # bytes; the longest that a device takes is far shorter
_DIGITS = range(0x30, 0x40)


class Signal(Enum):
    """What a device says between frames."""

    WAIT = SYN
    AGAIN = NAK


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose length and check sum are right. ``status``: of a device's answer, None of a request."""

    sequence: int
    command: int
    data: bytes
    status: bytes | None
    extended: bool
    raw: bytes


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that are no frame: garbled, cut off, or of something else."""

    raw: bytes


Heard: TypeAlias = Frame | Signal | Noise


class FrameReader:
    """Of one direction. Feed it what comes; what it gives back are those bytes in order, none left out."""

    def __init__(self) -> None:
        self._open = bytearray()  # a frame that has begun
        self._noise = bytearray()

    def feed(self, data: bytes) -> list[Heard]:
        """The frames and signals that these bytes complete."""
        heard: list[Heard] = []
        for byte in data:
            if byte == START:
                self._noise += self._open
                self._end_noise(heard)
                self._open = bytearray((byte,))
            elif self._open:
                self._open.append(byte)
                if byte == END or len(self._open) > MAX_FRAME:
                    self._end_frame(heard)
            elif byte in (SYN, NAK):
                self._end_noise(heard)
                heard.append(Signal(byte))
            else:
                self._noise.append(byte)
                if len(self._noise) > MAX_FRAME:
                    self._end_noise(heard)
        return heard

    def close(self) -> list[Heard]:
        """What is left when nothing more comes."""
        heard: list[Heard] = []
        self._noise += self._open
        self._open = bytearray()
        self._end_noise(heard)
        return heard

    def _end_frame(self, heard: list[Heard]) -> None:
        raw, self._open = bytes(self._open), bytearray()
        heard.append(parse_frame(raw) or Noise(raw))

    def _end_noise(self, heard: list[Heard]) -> None:
        if self._noise:
            heard.append(Noise(bytes(self._noise)))
            self._noise = bytearray()


def parse_frame(raw: bytes) -> Frame | None:
    """The frame of these bytes, from 01 to 03; None where length or check sum is wrong."""
    if len(raw) < 10 or raw[0] != START or raw[-1] != END or raw[-6] != POSTAMBLE:
        return None
    counted = raw[1:-5]
    if raw[-5:-1] != _digits(sum(counted) & 0xFFFF):
        return None
    # The extended length is four bytes that must all be right: a short one of the other kind (30h, sixteen
    # bytes) may begin an extended one, never the other way round.
    if len(raw) >= 16 and raw[1:5] == _digits(OFFSET + len(counted)):
        command = _number(raw[6:10])
        if command is not None:
            return _split(raw, raw[5], command, raw[10:-6], extended=True)
    if raw[1] == OFFSET + len(counted):
        return _split(raw, raw[2], raw[3], raw[4:-6], extended=False)
    return None


def write_frame(
    command: int, sequence: int, data: bytes = b"", status: bytes | None = None, *, extended: bool = False
) -> bytes:
    """The bytes of a frame; ``status`` makes it a device's answer. ``sequence`` counts from 0."""
    body = data if status is None else data + bytes((SEPARATOR,)) + status
    if extended:
        head = bytes((OFFSET + sequence,)) + _digits(command)
        counted = _digits(OFFSET + 4 + len(head) + len(body) + 1) + head + body + bytes((POSTAMBLE,))
    else:
        head = bytes((OFFSET + sequence, command))
        counted = bytes((OFFSET + 1 + len(head) + len(body) + 1,)) + head + body + bytes((POSTAMBLE,))
    return bytes((START,)) + counted + _digits(sum(counted) & 0xFFFF) + bytes((END,))


def _split(raw: bytes, sequence: int, command: int, body: bytes, *, extended: bool) -> Frame:
    data, separator, status = body.rpartition(bytes((SEPARATOR,)))
    if not separator:
        return Frame(sequence, command, body, None, extended, raw)
    return Frame(sequence, command, data, status, extended, raw)


def _digits(value: int) -> bytes:
    return bytes(0x30 + (value >> shift & 0x0F) for shift in (12, 8, 4, 0))


def _number(digits: bytes) -> int | None:
    if any(digit not in _DIGITS for digit in digits):
        return None
    value = 0
    for digit in digits:
        value = value << 4 | (digit - 0x30)
    return value
