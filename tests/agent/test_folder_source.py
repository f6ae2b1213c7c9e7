"""Exported files from the folder to the invoice: each sale once, whatever happens to the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from record_shop import HEADING, Shop, rows_of_sale, wait_until

from agent.cli import main

INVOICES = "SELECT COUNT(*) FROM invoice"
QUARANTINED = "SELECT COUNT(*) FROM capture WHERE state = 'quarantined'"
READ = "SELECT COUNT(*) FROM imported"


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    folder = tmp_path / "xuất hóa đơn"
    folder.mkdir()
    return folder


def shop_of(tmp_path: Path, exports: Path, more: str = "") -> Shop:
    return Shop(tmp_path / "shop", f"folder://{exports}?profile=csv-lines&every=1&settle=0{more}")


def put(path: Path, *sales: str) -> Path:
    """Write a file as a careful program does: beside, then renamed."""
    beside = path.with_suffix(".tmp")
    beside.write_text(HEADING + "".join(sales), "utf-8")
    beside.replace(path)
    return path


def test_sales_of_a_file_are_invoiced_and_the_file_put_away(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports)
    sales = [rows_of_sale("HD01"), rows_of_sale("HD02", 30_000)]
    with shop.open():
        put(exports / "ngay.csv", *sales)
        shop.wait_for(1, READ)
        assert shop.rows("SELECT total FROM invoice ORDER BY id") == [(50_000,), (60_000,)]
        assert not (exports / "ngay.csv").exists()
        assert (exports / "processed" / "ngay.csv").read_text("utf-8") == HEADING + "".join(sales)
        (data, form, origin) = shop.rows("SELECT data, form, origin FROM capture ORDER BY id")[1]
        assert (data.decode(), form, origin) == (HEADING + sales[1], "csv", "ngay.csv row 3")
    assert shop.ledger_holds()


def test_the_same_sale_again_is_nothing_new(tmp_path: Path, exports: Path) -> None:
    """Exported again, under another name, with more beside it, and after a new start."""
    shop = shop_of(tmp_path, exports)
    one, two = rows_of_sale("HD01"), rows_of_sale("HD02")
    with shop.open():
        put(exports / "a.csv", one)
        shop.wait_for(1, READ)
        put(exports / "a.csv", one)
        shop.wait_for(2, READ)
        put(exports / "b.csv", one, two)
        shop.wait_for(3, READ)
    with shop.open():
        put(exports / "c.csv", two, one)
        shop.wait_for(4, READ)
    assert shop.invoices() == 2
    assert shop.one("SELECT COUNT(*) FROM capture") == 2
    assert sorted(path.name for path in (exports / "processed").iterdir()) == [
        "a (2).csv",
        "a.csv",
        "b.csv",
        "c.csv",
    ]
    assert shop.ledger_holds()


def test_a_file_is_not_taken_half_written(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports, "&after=keep")
    whole = (HEADING + rows_of_sale("HD01") + rows_of_sale("HD02")).encode()
    with shop.open():
        path = exports / "half.csv"
        path.write_bytes(whole[: len(whole) - 30])
        shop.wait_for(1, QUARANTINED)  # cut in the middle of its second sale
        assert shop.invoices() <= 1
        path.write_bytes(whole)
        shop.wait_for(2, INVOICES)
        shop.wait_for(0, QUARANTINED)
    assert shop.ledger_holds()


def test_a_broken_row_waits_for_a_person_with_its_number(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports)
    broken = rows_of_sale("HD02").replace("50.000;", "51.000;", 1)
    with shop.open():
        put(exports / "x.csv", rows_of_sale("HD01"), broken, rows_of_sale("HD03"))
        shop.wait_for(1, READ)
        assert shop.invoices() == 2
        ((problems,),) = shop.rows("SELECT problems FROM capture WHERE state = 'quarantined'")
        assert "x.csv row 3: " in problems
        # Exported again without the mistake it is a sale like any other.
        put(exports / "x.csv", rows_of_sale("HD02"))
        shop.wait_for(3, INVOICES)
        shop.wait_for(0, QUARANTINED)
    assert shop.ledger_holds()


def test_an_edited_sale_is_reported_and_never_invoiced_twice(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports)
    with shop.open():
        put(exports / "a.csv", rows_of_sale("HD01"))
        shop.wait_for(1, INVOICES)
        put(exports / "a.csv", rows_of_sale("HD01", 99_000))
        shop.wait_for(1, QUARANTINED)
        (number, problems) = shop.rows("SELECT id, problems FROM capture WHERE state = 'quarantined'")[0]
        assert "HD01 has changed in a.csv row 2 after it was invoiced as C26MAA-1" in problems
        assert "changed folder:" in shop.alarms()
        assert shop.invoices() == 1
    assert shop.one("SELECT COUNT(*) FROM leaf WHERE kind = 'record.changed'") == 1
    data = ["--data", str(shop.folder)]
    resolve = ["quarantine", "resolve", str(number), *data, "--reason", "khách đổi món"]
    assert main([*resolve, "--profile", "csv-lines"]) == 2  # it has its invoice
    assert main(["quarantine", "reread", "--yes", *data]) == 3
    assert shop.invoices() == 1
    assert main([*resolve, "--no-sale"]) == 0
    assert "changed folder:" not in shop.alarms()
    assert shop.ledger_holds()


def test_a_file_edited_after_it_was_put_away_is_found(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports)
    two = [rows_of_sale("HD01", days=0.2), rows_of_sale("HD02", days=0.1), rows_of_sale("HD03")]
    with shop.open():
        put(exports / "a.csv", *two)
        shop.wait_for(1, READ)
        put(exports / "processed" / "a.csv", two[0], rows_of_sale("HD02", 1_000, days=0.1))
        shop.wait_for(3, QUARANTINED)  # the file, the changed sale, the sale that is gone
    said = " ".join(
        problems for (problems,) in shop.rows("SELECT problems FROM capture WHERE state = 'quarantined'")
    )
    assert "processed/a.csv was edited after it had been imported" in said
    assert "HD02 has changed" in said
    assert "HD03 is no longer in" in said
    assert "invoiced as C26MAA-3" in said
    kinds = {kind for (kind,) in shop.rows("SELECT kind FROM leaf")}
    assert {"file.edited", "record.changed", "record.vanished"} <= kinds
    assert shop.invoices() == 3
    assert shop.ledger_holds()


def test_a_list_that_grows_in_its_place(tmp_path: Path, exports: Path) -> None:
    """The register program appends to one file, then begins it anew: nothing has vanished."""
    shop = shop_of(tmp_path, exports, "&after=keep")
    sales = [rows_of_sale(f"HD{number:02}") for number in range(6)]
    path = exports / "today.csv"
    with shop.open():
        path.write_text(HEADING + sales[0], "utf-8")
        shop.wait_for(1, INVOICES)
        with path.open("a", encoding="utf-8") as file:
            file.writelines(sales[1:3])
        shop.wait_for(3, INVOICES)
        path.write_text(HEADING + "".join(sales[3:]), "utf-8")
        shop.wait_for(6, INVOICES)
        assert path.exists()
    assert shop.one(QUARANTINED) == 0
    assert shop.alarms() == ""


def test_a_sale_of_last_week_is_for_a_person(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports)
    with shop.open():
        put(exports / "old.csv", rows_of_sale("HD01", days=9), rows_of_sale("HD02", days=1))
        shop.wait_for(1, READ)
    assert shop.invoices() == 1
    assert "may have its invoice already" in shop.one(
        "SELECT problems FROM capture WHERE state = 'quarantined'"
    )


def test_what_is_no_export_stops_nothing_and_is_said(tmp_path: Path, exports: Path) -> None:
    shop = Shop(tmp_path / "shop", f"folder://{exports}?profile=json-sales&every=1&settle=0")
    (exports / "half.json").write_text('{"sales": [{"no": "1"')
    (exports / ".hidden.json").write_text("x")
    (exports / "~$open.json").write_text("x")
    (exports / "picture.png").write_bytes(b"\x89PNG")
    with shop.open() as daemon:
        (exports / "good.json").write_text('{"sales": []}')
        shop.wait_for(1, READ)
        (alarm,) = daemon._away  # what becomes an alarm if it stays so
        assert alarm.startswith("source-away folder:")
    assert (exports / "half.json").exists()
    assert (exports / "picture.png").exists()
    assert shop.one("SELECT COUNT(*) FROM capture") == 0


def test_the_folder_may_come_later_and_go_away(tmp_path: Path, exports: Path) -> None:
    exports.rmdir()
    shop = shop_of(tmp_path, exports)
    with shop.open():
        exports.mkdir()
        put(exports / "a.csv", rows_of_sale("HD01"))
        shop.wait_for(1, INVOICES)
        shop.wait_for(1, READ)
        away = exports.rename(tmp_path / "away")
        away.rename(exports)
        put(exports / "b.csv", rows_of_sale("HD02"))
        shop.wait_for(2, INVOICES)


def test_without_the_key_records_wait_for_it(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports)
    key = shop.folder / "keys" / "seller.p12"
    away = key.rename(shop.folder / "keys" / "away.p12")
    with shop.open() as daemon:
        put(exports / "a.csv", rows_of_sale("HD01"), rows_of_sale("HD02"))
        shop.wait_for(1, READ)
        assert shop.rows("SELECT state FROM capture") == [("raw",), ("raw",)]
        away.rename(key)
        daemon.keys.look_after()
        daemon.look_after()
        assert shop.invoices() == 2


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a file that may not be read")
def test_a_file_that_may_not_be_read_is_tried_again(tmp_path: Path, exports: Path) -> None:
    shop = shop_of(tmp_path, exports)
    path = put(exports / "a.csv", rows_of_sale("HD01"))
    path.chmod(0)
    with shop.open():
        put(exports / "b.csv", rows_of_sale("HD02"))
        shop.wait_for(1, INVOICES)
        path.chmod(0o600)
        shop.wait_for(2, INVOICES)


def test_quarantine_shows_a_record_and_its_row(
    tmp_path: Path, exports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = shop_of(tmp_path, exports)
    with shop.open():
        put(exports / "x.csv", rows_of_sale("HD02").replace(";2;", ";3;"))
        shop.wait_for(1, QUARANTINED)
    assert main(["quarantine", "list", "--data", str(shop.folder)]) == 3
    assert "x.csv row 2" in capsys.readouterr().out
    assert main(["quarantine", "show", "1", "--data", str(shop.folder)]) == 0
    out = capsys.readouterr().out
    assert "số hđ: HD02" in out
    assert "problem: line 1" in out
    reason = ["--set", "lines.0.quantity=2", "--reason", "gõ nhầm số lượng"]
    assert main(["quarantine", "resolve", "1", "--data", str(shop.folder), *reason]) == 0
    assert shop.invoices() == 1


def test_a_file_that_breaks_its_reader_stops_no_other(
    tmp_path: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours in one file is that file's trouble only."""
    from drivers import folder

    real = folder.check_whole

    def breaks(path: Path, mapping: object) -> int:
        if path.name == "a.csv":
            raise RuntimeError("a mistake in the reader")
        return real(path, mapping)  # type: ignore[arg-type]

    monkeypatch.setattr(folder, "check_whole", breaks)
    shop = shop_of(tmp_path, exports)
    with shop.open():
        put(exports / "a.csv", rows_of_sale("HD01"))
        put(exports / "b.csv", rows_of_sale("HD02"))
        shop.wait_for(1, INVOICES)
    assert (exports / "a.csv").exists()


