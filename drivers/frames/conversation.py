"""Listening to program and device: where a receipt begins and ends in what they say; no I/O.

What is outside of receipts (questions of status, the clock) is not kept. A receipt ends when the device has
accepted that it is closed or cancelled; one that never does so ends with the next, or with the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.captured import Captured, Form
from drivers.frames.isl_frame import Frame, FrameReader, Signal
from drivers.frames.transcript import DEVICE, MAX_TRANSCRIPT, PROGRAM, line_of

if TYPE_CHECKING:
    from drivers.frames.isl_frame import Heard

OPENS = frozenset({0x30, 0x26})  # a fiscal receipt, one of free text
REVERSALS = {0x2B: True, 0x2E: False}  # command → whether of extended frames
INSIDE = frozenset({0x31, 0x34, 0x3A, 0x33, 0x35})  # where one is heard without its beginning
CLOSES = frozenset({0x38, 0x27, 0x3C})  # closed, closed free text, cancelled


class Conversation:
    """Feed it both sides, in the order they spoke; it gives the receipts that are over."""

    def __init__(self) -> None:
        self._readers = {PROGRAM: FrameReader(), DEVICE: FrameReader()}
        self._kept = bytearray()
        self._asked: Frame | None = None  # the program's last frame
        self._anew: int | None = None  # where in what is kept another receipt was asked for

    def feed(self, side: str, data: bytes) -> list[Captured]:
        """What the ``side`` said; the receipts that are over with it."""
        done: list[Captured] = []
        for heard in self._readers[side].feed(data):
            self._hear(side, heard, done)
        return done

    def finish(self, ended_by: str) -> list[Captured]:
        """The line has ended; a receipt that is open ends with it."""
        done: list[Captured] = []
        for side, reader in self._readers.items():
            for heard in reader.close():
                self._hear(side, heard, done)
        self._end(ended_by, done)
        self._readers = {PROGRAM: FrameReader(), DEVICE: FrameReader()}
        self._asked = None
        return done

    def _hear(self, side: str, heard: Heard, done: list[Captured]) -> None:
        if side == PROGRAM and isinstance(heard, Frame):
            resent = self._asked is not None and heard.raw == self._asked.raw
            self._asked = heard
            if self._kept and opens(heard) and not resent:
                self._anew = len(self._kept)
            elif not self._kept and not opens(heard) and heard.command not in INSIDE:
                return
        elif not self._kept:
            return
        self._kept += line_of(side, bytes((heard.value,)) if isinstance(heard, Signal) else heard.raw)
        if side == DEVICE and isinstance(heard, Frame) and self._is_answer(heard):
            self._answered(heard, done)
        if len(self._kept) > MAX_TRANSCRIPT:
            self._end("overflow", done)

    def _is_answer(self, answer: Frame) -> bool:
        asked = self._asked
        return asked is not None and (answer.sequence, answer.command) == (asked.sequence, asked.command)

    def _answered(self, answer: Frame, done: list[Captured]) -> None:
        if self._anew is not None and accepted(answer):
            # Only now is it sure that the one before is over: a device refuses to open two.
            begun = self._kept[self._anew :]
            del self._kept[self._anew :]
            self._end("unfinished", done)
            self._kept = begun
        self._anew = None
        if answer.command in CLOSES and accepted(answer):
            self._end("closed", done)

    def _end(self, ended_by: str, done: list[Captured]) -> None:
        if self._kept:
            done.append(Captured(bytes(self._kept), ended_by, Form.ISL))
            self._kept = bytearray()
        self._anew = None


def opens(frame: Frame) -> bool:
    """Whether a program's frame begins a receipt."""
    if frame.command in OPENS:
        return True
    if frame.command not in REVERSALS or REVERSALS[frame.command] != frame.extended:
        return False
    return frame.extended or frame.data.count(b",") >= 5  # with less it sets a heading


def accepted(answer: Frame) -> bool:
    """Whether a device has done what it was asked: no error in its status, nor in its code.

    Status byte 0: syntax, unknown command, general error; byte 1: overflow, not permitted. Extended answers
    begin with a code, 0 where all is well.
    """
    status = answer.status or b""
    if len(status) < 2 or status[0] & 0x23 or status[1] & 0x03:
        return False
    return not answer.extended or answer.data.partition(b"\t")[0].strip() in {b"0", b""}
