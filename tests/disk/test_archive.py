"""Closed months in archives: still read by everybody, proven, never lost and never double."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from till_process import receipt

from agent.archiving import ArchiveSchedule
from agent.cli import main
from agent.commands.init import make_folder
from agent.config import Config, load_config
from agent.daemon import Daemon
from agent.parts import ledger_key
from audit.ledger_check import check_ledger
from authority.sandbox.server import RunningSandbox
from outbox.archive_file import Entry, read_document, read_manifest, write_archive
from outbox.reports import find_invoice
from outbox.store import Store, open_reader

SALES = 6
LATER = datetime.now(UTC) + timedelta(days=100)  # when all that is sold here is old enough


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose invoices are accepted."""
    folder = tmp_path_factory.mktemp("sold") / "shop"
    make_folder(folder, demo=True)
    with RunningSandbox(folder / "sandbox") as sandbox:
        path = folder / "config.toml"
        path.write_text(path.read_text("utf-8").replace("https://127.0.0.1:8443", sandbox.url), "utf-8")
        daemon = Daemon(load_config(folder))
        for place in range(SALES):
            daemon.till.take("test", receipt(place))
        daemon.disk.look()
        daemon.till.take_left_over()
        for _ in range(200):
            daemon.sync()
            with closing(daemon.store.reader()) as connection:
                query = "SELECT COUNT(*) FROM invoice WHERE state = 'accepted'"
                if connection.execute(query).fetchone()[0] == SALES:
                    break
        daemon.stop()
    return folder


@pytest.fixture
def shop(sold: Path, tmp_path: Path) -> Config:
    subprocess.run(["cp", "-a", str(sold), str(tmp_path / "shop")], check=True)
    return load_config(tmp_path / "shop")


def archive(config: Config) -> int:
    store = Store(config.folder)
    try:
        return ArchiveSchedule(config, store, store.run).run(LATER)
    finally:
        store.close()


def documents(config: Config) -> dict[tuple[str, int], bytes]:
    found = {}
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        for table, column in (("invoice", "document"), ("package", "document"), ("capture", "data")):
            for row_id, content in connection.execute(f"SELECT id, {column} FROM {table}"):  # noqa: S608
                found[table, row_id] = bytes(content)
    return found


def problems(config: Config) -> tuple[str, ...]:
    with closing(open_reader(config.folder / "thungan.db")) as connection:
        return check_ledger(connection, ledger_key(config.folder).public_key()).problems


def test_what_has_gone_is_read_as_before(shop: Config, capsys: pytest.CaptureFixture[str]) -> None:
    before = documents(shop)
    assert archive(shop) >= 2 * SALES
    with closing(open_reader(shop.folder / "thungan.db")) as connection:
        left = connection.execute("SELECT SUM(length(document)) FROM main.invoice").fetchone()[0]
        assert left == 0
        assert find_invoice(connection, "1")[1] == before["invoice", 1]
    assert documents(shop) == before
    assert problems(shop) == ()
    assert archive(shop) == 0
    assert main(["invoice", "xml", "1", "--data", str(shop.folder)]) == 0
    assert "<HDon>" in capsys.readouterr().out
    assert main(["archive", "--check", "--json", "--data", str(shop.folder)]) == 0
    assert json.loads(capsys.readouterr().out)[0]["documents"] >= 2 * SALES


def test_no_block_grows_with_the_size_of_packages(tmp_path: Path) -> None:
    """A backlog's packages have 2 MB each: two hundred of them in one block would be 400 MB of memory."""
    large = [Entry("package", place, bytes([place]) * 1_900_000) for place in range(1, 8)]
    small = [Entry("invoice", place, b"<HDon/>") for place in range(1, 401)]
    path = tmp_path / "2026-09.zip"
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    write_archive(path, "2026-09", [*small, *large], "shop", key)
    blocks = read_manifest(path).blocks
    held = Counter(number for (kind, _), number in blocks.items() if kind == "package")
    assert max(held.values()) == 2
    assert len({blocks["invoice", place] for place in range(1, 401)}) == 2
    assert read_document(path, blocks["package", 7], "package", 7) == large[-1].content


def test_the_writer_reads_what_has_gone_as_well(shop: Config) -> None:
    """An invoice of long ago is corrected: the original's document is read inside the transaction."""
    before = documents(shop)
    archive(shop)
    query = "SELECT whole(document, 'invoice', id) FROM invoice WHERE id = 1"
    store = Store(shop.folder)
    try:
        assert store.run(lambda tx: bytes(tx.execute(query).fetchone()[0])) == before["invoice", 1]
    finally:
        store.close()


@pytest.mark.parametrize("damage", ["missing", "block", "manifest"])
def test_a_changed_archive_is_found(shop: Config, capsys: pytest.CaptureFixture[str], damage: str) -> None:
    archive(shop)
    (path,) = (shop.folder / "archive").glob("*.zip")
    if damage == "missing":
        path.unlink()
    else:
        with zipfile.ZipFile(path) as whole:
            content = {name: whole.read(name) for name in whole.namelist()}
        name = "manifest.json" if damage == "manifest" else "blocks/00001.tar.xz"
        content[name] = content[name].replace(b'"month"', b'"other"') if damage == "manifest" else b"nothing"
        with zipfile.ZipFile(path, "w") as changed:
            for one, data in content.items():
                changed.writestr(one, data)
    assert main(["archive", "--check", "--data", str(shop.folder)]) == 1
    assert "good" not in capsys.readouterr().out
    if damage != "manifest":
        assert problems(shop) != ()


@pytest.mark.parametrize(
    "point", ["archive.written", "archive.before-commit", "archive.moved", "store.after-commit:2"]
)
def test_a_move_that_is_cut_off_loses_and_doubles_nothing(shop: Config, point: str) -> None:
    before = documents(shop)
    done = subprocess.run(
        [sys.executable, __file__, str(shop.folder)],
        env={**os.environ, "THUNGAN_CRASH_AT": point},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert documents(shop) == before
    assert problems(shop) == ()
    archive(shop)
    assert documents(shop) == before
    assert problems(shop) == ()
    assert main(["archive", "--check", "--data", str(shop.folder)]) == 0
    with closing(open_reader(shop.folder / "thungan.db")) as connection:
        rows = connection.execute("SELECT COUNT(*) FROM archived WHERE kind = 'invoice'").fetchone()[0]
        assert rows == SALES


if __name__ == "__main__":
    archive(load_config(Path(sys.argv[1])))
