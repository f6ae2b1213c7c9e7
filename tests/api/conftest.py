from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_shop import Api, end, serve

from agent.commands.init import make_folder


@pytest.fixture
def make_api(tmp_path: Path) -> Iterator[Callable[[], Api]]:
    running: list[Api] = []

    def make() -> Api:
        folder = tmp_path / f"shop{len(running)}"
        make_folder(folder, demo=True)
        path = folder / "config.toml"
        path.write_text(path.read_text("utf-8").replace("port = 8380", "port = 0"), "utf-8")
        running.append(serve(folder))
        return running[-1]

    yield make
    for one in running:
        end(one)


@pytest.fixture
def api(make_api: Callable[[], Api]) -> Api:
    return make_api()
