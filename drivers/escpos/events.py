"""What a printer would do, as values. ``start`` and ``end`` are byte offsets in the whole stream.

A receipt makes an event every dozen bytes, so events are cheap to build: their fields are ``Final`` for the
type checker; freezing them at run time as well would cost four times as much.
"""

from dataclasses import dataclass
from typing import Final

STAR_PAGES = 0x100  # added to the table number of Star's ESC GS t: Star numbers its tables otherwise


@dataclass(slots=True)
class Event:
    """Something in the stream at ``start:end``."""

    start: Final[int]
    end: Final[int]


@dataclass(slots=True)
class Text(Event):
    """Printable bytes and tabs. ``code_page``: the n of ESC t, 256 + n of Star's ESC GS t, None at first."""

    data: Final[bytes]
    code_page: Final[int | None]


@dataclass(slots=True)
class LineFeed(Event):
    """The line is printed and the paper moves: LF, FF, ESC d, ESC J and their kin."""


@dataclass(slots=True)
class Cut(Event):
    """The paper is cut: GS V in all forms, ESC i, ESC m; Star's ESC d."""


@dataclass(slots=True)
class DrawerPulse(Event):
    """The cash drawer opens: ESC p, DLE DC4 1; Star's BEL, FS, SUB, EM."""


@dataclass(slots=True)
class QrCode(Event):
    """Data stored for a 2-D code of any kind (GS ( k function 80 and the makers' own commands)."""

    data: Final[bytes]


@dataclass(slots=True)
class Barcode(Event):
    """A bar code (GS k, Star's ESC b)."""

    data: Final[bytes]


@dataclass(slots=True)
class Raster(Event):
    """A picture: its bytes are walked over, not kept."""


@dataclass(slots=True)
class Command(Event):
    """Any other command of the grammar; ``name`` such as ``ESC a``, ``argument`` all bytes after it."""

    name: Final[str]
    argument: Final[bytes]


@dataclass(slots=True)
class Unknown(Event):
    """A command that is not in the grammar or not whole: only its ``opcode`` is taken, text goes on."""

    opcode: Final[bytes]
