"""The programs, built by PyInstaller: one folder for the packages, one file each for a USB stick.

The same commit gives the same bytes: hash order, dates and paths are fixed (``make package`` says what it
found; docs/packages.md says what was compared).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parent.parent
SPEC = ROOT / "installer" / "thungan.spec"


@dataclass(frozen=True, slots=True)
class Programs:
    """What was built: the folder with all programs, and each program alone as one file."""

    folder: Path
    one_file: tuple[Path, ...]


def project_version() -> str:
    """The version of pyproject.toml."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def commit() -> str:
    """The commit that is built, with ``-dirty`` where the tree holds more than it."""
    return _git("describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")


def commit_time() -> int:
    """When that commit was made, in seconds since 1970: the date of every file of a package."""
    return int(_git("log", "-1", "--format=%ct"))


def build_programs(target: Path, *, one_file: bool = True) -> Programs:
    """Build into ``target``.

    Raises:
        subprocess.CalledProcessError: PyInstaller has failed; its words stand in ``target``/pyinstaller.log.
    """
    target.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",  # PyInstaller's manual, "Creating a reproducible build"
        "SOURCE_DATE_EPOCH": str(commit_time()),
        "THUNGAN_ONE_FILE": "1" if one_file else "0",
    }
    words = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level=WARN"]
    words += ["--distpath", str(target / "programs"), "--workpath", str(target / "work"), str(SPEC)]
    with (target / "pyinstaller.log").open("w") as log:
        subprocess.run(words, check=True, env=environment, cwd=ROOT, stdout=log, stderr=log)
    built = target / "programs"
    alone = tuple(sorted(path for path in built.iterdir() if path.is_file()))
    return Programs(built / "thungan", alone)


def tree_hash(folder: Path) -> str:
    """SHA-256 over names, kinds and contents of all files below ``folder``."""
    total = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            total.update(f"{path.relative_to(folder)} -> {path.readlink()}\n".encode())
        elif path.is_file():
            total.update(f"{path.relative_to(folder)} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()
