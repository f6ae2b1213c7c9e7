"""What program and device said to each other: each command, and what the device answered.

A command sent again (the same sequence number: the answer was lost) is one, as it is for the device.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.frames.conversation import accepted
from drivers.frames.isl_frame import Frame, FrameReader
from drivers.frames.transcript import DEVICE, PROGRAM, said_in

NAMES = {
    0x26: "open free text",
    0x27: "close free text",
    0x2A: "free text",
    0x2B: "open reversal",
    0x2E: "open reversal",
    0x30: "open receipt",
    0x31: "sale",
    0x33: "subtotal",
    0x34: "sale",
    0x35: "total",
    0x36: "text",
    0x38: "close receipt",
    0x3A: "sale of a programmed item",
    0x3C: "cancel receipt",
}


@dataclass(slots=True)
class Exchange:
    """One command of the program, however often it was sent, and the device's answer."""

    frame: Frame
    answer: Frame | None = None

    @property
    def name(self) -> str:
        """The command in words."""
        return NAMES.get(self.frame.command, f"command {self.frame.command:02X}")


def exchanges_in(transcript: bytes) -> list[Exchange]:
    """The program's commands in order, each with the device's answer."""
    readers = {PROGRAM: FrameReader(), DEVICE: FrameReader()}
    found: list[Exchange] = []
    for side, raw in said_in(transcript):
        for heard in readers[side].feed(raw):
            if not isinstance(heard, Frame):
                continue
            last = found[-1] if found else None
            if side == PROGRAM:
                if last is None or last.frame.raw != heard.raw:
                    found.append(Exchange(heard))
            elif last is not None and (heard.sequence, heard.command) == (
                last.frame.sequence,
                last.frame.command,
            ):
                last.answer = heard
    return found


def shown(exchange: Exchange) -> str:
    """As a person reads it."""
    frame, answer = exchange.frame, exchange.answer
    data = frame.data.decode("utf-8", "replace").replace("\t", " | ").replace("\n", " ")
    if answer is None:
        return f"{exchange.name}: {data} -> no answer"
    said = answer.data.decode("utf-8", "replace").replace("\t", " | ")
    return f"{exchange.name}: {data} -> {'ok' if accepted(answer) else 'refused'} {said}".rstrip()
