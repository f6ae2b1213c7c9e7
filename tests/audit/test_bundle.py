"""An evidence bundle holds what the store holds, and proves it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from agent.parts import ledger_key
from audit.bundle.reading import Bundle
from audit.errors import BundleUnreadable
from drivers.framing import Captured
from invoice.sale_json import VIETNAM
from outbox.checkpoint import read_checkpoint
from outbox.merkle import Frontier, is_consistent, leaf_hash
from outbox.note import NoteKey, signers

RECEIPTS = sorted((Path(__file__).parent.parent / "data" / "receipts").glob("*.prn"))
TODAY = datetime.now(UTC).astimezone(VIETNAM).date()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few sales, other papers and two checkpoints."""
    folder = tmp_path_factory.mktemp("shop")
    make_folder(folder, demo=True)
    daemon = Daemon(load_config(folder))
    for place, receipt in enumerate(RECEIPTS[:12]):
        daemon.till.take("test", Captured(receipt.read_bytes(), "cut"))
        if place == 4:
            daemon.checkpoint()
    daemon.stop()
    return folder


@pytest.fixture(scope="module")
def bundle(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "all.zip"
    first, last = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    words = ["audit", "export", "--data", str(shop), "--from", str(first), "--to", str(last), "-o", str(path)]
    assert main(words) == 0
    return path


def test_every_row_of_the_store_is_there(shop: Path, bundle: Path) -> None:
    store = sqlite3.connect(shop / "thungan.db")
    with Bundle(bundle) as opened:
        assert [(row.id, row.data) for row in opened.captures()] == store.execute(
            "SELECT id, data FROM capture ORDER BY id"
        ).fetchall()
        assert [(row.id, row.total, row.document) for row in opened.invoices()] == store.execute(
            "SELECT id, total, document FROM invoice ORDER BY id"
        ).fetchall()
        assert [(leaf.seq, leaf.body) for leaf in opened.leaves()] == store.execute(
            "SELECT seq, body FROM leaf ORDER BY seq"
        ).fetchall()
        assert {row.id for row in opened.sales()} == {row.sale_id for row in opened.invoices()}
    store.close()


def test_the_slice_leads_to_the_head_and_to_every_checkpoint(shop: Path, bundle: Path) -> None:
    with Bundle(bundle) as opened:
        ledger = opened.ledger
        edge, roots = Frontier(ledger.first, ledger.peaks), {}
        for leaf in opened.leaves():
            edge = edge.append(leaf_hash(leaf.body.encode()))
            roots[edge.size] = edge.root()
        assert edge.size == ledger.end
        assert is_consistent(edge.size, edge.root(), ledger.size, ledger.root, ledger.consistency)
        checkpoints = list(opened.checkpoints())
        assert len(checkpoints) == 2
        for row in checkpoints:
            read = read_checkpoint(row.note, ledger_key(shop).public_key())
            assert read is not None
            assert roots[row.size] == read[2]


def test_the_manifest_names_every_member_and_is_signed(bundle: Path) -> None:
    with Bundle(bundle) as opened:
        named = {member.name for member in opened.manifest.members}
        assert named | {"manifest.json", "manifest.sig"} == set(opened.names)
        for member in opened.manifest.members:
            opened.content(member)
        assert signers(opened.signature, [NoteKey.parse(opened.ledger.vkey)])
        assert sha256(opened.manifest_bytes).hexdigest() in opened.signature


def test_standard_tools_read_it(bundle: Path) -> None:
    listed = subprocess.run(
        ["unzip", "-p", str(bundle), "invoices/*"], capture_output=True, check=True
    ).stdout
    assert all(json.loads(line)["document"].startswith("<HDon>") for line in listed.splitlines())


def test_what_is_no_bundle_is_said_to_be_none(bundle: Path, tmp_path: Path) -> None:
    for name, content in {"empty": b"", "text": b"hello", "cut": bundle.read_bytes()[:-30]}.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(BundleUnreadable):
            Bundle(path)
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("manifest.json", '{"format": "another"}')
    with pytest.raises(BundleUnreadable):
        Bundle(other)


def test_a_flipped_byte_is_never_read_as_something_else(bundle: Path, tmp_path: Path) -> None:
    content = bundle.read_bytes()
    path = tmp_path / "flipped.zip"
    with Bundle(bundle) as opened:
        honest = [leaf.body for leaf in opened.leaves()]
    for place in range(500, len(content), len(content) // 40):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :])
        try:
            with Bundle(path) as opened:
                assert [leaf.body for leaf in opened.leaves()] == honest
        except BundleUnreadable:
            continue


@pytest.mark.parametrize("days", [("2026-11-30", "2026-11-01"), ("yesterday", "2026-11-01")])
def test_a_period_that_is_none_is_refused(
    shop: Path, days: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "export", "--data", str(shop), "--from", days[0], "--to", days[1]]) == 2
    assert "E-AUD-003" in capsys.readouterr().err
