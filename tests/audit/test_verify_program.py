"""``thungan-verify`` is a small program: nothing it loads opens a database or a network."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from drivers.framing import Captured
from invoice.sale_json import VIETNAM

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))
TODAY = datetime.now(UTC).astimezone(VIETNAM).date()
# socket is loaded by cryptography (through email.utils); that it is never used is asked by the hook below.
HEAVY = ("sqlite3", "_sqlite3", "sqlite_utils", "httpx", "ssl", "apscheduler", "uvicorn", "starlette")
_ASK = """
import json, sys
opened = []
sys.addaudithook(lambda event, _: opened.append(event) if event.startswith(("socket.", "sqlite3.")) else None)
from audit.verify.program import main
code = main([sys.argv[1], "--json"])
heavy = set(sys.modules) & set(sys.argv[2].split(","))
ours = {name for name in sys.modules if name.startswith(("agent", "drivers", "outbox.store"))}
print(json.dumps([code, sorted(heavy | ours), opened]), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    make_folder(folder, demo=True)
    daemon = Daemon(load_config(folder))
    for receipt in RECEIPTS[:8]:
        daemon.till.take("test", Captured(receipt.read_bytes(), "cut"))
    daemon.stop()
    path = folder / "all.zip"
    days = ["--from", str(TODAY - timedelta(days=1)), "--to", str(TODAY + timedelta(days=1))]
    assert main(["audit", "export", "--data", str(folder), *days, "-o", str(path)]) == 0
    return path


def test_it_loads_no_database_and_no_network(bundle: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(bundle), ",".join(HEAVY)], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stderr) == [0, [], []]
    assert json.loads(done.stdout)["verdict"] in {"good", "attention"}


def test_an_honest_bundle_holds_by_either_name(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", str(bundle)]) == 0
    shown = capsys.readouterr().out
    program = Path(sys.executable).parent / "thungan-verify"
    assert subprocess.run([program, bundle], capture_output=True, text=True, check=True).stdout == shown
    assert "✗" not in shown
    assert shown.count("✓") >= 14


def test_the_json_names_every_check(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify", str(bundle), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    names = [check["name"] for check in said["checks"]]
    assert names[:4] == ["file", "ledger", "checkpoints", "witnesses"]
    assert {"papers", "invoices", "numbers", "totals", "seller", "packages", "authority", "deadlines"} < set(
        names
    )
    totals = next(check for check in said["checks"] if check["name"] == "totals")
    assert totals["looked_at"] == 8
    assert all({"vi", "en"} == set(check["title"]) for check in said["checks"])


def test_what_is_no_bundle_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "no.zip"
    path.write_bytes(b"PK")
    assert main(["audit", "verify", str(path)]) == 2
    assert main(["audit", "verify", str(tmp_path / "absent.zip")]) == 2
    assert main(["audit", "verify"]) == 2
    assert capsys.readouterr().err.count("E-A") == 3
