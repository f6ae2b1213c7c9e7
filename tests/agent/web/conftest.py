import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import open_browser
from playwright.sync_api import Browser
from provider_shop import provider_changes
from web_shop import PIN, Serve, Served

from agent.commands.init import make_folder
from agent.config import load_config
from agent.config_writing import change_config
from agent.daemon import Daemon
from agent.web.live import Live
from agent.web.pin import PinLock
from agent.web.server import PageServer
from agent.web.sessions import Sessions
from agent.web.shop import Shop
from authority.sandbox.provider_server import RunningProvider
from authority.sandbox.server import RunningSandbox


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with RunningSandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Make a demo shop and serve its page.

    Keywords are lines of [page]; ``more`` are further sections, ``seller`` lines of that one.
    """
    running: list[Served] = []

    def serve(
        pin: str | None = PIN,
        *,
        url: str = "",
        sandbox: RunningSandbox | None = None,
        printer: bool = False,
        more: str = "",
        seller: str = "",
        provider: RunningProvider | None = None,
        **page: str,
    ) -> Served:
        folder = tmp_path / f"shop{len(running)}"
        behind = socket.create_server(("127.0.0.1", 0)) if printer else None
        source = ""
        if behind is not None:
            with socket.create_server(("127.0.0.1", 0)) as free:
                source = f"tcp://127.0.0.1:{free.getsockname()[1]}"
            source += f"?printer=tcp://127.0.0.1:{behind.getsockname()[1]}"
        make_folder(folder, demo=True, url=sandbox.url if sandbox else url, source=source)
        path = folder / "config.toml"
        text = path.read_text("utf-8").replace("port = 8380", "port = 0")
        text += "".join(f"{name} = {value}\n" for name, value in page.items()) + more
        if sandbox is not None:
            text = text.replace("sandbox/tls.crt.pem", str(sandbox.ca))
            text = text.replace("sandbox/authority.crt.pem", str(sandbox.trust))
        path.write_text(text.replace("\nname = ", f"\n{seller}name = ", 1), "utf-8")
        if provider is not None:
            change_config(folder, provider_changes(folder, provider))
        lock = PinLock(folder)
        if pin:
            lock.choose(pin)
        config = load_config(folder)
        live = Live()
        daemon = Daemon(config, live.tell)
        restarts: list[None] = []
        shop = Shop(folder, config.page, lock, Sessions(), live, daemon, lambda: restarts.append(None))
        server = PageServer(shop)
        server.start()
        running.append(Served(folder, daemon, server, restarts, printer=behind))
        return running[-1]

    yield serve
    for one in running:
        one.stop()
