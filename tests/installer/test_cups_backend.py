"""The CUPS backend under a real cupsd: the printer gets every job, and the daemon's folder its own copy."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

BACKEND = Path(__file__).parent.parent.parent / "installer" / "cups" / "thungan"
JOBS = Path(__file__).parent.parent / "data" / "jobs"
CUPSD = shutil.which("cupsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
SERVER_BIN = Path("/usr/lib/cups")
PATIENCE = 60.0


class Printer:
    """A network printer: keeps what it is sent, job by job."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.jobs: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                parts = []
                while part := line.recv(65_536):
                    parts.append(part)
                self.jobs.append(b"".join(parts))

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def printer() -> Iterator[Printer]:
    one = Printer()
    yield one
    one.close()


def wait_until(condition: Callable[[], bool], log: Path | None = None) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, (
            log.read_text()[-3000:] if log and log.exists() else "it has not come"
        )
        time.sleep(0.05)


def call(
    folder: str, printer: Printer, tmp_path: Path, job: bytes, *more: str
) -> subprocess.CompletedProcess[bytes]:
    """The backend as CUPS calls it, with its own backends of the system behind."""
    return subprocess.run(
        ["sh", str(BACKEND), "7", "lan", "HD 1", "1", "", *more],
        input=job,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={
            **os.environ,
            "DEVICE_URI": f"thungan:{folder}?socket://127.0.0.1:{printer.port}",
            "THUNGAN_SET_ASIDE": str(tmp_path / "aside"),
            "THUNGAN_CUPS_PATIENCE": "1",
            "TMPDIR": str(tmp_path),
        },
    )


needs_cups = pytest.mark.skipif(
    CUPSD is None or not (SERVER_BIN / "backend" / "socket").exists(),
    reason="CUPS is not installed (Debian: cups)",
)
needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="cupsd trusts only backends that belong to root: run as root"
)


@needs_cups
def test_the_job_is_printed_and_kept(tmp_path: Path, printer: Printer) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    data = (JOBS / "libreoffice.pdf").read_bytes()
    done = call(str(spool), printer, tmp_path, data)
    assert done.returncode == 0, done.stderr.decode()
    (kept,) = spool.iterdir()
    assert kept.suffix == ".pdf"
    assert kept.read_bytes() == data
    wait_until(lambda: printer.jobs == [data])


@needs_cups
def test_a_folder_that_is_not_there_never_stops_the_paper(tmp_path: Path, printer: Printer) -> None:
    data = (JOBS / "libreoffice.pdf").read_bytes()
    file = tmp_path / "job"
    file.write_bytes(data)
    done = call(str(tmp_path / "none"), printer, tmp_path, b"", str(file))
    assert done.returncode == 0, done.stderr.decode()
    wait_until(lambda: printer.jobs == [data])
    (kept,) = (tmp_path / "aside").iterdir()
    assert kept.read_bytes() == data
    assert b"move it into" in done.stderr


@needs_cups
def test_a_folder_that_hangs_does_not_hold_the_paper(tmp_path: Path, printer: Printer) -> None:
    """The copy never ends by itself, as on a network disk that is gone."""
    spool = tmp_path / "spool"
    spool.mkdir()
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "cp").write_text('#!/bin/sh\ncase $2 in */spool/*) exec sleep 15 ;; esac\nexec /bin/cp "$@"\n')
    (tools / "cp").chmod(0o755)
    data = (JOBS / "plain.ps").read_bytes()
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{tools}:{before}"
    try:
        done = call(str(spool), printer, tmp_path, data)
    finally:
        os.environ["PATH"] = before
    assert done.returncode == 0, done.stderr.decode()
    wait_until(lambda: printer.jobs == [data])
    assert [one.suffix for one in (tmp_path / "aside").iterdir()] == [".ps"]


def test_a_wrong_device_uri_is_an_error(tmp_path: Path, printer: Printer) -> None:
    for uri in (
        "thungan:/spool",
        "thungan:/spool?",
        "thungan:/spool?../../bin/sh:x",
        "thungan:/s?nosuch://x",
    ):
        done = subprocess.run(
            ["sh", str(BACKEND), "1", "u", "t", "1", ""],
            input=b"x",
            capture_output=True,
            check=False,
            env={**os.environ, "DEVICE_URI": uri},
        )
        assert done.returncode == 6
        assert done.stderr.startswith(b"ERROR: ")


@needs_cups
@needs_root
def test_under_a_real_cups(tmp_path: Path, printer: Printer) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    queue = _Cups(tmp_path, f"thungan:{spool}?socket://127.0.0.1:{printer.port}")
    try:
        names = ["chromium.pdf", "libreoffice.pdf"]
        for number, name in enumerate(names, start=1):
            queue.print(JOBS / name)
            wait_until(lambda number=number: len(printer.jobs) == number, queue.log)  # type: ignore[misc]
        sent = [(JOBS / name).read_bytes() for name in names]
        assert printer.jobs == sent
        kept = sorted(spool.iterdir(), key=lambda one: int(one.name.split("-")[1]))
        assert [one.read_bytes() for one in kept] == sent
    finally:
        queue.stop()


class _Cups:
    """A cupsd of our own with one queue, on loopback."""

    def __init__(self, folder: Path, device: str) -> None:
        root = folder / "cups"
        bins = root / "bin"
        for name in ("etc", "cache", "state", "requests/tmp", "bin/backend"):
            (root / name).mkdir(parents=True)
        for one in SERVER_BIN.iterdir():
            if one.name != "backend":
                (bins / one.name).symlink_to(one)
        for source, name in ((BACKEND, "thungan"), (SERVER_BIN / "backend" / "socket", "socket")):
            shutil.copyfile(source, bins / "backend" / name)
            (bins / "backend" / name).chmod(0o700)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._server = f"127.0.0.1:{free.getsockname()[1]}"
        self.log = root / "log"
        (root / "etc" / "printers.conf").write_text(
            f"<Printer till>\nDeviceURI {device}\nState Idle\nAccepting Yes\nShared No\n</Printer>\n"
        )
        (root / "cups-files.conf").write_text(
            f"ServerRoot {root}/etc\nServerBin {bins}\nCacheDir {root}/cache\nStateDir {root}/state\n"
            f"RequestRoot {root}/requests\nTempDir {root}/requests/tmp\nErrorLog {self.log}\n"
            f"AccessLog {root}/access\nPageLog {root}/page\nSystemGroup root\n"
        )
        (root / "cupsd.conf").write_text(
            f"Listen {self._server}\nLogLevel debug\nWebInterface No\nBrowsing Off\n"
            "<Location />\nOrder allow,deny\nAllow 127.0.0.1\n</Location>\n"
            "<Policy default>\n<Limit All>\nOrder allow,deny\nAllow 127.0.0.1\n</Limit>\n</Policy>\n"
        )
        assert CUPSD is not None
        self._process = subprocess.Popen(
            [CUPSD, "-f", "-c", str(root / "cupsd.conf"), "-s", str(root / "cups-files.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, self.log)

    def print(self, path: Path) -> None:
        """As a program of the shop prints."""
        subprocess.run(
            ["lp", "-h", self._server, "-d", "till", str(path)],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)

    def _answers(self) -> bool:
        host, port = self._server.split(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return True
