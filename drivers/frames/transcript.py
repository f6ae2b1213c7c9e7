"""What program and device said of one receipt, as text: kept as the capture, and read again as it was heard.

>>> from drivers.frames.transcript import line_of, said_in
>>> line_of("P", b"\\x01\\x24\\x20\\x4a\\x05\\x30\\x30\\x39\\x33\\x03")
b'P 01 24 20 4A 05 30 30 39 33 03\\n'
>>> [side for side, _ in said_in(line_of("P", b"\\x16") + line_of("D", b"\\x16"))]
['P', 'D']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM, DEVICE = "P", "D"
MAX_TRANSCRIPT = 1_000_000  # bytes


def line_of(side: str, raw: bytes) -> bytes:
    """One line: who said it, then the bytes in hexadecimal."""
    return f"{side} {raw.hex(' ').upper()}\n".encode()


def said_in(transcript: bytes) -> Iterator[tuple[str, bytes]]:
    """Who said what, in order; a line that is none is left out."""
    for line in transcript.decode("ascii", "replace").splitlines():
        side, _, digits = line.partition(" ")
        if side not in {PROGRAM, DEVICE}:
            continue
        try:
            yield side, bytes.fromhex(digits)
        except ValueError:
            continue
