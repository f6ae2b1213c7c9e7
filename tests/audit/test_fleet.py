"""Many sellers: the cheats among them stand out, honest ones do not, and nothing is counted twice."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from fleet_maker import make_fleet
from lxml import html
from made_dossiers import at, dossier, sale

from agent.cli import main
from agent.commands.init import make_folder
from agent.config import load_config
from agent.daemon import Daemon
from audit.analysis import analyse
from audit.fleet.compare import compare
from audit.fleet.tables import write_tables
from audit.report.fleet_page import render_fleet
from drivers.framing import Captured

RECEIPTS = sorted((Path(__file__).parents[1] / "data" / "receipts").glob("*.prn"))


def test_the_cheats_stand_out_and_nobody_else_does(tmp_path: Path) -> None:
    cheats = make_fleet(tmp_path, 60, 2000, cheat_every=12)
    fleet = compare(tmp_path)
    assert fleet.sellers == 60
    assert {one.seller: one.standing[0].measure.name for one in fleet.outliers} == cheats
    tree = html.fromstring(render_fleet(fleet))
    assert len(tree.xpath("//section[@id='outliers']/article")) == len(cheats)
    assert tree.xpath("//script | //@src | //link") == []


def test_a_later_bundle_of_the_same_days_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    first = dossier(*(sale(n, at(0, 9, n)) for n in range(1, 11)))
    again = dossier(*(sale(n, at(0, 9, n)) for n in range(1, 21)), exported_at=at(31, 8))
    other = dossier(*(sale(n, at(0, 9, n)) for n in range(1, 6)), register="2")
    for name, made in (("a", first), ("b", again), ("c", other)):
        write_tables(made, analyse(made), tmp_path, name)
    fleet = compare(tmp_path)
    assert (fleet.sellers, fleet.sales, fleet.turnover) == (2, 25, 25 * 50_000)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """One shop's real evidence in a folder."""
    shop = tmp_path / "shop"
    make_folder(shop, demo=True)
    daemon = Daemon(load_config(shop))
    for receipt in RECEIPTS[:4]:
        daemon.till.take("test", Captured(receipt.read_bytes(), "cut"))
    daemon.stop()
    folder = tmp_path / "bundles"
    folder.mkdir()
    path = folder / "shop.zip"
    words = ["--data", str(shop), "--from", "2026-01-01", "--to", "2036-12-31", "-o", str(path)]
    assert main(["audit", "export", *words]) == 0
    return path


def test_a_folder_of_bundles_is_compared_and_bad_files_are_named(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bundle.parent / "broken.zip").write_bytes(bundle.read_bytes()[:2000])
    words = ["audit", "report", str(bundle.parent), "--keep", str(tmp_path / "tables"), "--json"]
    capsys.readouterr()
    assert main(words) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["sellers"], said["sales"], list(said["unreadable"])) == (1, 4, ["broken.zip"])
    assert Path(said["file"]).parent == bundle.parent
    # The tables are kept, so a bundle is read once.
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "tables").glob("*.parquet")}
    assert len(kept) == 2
    assert main(words) == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "tables").glob("*.parquet")} == kept


def test_without_duckdb_it_says_what_to_install(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert main(["audit", "report", str(bundle.parent)]) == 2
    assert "E-AUD-010" in capsys.readouterr().err
