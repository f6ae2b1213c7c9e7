"""A clean Debian in a folder (debootstrap, minbase): nothing of ours, no Python. Root only."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

MOUNTS = ("proc", "dev", "dev/pts")


class CleanRoot:
    """Made on entering, unmounted and removed on leaving. The kernel and its ``/dev`` are the host's.

    Raises on entering:
        subprocess.CalledProcessError: debootstrap is missing, or its mirror cannot be reached.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        self.folder.chmod(0o755)  # a temporary folder is its maker's only; inside, it is everybody's /
        site, release = _mirror()
        if not (self.folder / "usr/bin/dpkg").exists():
            words = ["debootstrap", "--variant=minbase", "--include=adduser,ca-certificates"]
            subprocess.run([*words, release, str(self.folder), site], check=True, stdout=subprocess.DEVNULL)
        for place in MOUNTS:
            subprocess.run(["mount", "--bind", f"/{place}", self.folder / place], check=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for place in reversed(MOUNTS):
            subprocess.run(["umount", "--lazy", self.folder / place], check=False)
        still = [line for line in _mounted() if line.startswith(f"{self.folder}/")]
        if not still:  # never remove what would reach through a mount into the host
            shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, words: Sequence[str], user: str = "root") -> list[str]:
        """The host's command that runs ``words`` inside as ``user``."""
        spec = [] if user == "root" else [f"--userspec={user}:{user}", f"--groups={user},dialout,lp"]
        environment = ["env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=/tmp"]
        return ["chroot", *spec, str(self.folder), *environment, *words]

    def run(self, *words: str, user: str = "root", **more: str) -> subprocess.CompletedProcess[str]:
        """Run inside and wait; ``more`` are environment variables."""
        extra = [f"{name}={value}" for name, value in more.items()]
        command = self.command(["env", *extra, *words], user)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def _mirror() -> tuple[str, str]:
    """Where this machine has its own packages from, and which release."""
    said = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    site, release = next(line.split() for line in said if line and "-" not in line.split()[1])
    return site, release


def _mounted() -> list[str]:
    with Path("/proc/self/mounts").open(encoding="utf-8") as table:
        return [line.split()[1] for line in table]
