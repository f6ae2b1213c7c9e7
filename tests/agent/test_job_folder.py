"""Print jobs from the folder to the invoice: each once, whatever happens to its file."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from record_shop import Shop, moment, wait_until

import drivers.job_folder
from agent.cli import main
from drivers.jobs.job import MAX_JOB

sys.path.insert(0, str(Path(__file__).parent.parent / "drivers"))
from print_jobs import JOBS, ROWS, pdf

INVOICES = "SELECT COUNT(*) FROM invoice"
QUARANTINED = "SELECT COUNT(*) FROM capture WHERE state = 'quarantined'"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "hàng đợi in"
    folder.mkdir()
    return folder


def shop_of(tmp_path: Path, spool: Path, more: str = "") -> Shop:
    return Shop(tmp_path / "shop", f"jobs://{spool}?every=1&settle=0{more}")


def job(tmp_path: Path, number: str = "HD1") -> bytes:
    """A receipt of this moment."""
    rows = ((f"Số: {number}",), (f"Ngày: {moment():%d/%m/%Y %H:%M}",), *ROWS[2:])
    return pdf(tmp_path, rows=rows)


def put(path: Path, data: bytes) -> Path:
    beside = path.with_suffix(".tmp")
    beside.write_bytes(data)
    beside.replace(path)
    return path


def test_a_job_is_invoiced_and_put_away(tmp_path: Path, spool: Path) -> None:
    shop = shop_of(tmp_path, spool)
    data = job(tmp_path)
    with shop.open():
        put(spool / "1.pdf", data)
        shop.wait_for(1, INVOICES)
        wait_until((spool / "processed" / "1.pdf").exists)
        assert shop.rows("SELECT data, form, origin, ended_by FROM capture") == [
            (data, "pdf", "1.pdf", "job")
        ]
        assert shop.one("SELECT total FROM invoice") == 88_000
    assert shop.ledger_holds()


def test_it_is_taken_once_and_the_same_again_asks_a_person(tmp_path: Path, spool: Path) -> None:
    """After a crash the same file is known; the same bytes in a later file are a copy, or one more sale."""
    shop = shop_of(tmp_path, spool)
    data = job(tmp_path)
    with shop.open():
        put(spool / "1.pdf", data)
        wait_until((spool / "processed" / "1.pdf").exists)
    (spool / "processed" / "1.pdf").rename(spool / "1.pdf")  # as if we had died before it was moved
    with shop.open():
        wait_until((spool / "processed" / "1.pdf").exists)
        assert shop.one("SELECT COUNT(*) FROM capture") == 1
        put(spool / "1.pdf", data)
        shop.wait_for(1, QUARANTINED)
        assert "printed before" in shop.one("SELECT problems FROM capture WHERE state = 'quarantined'")
        assert shop.invoices() == 1
        wait_until((spool / "processed" / "1 (2).pdf").exists)
    assert shop.ledger_holds()


def test_half_written_garbage_and_huge_jobs(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_of(tmp_path, spool, "&after=delete")
    data = job(tmp_path)
    with shop.open() as daemon:
        half = spool / "half.pdf"
        half.write_bytes(data[: len(data) // 2])
        (spool / "huge.ps").touch()
        os.truncate(spool / "huge.ps", MAX_JOB + 1)
        (spool / "note.txt").write_text("no job")
        put(spool / "garbage.spl", b"\x00\x00\x01\x00" + bytes(range(256)) * 20)
        put(spool / "picture.prn", b"\x1b@\x1dv0\x00\x01\x00\x01\x00\xff\x1dV\x00")
        shop.wait_for(1, QUARANTINED)  # the picture; of the others the end may still come
        assert shop.invoices() == 0
        assert half.exists()
        half.write_bytes(data)
        shop.wait_for(1, INVOICES)
        wait_until(lambda: not half.exists())
        monkeypatch.setattr(drivers.job_folder, "PATIENCE", 0.0)
        shop.wait_for(2, QUARANTINED)  # the garbage, too: its end does not come
        wait_until(lambda: sorted(one.name for one in spool.iterdir()) == ["huge.ps", "note.txt"])
        assert daemon.alive()
    assert shop.ledger_holds()


def test_a_job_of_days_ago_asks_a_person(tmp_path: Path, spool: Path) -> None:
    shop = shop_of(tmp_path, spool)
    path = put(spool / "1.pdf", job(tmp_path))
    ago = time.time() - 3 * 86_400
    os.utime(path, (ago, ago))
    with shop.open():
        shop.wait_for(1, QUARANTINED)
        assert shop.invoices() == 0


def test_capture_test_shows_a_job_and_moves_nothing(
    tmp_path: Path, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put(spool / "1.emf", (JOBS / "libreoffice-vni.emf").read_bytes())
    assert main(["capture", "test", str(path)]) == 0
    assert "HD001234  88,000" in capsys.readouterr().out
    assert main(["decode", str(path), "--png", str(tmp_path / "o.png")]) == 0
    assert "Bánh mì thịt nướng" in capsys.readouterr().out
    assert main(["capture", "test", f"jobs://{spool}?every=1&settle=0", "--seconds", "4"]) == 0
    assert "HD001234  88,000" in capsys.readouterr().out
    assert path.exists()
