from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path / "shop", demo=True)
    return tmp_path / "shop"


@pytest.fixture
def open_daemon() -> Iterator[Callable[[Path], Daemon]]:
    daemons: list[Daemon] = []

    def opened(folder: Path) -> Daemon:
        daemons.append(Daemon(load_config(folder)))
        daemons[-1].till.keeper.spool.prepare()
        return daemons[-1]

    yield opened
    for daemon in daemons:
        daemon.stop()
