"""What stands on the paper: lines of text, codes, cuts and drawer pulses."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.encoding import decide, decode
from drivers.escpos.events import Barcode, Cut, DrawerPulse, Event, LineFeed, QrCode, Text
from drivers.escpos.parser import EscPosParser


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One printed line and where its bytes are in the capture."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A capture as the customer sees it."""

    lines: tuple[PaperLine, ...]
    encoding: str
    codes: tuple[bytes, ...]
    cuts: int
    pulses: int

    @property
    def text(self) -> str:
        """All lines."""
        return "\n".join(line.text for line in self.lines)


def lay_out(data: bytes) -> Paper:
    """Walk over a capture's bytes and lay its text out in lines."""
    parser = EscPosParser()
    events = parser.feed(data) + parser.close()
    texts = [event for event in events if isinstance(event, Text)]
    table = next((event.code_page for event in texts if event.code_page is not None), None)
    encoding = decide(b"\n".join(event.data for event in texts), table)
    return Paper(
        lines=tuple(_lines(events, encoding)),
        encoding=encoding,
        codes=tuple(event.data for event in events if isinstance(event, QrCode | Barcode)),
        cuts=sum(isinstance(event, Cut) for event in events),
        pulses=sum(isinstance(event, DrawerPulse) for event in events),
    )


def _lines(events: list[Event], encoding: str) -> list[PaperLine]:
    lines: list[PaperLine] = []
    parts: list[bytes] = []
    start = 0
    end = 0
    for event in [*events, LineFeed(0, 0)]:
        if isinstance(event, Text):
            if not parts:
                start = event.start
            parts.append(event.data)
            end = event.end
        elif isinstance(event, LineFeed | Cut) and parts:
            lines.append(PaperLine(decode(b"".join(parts), encoding).rstrip(), start, end))
            parts = []
    return lines
