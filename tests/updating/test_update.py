"""Updates, whole: a real repository over HTTP, real packages, a real shop's database; and what may lie."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands import update as command
from agent.hours import Hours
from agent.updating.release import Release
from agent.updating.update import ENDS, NEXT, Step
from installer.update_repository import Publisher
from outbox.store import Store, open_reader

PHRASE = b"a pass phrase"
PRESENT, NEWER = "0.1.0", "0.2.0"
ROOT = Path(__file__).parent.parent.parent


class Quiet(SimpleHTTPRequestHandler):
    """A web server that does not talk."""

    def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - the library's name
        pass


@dataclass
class Shop:
    """A shop that is sold to from a folder of versions, and its publisher."""

    folder: Path
    state: Path
    programs: Path
    publisher: Publisher
    repository: Path

    def package(self, version: str, body: str = "") -> Path:
        """A package of this very program under another version number; ``body``: what it does before."""
        text = f"#!/bin/sh\n{body}\nexec '{sys.executable}' -m agent.cli \"$@\"\n".encode()
        path = self.repository.parent / f"thungan-{version}.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            entry = tarfile.TarInfo("thungan")
            entry.size, entry.mode = len(text), 0o755
            archive.addfile(entry, io.BytesIO(text))
        return path

    def publish(self, version: str = NEWER, body: str = "", rollout: int = 100) -> None:
        path = self.package(version, body)
        self.publisher.publish(path, version, command_platform(), rollout, PHRASE)

    def update(self, *words: str) -> int:
        return main(["update", *words, "--now", "--data", str(self.folder), "--state", str(self.state)])

    @property
    def current(self) -> str:
        return str((self.programs / "current").readlink())

    @property
    def progress(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.state / "progress.json").read_text())
        return found

    @property
    def calls(self) -> list[str]:
        """When the daemon was stopped and started."""
        path = self.state / "calls"
        return path.read_text().split() if path.exists() else []

    def captures(self) -> int:
        connection = open_reader(self.folder / "thungan.db")
        try:
            return int(connection.execute("SELECT COUNT(*) FROM capture").fetchone()[0])
        finally:
            connection.close()


def command_platform() -> str:
    from agent.updating.repository import platform_name

    return platform_name()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    folder, state, programs = tmp_path / "shop", tmp_path / "state", tmp_path / "programs"
    repository = tmp_path / "repository"
    assert main(["init", "--profile", "demo", "--data", str(folder)]) == 0
    publisher = Publisher(repository, tmp_path / "keys")
    publisher.init(PHRASE)
    for made in (state, programs / PRESENT):
        made.mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(repository)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (state / "root.json").write_bytes((repository / "metadata" / "1.root.json").read_bytes())
    say = ["/bin/sh", "-c"]
    (state / "updates.toml").write_text(
        f'url = "http://127.0.0.1:{server.server_port}"\nplace = "folder"\nprograms = "{programs}"\n'
        f"stop = {json.dumps([*say, f'echo stop >> {state}/calls'])}\n"
        f"start = {json.dumps([*say, f'echo start >> {state}/calls; {programs}/current/thungan ready'])}\n"
    )
    one = Shop(folder, state, programs, publisher, repository)
    with tarfile.open(one.package(PRESENT, READY)) as archive:
        archive.extractall(programs / PRESENT, filter="data")
    (programs / "current").symlink_to(PRESENT)
    yield one
    server.shutdown()
    server.server_close()


READY = '[ "$1" = ready ] && exit 0'
DEAD = 'case "$1" in ready) exit 1;; esac'
BROKEN = '[ "$2" = check ] && { echo "E-OUT-003: no" >&2; exit 2; }; ' + READY


def test_a_good_update(shop: Shop) -> None:
    shop.publish(body=READY)
    assert shop.update() == 0
    assert shop.current == NEWER
    assert shop.progress["step"] == "done"
    assert shop.calls == ["stop", "start"]
    assert (shop.folder / "before-update.db").stat().st_size > 0


def test_nothing_newer_is_nothing_to_do(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.publish(PRESENT, READY)
    assert shop.update() == 0
    assert "newest" in capsys.readouterr().out
    assert shop.calls == []


def test_an_older_one_is_not_put_in(shop: Shop) -> None:
    shop.publish("0.0.9", READY)
    assert shop.update() == 0
    assert (shop.current, shop.calls) == (PRESENT, [])


@pytest.mark.parametrize("body", [BROKEN, DEAD, "exit 9"], ids=["check", "start", "all"])
def test_one_that_fails_is_taken_back_and_not_tried_again(
    shop: Shop, body: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.publish(body=body)
    before = shop.captures()
    assert shop.update() == 1
    assert "E-UPD-005" in capsys.readouterr().err
    assert (shop.current, shop.progress["step"]) == (PRESENT, "put back")
    assert shop.calls[-1] == "start"
    assert shop.captures() == before
    assert shop.update() == 0
    assert "failed here before" in capsys.readouterr().out
    shop.publish("0.2.1", READY)
    assert shop.update() == 0
    assert shop.current == "0.2.1"


def test_what_was_sold_with_it_is_never_taken_back(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """The new program sells and then dies: the database of before would lose the sale, so it stays."""
    sell = (
        f"'{sys.executable}' -c 'import sys; sys.path.insert(0, \"{ROOT}/tests/updating\"); import sell_one'"
    )
    shop.publish(body=f'[ "$1" = ready ] && {{ SHOP={shop.folder} {sell}; exit 1; }}')
    assert shop.update() == 3
    assert "E-UPD-006" in capsys.readouterr().err
    assert (shop.current, shop.progress["step"]) == (NEWER, "stuck")
    assert shop.captures() == 2, "started twice, sold twice"


def test_the_steps_form_a_way_to_an_end() -> None:
    for step in Step:
        assert (step in ENDS) == (step not in NEXT), step
    seen, front = set(), {Step.DOWNLOADED}
    while front:
        seen |= front
        front = {after for step in front for after in NEXT.get(step, ())} - seen
    assert seen == set(Step)


POINTS = ["saved", "installed", "checked", "started", "downloaded", "done"]
POINTS_BACK = ["failed", "program-back", "data-back"]


@pytest.mark.parametrize(
    ("point", "body", "end"),
    [(point, READY, NEWER) for point in POINTS] + [(point, BROKEN, PRESENT) for point in POINTS_BACK],
)
def test_a_power_cut_in_the_middle(shop: Shop, point: str, body: str, end: str) -> None:
    shop.publish(body=body)
    words = ["update", "--now", "--data", str(shop.folder), "--state", str(shop.state)]
    done = subprocess.run(
        [sys.executable, "-m", "agent.cli", *words],
        env={**os.environ, "THUNGAN_CRASH_AT": f"update.{point}"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert shop.update() == (1 if end == PRESENT else 0)
    assert shop.current == end
    assert shop.calls[-1] == "start"
    Store(shop.folder).close()


def test_a_package_changed_on_the_server(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.publish(body=READY)
    (package,) = (shop.repository / "targets").glob("*.tar.gz")
    content = bytearray(package.read_bytes())
    content[len(content) // 2] ^= 1
    package.write_bytes(content)
    assert shop.update() == 1
    assert "E-UPD-003" in capsys.readouterr().err
    assert (shop.current, shop.calls) == (PRESENT, [])


def test_metadata_out_of_date(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.publish(body=READY)
    late = Publisher(shop.repository, shop.repository.parent / "keys", datetime.now(UTC) - timedelta(days=30))
    late.refresh(PHRASE)
    assert shop.update() == 1
    assert "E-UPD-003" in capsys.readouterr().err
    assert shop.calls == []


def test_another_publisher(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    foreign = Publisher(tmp_path / "foreign", tmp_path / "foreign-keys")
    foreign.init(PHRASE)
    foreign.publish(shop.package(NEWER, READY), NEWER, command_platform(), 100, PHRASE)
    for path in shop.publisher.metadata.iterdir():
        path.unlink()
    for path in foreign.metadata.iterdir():
        (shop.publisher.metadata / path.name).write_bytes(path.read_bytes())
    assert shop.update() == 1
    assert "E-UPD-003" in capsys.readouterr().err


def test_old_metadata_after_new(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """A server that shows an older state than it has shown before."""
    old = {path.name: path.read_bytes() for path in shop.publisher.metadata.iterdir()}
    shop.publish(body=READY)
    assert shop.update("look") == 0
    for path in shop.publisher.metadata.iterdir():
        path.unlink()
    for name, content in old.items():
        (shop.publisher.metadata / name).write_bytes(content)
    assert shop.update() == 1
    assert "E-UPD-003" in capsys.readouterr().err


def test_no_server(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop.state / "updates.toml"
    path.write_text(path.read_text().replace("http://127.0.0.1:", "http://127.0.0.1:1/"))
    assert shop.update() == 1
    assert "E-UPD-002" in capsys.readouterr().err


def test_the_roll_out_is_staged(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.publish(body=READY, rollout=0)
    assert shop.update() == 0
    assert "turn comes later" in capsys.readouterr().out
    shop.publisher.set_rollout(command_platform(), 100, PHRASE)
    assert shop.update() == 0
    assert shop.current == NEWER


def test_a_tenth_is_about_a_tenth_and_another_one_each_time() -> None:
    registers = [f"04099900{number:02d}/{place}" for number in range(50) for place in range(1, 11)]
    tenth = {one for one in registers if Release("1.0", "x", 10).turn_of(one)}
    third = {one for one in registers if Release("1.0", "x", 30).turn_of(one)}
    assert 25 <= len(tenth) <= 75
    assert tenth < third
    assert tenth != {one for one in registers if Release("1.1", "x", 10).turn_of(one)}


def test_never_during_opening_hours(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.publish(body=READY)

    class Noon(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime(2026, 11, 24, 5, tzinfo=tz)

    monkeypatch.setattr(command, "datetime", Noon)
    assert main(["update", "--data", str(shop.folder), "--state", str(shop.state)]) == 0
    assert "waits for the shop to close" in capsys.readouterr().out
    assert shop.calls == []
    night = datetime(2026, 11, 24, 23, 45)  # noqa: DTZ001 - a time of day
    assert Hours.parse("23:30-05:30").holds(night)
    assert not Hours.parse("00:30-05:30").holds(night)


def test_status_and_words_where_nothing_is_set_up(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = ["--data", str(shop.folder), "--state", str(tmp_path / "none")]
    assert main(["update", "status", *empty]) == 0
    assert "not set up" in capsys.readouterr().out
    assert main(["update", *empty]) == 2
    assert "E-UPD-001" in capsys.readouterr().err
    shop.publish(body=READY)
    assert shop.update() == 0
    capsys.readouterr()
    assert shop.update("status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["last"]["step"] == "done"
