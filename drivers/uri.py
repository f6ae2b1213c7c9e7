"""Where receipts come from and where they are printed, as URIs.

=====================================================  ==================================================
``serial:///dev/ttyUSB0?baud=9600``                    a serial line; ``serial://COM3`` on Windows
``serial://usb?vid=1a86&pid=7523&sn=5&baud=9600``      the USB adapter with these numbers, wherever it is
``tap:///dev/ttyUSB0?baud=9600``                       a serial line that is only listened to
``tcp://0.0.0.0:9100``                                 registers that print to a network printer
``file:///dev/usb/lp0``, ``stdin:``                    a device file or pipe, standard input
=====================================================  ==================================================

``printer=`` names the printer behind the agent (inline mode): a port such as ``/dev/ttyUSB1`` or ``COM4`` (at
the register's own speed), or a URI: ``serial://…``, ``tcp://192.168.1.50:9100``, ``file:///dev/usb/lp0``,
``usb://04b8:0202``. In a query, ``&`` inside the printer's URI is written ``%26``.

>>> from drivers.uri import parse_source
>>> parse_source("serial://COM3?baud=19200").register.port
'COM3'
>>> parse_source("tcp://0.0.0.0:9100?printer=tcp://192.168.1.50:9100").printer
TcpAddress(host='192.168.1.50', port=9100)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

from drivers.errors import SourceInvalid

_PARITIES = "NEOMS"
_FLOWS = ("none", "rtscts", "dsrdtr", "xonxoff")
MAX_BAUD = 4_000_000
PRINTER_PORT = 9100
_HEX = re.compile(r"[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A serial line. ``usb``: vendor, product and serial number of the adapter instead of a port's name."""

    port: str
    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop: int = 1
    flow: str = "none"
    usb: tuple[int, int, str | None] | None = None


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A host and port: of a printer, or where we listen."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class FileAddress:
    """A device file or pipe; ``-`` is standard input."""

    path: str


@dataclass(frozen=True, slots=True)
class UsbAddress:
    """A USB printer by vendor's and product's number, and its serial number where two are alike."""

    vendor: int
    product: int
    serial: str | None = None


Address: TypeAlias = SerialAddress | TcpAddress | FileAddress | UsbAddress


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """A source. ``printer`` is the one behind the agent in inline mode; ``silent``: we never write back."""

    register: Address
    printer: Address | None = None
    silent: bool = False


def parse_source(uri: str) -> SourceAddress:
    """Read a source URI.

    Raises:
        SourceInvalid: naming the part that is wrong.
    """
    try:
        scheme, rest, values = _split(uri)
        printer_uri = values.pop("printer", None) or None
        if scheme == "usb":
            raise ValueError("a USB printer is no source: it stands after printer=")
        if scheme == "tap" and printer_uri:
            raise ValueError("a tap only listens: it has no printer")
        register = _address("serial" if scheme == "tap" else scheme, rest, values)
        printer = None if printer_uri is None else _printer(printer_uri, register)
    except ValueError as error:
        raise SourceInvalid(f"{uri!r}: {error}") from None
    return SourceAddress(register, printer, silent=scheme == "tap")


def _split(uri: str) -> tuple[str, str, dict[str, str]]:
    parts = urlsplit(uri)
    return parts.scheme, parts.netloc + parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))


def _printer(uri: str, register: Address) -> Address:
    if ":" not in uri:
        # A bare port has the register's own settings: the same cable goes through us.
        if isinstance(register, SerialAddress):
            return replace(register, port=uri, usb=None)
        return SerialAddress(uri)
    scheme, rest, values = _split(uri)
    if scheme not in {"serial", "tcp", "file", "usb"}:
        raise ValueError(f"the printer {uri!r} is none of serial://, tcp://, file://, usb://")
    return _address(scheme, rest, values)


def _address(scheme: str, rest: str, values: dict[str, str]) -> Address:
    match scheme:
        case "serial":
            address: Address = _serial(rest, values)
        case "tcp":
            address = _tcp(rest)
        case "file":
            address = FileAddress(_needed(rest.strip(), "a file"))
        case "stdin":
            address = FileAddress("-")
        case "usb":
            address = _usb(rest, values)
        case _:
            raise ValueError(f"{scheme or 'nothing'}:// is no kind of source: serial, tap, tcp, file, stdin")
    if values:
        raise ValueError(f"unknown words: {', '.join(sorted(values))}")
    return address


def _serial(port: str, values: dict[str, str]) -> SerialAddress:
    usb = None
    if port == "usb":
        usb = (_hex(values, "vid"), _hex(values, "pid"), values.pop("sn", None) or None)
    elif not port.strip("/"):
        raise ValueError("it names no port")
    return SerialAddress(
        port=port,
        baud=_number(values, "baud", 9600, 50, MAX_BAUD),
        bits=_number(values, "bits", 8, 5, 8),
        parity=_choice(values, "parity", "N", _PARITIES),
        stop=_number(values, "stop", 1, 1, 2),
        flow=_choice(values, "flow", "none", _FLOWS),
        usb=usb,
    )


def _tcp(rest: str) -> TcpAddress:
    parts = urlsplit(f"//{rest}")
    port = PRINTER_PORT if parts.port is None else parts.port
    if not parts.hostname or parts.path.strip("/"):
        raise ValueError("an address such as tcp://0.0.0.0:9100 is wanted")
    if not port:
        raise ValueError("port 0 is none")
    return TcpAddress(parts.hostname, port)


def _usb(rest: str, values: dict[str, str]) -> UsbAddress:
    vendor, _, product = rest.strip("/").partition(":")
    if not _HEX.fullmatch(vendor) or not _HEX.fullmatch(product):
        raise ValueError("a USB printer is written usb://04b8:0202")
    return UsbAddress(int(vendor, 16), int(product, 16), values.pop("sn", None) or None)


def _needed(text: str, what: str) -> str:
    if not text:
        raise ValueError(f"it names no {what.removeprefix('a ')}")
    return text


def _hex(values: dict[str, str], key: str) -> int:
    text = values.pop(key, "")
    if not _HEX.fullmatch(text):
        raise ValueError(f"{key} must be four hexadecimal digits")
    return int(text, 16)


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
