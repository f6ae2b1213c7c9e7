"""A second witness over HTTPS: it signs what only grew, and contradicts what did not."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn

from agent.cli import main
from agent.commands.init import make_folder
from agent.commands.witness import open_witness, witness_app
from agent.config import Config, load_config
from agent.parts import ledger_key, ledger_origin, sign_checkpoint
from agent.witness_line import ask_witness
from audit.verify.run import Question, verify_bundle
from authority.sandbox.keys import open_keys
from invoice.sale_json import VIETNAM
from outbox.captures import record_capture
from outbox.note import NoteKey
from outbox.store import Store

TODAY = datetime.now(UTC).astimezone(VIETNAM).date()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Config]:
    """A shop whose config names a witness that serves HTTPS on loopback."""
    folder = tmp_path / "shop"
    make_folder(folder, demo=True)
    config = load_config(folder)
    logs = tmp_path / "logs.txt"
    logs.write_text(f"{NoteKey(ledger_origin(config), ledger_key(folder).public_key())}\n", "utf-8")
    witness = open_witness(tmp_path / "witness", "witness.test", logs)
    tls = open_keys(tmp_path / "tls", "127.0.0.1", datetime.now(UTC))
    server = uvicorn.Server(
        uvicorn.Config(
            witness_app(witness),
            port=0,
            ssl_certfile=tls.ca,
            ssl_keyfile=str(tls.tls_key),
            log_level="error",
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    path = folder / "config.toml"
    section = f'[witness]\nurl = "https://127.0.0.1:{port}"\nkey = "{witness.vkey}"\nca = "{tls.ca}"\n'
    path.write_text(path.read_text("utf-8") + section, "utf-8")
    yield load_config(folder)
    server.should_exit = True
    thread.join()


def sell(config: Config, papers: int) -> None:
    store = Store(config.folder)
    for _ in range(papers):
        store.run(record_capture("till", b"\x1b@paper", "cut"))
    sign_checkpoint(config, store)
    store.close()


def ask(config: Config) -> str | None:
    assert config.witness is not None
    store = Store(config.folder)
    try:
        return ask_witness(config.witness, store)
    finally:
        store.close()


def test_a_ledger_that_grows_is_signed_each_time(shop: Config, tmp_path: Path) -> None:
    assert shop.witness is not None
    for papers in (1, 4, 9):
        sell(shop, papers)
        assert ask(shop) is None
        assert ask(shop) is None  # nothing new: nothing to ask
    path = tmp_path / "a.zip"
    days = ["--from", str(TODAY - timedelta(days=1)), "--to", str(TODAY + timedelta(days=1))]
    assert main(["audit", "export", "--data", str(shop.folder), *days, "-o", str(path)]) == 0
    answer = verify_bundle(Question(path, witnesses=(shop.witness.key,)))
    checkpoints = next(check for check in answer.checks if check.name == "checkpoints")
    assert checkpoints.looked_at == 3
    assert not checkpoints.findings
    assert "witness witness.test signed up to 14" in [note.en for note in checkpoints.notes]


def test_an_older_database_is_refused_and_a_person_is_told(shop: Config, tmp_path: Path) -> None:
    sell(shop, 3)
    kept = tmp_path / "kept"
    shutil.copytree(shop.folder, kept)
    sell(shop, 3)
    assert ask(shop) is None
    for path in shop.folder.glob("thungan*"):
        path.unlink()
    for path in kept.glob("thungan*"):
        shutil.copy(path, shop.folder)
    assert "the witness has signed 6 entries, we have 3" in str(ask(shop))
    database = sqlite3.connect(shop.folder / "thungan.db")
    assert database.execute("SELECT code FROM alarm").fetchall() == [("witness-refuses",)]
    database.close()


def test_another_history_of_the_same_name_is_refused(shop: Config, tmp_path: Path) -> None:
    sell(shop, 3)
    assert ask(shop) is None
    for path in shop.folder.glob("thungan*"):
        path.unlink()
    sell(shop, 8)
    assert "another history" in str(ask(shop))


def test_a_witness_that_is_away_is_no_alarm(shop: Config) -> None:
    sell(shop, 1)
    path = shop.folder / "config.toml"
    port = str(shop.witness.url if shop.witness else "").rpartition(":")[2]
    path.write_text(path.read_text("utf-8").replace(f":{port}", ":9"), "utf-8")
    away = load_config(shop.folder)
    assert "cannot be reached" in str(ask(away))
    database = sqlite3.connect(shop.folder / "thungan.db")
    assert database.execute("SELECT COUNT(*) FROM alarm").fetchone() == (0,)
    database.close()