def test_years_of_files_are_looked_at_again_in_turn(
    tmp_path: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.folder.MOST_AGAIN", 2)
    shop = shop_of(tmp_path, exports)
    with shop.open():
        for number in range(7):
            put(exports / f"{number}.csv", rows_of_sale(f"HD{number}"))
        shop.wait_for(7, READ)
        put(exports / "processed" / "6.csv", rows_of_sale("HD6", 1_000))
        shop.wait_for(2, QUARANTINED)  # the file and its sale


def test_a_file_that_cannot_be_moved_yet_is_moved_later(
    tmp_path: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Excel has it open: its sales are invoiced, once, and it is put away when it is closed."""
    real, refused = Path.rename, []

    def locked(path: Path, target: Path) -> Path:
        if path.name == "a.csv" and len(refused) < 3:
            refused.append(path)
            raise PermissionError(13, "in use by another program")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", locked)
    shop = shop_of(tmp_path, exports)
    with shop.open():
        put(exports / "a.csv", rows_of_sale("HD01"))
        put(exports / "b.csv", rows_of_sale("HD02"))
        shop.wait_for(2, READ)
    assert len(refused) == 3
    assert shop.invoices() == 2
    assert sorted(path.name for path in (exports / "processed").iterdir()) == ["a.csv", "b.csv"]


def test_after_a_crash_before_the_file_was_put_away_nothing_is_counted_twice(
    tmp_path: Path, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    shop = shop_of(tmp_path, exports)
    with monkeypatch.context() as cut:
        cut.setattr(Path, "rename", power_cut)
        with shop.open():
            (exports / "a.csv").write_text(HEADING + rows_of_sale("HD01") + rows_of_sale("HD02"), "utf-8")
            shop.wait_for(2, INVOICES)
    assert (exports / "a.csv").exists()
    with shop.open():
        shop.wait_for(1, READ)
    assert shop.invoices() == 2
    assert shop.one("SELECT COUNT(*) FROM capture") == 2
    assert shop.ledger_holds()


def test_the_buyer_of_a_record_is_no_business_of_the_ledger(tmp_path: Path, exports: Path) -> None:
    """What names a buyer is committed to without being shown, in the record and in its changes."""
    mapping = tmp_path / "buyers.toml"
    shipped = Path(__file__).parents[2] / "drivers" / "mappings" / "csv-lines.toml"
    mapping.write_text(shipped.read_text("utf-8") + '\n[buyer]\nname = "Khách"\n', "utf-8")
    shop = Shop(tmp_path / "shop", f"folder://{exports}?profile={mapping}&every=1&settle=0")
    heading = HEADING.replace("\n", ";Khách\n")
    row = rows_of_sale("HD01").replace("\n", ";Nguyễn Văn Bí Mật\n")
    with shop.open():
        (exports / "a.csv").write_text(heading + row, "utf-8")
        shop.wait_for(1, READ)
        assert shop.invoices() == 1
        (exports / "a.csv").write_text(heading + row.replace("25.000", "26.000"), "utf-8")
        shop.wait_for(1, QUARANTINED)
        shop.wait_for(2, "SELECT COUNT(*) FROM capture WHERE private IS NOT NULL")
    assert not any("Bí Mật" in body for (body,) in shop.rows("SELECT body FROM leaf"))


def test_killed_in_the_middle_of_an_import_every_sale_is_invoiced_once(tmp_path: Path, exports: Path) -> None:
    sales = 30
    shop = shop_of(tmp_path, exports)
    put(exports / "day.csv", *(rows_of_sale(f"HD{number:02}") for number in range(sales)))

    def run() -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "agent.cli", "run", "--quiet", "--data", str(shop.folder)]
        return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    for least in (5, 15):
        process = run()
        try:
            wait_until(lambda least=least: shop.invoices() >= least)  # type: ignore[misc]
        finally:
            process.kill()
            process.wait()
    process = run()
    try:
        shop.wait_for(1, READ)
    finally:
        process.terminate()
        process.wait()
    assert shop.invoices() == sales
    assert shop.rows("SELECT state, COUNT(*) FROM capture GROUP BY state") == [("sale", sales)]
    assert shop.ledger_holds()
