"""The checkpoint as a QR on the day's report is the checkpoint that the verifier takes."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.parts import sign_checkpoint
from invoice.sale_json import VIETNAM
from outbox.captures import record_capture
from outbox.store import Store

TODAY = datetime.now(UTC).astimezone(VIETNAM).date()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    make_folder(folder, demo=True)
    store = Store(folder)
    store.run(record_capture("till", b"\x1b@paper", "cut"))
    sign_checkpoint(load_config(folder), store)
    store.close()
    return folder


def scanned(picture: Path) -> str:
    """What a QR reader of another maker sees."""
    done = subprocess.run(["zbarimg", "-q", "--raw", str(picture)], capture_output=True, check=True)
    return done.stdout.decode()


def test_a_printed_qr_convicts_a_ledger_that_was_cut(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, kept, bundle = tmp_path / "c.png", tmp_path / "kept.txt", tmp_path / "a.zip"
    assert main(["audit", "checkpoint", "--data", str(shop), "-o", str(picture)]) == 0
    kept.write_text(scanned(picture).strip().replace("\n", "\r\n"), "utf-8")
    days = ["--from", str(TODAY - timedelta(days=1)), "--to", str(TODAY + timedelta(days=1))]
    export = ["audit", "export", "--data", str(shop), *days, "-o", str(bundle)]
    assert main(export) == 0
    verify = ["audit", "verify", str(bundle), "--checkpoint", str(kept), "--lang", "en"]
    assert main(verify) == 0
    for path in shop.glob("thungan*"):
        path.unlink()
    Store(shop).close()
    assert main(export) == 0
    capsys.readouterr()
    assert main(verify) == 1
    assert "its tail is cut, or the database swapped" in capsys.readouterr().out


def test_paper_for_the_receipt_printer_bears_the_same_qr(shop: Path, tmp_path: Path) -> None:
    paper, picture = tmp_path / "c.prn", tmp_path / "paper.png"
    assert main(["audit", "checkpoint", "--data", str(shop), "-o", str(paper)]) == 0
    from agent.paper_showing import write_picture

    write_picture(paper.read_bytes(), picture)
    assert scanned(picture).startswith("thungan/0409990010/1\n1\n")


def test_text_json_and_screen(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "checkpoint", "--data", str(shop)]) == 0
    note = capsys.readouterr().out
    assert main(["audit", "checkpoint", "--data", str(shop), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["note"], said["size"], said["origin"]) == (note, 1, "thungan/0409990010/1")
    assert main(["audit", "checkpoint", "--data", str(shop), "--qr"]) == 0
    assert capsys.readouterr().out.endswith(note)


def test_before_the_first_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_folder(tmp_path / "new", demo=True)
    assert main(["audit", "checkpoint", "--data", str(tmp_path / "new")]) == 2
    assert "E-OUT-006" in capsys.readouterr().err
