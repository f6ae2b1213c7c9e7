"""Megabytes of receipts a second through the parser, and receipts a second laid out as text.

Run ``python -m bench.capture`` from the project's root. What is promised: 20 MB/s of ordinary receipts on
one core, some 1,700 times what a serial line of 115,200 baud brings. ``byte_loop`` is the measure of
the machine: Python looking at every byte and doing nothing.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from drivers.encoding import encode
from drivers.escpos.parser import EscPosParser
from drivers.framing import CaptureSplitter
from drivers.paper import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parent.parent
SECONDS = 1.0
READ = 4096  # bytes of one read
_PICTURE = b"\x1dv0\x00\x48\x00\x00\x02" + bytes(range(256)) * (72 * 512 // 256)


class Measure(TypedDict):
    """One result; ``ratios`` compare it with other results of the same run."""

    value: float
    unit: str
    ratios: dict[str, float]


def run() -> dict[str, Measure]:
    """Measure, print and return; takes about eight seconds."""
    paths = sorted((ROOT / "tests" / "data" / "receipts").glob("*.prn"))
    receipts = [path.read_bytes() for path in paths]
    roll = b"".join(receipts) * 20
    long_lines = encode("Cơm tấm sườn bì chả  2 x 45.000 = 90.000\n", "cp1258") * 20_000
    megabytes = {
        "byte_loop": _rate(lambda: _byte_loop(roll)) * len(roll) / 1e6,
        "parse_receipts": _rate(lambda: _parse(roll, READ)) * len(roll) / 1e6,
        "parse_reads_of_16": _rate(lambda: _parse(roll, 16)) * len(roll) / 1e6,
        "parse_text": _rate(lambda: _parse(long_lines, READ)) * len(long_lines) / 1e6,
        "parse_pictures": _rate(lambda: _parse(_PICTURE * 20, READ)) * len(_PICTURE) * 20 / 1e6,
        "split_captures": _rate(lambda: _split(roll)) * len(roll) / 1e6,
    }
    results: dict[str, Measure] = {
        name: {
            "value": round(value, 1),
            "unit": "MB/s",
            "ratios": {} if name == "byte_loop" else {"byte_loop": round(value / megabytes["byte_loop"], 2)},
        }
        for name, value in megabytes.items()
    }
    laid_out = len(receipts) * _rate(lambda: [lay_out(receipt) for receipt in receipts])
    results["lay_out"] = {"value": round(laid_out), "unit": "receipts/s", "ratios": {}}
    for name, result in results.items():
        ratios = "  ".join(f"{ratio:.2f} x {other}" for other, ratio in result["ratios"].items())
        print(f"{name:24} {result['value']:>10,.1f} {result['unit']:12} {ratios}")
    return results


def _rate(action: Callable[[], object]) -> float:
    """Calls per second of the fastest call: what else the machine does only ever slows one down."""
    action()
    fastest, end = float("inf"), time.perf_counter() + SECONDS
    while (began := time.perf_counter()) < end:
        action()
        fastest = min(fastest, time.perf_counter() - began)
    return 1 / fastest


def _byte_loop(data: bytes) -> None:
    for _ in data:
        pass


def _parse(data: bytes, size: int) -> int:
    parser = EscPosParser()
    return sum(len(parser.feed(data[at : at + size])) for at in range(0, len(data), size))


def _split(data: bytes) -> int:
    splitter = CaptureSplitter()
    return sum(len(splitter.feed(data[at : at + READ])) for at in range(0, len(data), READ))


if __name__ == "__main__":
    run()
