"""Sources on real lines: pseudo-terminals, sockets, pipes; whatever happens, nothing that came is lost."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lines import PATIENCE, Plug, Pty, Till

from drivers.escpos.events import Event, QrCode, Raster, Text
from drivers.escpos.parser import EscPosParser
from drivers.framing import MAX_CAPTURE
from drivers.ports.abandonable import AbandonablePort, left_behind
from drivers.printer_line import MOST_BEHIND
from drivers.source import Source, open_port
from drivers.uri import Address, SerialAddress, parse_source

ROOT = Path(__file__).parents[2]
RECEIPT = b"\x1b@CUA HANG\nCa phe 2 x 25.000 50.000\nTong cong 50.000\n"
CUT = b"\x1dV\x00"
BLOCK = b"<block>"
ASK = b"\x10\x04\x01"

Open = Callable[..., tuple[Source, Till]]


@pytest.fixture
def line() -> Iterator[Pty]:
    pty = Pty()
    yield pty
    pty.close()


@pytest.fixture
def printer() -> Iterator[Pty]:
    pty = Pty()
    yield pty
    pty.close()


@pytest.fixture
def open_source() -> Iterator[Open]:
    opened: list[Source] = []

    def start(
        uri: str, answer: bytes | Callable[[], bytes] = b"", hold: float = PATIENCE, **more: object
    ) -> tuple[Source, Till]:
        till = Till(answer)
        source = Source(parse_source(uri), till.take, till.state, hold, **more)  # type: ignore[arg-type]
        opened.append(source)
        source.start()
        return source, till

    yield start
    for source in opened:
        source.stop()


def inline(line: Pty | Plug, printer: Pty | Plug) -> str:
    return f"serial://{line.path}?baud=115200&printer={printer.path}"


# What passes on


PIECES = st.one_of(
    st.binary(min_size=1, max_size=40).map(lambda data: bytes(32 + byte % 95 for byte in data)),
    st.sampled_from(
        [b"\n", b"\x1b@", b"\x1ba\x01", b"\x1b!\x30", CUT, b"\x1dVB\x03", b"\x1bi", b"\x1bp\x00\x19\xfa"]
    ),
    st.binary(min_size=8, max_size=8).map(lambda data: b"\x1dv0\x00\x01\x00\x08\x00" + data),
    st.binary(min_size=1, max_size=30).map(
        lambda data: b"\x1d(k" + (len(data) + 3).to_bytes(2, "little") + b"1P0" + data
    ),
)


def test_bytes_pass_through_exactly_but_for_the_block(line: Pty, printer: Pty, open_source: Open) -> None:
    _, till = open_source(inline(line, printer), lambda: BLOCK if len(till.taken) % 2 else b"")
    till.wait_for_state("open")

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(PIECES, min_size=1, max_size=25), st.lists(st.integers(1, 60), min_size=1, max_size=9))
    def exactly(pieces: list[bytes], splits: list[int]) -> None:
        stream, before = b"A" + b"".join(pieces) + b"Z" + CUT, len(till.taken)
        at = 0
        while at < len(stream):
            step = splits[at % len(splits)]
            line.write(stream[at : at + step])
            at += step
        captures = till.wait(before + 1)[before:]
        while not captures[-1].data.endswith(b"Z" + CUT):
            captures = till.wait(before + len(captures) + 1)[before:]
        left = stream
        for capture in captures:
            ahead, found, left = left.partition(capture.data)
            assert found, "what is captured is what was sent"
            assert not printed_by(ahead), "what is left out prints nothing"
        assert left == b""
        blocks = sum(place % 2 == 0 for place in range(before, len(till.taken)))
        printed = printer.read(len(stream) + blocks * len(BLOCK))
        assert printed.replace(BLOCK, b"") == stream, "what is printed is what was sent"
        assert printed.count(BLOCK) == blocks

    exactly()


def printed_by(data: bytes) -> list[Event]:
    """What of these bytes a printer would put on paper."""
    parser = EscPosParser()
    return [
        event for event in parser.feed(data) + parser.close() if isinstance(event, Text | Raster | QrCode)
    ]


def test_the_block_stands_before_the_cut(line: Pty, printer: Pty, open_source: Open) -> None:
    _, till = open_source(inline(line, printer), BLOCK)
    till.wait_for_state("open")
    line.write(RECEIPT + CUT + RECEIPT + b"\x1bm")
    assert printer.read(2 * len(RECEIPT + BLOCK) + 5) == RECEIPT + BLOCK + CUT + RECEIPT + BLOCK + b"\x1bm"
    assert [one.ended_by for one in till.wait(2)] == ["cut", "cut"]


def test_the_receipt_goes_out_as_it_was_when_the_invoice_is_late(
    line: Pty, printer: Pty, open_source: Open
) -> None:
    printed = threading.Event()

    def late() -> bytes:
        # Only what was printed without it sets it free: a paper that waited for it would never come out.
        assert printed.wait(PATIENCE)
        return BLOCK

    _, till = open_source(inline(line, printer), late, hold=0.3)
    till.wait_for_state("open")
    line.write(RECEIPT + CUT)
    assert printer.read(len(RECEIPT + CUT)) == RECEIPT + CUT
    printed.set()
    assert printer.silent()
    line.write(RECEIPT + CUT)
    assert printer.read(len(RECEIPT + BLOCK + CUT)) == RECEIPT + BLOCK + CUT


def test_a_till_that_fails_prints_all_the_same(line: Pty, printer: Pty, open_source: Open) -> None:
    def fails() -> bytes:
        raise RuntimeError("no invoice today")

    _, till = open_source(inline(line, printer), fails)
    till.wait_for_state("open")
    line.write(RECEIPT + CUT)
    assert printer.read(len(RECEIPT + CUT)) == RECEIPT + CUT


def test_what_the_printer_says_goes_back(line: Pty, printer: Pty, open_source: Open) -> None:
    _, till = open_source(inline(line, printer))
    till.wait_for_state("open")
    line.write(ASK)
    assert printer.read(3) == ASK
    printer.write(b"\x16\x12")
    assert line.read(2) == b"\x16\x12"


def test_a_question_overtakes_a_cut_that_waits(line: Pty, printer: Pty, open_source: Open) -> None:
    free = threading.Event()

    def waits() -> bytes:
        assert free.wait(PATIENCE)
        return BLOCK

    _, till = open_source(inline(line, printer), waits)
    till.wait_for_state("open")
    line.write(RECEIPT + CUT)
    till.wait(1)
    assert printer.read(len(RECEIPT)) == RECEIPT
    line.write(ASK)
    assert printer.read(3) == ASK, "the answer does not wait for the invoice"
    printer.write(b"\x12")
    assert line.read(1) == b"\x12"
    free.set()
    assert printer.read(len(BLOCK + CUT)) == BLOCK + CUT


def test_a_tap_writes_nothing(line: Pty, open_source: Open) -> None:
    _, till = open_source(f"tap://{line.path}?baud=9600", BLOCK)
    till.wait_for_state("open")
    line.write(RECEIPT + CUT)
    assert till.wait(1)[0].data == RECEIPT + CUT
    assert line.silent()


# What goes away and comes back


def test_a_register_is_plugged_in_late_and_again(tmp_path: Path, printer: Pty, open_source: Open) -> None:
    plug = Plug(tmp_path / "ttyUSB0")
    _, till = open_source(inline(plug, printer), BLOCK)
    assert "E-DRV-003" in till.wait_for_state("waiting")
    for count in (1, 2):
        pty = Pty()
        plug.put_in(pty)
        till.wait_for_state("open", count)
        pty.write(RECEIPT + CUT)
        assert printer.read(len(RECEIPT + BLOCK + CUT)) == RECEIPT + BLOCK + CUT
        plug.pull_out(pty)
    assert [one.data for one in till.wait(2)] == [RECEIPT + CUT] * 2


def test_a_cable_pulled_in_mid_receipt(tmp_path: Path, printer: Pty, open_source: Open) -> None:
    plug, pty = Plug(tmp_path / "ttyUSB0"), Pty()
    plug.put_in(pty)
    _, till = open_source(inline(plug, printer))
    till.wait_for_state("open")
    pty.write(RECEIPT[:30])
    assert printer.read(30) == RECEIPT[:30]  # they have come through the cable before it is pulled
    plug.pull_out(pty)
    (half,) = till.wait(1)
    assert (half.data, half.ended_by) == (RECEIPT[:30], "broken")


def test_a_printer_that_is_away_for_a_while(tmp_path: Path, line: Pty, open_source: Open) -> None:
    plug = Plug(tmp_path / "printer")
    _, till = open_source(inline(line, plug), BLOCK)
    till.wait_for_state("open")
    line.write(RECEIPT + CUT)
    assert till.wait(1)[0].data == RECEIPT + CUT, "the sale does not wait for the printer"
    assert "E-DRV-003" in till.wait_for_state("printer waiting")
    pty = Pty()
    plug.put_in(pty)
    assert pty.read(len(RECEIPT + BLOCK + CUT)) == RECEIPT + BLOCK + CUT
    till.wait_for_state("printer open")
    plug.pull_out(pty)


def test_a_printer_that_takes_nothing_holds_up_no_sale(line: Pty, printer: Pty, open_source: Open) -> None:
    """Nobody reads this printer's line: it fills up, as that of a printer without paper does."""
    _, till = open_source(inline(line, printer), BLOCK, hold=0.2)
    till.wait_for_state("open")
    for _ in range(2000):
        line.write(RECEIPT + CUT)
    assert len(till.wait(2000)) == 2000
    assert 65_536 < len(RECEIPT + CUT) * 2000 < MOST_BEHIND
    till.wait_for_state("printer waiting")
    assert printer.read(len(RECEIPT)) == RECEIPT


