"""What the ledger keeps of the set-up: enough to see what lowers tax, and no secret (promise P6)."""

from __future__ import annotations

import json
import sqlite3
import tomllib
from pathlib import Path

import pytest

from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.software import code_digest, public_content, record_set_up
from outbox.store import Store

SECRETS = """
[seller]
name = "A"
[key]
file = "csc+https://anna:hunter2@csc.example.vn/v2?client_secret=hunter2&credential=x"
passphrase = "env:HUNTER2"
[token]
file = "pkcs11:token=Shop?module-path=/usr/lib/x.so&pin-value=hunter2"
[authority]
url = "https://gateway.example.vn"
proxy = "http://shop:hunter2@proxy:3128"
proxy_password = "hunter2"
[source]
uri = "sql+postgresql://till:hunter2@db/pos?password=hunter2"
more = ["tcp://:9100", "https://u:hunter2@h/x", "https://u:it's\\"hunter2@h/x", "https://h/x?pwd='hunter2"]
api_key = "hunter2"
pwd = "hunter2"
bot = "https://api.telegram.org/bot1234567:hunter2-hunter2-hunter2-x/send"
[representative]
name = "Hunter2"
[[vat.rules]]
rate = "10%"
from = 2027-01-01
"""


def test_no_secret_and_no_person_stands_in_it() -> None:
    said = public_content(tomllib.loads(SECRETS))
    text = json.dumps(said).lower()
    assert "hunter2" not in text
    assert said["seller"] == {"name": "A"}
    assert said["vat"] == {"rules": [{"rate": "10%", "from": "2027-01-01"}]}
    assert said["authority"]["url"] == "https://gateway.example.vn"
    assert said["source"]["uri"].startswith("sql+postgresql://…@db/pos")
    assert "representative" not in said


def bodies(folder: Path, kind: str) -> list[dict[str, object]]:
    database = sqlite3.connect(folder / "thungan.db")
    rows = database.execute("SELECT body FROM leaf WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
    database.close()
    return [json.loads(row[0]) for row in rows]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path, demo=True)
    return tmp_path


def test_a_set_up_is_written_once_and_again_when_it_changes(folder: Path) -> None:
    for _ in range(2):
        store = Store(folder)
        record_set_up(load_config(folder), store)
        store.close()
    assert len(bodies(folder, "configuration")) == 1
    path = folder / "config.toml"
    path.write_text(path.read_text("utf-8").replace('default = "8%"', 'default = "5%"'), "utf-8")
    store = Store(folder)
    record_set_up(load_config(folder), store)
    store.close()
    before, after = bodies(folder, "configuration")
    assert before["content"]["vat"]["default"] == "8%"  # type: ignore[index]
    assert after["content"]["vat"]["default"] == "5%"  # type: ignore[index]
    assert after["code"] == code_digest()
    assert set(after["profiles"]) == {"general"}  # type: ignore[call-overload]
    assert str(after["ledger_key"]).startswith("thungan/0409990010/1+")


def test_a_start_says_whether_the_run_before_ended_well(folder: Path) -> None:
    config = load_config(folder)
    Daemon(config).stop()
    crashed = Daemon(config)
    crashed.store.close()  # gone without a word, as after a power cut
    Daemon(config).stop()
    starts = [body["after_clean_stop"] for body in bodies(folder, "program.started")]
    assert starts == [True, True, False]
    assert len(bodies(folder, "program.stopped")) == 2
