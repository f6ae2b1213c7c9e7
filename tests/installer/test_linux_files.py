"""What a Linux package says of the program: completion that a shell takes, a man page that man takes."""

from __future__ import annotations

import gzip
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from agent.cli import COMMANDS
from installer.linux_files import SHELLS, write_gzip, write_linux_files


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("root")
    write_linux_files(folder)
    return folder


def test_bash_completes_every_command(root: Path) -> None:
    asked = 'source "$0"; COMP_WORDS=(thungan ""); COMP_CWORD=1; _shtab_thungan; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", asked, root / SHELLS["bash"]], capture_output=True, text=True, check=True
    )
    assert set(COMMANDS) <= set(done.stdout.split()), done.stderr


def test_the_man_page_names_every_command(root: Path) -> None:
    page = gzip.decompress((root / "usr/share/man/man1/thungan.1.gz").read_bytes()).decode()
    for name in COMMANDS:
        assert f"'thungan {name}'" in page, name
    assert "thungan \\- " in page  # what apropos reads


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    found = set()
    for name in ("a.gz", "b.gz"):
        write_gzip(tmp_path / name, b"content")
        found.add(sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(found) == 1