class _DeadPort:
    """A device whose driver never returns from any call."""

    def __init__(self) -> None:
        self.hangs = threading.Event()

    def read(self) -> bytes:
        self.hangs.wait()
        return b""

    def write(self, data: bytes) -> int:
        self.hangs.wait()
        return 0

    def close(self) -> None:
        self.hangs.wait()


@pytest.mark.parametrize("side", ["register", "printer"])
def test_a_device_that_never_returns_is_left_behind(
    line: Pty, printer: Pty, open_source: Open, side: str
) -> None:
    before, dead = left_behind(), _DeadPort()

    def opener(address: Address) -> AbandonablePort:
        assert isinstance(address, SerialAddress)
        wanted = line.path if side == "register" else printer.path
        if address.port == wanted and not dead.hangs.is_set() and not tried:
            tried.append(address.port)
            return AbandonablePort("dead", lambda: dead, patience=0.2)
        return open_port(address)

    tried: list[str] = []
    source, till = open_source(inline(line, printer), BLOCK, opener=opener)
    if side == "register":
        assert "E-DRV-006" in till.wait_for_state("waiting")
    till.wait_for_state("open", 2 if side == "register" else 1)
    line.write(RECEIPT + CUT)
    assert till.wait(1)[0].data == RECEIPT + CUT
    assert printer.read(len(RECEIPT + BLOCK + CUT)) == RECEIPT + BLOCK + CUT
    assert left_behind() > before
    source.stop()
    dead.hangs.set()


