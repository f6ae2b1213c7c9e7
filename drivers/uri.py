"""Where receipts come from and where they are printed, as URIs.

=====================================================  ==================================================
``serial:///dev/ttyUSB0?baud=9600``                    a serial line; ``serial://COM3`` on Windows
``serial://usb?vid=1a86&pid=7523&sn=5&baud=9600``      the USB adapter with these numbers, wherever it is
``tap:///dev/ttyUSB0?baud=9600``                       a serial line that is only listened to
``tcp://0.0.0.0:9100``                                 registers that print to a network printer
``file:///dev/usb/lp0``, ``stdin:``                    a device file or pipe, standard input
``folder:///srv/export?profile=shop.toml``             files of a folder, read by a mapping
``jobs:///var/spool/thungan``                           print jobs: PDF, XPS, EMF, PostScript
``sqlite:///C:/pos/shop.db?profile=pos.toml``          a register program's database; also ``postgresql://``,
                                                       ``mariadb://``, ``sqlserver://user@host/database``
``frames+serial:///dev/ttyUSB0?printer=/dev/ttyUSB1``  frames between a program and a fiscal device; also
                                                       ``frames+tcp://``
=====================================================  ==================================================

``profile=`` names the profile by which what comes is read (else ``[source] profile``). ``printer=`` names
the printer behind the agent (inline mode): a port such as ``/dev/ttyUSB1`` or ``COM4`` (at the register's own
speed), or a URI: ``serial://…``, ``tcp://192.168.1.50:9100``, ``file:///dev/usb/lp0``, ``usb://04b8:0202``.
In a query, ``&`` inside the printer's URI is written ``%26``.

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
from urllib.parse import parse_qsl, unquote, urlsplit

from drivers.errors import SourceInvalid

_PARITIES = "NEOMS"
_FLOWS = ("none", "rtscts", "dsrdtr", "xonxoff")
MAX_BAUD = 4_000_000
PRINTER_PORT = 9100
DATABASES = ("sqlite", "postgresql", "mariadb", "mysql", "sqlserver", "mssql")
KINDS = ("serial", "tap", "tcp", "file", "stdin", "folder", "jobs", "frames+serial", "frames+tcp", *DATABASES)
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_DRIVE = re.compile(r"/[A-Za-z]:/")
_SECRET = re.compile(r"(?:env|file|keyring):.")


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


@dataclass(frozen=True, slots=True)
class FolderAddress:
    """A folder that files are exported into. ``keep``: files that are read stay where they are, marked as
    read; else they are moved into its folder ``processed``. ``every``, ``settle``: seconds."""

    path: str
    keep: bool = False
    every: float = 2.0
    settle: float = 2.0
    match: str = "*"

    @property
    def name(self) -> str:
        """What its records are remembered under."""
        return f"folder:{self.path}"


@dataclass(frozen=True, slots=True)
class JobsAddress:
    """A folder that finished print jobs come into. ``delete``: they are deleted once they are kept, else
    moved into its folder ``processed``. ``every``, ``settle``: seconds."""

    path: str
    delete: bool = False
    every: float = 1.0
    settle: float = 1.0

    @property
    def name(self) -> str:
        """What its jobs are remembered under."""
        return f"jobs:{self.path}"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A register program's database. ``password``: where it is kept (``env:``, ``file:``, ``keyring:``)."""

    kind: str
    host: str
    port: int | None
    database: str
    user: str = ""
    password: str = ""
    socket: str = ""
    every: float = 2.0

    @property
    def name(self) -> str:
        """What its records are remembered under."""
        return f"{self.kind}:{self.host}/{self.database}"


Address: TypeAlias = SerialAddress | TcpAddress | FileAddress | UsbAddress


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """A line. ``printer`` is the one behind the agent in inline mode; ``silent``: we never write back;
    ``frames``: what passes are frames to a fiscal device; ``profile``: how what comes is read."""

    register: Address
    printer: Address | None = None
    silent: bool = False
    frames: bool = False
    profile: str = ""


@dataclass(frozen=True, slots=True)
class RecordsAddress:
    """Where records are kept, and the mapping they are read by; print jobs, and their profile or ``""``."""

    place: FolderAddress | DatabaseAddress | JobsAddress
    profile: str


