"""Words to the service manager, heard on the socket that systemd would give."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.cli import main
from agent.service_notice import tell_service_manager

if TYPE_CHECKING:
    import pytest


def test_the_service_manager_hears_ready_alive_and_stopping(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        assert main(["init", "--profile", "demo", "--data", str(tmp_path / "shop")]) == 0
        daemon = subprocess.Popen(
            [sys.executable, "-m", "agent.cli", "run", "--quiet", "--data", str(tmp_path / "shop")],
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            assert manager.recv(64) == b"READY=1"
            assert manager.recv(64) == b"WATCHDOG=1"
            daemon.send_signal(signal.SIGTERM)
            while (said := manager.recv(64)) == b"WATCHDOG=1":
                pass
            assert said == b"STOPPING=1"
            assert daemon.wait(60) == 0
        finally:
            daemon.kill()
            daemon.wait(60)


def test_without_a_manager_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not tell_service_manager("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert not tell_service_manager("READY=1")
