"""The offline check finds whatever an owner of the database may have done to it (promise P5)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.parts import ledger_key
from audit.ledger_check import check_ledger
from drivers.captured import Captured

if TYPE_CHECKING:
    from audit.ledger_check import LedgerReport

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with six sales and two checkpoints."""
    folder = tmp_path_factory.mktemp("kept")
    make_folder(folder, demo=True)
    daemon = Daemon(load_config(folder))
    for place in range(6):
        daemon.till.take("test", Captured(RECEIPTS[place].read_bytes(), "cut"))
        if place == 2:
            daemon.checkpoint()
    daemon.stop()
    return folder


def check(folder: Path, *attack: str) -> LedgerReport:
    """Copy the database into memory, attack the copy (foreign keys are off there), check it."""
    stored = sqlite3.connect(folder / "thungan.db")
    copy = sqlite3.connect(":memory:")
    stored.backup(copy)
    stored.close()
    for statement in attack:
        copy.execute(statement)
    try:
        return check_ledger(copy, ledger_key(folder).public_key())
    finally:
        copy.close()


def test_an_honest_ledger_verifies(kept: Path) -> None:
    report = check(kept)
    assert report.problems == ()
    assert report.size > 12


@pytest.mark.parametrize(
    ("attack", "finding"),
    [
        ("UPDATE leaf SET body = replace(body, 'bytes', 'bytez') WHERE kind = 'capture'", "was changed"),
        (
            "UPDATE leaf SET body = replace(body, 'total', 'totaI') WHERE kind = 'invoice.issued'",
            "was changed",
        ),
        ("DELETE FROM leaf WHERE seq = 4", "leaf 4 is missing"),
        ("DELETE FROM leaf WHERE seq >= 10", "history was rewritten or cut"),
        ("UPDATE invoice SET document = replace(document, '<', ' <') WHERE id = 2", "invoice 2 is not what"),
        ("DELETE FROM invoice WHERE id = 6", "in the ledger but not in the store"),
        ("DELETE FROM invoice WHERE id = 3", "a hole"),
        ("UPDATE capture SET data = x'00' WHERE id = 1", "capture 1 is not what the ledger holds"),
        ("DELETE FROM capture WHERE id = 5", "in the ledger but not in the store"),
        ("UPDATE checkpoint SET note = replace(note, 'thungan/', 'thungam/')", "not signed by the ledger"),
        ("UPDATE invoice SET document = 7 WHERE id = 1", "invoice 1 is not what the ledger holds"),
        ("UPDATE leaf SET body = 'nonsense' WHERE seq = 2", "leaf 2 was changed"),
    ],
)
def test_an_attack_is_found(kept: Path, attack: str, finding: str) -> None:
    report = check(kept, attack)
    assert not report.verified
    assert any(finding in problem for problem in report.problems), report.problems


def test_a_history_written_anew_is_found(kept: Path) -> None:
    """All leaves hashed again after the change: the checkpoints and the invoices know better."""
    from outbox.merkle import leaf_hash

    stored = sqlite3.connect(kept / "thungan.db")
    copy = sqlite3.connect(":memory:")
    stored.backup(copy)
    stored.close()
    body = copy.execute("SELECT body FROM leaf WHERE seq = 1").fetchone()[0].replace('"at":"2', '"at":"1')
    copy.execute("UPDATE leaf SET body = ?, hash = ? WHERE seq = 1", (body, leaf_hash(body.encode())))
    problems = check_ledger(copy, ledger_key(kept).public_key()).problems
    copy.close()
    assert any("history was rewritten" in problem for problem in problems)
    assert any("witnesses another history" in problem for problem in problems)