def parse_source(uri: str) -> SourceAddress | RecordsAddress:
    """Read a source URI.

    Raises:
        SourceInvalid: naming the part that is wrong.
    """
    try:
        _no_password(uri)
    except ValueError as error:  # the message must not repeat it
        raise SourceInvalid(str(error)) from None
    try:
        scheme, rest, values = _split(uri)
        profile = values.pop("profile", "")
        if scheme == "folder":
            return RecordsAddress(_folder(rest, values), _profile(profile))
        if scheme == "jobs":
            return RecordsAddress(_jobs(rest, values), profile)
        if scheme in DATABASES:
            return RecordsAddress(_database(uri, scheme, values), _profile(profile))
        frames, scheme = scheme.startswith("frames+"), scheme.removeprefix("frames+")
        printer_uri = values.pop("printer", None) or None
        if scheme == "usb":
            raise ValueError("a USB printer is no source: it stands after printer=")
        if scheme == "tap" and printer_uri:
            raise ValueError("a tap only listens: it has no printer")
        if frames and (scheme not in {"serial", "tcp"} or not printer_uri):
            raise ValueError(
                "frames pass from frames+serial:// or frames+tcp:// to the device after printer="
            )
        register = _address("serial" if scheme == "tap" else scheme, rest, values)
        printer = None if printer_uri is None else _printer(printer_uri, register)
    except ValueError as error:
        raise SourceInvalid(f"{uri!r}: {error}") from None
    return SourceAddress(register, printer, silent=scheme == "tap", frames=frames, profile=profile)


def records_name(uri: str) -> str:
    """What the records of a source are remembered under; the URI itself for any other source."""
    try:
        address = parse_source(uri)
    except SourceInvalid:
        return uri
    return address.place.name if isinstance(address, RecordsAddress) else uri


def _no_password(uri: str) -> None:
    try:
        parts = urlsplit(uri)
        named = dict(parse_qsl(parts.query)).get("password", "env:X")
    except ValueError:
        return
    if parts.password is not None or not _SECRET.match(named):
        raise ValueError(
            "a password is not written here: password=env:NAME, file:PATH or keyring:SERVICE/USER"
        )


def _profile(name: str) -> str:
    if not name:
        raise ValueError("it needs profile= with a mapping of its columns")
    return name


def _folder(rest: str, values: dict[str, str]) -> FolderAddress:
    path = _local(rest)
    after = _choice(values, "after", "move", ("move", "keep"))
    address = FolderAddress(
        _needed(path.strip("/") and path, "a folder"),
        after == "keep",
        _number(values, "every", 2, 1, 3600),
        _number(values, "settle", 2, 0, 600),
        values.pop("match", "*"),
    )
    _nothing_left(values)
    return address


def _jobs(rest: str, values: dict[str, str]) -> JobsAddress:
    path = _local(rest)
    address = JobsAddress(
        _needed(path.strip("/") and path, "a folder"),
        _choice(values, "after", "move", ("move", "delete")) == "delete",
        _number(values, "every", 1, 1, 3600),
        _number(values, "settle", 1, 0, 600),
    )
    _nothing_left(values)
    return address


def _local(rest: str) -> str:
    """A path of this computer; ``/C:/pos`` is ``C:/pos``."""
    path = unquote(rest)
    return path[1:] if _DRIVE.match(path) else path


def _database(uri: str, scheme: str, values: dict[str, str]) -> DatabaseAddress:
    parts = urlsplit(uri)
    every = float(_number(values, "every", 2, 1, 3600))
    if scheme == "sqlite":
        path = _needed(_local(parts.netloc + parts.path), "a file")
        address = DatabaseAddress("sqlite", "", None, path, every=every)
    else:
        if not parts.hostname and "socket" not in values:
            raise ValueError(f"an address such as {scheme}://user@127.0.0.1/database is wanted")
        address = DatabaseAddress(
            {"mysql": "mariadb", "mssql": "sqlserver"}.get(scheme, scheme),
            parts.hostname or "",
            parts.port,
            _needed(unquote(parts.path.strip("/")), "a database"),
            unquote(parts.username or ""),
            values.pop("password", ""),
            values.pop("socket", ""),
            every,
        )
    _nothing_left(values)
    return address


def _nothing_left(values: dict[str, str]) -> None:
    if values:
        raise ValueError(f"unknown words: {', '.join(sorted(values))}")


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
            raise ValueError(f"{scheme or 'nothing'}:// is no kind of source: {', '.join(KINDS)}")
    _nothing_left(values)
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
