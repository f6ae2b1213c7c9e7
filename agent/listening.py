"""Finding the register: the serial ports of this computer, and what is heard on one of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serial.tools import list_ports

from drivers.errors import PortHangs
from drivers.hearing import SPEEDS, Heard, heard_at
from drivers.ports.port import port_error
from drivers.source import open_port
from drivers.uri import SerialAddress

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class FoundPort:
    """``uri`` finds the port again wherever it is plugged in; ``problem``: why it cannot be opened now."""

    port: str
    description: str
    usb: str | None
    serial_number: str | None
    uri: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class HeardReceipt:
    """The best that was heard, and its bytes."""

    heard: Heard
    data: bytes


def find_ports() -> list[FoundPort]:
    """The serial ports that are there, by name."""
    return [_described(port) for port in sorted(list_ports.comports(), key=lambda port: port.device)]


def listen(name: str, seconds: float, on_speed: Callable[[Heard], None] | None = None) -> HeardReceipt:
    """Listen ``seconds`` at each speed, while the register prints a receipt again and again.

    Ends with the first speed at which a receipt comes; else gives the likeliest.

    Raises:
        PortUnusable: the port cannot be opened or read, with advice.
    """
    results = []
    for speed in SPEEDS:
        data = _hear(name, speed, seconds)
        results.append(HeardReceipt(heard_at(speed, data), data))
        if on_speed is not None:
            on_speed(results[-1].heard)
        if results[-1].heard.receipt:
            break
    return max(results, key=lambda one: (one.heard.receipt, one.heard.score, one.heard.size))


def _described(port: Any) -> FoundPort:
    uri = f"serial://{port.device}?baud=9600"
    if port.vid is not None:
        number = f"&sn={port.serial_number}" if port.serial_number else ""
        uri = f"serial://usb?vid={port.vid:04x}&pid={port.pid:04x}{number}&baud=9600"
    usb = None if port.vid is None else f"{port.vid:04x}:{port.pid:04x}"
    return FoundPort(port.device, port.description, usb, port.serial_number, uri, port_problem(port.device))


def port_problem(device: str) -> str | None:
    """Why a port cannot be opened now, with advice; None where it can."""
    try:
        open_port(SerialAddress(device)).close()
    except (OSError, PortHangs) as error:
        return str(port_error(device, error))
    return None


def _hear(name: str, speed: int, seconds: float) -> bytes:
    """What comes at one speed."""
    try:
        port = open_port(SerialAddress(name, baud=speed))
    except (OSError, PortHangs) as error:
        raise port_error(name, error) from error
    until, came = time.monotonic() + seconds, bytearray()
    try:
        while time.monotonic() < until:
            came += port.read()
    except (OSError, PortHangs) as error:
        raise port_error(name, error) from error
    finally:
        port.close()
    return bytes(came)
