"""Promise P6: a planted pass phrase is found nowhere: database, logs, process list."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.commands.init import make_folder
from signing.keys import throwaway_pkcs12
from signing.passphrase import Secret

SECRET = "planted-secret-4711"
RECEIPT = min((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_a_planted_pass_phrase_is_found_nowhere(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from agent.virtual_register import VirtualRegister

    register = VirtualRegister(115_200)
    make_folder(tmp_path, demo=True, source=f"serial://{register.path}?baud=115200")
    key = tmp_path / "keys" / "seller.p12"
    key.unlink()
    throwaway_pkcs12(key, Secret(SECRET), "0409990010", "CỬA HÀNG", datetime.now(UTC), 30)
    path = tmp_path / "config.toml"
    path.write_text(path.read_text("utf-8").replace("file:keys/passphrase", "env:PLANTED"), "utf-8")
    log = tmp_path / "daemon.log"
    with log.open("wb") as out:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "run", "--data", str(tmp_path)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PLANTED": SECRET},
        )
    try:
        until = time.monotonic() + 20
        while b" open" not in log.read_bytes() and time.monotonic() < until:
            time.sleep(0.05)
        register.send(RECEIPT.read_bytes())
        while b"-SHNDN-" not in log.read_bytes() and time.monotonic() < until:
            time.sleep(0.05)
        assert b"-SHNDN-" in log.read_bytes()  # it was signed with that very key
        assert SECRET.encode() not in Path(f"/proc/{daemon.pid}/cmdline").read_bytes()
        os.kill(daemon.pid, signal.SIGABRT)  # a crash leaves no report with it either
    finally:
        daemon.wait(20)
        register.close()
    for file in (one for one in tmp_path.rglob("*") if one.is_file()):
        assert SECRET.encode() not in file.read_bytes(), file
