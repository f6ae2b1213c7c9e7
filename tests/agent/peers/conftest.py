from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import open_browser
from peer_shop import Register, Stranger, make_register
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Callable[..., Register]]:
    """Make a register of the shop; it is stopped at the end."""
    made: list[Register] = []

    def make(*, tls: bool = False) -> Register:
        number = len(made) + 1
        made.append(make_register(tmp_path / f"register{number}", number, tls=tls))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def stranger() -> Iterator[Callable[..., Stranger]]:
    made: list[Stranger] = []

    def make(*words: object, **more: object) -> Stranger:
        made.append(Stranger(*words, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()
