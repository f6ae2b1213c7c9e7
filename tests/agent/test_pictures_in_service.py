"""Receipts that are pictures between a register and a printer: the real daemon, the real tesseract.

A stand-in before tesseract waits for the test's word, so that "in time" and "too late" are no races.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from record_shop import Shop, moment, wait_until
from rendered_receipts import COMMANDS, draw_rows
from sign_and_words import cut_of, picture, words

from agent.config import load_config
from agent.daemon import Daemon
from agent.known_goods import GOODS_FILE
from agent.virtual_register import VirtualPrinter, VirtualRegister
from drivers.captured import Captured
from drivers.codeblock import BlockStyle, Printer, QrStyle
from drivers.picture import WIDE, draw
from drivers.raster import tesseract
from outbox.captures import record_capture
from outbox.sold import Issued

TESSERACT = shutil.which("tesseract")
BAUD = 115_200
ROWS = [
    "QUÁN CÀ PHÊ THU NGÂN",
    "Số HĐ: HD001231",
    f"Ngày: {moment():%d/%m/%Y %H:%M}",
    "Cà phê sữa đá       2    25.000     50.000",
    "Bánh mì thịt        1    38.000     38.000",
    "Tổng cộng:                         88.000",
]
LONG_ENOUGH = 90.0  # seconds: no machine is as loaded as that
AT_ONCE = 0.4  # seconds: less than a picture takes, more than the store does
pytestmark = pytest.mark.skipif(TESSERACT is None, reason="tesseract is missing")


class Gate:
    """Tesseract behind a file: nothing is read while it is shut, or is not there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._open, self._program = folder / "open", folder / "tesseract"
        self.install()

    def install(self) -> None:
        """Put the reader there."""
        self._program.write_text(
            f'#!/bin/sh\n[ "$1" != stdin ] || while [ ! -e "{self._open}" ]; do sleep 0.05; done\n'
            f'exec {TESSERACT} "$@"\n'
        )
        self._program.chmod(0o755)

    def remove(self) -> None:
        """Take it away."""
        self._program.unlink()
        tesseract.program.cache_clear()

    def open(self) -> None:
        """Let it read."""
        self._open.touch()


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    tesseract.program.cache_clear()
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:/bin")
    monkeypatch.setattr("shutil.which", lambda name: _in(tmp_path / "programs", name))
    yield Gate(tmp_path / "programs")
    tesseract.program.cache_clear()


def _in(folder: Path, name: str) -> str | None:
    """As on a computer where nothing else is installed."""
    path = folder / name
    return str(path) if path.exists() else None


class Counter:
    """A shop with a virtual register and a virtual printer."""

    def __init__(self, folder: Path) -> None:
        self.register, self.printer = VirtualRegister(BAUD), VirtualPrinter()
        self.shop = Shop(folder, f"serial://{self.register.path}?baud={BAUD}&printer={self.printer.path}")
        (self.shop.folder / GOODS_FILE).write_text("Cà phê sữa đá\nBánh mì thịt\n", "utf-8")

    @contextmanager
    def opened(self, hold: float, printer: Printer | None = None, *, slip: bool = True) -> Iterator[Daemon]:
        """The daemon, running; ``hold``: seconds that a cut may wait."""
        config = load_config(self.shop.folder)
        config = replace(config, hold_limit=hold, printer=printer or config.printer, late_slip=slip)
        daemon = Daemon(config, self.shop.taken.append)
        daemon.start()
        assert daemon.wait_until_listening(30)
        try:
            yield daemon
        finally:
            daemon.stop()

    @property
    def qr(self) -> str:
        """What the QR of the one invoice says."""
        (taken,) = self.shop.taken
        assert isinstance(taken.issued, Issued)
        return taken.issued.qr

    def close(self) -> None:
        """Switch both off."""
        self.register.close()
        self.printer.close()


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    counter = Counter(tmp_path / "shop")
    yield counter
    counter.close()


def codes_on(paper: bytes, folder: Path) -> list[str]:
    """What an independent reader (zbar) finds on the paper."""
    path = folder / "paper.png"
    draw(paper, WIDE).save(path)
    return subprocess.run(
        ["/usr/bin/zbarimg", "-q", "--raw", "--nodbus", path], capture_output=True, text=True, check=False
    ).stdout.splitlines()


