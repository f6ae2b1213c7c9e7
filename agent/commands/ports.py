"""``thungan ports``: the serial ports of this computer, and what is heard on one of them."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from agent.errors import ReasonMissing
from agent.listening import find_ports, listen

if TYPE_CHECKING:
    import argparse

    from drivers.hearing import Heard


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
    found = find_ports()
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(port) for port in found], ensure_ascii=False) + "\n")
        return 0 if found else 1
    for port in found:
        sys.stdout.write(f"{port.port:<14} {port.description}\n{'':<14} {port.uri}\n")
        if port.problem:
            sys.stdout.write(f"{'':<14} {port.problem}\n")
    if not found:
        sys.stdout.write("no serial port is there: plug the cable or the USB adapter in\n")
    return 0 if found else 1


def _listen(arguments: argparse.Namespace) -> int:
    def tell(heard: Heard) -> None:
        sys.stdout.write(f"{heard.baud:>7} baud  {heard.size:>6} bytes  {heard.in_words}\n")
        sys.stdout.flush()

    best = listen(arguments.port, arguments.listen, None if arguments.json else tell).heard
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
