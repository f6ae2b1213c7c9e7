"""``make package``: build the packages for Linux, and say how large and how fast they are.

python -m installer.package --target build/package [--twice] [--no-one-file]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from installer.debian import build_debian_package
from installer.programs import ROOT, Programs, build_programs, commit, project_version, tree_hash
from installer.supply_chain import write_provenance

MEGABYTE = 1_000_000


def main() -> int:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m installer.package", description="build the packages")
    parser.add_argument("--target", type=Path, default=ROOT / "build" / "package", metavar="DIR")
    parser.add_argument("--twice", action="store_true", help="build twice and compare the bytes")
    parser.add_argument("--no-one-file", action="store_true", help="leave out the programs of one file each")
    arguments = parser.parse_args()
    target: Path = arguments.target
    _say(f"thungan {project_version()}, commit {commit()}")
    _say("building the programs (a minute or two)")
    programs = build_programs(target, one_file=not arguments.no_one_file)
    _say("building the Debian package")
    package = build_debian_package(programs, target)
    built = (package, *programs.one_file)
    if arguments.twice:
        _compare(programs, package, target)
    write_provenance(built, target / "provenance.json")
    _measure(programs, built)
    return 0


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _compare(programs: Programs, package: Path, target: Path) -> None:
    """Build again in the same place and say what differs."""
    _say("building all of it again")
    first = {path.name: path.read_bytes() for path in (package, *programs.one_file)}
    before = tree_hash(programs.folder)
    again = build_programs(target, one_file=bool(programs.one_file))
    second = build_debian_package(again, target)
    same = before == tree_hash(again.folder)
    _say(f"folder        {'the same bytes twice' if same else 'DIFFERS'}")
    for path in (second, *again.one_file):
        verdict = "the same bytes twice" if first[path.name] == path.read_bytes() else "DIFFERS"
        _say(f"{path.name:<32} {verdict}")


def _measure(programs: Programs, built: tuple[Path, ...]) -> None:
    """Sizes, cold start to ready and resident memory of the daemon as packaged."""
    size = sum(path.stat().st_size for path in programs.folder.rglob("*") if path.is_file())
    _say(f"folder        {size / MEGABYTE:6.1f} MB")
    for path in built:
        _say(f"{path.name:<32} {path.stat().st_size / MEGABYTE:6.1f} MB")
    if sys.platform == "linux":
        seconds, resident = _run_once(programs.folder / "thungan")
        _say(f"start to ready {seconds:5.2f} s, resident memory {resident / MEGABYTE:5.1f} MB")


def _run_once(program: Path) -> tuple[float, int]:
    """Start the packaged daemon on an empty folder; seconds until it is ready, bytes it holds."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "shop"
        subprocess.run(
            [program, "init", "--profile", "demo", "--data", data], check=True, capture_output=True
        )
        began = time.perf_counter()
        daemon = subprocess.Popen(
            [program, "run", "--quiet", "--data", data],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert daemon.stdout is not None  # noqa: S101 - for the type checker
        with daemon.stdout:
            daemon.stdout.readline()
            seconds = time.perf_counter() - began
            status = Path(f"/proc/{daemon.pid}/status").read_text()
            daemon.terminate()
            daemon.wait(30)
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return seconds, int(line.split()[1]) * 1024


if __name__ == "__main__":
    sys.exit(main())