@pytest.mark.parametrize(
    ("command", "printer"),
    [
        ("GS v 0", Printer()),
        ("ESC *", Printer(QrStyle.COLUMNS)),
        ("GS 8 L", Printer(QrStyle.RASTER, block=BlockStyle.TEXT)),
        ("Star ESC GS S", Printer(QrStyle.STAR)),
    ],
)
def test_the_code_is_on_the_receipt_before_its_cut(
    command: str, printer: Printer, counter: Counter, gate: Gate, tmp_path: Path
) -> None:
    gate.open()
    sent, cut = picture(1, command), cut_of(command)
    with counter.opened(LONG_ENOUGH, printer):
        counter.register.send(sent)
        assert counter.printer.wait_for_cut(1, LONG_ENOUGH)
        wait_until(lambda: counter.printer.paper.endswith(cut))
    paper = bytes(counter.printer.paper)
    assert counter.printer.cuts == 1
    assert paper.startswith(sent.removesuffix(cut))
    code = counter.shop.one("SELECT code FROM invoice")
    block = paper.removeprefix(sent.removesuffix(cut))
    assert (code.encode() in block) == (printer.block is BlockStyle.TEXT)
    if printer.qr is QrStyle.STAR:
        assert code.encode() not in block
        assert b"\x1b\x1dyD1\x00" in block
    else:
        assert codes_on(paper, tmp_path) == [counter.qr]
    assert counter.shop.ledger_holds()


def test_drawn_letters_are_read_or_left_to_a_person(counter: Counter, gate: Gate, tmp_path: Path) -> None:
    gate.open()
    ground = draw_rows(ROWS, "Noto Sans", WIDE, fixed=False)
    cut = cut_of()
    picture = COMMANDS["GS v 0 in bands"](ground.point(lambda grey: 255 * (grey > 127)))
    sent = b"\x1b@" + picture + b"\n\n\n" + cut
    with counter.opened(LONG_ENOUGH):
        counter.register.send(sent)
        assert counter.printer.wait_for_cut(1, LONG_ENOUGH)
        counter.shop.wait_for(0, "SELECT COUNT(*) FROM capture WHERE state = 'raw'")
        wait_until(lambda: counter.printer.paper.endswith(cut))
    paper = bytes(counter.printer.paper)
    if counter.shop.one("SELECT state FROM capture") == "sale":
        assert counter.shop.one("SELECT total FROM invoice") == 88_000
        assert codes_on(paper, tmp_path) == [counter.qr]
    else:
        assert counter.shop.one("SELECT problems FROM capture") != "[]"
        assert paper == sent


@pytest.mark.parametrize("letters", [BlockStyle.AUTO, BlockStyle.TEXT])
def test_no_paper_waits_for_a_slow_reader_and_the_code_follows_on_a_slip(
    letters: BlockStyle, counter: Counter, gate: Gate, tmp_path: Path
) -> None:
    sent = picture(1)
    with counter.opened(AT_ONCE, Printer(block=letters)):
        counter.register.send(sent)
        assert counter.printer.wait_for_cut(1, LONG_ENOUGH)
        wait_until(lambda: counter.printer.paper == sent)
        assert counter.shop.one("SELECT state FROM capture") == "raw"
        gate.open()
        assert counter.printer.wait_for_cut(2, LONG_ENOUGH)
    slip = bytes(counter.printer.paper).removeprefix(sent)
    assert codes_on(slip, tmp_path) == [counter.qr]
    assert (b"HD000001: 20.000 d\n" in slip) == (letters is BlockStyle.TEXT)
    assert counter.shop.ledger_holds()


def test_without_slips_it_is_invoiced_all_the_same(counter: Counter, gate: Gate) -> None:
    sent = picture(1)
    with counter.opened(AT_ONCE, slip=False):
        counter.register.send(sent)
        assert counter.printer.wait_for_cut(1, LONG_ENOUGH)
        gate.open()
        counter.shop.wait_for("sale", "SELECT state FROM capture")
    assert counter.printer.paper == sent


