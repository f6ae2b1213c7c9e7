"""``thungan ports``: the serial ports of this computer, and what is heard on one of them."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from serial.tools import list_ports

from agent.errors import ReasonMissing
from drivers.errors import PortHangs
from drivers.hearing import SPEEDS, Heard, heard_at
from drivers.ports.port import port_error
from drivers.source import open_port
from drivers.uri import SerialAddress

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("port", nargs="?", help="listen on this port, such as /dev/ttyUSB0 or COM3")
    parser.add_argument(
        "--listen",
        type=float,
        default=0.0,
        metavar="S",
        help="seconds at each speed, while the register prints a receipt again and again",
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """List the ports; with a port and --listen, find the speed at which a receipt comes. Exit 1: none."""
    if arguments.listen:
        if not arguments.port:
            raise ReasonMissing("--listen needs the port to listen on")
        return _listen(arguments)
    found = [_described(port) for port in sorted(list_ports.comports(), key=lambda port: port.device)]
    if arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return 0 if found else 1
    for port in found:
        sys.stdout.write(f"{port['port']:<14} {port['description']}\n{'':<14} {port['uri']}\n")
        if port["problem"]:
            sys.stdout.write(f"{'':<14} {port['problem']}\n")
    if not found:
        sys.stdout.write("no serial port is there: plug the cable or the USB adapter in\n")
    return 0 if found else 1


def _described(port: Any) -> dict[str, Any]:
    """A port with the URI under which it is found again wherever it is plugged in."""
    uri = f"serial://{port.device}?baud=9600"
    if port.vid is not None:
        number = f"&sn={port.serial_number}" if port.serial_number else ""
        uri = f"serial://usb?vid={port.vid:04x}&pid={port.pid:04x}{number}&baud=9600"
    return {
        "port": port.device,
        "description": port.description,
        "usb": None if port.vid is None else f"{port.vid:04x}:{port.pid:04x}",
        "serial_number": port.serial_number,
        "uri": uri,
        "problem": _problem(port.device),
    }


def _problem(device: str) -> str | None:
    try:
        open_port(SerialAddress(device)).close()
    except (OSError, PortHangs) as error:
        return str(port_error(device, error))
    return None


def _listen(arguments: argparse.Namespace) -> int:
    results = []
    for speed in SPEEDS:
        heard = heard_at(speed, _hear(arguments.port, speed, arguments.listen))
        results.append(heard)
        if not arguments.json:
            sys.stdout.write(f"{speed:>7} baud  {heard.size:>6} bytes  {heard.in_words}\n")
            sys.stdout.flush()
        if heard.receipt:
            break
    best = max(results, key=lambda heard: (heard.score, heard.size))
    if arguments.json:
        sys.stdout.write(json.dumps(_best(arguments.port, best), ensure_ascii=False) + "\n")
    elif best.score:
        sys.stdout.write(f"\n{best.text}\n\nserial://{arguments.port}?baud={best.baud}\n")
    else:
        sys.stdout.write("nothing like a receipt was heard: print one again, or try another port\n")
    return 0 if best.score else 1


def _best(port: str, heard: Heard) -> dict[str, Any]:
    uri = f"serial://{port}?baud={heard.baud}" if heard.score else None
    return {
        "uri": uri,
        "baud": heard.baud,
        "score": heard.score,
        "receipt": heard.receipt,
        "text": heard.text,
    }


def _hear(name: str, speed: int, seconds: float) -> bytes:
    """What comes at one speed.

    Raises:
        PortUnusable: the port cannot be opened, with advice.
    """
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
