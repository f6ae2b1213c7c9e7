"""What stands on the paper: lines of text, codes, cuts and drawer pulses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from drivers.encoding import decide_runs
from drivers.escpos.events import Barcode, Command, Cut, DrawerPulse, Event, LineFeed, QrCode, Text
from drivers.escpos.parser import EscPosParser
from drivers.placing import MOVES, line_text

if TYPE_CHECKING:
    from collections.abc import Iterable

# They move the print position up or down, or throw the line's buffer away: what follows is another line.
_NEW_LINE = frozenset({"ESC @", "ESC L", "ESC S", "ESC W", "ESC T", "GS $", "GS \\", "GS &", "CAN"})


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One printed line and where its bytes are in the capture."""

    text: str
    start: int
    end: int
    after_blank: bool = False  # nothing is printed on the line above


@dataclass(frozen=True, slots=True)
class Paper:
    """A capture as the customer sees it. ``encoding``: the whole's, or ``by-table`` where tables differ."""

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
    events = list(_printed(parser.feed(data) + parser.close()))
    lines = _lines(events)
    encoding = _decide(lines)
    return Paper(
        lines=tuple(
            _line(line, encoding, after_blank=bool(place) and not _has_text(lines[place - 1]))
            for place, line in enumerate(lines)
            if _has_text(line)
        ),
        encoding=encoding,
        codes=tuple(event.data for event in events if isinstance(event, QrCode | Barcode)),
        cuts=sum(isinstance(event, Cut) for event in events),
        pulses=sum(isinstance(event, DrawerPulse) for event in events),
    )


def _printed(events: Iterable[Event]) -> Iterable[Event]:
    """Without what goes to the customer's display on the same line (ESC = n, bit 0 is the printer)."""
    printer = True
    for event in events:
        if isinstance(event, Command) and event.name == "ESC =":
            printer = bool(event.argument[0] & 1)
        if printer or not isinstance(event, Text | LineFeed):
            yield event


def _lines(events: list[Event]) -> list[list[Text | Command]]:
    """The lines: parts of text, and what moves the print position between them; blank ones, too."""
    lines: list[list[Text | Command]] = []
    parts: list[Text | Command] = []
    # A register set for a printer with automatic line feed ends its lines with CR alone.
    by_return = not any(isinstance(event, LineFeed) for event in events)
    for event in [*events, LineFeed(0, 0)]:
        if isinstance(event, Text) or (isinstance(event, Command) and event.name in MOVES):
            parts.append(event)
        elif _ends_line(event, by_return=by_return):
            lines.append(parts)
            parts = []
    return lines


def _ends_line(event: Event, *, by_return: bool) -> bool:
    if isinstance(event, Command):
        return event.name in _NEW_LINE or (by_return and event.name == "CR")
    return isinstance(event, LineFeed | Cut)


def _has_text(parts: list[Text | Command]) -> bool:
    return any(isinstance(part, Text) for part in parts)


def _line(parts: list[Text | Command], encoding: str, *, after_blank: bool) -> PaperLine:
    texts = [part for part in parts if isinstance(part, Text)]
    return PaperLine(line_text(parts, encoding), texts[0].start, texts[-1].end, after_blank)


def _decide(lines: list[list[Text | Command]]) -> str:
    """The encoding of the whole; a letter may have its bytes in two parts of a line."""
    tables: dict[int | None, bytearray] = {}
    for line in lines:
        for part in line:
            if not isinstance(part, Text):
                continue
            tables.setdefault(part.code_page, bytearray()).extend(part.data)
        for run in tables.values():
            run += b"\n"
    return decide_runs([(bytes(run), table) for table, run in tables.items()])