def test_opening_that_never_returns(line: Pty, open_source: Open) -> None:
    hangs = threading.Event()
    tried: list[Address] = []

    def hanging() -> _DeadPort:
        hangs.wait()
        return _DeadPort()

    def opener(address: Address) -> AbandonablePort:
        tried.append(address)
        if len(tried) < 3:
            return AbandonablePort("dead", hanging, patience=0.1)
        return open_port(address)

    _, till = open_source(f"serial://{line.path}", opener=opener)
    till.wait_for_state("open")
    line.write(RECEIPT + CUT)
    assert till.wait(1)[0].data == RECEIPT + CUT
    hangs.set()


# What comes wrong


def test_receipts_without_a_cut_end_with_silence(line: Pty, open_source: Open) -> None:
    _, till = open_source(f"serial://{line.path}")
    till.wait_for_state("open")
    line.write(RECEIPT)
    assert [(one.data, one.ended_by) for one in till.wait(1)] == [(RECEIPT, "idle")]


def test_ten_megabytes_without_an_end(line: Pty, open_source: Open) -> None:
    _, till = open_source(f"serial://{line.path}")
    till.wait_for_state("open")
    text = b"".join(b"Ca phe sua da so %08d  25.000\n" % n for n in range(310_000))
    line.write(text + CUT)
    captures = till.wait(len(text) // (MAX_CAPTURE + 70_000) + 1)
    while captures[-1].ended_by != "cut":
        captures = till.wait(len(captures) + 1)
    assert b"".join(one.data for one in captures) == text + CUT
    assert {one.ended_by for one in captures[:-1]} == {"overflow"}
    assert max(len(one.data) for one in captures) <= MAX_CAPTURE + 65_536


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_captured_as_it_came(line: Pty, printer: Pty, open_source: Open, seed: int) -> None:
    noise = random.Random(seed).randbytes(5_000)  # noqa: S311 - noise, as of a wrong speed
    _, till = open_source(inline(line, printer))
    till.wait_for_state("open")
    line.write(noise)
    captures = till.wait(1)
    while sum(len(one.data) for one in captures) < len(noise):
        captures = till.wait(len(captures) + 1)
    assert b"".join(one.data for one in captures) == noise
    assert printer.read(len(noise)) == noise


# Over the network


class _Printer(threading.Thread):
    """A network printer: keeps what each connection sends, and says it is well when asked."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.jobs: list[bytearray] = []
        self.start()

    @property
    def uri(self) -> str:
        return f"tcp://127.0.0.1:{self.server.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            job = bytearray()
            self.jobs.append(job)
            threading.Thread(target=self._keep, args=(connection, job), daemon=True).start()

    def _keep(self, connection: socket.socket, job: bytearray) -> None:
        with connection:
            while data := connection.recv(4096):
                job += data
                if ASK in data:
                    connection.sendall(b"\x12")


@pytest.fixture
def network_printer() -> Iterator[_Printer]:
    printer = _Printer()
    yield printer
    printer.server.close()


def dial(source: Source, till: Till) -> socket.socket:
    till.wait_for_state("open")
    assert source.bound is not None
    return socket.create_connection(source.bound, PATIENCE)


def test_registers_print_over_the_network_at_once(network_printer: _Printer, open_source: Open) -> None:
    source, till = open_source(f"tcp://127.0.0.1:{free_port()}?printer={network_printer.uri}", BLOCK)
    registers = [dial(source, till) for _ in range(4)]
    receipts = [RECEIPT.replace(b"CUA HANG", b"MAY %d" % n) * 20 for n in range(4)]
    for at in range(0, len(receipts[0]), 50):
        for register, receipt in zip(registers, receipts, strict=True):
            register.sendall(receipt[at : at + 50])
    for register in registers:
        register.sendall(CUT + ASK)
        assert register.recv(1) == b"\x12"
        register.close()
    taken = {one.data for one in till.wait(4)}
    assert taken == {receipt + CUT for receipt in receipts}
    printed = sorted(bytes(job) for job in network_printer.jobs)
    assert printed == sorted(receipt + BLOCK + CUT + ASK for receipt in receipts)


def test_a_job_without_a_cut_ends_with_its_connection(network_printer: _Printer, open_source: Open) -> None:
    source, till = open_source(f"tcp://127.0.0.1:{free_port()}?printer={network_printer.uri}", BLOCK)
    with dial(source, till) as register:
        register.sendall(RECEIPT)
    assert [(one.data, one.ended_by) for one in till.wait(1)] == [(RECEIPT, "closed")]


def test_a_serial_printer_takes_network_jobs_in_turn(printer: Pty, open_source: Open) -> None:
    source, till = open_source(f"tcp://127.0.0.1:{free_port()}?printer={printer.path}", BLOCK)
    registers = [dial(source, till) for _ in range(3)]
    for register in registers:
        register.sendall(RECEIPT[:20])
    for register in registers:
        register.sendall(RECEIPT[20:] + CUT)
        register.close()
    assert printer.read(3 * len(RECEIPT + BLOCK + CUT)) == 3 * (RECEIPT + BLOCK + CUT)
    assert len(till.wait(3)) == 3


def test_a_port_that_another_program_listens_on(open_source: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        _, till = open_source(f"tcp://127.0.0.1:{other.getsockname()[1]}")
        assert till.wait_for_state("waiting").startswith("E-DRV-004")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


# Pipes


def test_a_pipe(tmp_path: Path, open_source: Open) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    _, till = open_source(f"file://{path}")
    till.wait_for_state("open")
    for _ in range(2):
        with path.open("wb") as pipe:
            pipe.write(RECEIPT + CUT)
    assert [one.data for one in till.wait(2)] == [RECEIPT + CUT] * 2


def test_a_plain_file_is_no_device(tmp_path: Path, open_source: Open) -> None:
    path = tmp_path / "receipts.prn"
    path.write_bytes(RECEIPT)
    _, till = open_source(f"file://{path}")
    assert "plain file" in till.wait_for_state("waiting")


_FROM_STDIN = """
import sys, threading
from drivers.source import Source
from drivers.uri import parse_source
ended = threading.Event()
def take(captured):
    sys.stdout.write(captured.ended_by + " " + captured.data.hex() + "\\n")
    return b""
source = Source(parse_source("stdin:"), take, lambda state, why: state == "ended" and ended.set())
source.start()
ended.wait(30)
source.stop()
"""


def test_standard_input() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FROM_STDIN],
        input=RECEIPT + CUT + RECEIPT,
        capture_output=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    )
    assert done.stdout.decode().split() == ["cut", (RECEIPT + CUT).hex(), "closed", RECEIPT.hex()]
