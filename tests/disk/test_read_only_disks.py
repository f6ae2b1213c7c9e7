"""Disks that the system itself makes read-only: a mount, and ext4 after an error.

With files open for writing a disk cannot be remounted read-only by hand; ext4 does it by itself when it meets
an error (errors=remount-ro), and its mount option ``abort`` has it meet one.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from disk_shop import CODE, holds, settle, take_until_issued
from till_process import receipt

from agent.commands.init import make_folder
from agent.commands.status import collect
from outbox.errors import DatabaseUnusable
from outbox.spool import NAME as RESERVE_NAME
from outbox.spool import read_reserve
from outbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from agent.daemon import Daemon


class Disk:
    """A disk of its own under ``place``, which the test mounts."""

    def __init__(self, place: Path, image: Path | None) -> None:
        self.place, self._image = place, image

    def mount(self) -> None:
        """Writable; skips the test where this system does not let it."""
        if self._image is None:
            _run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(self.place))
        else:
            _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.place))

    def remount(self, options: str) -> None:
        """With other options."""
        _run("mount", "-o", f"remount,{options}", str(self.place))

    def unmount(self) -> None:
        """Whatever still is open on it."""
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)

    def mend(self) -> None:
        """What the start of a computer does with a disk that had errors."""
        assert self._image is not None
        done = subprocess.run(["fsck.ext4", "-p", str(self._image)], capture_output=True, check=False)
        assert done.returncode in {0, 1}, done.stdout


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{words[0]} does not work here: {done.stderr.decode().strip()}")


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Disk]:
    """``request.param``: tmpfs or ext4."""
    if os.geteuid() != 0:
        pytest.skip("mounting a disk needs root")
    image = None
    if request.param == "ext4":
        image = tmp_path / "disk.img"
        with image.open("wb") as file:
            file.truncate(64 << 20)
        _run("mkfs.ext4", "-q", "-F", str(image))
    (tmp_path / "disk").mkdir()
    made = Disk(tmp_path / "disk", image)
    made.mount()
    yield made
    made.unmount()


@pytest.mark.parametrize("disk", ["tmpfs"], indirect=True)
def test_the_register_starts_on_a_read_only_disk(disk: Disk, open_daemon: Callable[[Path], Daemon]) -> None:
    folder = disk.place / "shop"
    make_folder(folder, demo=True)
    daemon = open_daemon(folder)
    take_until_issued(daemon, 0)
    daemon.stop()
    disk.remount("ro")
    with pytest.raises(DatabaseUnusable) as refused:
        Store(folder)
    assert refused.value.code == "E-OUT-032"
    again = open_daemon(folder)
    for place in (1, 2):
        assert again.till.take("test", receipt(place)) == b"", "printed as it came"
    again.disk.look()
    assert again.disk.trouble is not None
    assert again.disk.trouble.code == "E-OUT-032"
    disk.remount("rw")
    settle(again, 3)
    holds(folder, 3)


@pytest.mark.parametrize("disk", ["ext4"], indirect=True)
def test_a_disk_that_turns_read_only_while_the_shop_sells(
    disk: Disk, open_daemon: Callable[[Path], Daemon], tmp_path: Path
) -> None:
    folder, stick = disk.place / "shop", tmp_path / "stick"
    make_folder(folder, demo=True)
    stick.mkdir()
    config = folder / "config.toml"
    config.write_text(config.read_text("utf-8").replace('folder = ""', f'folder = "{stick}"'), "utf-8")
    daemon = open_daemon(folder)
    take_until_issued(daemon, 0)
    disk.remount("abort")
    for place in (1, 2):
        assert CODE not in daemon.till.take("test", receipt(place)), "no number that could be lost"
    daemon.disk.look()
    assert daemon.disk.trouble is not None
    assert daemon.disk.trouble.code in {"E-OUT-032", "E-OUT-033"}
    assert any(daemon.disk.trouble.code in alarm for alarm in collect(daemon.config)["alarms"])
    (second,) = stick.rglob(RESERVE_NAME)
    assert len(read_reserve(second)) == 2
    # The computer is started again; its disk is mended.
    daemon.stop()
    disk.unmount()
    disk.mend()
    disk.mount()
    again = open_daemon(folder)
    settle(again, 3)
    assert read_reserve(second) == []
    holds(folder, 3)
