"""Source addresses: ``serial:///dev/ttyUSB0?baud=9600&printer=/dev/ttyUSB1``.

>>> from drivers.uri import parse_source
>>> parse_source("serial://COM3?baud=19200").port
'COM3'
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from drivers.errors import SourceInvalid

_PARITIES = "NEOMS"
_FLOWS = ("none", "rtscts", "dsrdtr", "xonxoff")
MAX_BAUD = 4_000_000


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """A serial source; ``printer`` is the port of the printer behind the agent in inline mode."""

    port: str
    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop: int = 1
    flow: str = "none"
    printer: str | None = None


def parse_source(uri: str) -> SourceAddress:
    """Read a source URI.

    Raises:
        SourceInvalid: naming the part that is wrong.
    """
    parts = urlsplit(uri)
    if parts.scheme != "serial":
        raise SourceInvalid(f"{uri!r}: only serial:// sources are read so far")
    port = parts.netloc + parts.path
    if not port.strip("/"):
        raise SourceInvalid(f"{uri!r} names no port")
    values = dict(parse_qsl(parts.query, keep_blank_values=True))
    try:
        address = SourceAddress(
            port=port,
            baud=_number(values, "baud", 9600, 50, MAX_BAUD),
            bits=_number(values, "bits", 8, 5, 8),
            parity=_choice(values, "parity", "N", _PARITIES),
            stop=_number(values, "stop", 1, 1, 2),
            flow=_choice(values, "flow", "none", _FLOWS),
            printer=values.pop("printer", None) or None,
        )
    except ValueError as error:
        raise SourceInvalid(f"{uri!r}: {error}") from None
    if values:
        raise SourceInvalid(f"{uri!r} has unknown words: {', '.join(sorted(values))}")
    return address


def _number(values: dict[str, str], key: str, default: int, least: int, most: int) -> int:
    text = values.pop(key, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise ValueError(f"{key} must be a number from {least} to {most}")
    return int(text)


def _choice(values: dict[str, str], key: str, default: str, choices: str | tuple[str, ...]) -> str:
    text = values.pop(key, default)
    if text not in tuple(choices):
        raise ValueError(f"{key} must be one of {', '.join(choices)}")
    return text
