"""What a printer would do, as values. ``start`` and ``end`` are byte offsets in the whole stream."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something in the stream at ``start:end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Text(Event):
    """Printable bytes, in the code page chosen by ESC t (None: none chosen)."""

    data: bytes
    code_page: int | None


@dataclass(frozen=True, slots=True)
class LineFeed(Event):
    """The paper moves on: LF, ESC d n, ESC J n."""


@dataclass(frozen=True, slots=True)
class Cut(Event):
    """The paper is cut: GS V in all forms, ESC i, ESC m."""


@dataclass(frozen=True, slots=True)
class DrawerPulse(Event):
    """The cash drawer opens: ESC p, DLE DC4."""


@dataclass(frozen=True, slots=True)
class QrCode(Event):
    """Data stored for a 2-D code (GS ( k, function 80)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Barcode(Event):
    """A bar code (GS k)."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Raster(Event):
    """A picture: its bytes are walked over, not kept."""


@dataclass(frozen=True, slots=True)
class Command(Event):
    """Any other command known by its length; ``name`` such as ``ESC a``."""

    name: str
    argument: bytes


@dataclass(frozen=True, slots=True)
class Unknown(Event):
    """A command not in the tables: noted, and the text after it is kept."""

    opcode: bytes
