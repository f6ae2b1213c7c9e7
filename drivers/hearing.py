"""What was heard on a line at one speed: a receipt, text, or the noise of a wrong speed.

At a wrong speed the bits are cut at wrong places: bytes come out that are control codes, high bytes without
sense, and nearly no line feeds. At the right one most bytes are letters, digits and spaces of lines that the
parser knows; a receipt that reads as a sale leaves no doubt.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.escpos.events import LineFeed, Text, Unknown
from drivers.escpos.parser import EscPosParser
from drivers.paper import lay_out
from drivers.reading import read_receipt
from invoice.sale import Kind

SPEEDS = (9600, 19200, 38400, 115200, 57600, 4800, 2400)  # the commonest first
LEAST = 20  # bytes from which anything can be said


@dataclass(frozen=True, slots=True)
class Heard:
    """``score``: 0 noise or silence, 1 text for certain, between them a guess; ``receipt``: it reads as paper
    of a register."""

    baud: int
    size: int
    score: float
    receipt: bool
    text: str

    @property
    def in_words(self) -> str:
        """For the person who listens."""
        if not self.size:
            return "silence"
        if self.receipt:
            return "a receipt"
        return "text" if self.score else "noise: another speed"


def heard_at(baud: int, data: bytes) -> Heard:
    """Judge the bytes that came."""
    parser = EscPosParser()
    events = parser.feed(data) + parser.close()
    letters = sum(_readable(event.data) for event in events if isinstance(event, Text))
    feeds = sum(isinstance(event, LineFeed) for event in events)
    unknown = sum(isinstance(event, Unknown) for event in events)
    if len(data) < LEAST or not feeds:
        return Heard(baud, len(data), 0.0, receipt=False, text="")
    in_text = sum(len(event.data) for event in events if isinstance(event, Text))
    share = letters / max(1, in_text + 4 * unknown)
    if share < 0.7:
        return Heard(baud, len(data), 0.0, receipt=False, text="")
    # Silence between two receipts ends one, a cut does too: one of them is enough.
    reading = read_receipt(data)
    receipt = reading.kind is not Kind.QUARANTINED
    return Heard(baud, len(data), round(share, 2), receipt, lay_out(data).text)


def _readable(data: bytes) -> int:
    """ASCII letters, digits and signs; the high bytes of Vietnamese letters where they are the fewer."""
    count = sum(32 <= byte < 127 or byte == 9 for byte in data)
    high = len(data) - count
    return count + (high if high <= count else 0)
