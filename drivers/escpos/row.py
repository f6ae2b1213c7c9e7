"""One row of the grammar: a command as the reference writes it, how long it is, and what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.escpos.events import Command, Event
from drivers.escpos.lengths import Fixed, Length

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTROLS = {
    "NUL": 0x00, "SOH": 0x01, "ETX": 0x03, "EOT": 0x04, "ENQ": 0x05, "ACK": 0x06, "BEL": 0x07, "LF": 0x0A,
    "VT": 0x0B, "FF": 0x0C, "CR": 0x0D, "SO": 0x0E, "SI": 0x0F, "DLE": 0x10, "DC1": 0x11, "DC2": 0x12,
    "DC3": 0x13, "DC4": 0x14, "CAN": 0x18, "EM": 0x19, "SUB": 0x1A, "ESC": 0x1B, "FS": 0x1C, "GS": 0x1D,
    "RS": 0x1E, "US": 0x1F, "SP": 0x20,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """``code`` as printed (``ESC a``), its ``parameters``, and for a variable length the rule.

    Rows with the same code are told apart by their first parameter, which must be one of ``first``.
    ``only`` (offset, value): the parameter that makes the event; with another value it is a Command.
    ``data``: from where to where the event's data are in the parameters.
    """

    code: str
    parameters: str
    about: str
    event: type[Event] = Command
    length: Length = field(default=Fixed(-1))
    first: bytes = b""
    only: tuple[int, int] | None = None
    data: tuple[int, int | None] = (0, None)
    walked: bool = False  # its bytes are walked over as they come, not kept

    @property
    def key(self) -> bytes:
        """The bytes of ``code``."""
        return bytes(CONTROLS[part] if part in CONTROLS else ord(part) for part in self.code.split())

    @property
    def rule(self) -> Length:
        """The length's rule; without one, each word of the parameters is a byte."""
        return self.length if self.length != Fixed(-1) else Fixed(len(self.parameters.split()))


def commands(*lines: str, event: type[Event] = Command) -> Iterable[Row]:
    """Rows of commands with a fixed number of parameters, a line each: ``ESC a n | justification``."""
    for line in lines:
        head, about = line.rsplit(" | ", 1)
        parts = head.split()
        size = 3 if parts[0] == "ESC" and parts[1:2] in (["GS"], ["RS"]) and len(parts) > 2 else 2
        size = min(size, len(parts))
        yield Row(" ".join(parts[:size]), " ".join(parts[size:]), about.strip(), event)
