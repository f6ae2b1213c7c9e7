"""The service's life with the platform's layer replaced: a host that asks for the end when told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.cli import main
from agent.daemon import Daemon
from agent.windows_service import FAILED, run_service
from outbox.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


@dataclass
class Host:
    """Windows, as far as the service can see."""

    until: Callable[[], bool]
    said: list[tuple[str, bool]] = field(default_factory=list)
    up: bool = False

    def running(self) -> None:
        self.up = True

    def stop_asked(self) -> bool:
        return self.until()

    def event(self, words: str, *, error: bool) -> None:
        self.said.append((words, error))


def shop(folder: Path) -> Path:
    assert main(["init", "--profile", "demo", "--data", str(folder)]) == 0
    return folder


def test_it_runs_until_windows_asks_for_the_end(tmp_path: Path) -> None:
    folder = shop(tmp_path / "shop")
    host = Host(until=lambda: True)
    assert run_service(host, folder) == 0
    assert host.up
    assert [error for _, error in host.said] == [False, False]
    open_reader(folder / "thungan.db").close()
    assert run_service(Host(until=lambda: True), folder) == 0, "the folder was let go"


def test_without_a_shop_the_set_up_is_served(tmp_path: Path) -> None:
    host = Host(until=lambda: True)
    assert run_service(host, tmp_path) == 0
    assert host.up


def test_what_cannot_start_says_why_and_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("nothing = that helps\n")
    host = Host(until=lambda: True)
    assert run_service(host, tmp_path) == FAILED
    assert not host.up
    ((words, error),) = host.said
    assert error
    assert "E-AGT-001" in words


def test_a_dead_thread_ends_it_with_a_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shop(tmp_path / "shop")
    monkeypatch.setattr(Daemon, "alive", lambda _daemon: False)
    host = Host(until=lambda: False)
    assert run_service(host, folder) == FAILED
    assert host.said[-1][1]
