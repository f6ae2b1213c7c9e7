"""Real database servers for the tests: on loopback or a socket, in a folder of their own, ended by id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

PASSWORD = "mật-khẩu-pos-4711"
STARTS = 60.0  # seconds a server may take to answer
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


class Server:
    """One running server, and the register program's own way into it."""

    def __init__(self, folder: Path, words: list[str], user: str | None, url: URL, query: str) -> None:
        self.folder, self._words, self._user, self.url = folder, words, user, url
        self.source = query
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self._words, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder, user=self._user
            )
        until = time.monotonic() + STARTS
        while True:
            try:
                with self.engine().connect() as connection:
                    connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                assert self.process.poll() is None, (self.folder / "server.log").read_text("utf-8", "replace")
                assert time.monotonic() < until, "the server does not answer"
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """End it, and what it was connected with."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT if "postgres" in self._words[0] else signal.SIGTERM)
            self.process.wait(STARTS)
            self.process = None

    def engine(self) -> Engine:
        """As the register program connects: it may write."""
        # PyMySQL wants a pass phrase that is not latin-1 as bytes.
        more = {"password": PASSWORD.encode()} if "mariadb" in self.url.drivername else {}
        return create_engine(self.url, poolclass=NullPool, connect_args=more)


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _program(name: str, *places: str) -> str | None:
    found = shutil.which(name)
    for place in places:
        found = found or next((str(path) for path in sorted(Path("/").glob(place))), None)
    return found


def _folder_of(user: str | None) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="thungan-db-"))
    if user is not None:
        shutil.chown(folder, user)
    return folder


def postgresql() -> Server:
    """A PostgreSQL with password logins on loopback."""
    initdb = _program("initdb", "usr/lib/postgresql/*/bin/initdb")
    postgres = _program("postgres", "usr/lib/postgresql/*/bin/postgres")
    if initdb is None or postgres is None:
        pytest.skip("PostgreSQL is not installed: scripts/system-packages installs it")
    user = "postgres" if ROOT else None  # it does not run as root
    folder, port = _folder_of(user), free_port()
    phrase = folder / "phrase"
    phrase.write_text(PASSWORD, "utf-8")
    data = folder / "data"
    made = [initdb, "-D", str(data), "-U", "pos", "-A", "scram-sha-256", "--pwfile", str(phrase)]
    subprocess.run(
        [*made, "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        cwd=folder,
        user=user,
    )
    words = [
        postgres,
        "-D",
        str(data),
        "-p",
        str(port),
        "-k",
        str(folder),
        "-c",
        "listen_addresses=127.0.0.1",
    ]
    words += ["-c", "fsync=off"]
    url = URL.create("postgresql+psycopg", "pos", PASSWORD, "127.0.0.1", port, "postgres")
    return Server(folder, words, user, url, f"postgresql://pos@127.0.0.1:{port}/postgres")


def mariadb() -> Server:
    """A MariaDB with password logins on loopback."""
    install, server = _program("mariadb-install-db"), _program("mariadbd", "usr/sbin/mariadbd")
    if install is None or server is None:
        pytest.skip("MariaDB is not installed: scripts/system-packages installs it")
    folder = _folder_of(None)
    run_as = ["--user=root"] if ROOT else []
    data, port = folder / "data", free_port()
    subprocess.run(
        [install, "--no-defaults", f"--datadir={data}", "--skip-test-db", *run_as],
        check=True,
        capture_output=True,
    )
    first = folder / "first.sql"
    first.write_text(
        "CREATE DATABASE IF NOT EXISTS shop CHARACTER SET utf8mb4;\n"
        f"CREATE USER IF NOT EXISTS pos@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON shop.* TO pos@'127.0.0.1';\n",
        "utf-8",
    )
    words = [server, "--no-defaults", f"--datadir={data}", f"--socket={folder / 'maria.sock'}"]
    words += ["--bind-address=127.0.0.1", f"--port={port}", "--skip-name-resolve"]
    words += [f"--pid-file={folder / 'pid'}", f"--init-file={first}", *run_as]
    url = URL.create("mariadb+pymysql", "pos", None, "127.0.0.1", port, "shop")
    return Server(folder, words, None, url, f"mariadb://pos@127.0.0.1:{port}/shop")


def sqlite() -> Server:
    """No server: a file that the register program writes."""
    folder = _folder_of(None)
    path = folder / "pos.db"
    return Server(folder, [], None, URL.create("sqlite", database=str(path)), f"sqlite://{path}")


KINDS: dict[str, Callable[[], Server]] = {"sqlite": sqlite, "postgresql": postgresql, "mariadb": mariadb}