def test_without_a_reader_pictures_wait_and_letters_go_on(
    counter: Counter, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.remove()
    gate.open()
    shop = counter.shop
    written = b"\x1b@" + words(9) + cut_of()
    with counter.opened(AT_ONCE) as daemon:
        for number in (1, 2):
            assert daemon.till.take("test", Captured(picture(number), "cut")) == b""
        wait_until(lambda: "E-DRV-033" in shop.alarms())
        daemon.till.take("test", Captured(written, "cut"))
        assert shop.rows("SELECT state FROM capture ORDER BY id") == [("raw",), ("raw",), ("sale",)]
        gate.install()
        daemon.look_after()
        shop.wait_for(3, "SELECT COUNT(*) FROM invoice")
        wait_until(lambda: not shop.alarms())
    assert [one.capture_id for one in shop.taken if one.issued] == [3, 1, 2]
    assert shop.ledger_holds()


def test_a_reader_that_does_not_start_is_as_good_as_none(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "tesseract"
    broken.write_bytes(b"MZ no program of this system")
    broken.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _name: str(broken))
    with counter.opened(AT_ONCE) as daemon:
        daemon.till.take("test", Captured(picture(1), "cut"))
        wait_until(lambda: "E-DRV-033" in counter.shop.alarms())
        assert counter.shop.rows("SELECT state FROM capture") == [("raw",)]


def test_what_was_being_read_at_a_stop_is_read_again_and_issued_once(counter: Counter, gate: Gate) -> None:
    shop = counter.shop
    with counter.opened(AT_ONCE) as daemon:
        for number in (1, 2, 3):
            daemon.store.run(record_capture("test", picture(number), "cut"))
        daemon.till.take_left_over()
        wait_until(lambda: daemon.till._pictures.in_hand == 3)
    assert shop.rows("SELECT state FROM capture") == [("raw",)] * 3
    gate.open()
    with counter.opened(AT_ONCE) as daemon:
        daemon.look_after()
        shop.wait_for(3, "SELECT COUNT(*) FROM invoice")
        daemon.look_after()
        wait_until(lambda: daemon.till._pictures.in_hand == 0)
    assert [one.capture_id for one in shop.taken if one.issued] == [1, 2, 3]
    assert shop.invoices() == 3
    assert shop.rows("SELECT state FROM capture") == [("sale",)] * 3
    assert counter.printer.paper == b""  # their customers have gone
    assert shop.ledger_holds()


def test_what_cannot_be_read_is_for_a_person_and_prints_nothing(counter: Counter, gate: Gate) -> None:
    gate.open()
    broken = picture(1).replace(b"20.000\nT", b"29.000\nT")
    with counter.opened(LONG_ENOUGH) as daemon:
        daemon.store.run(record_capture("test", broken, "cut"))
        assert daemon.till.take("test", Captured(broken, "cut")) == b""
    assert counter.shop.one("SELECT state FROM capture WHERE id = 2") == "quarantined"
    assert counter.shop.one("SELECT problems FROM capture WHERE id = 2") != "[]"
    assert counter.shop.invoices() == 0


def test_a_kill_while_a_picture_is_read_loses_nothing_and_issues_once(tmp_path: Path) -> None:
    """Promise P1: the paper is out, its reading is not; it is read when the program is back."""
    programs = tmp_path / "programs"
    gate = Gate(programs)
    counter = Counter(tmp_path / "shop")
    path = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "agent.cli", "run", "--quiet", "--data", str(counter.shop.folder)]

    def started() -> subprocess.Popen[str]:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=path)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("thungan runs")
        return process

    def end(process: subprocess.Popen[str]) -> None:
        process.kill()
        process.communicate(timeout=30)

    process = started()
    try:
        counter.register.send(picture(1) + b"\x1dV\x00")
        assert counter.printer.wait_for_cut(1, LONG_ENOUGH)
        wait_until(lambda: counter.shop.rows("SELECT state FROM capture") == [("raw",)])
        end(process)
        gate.open()
        process = started()
        counter.shop.wait_for(1, "SELECT COUNT(*) FROM invoice")
        assert counter.shop.rows("SELECT state FROM capture") == [("sale",)]
        assert counter.shop.ledger_holds()
    finally:
        end(process)
        counter.register.close()
        counter.printer.close()
