"""Where programs stand on a machine, and how one version takes the place of another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from agent.updating.errors import StepFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.updating.settings import UpdateSettings

START_PATIENCE = 120.0  # seconds for the service to say that it is ready
INSTALL_PATIENCE = 900.0  # seconds for a slow disk


class Place(Protocol):
    """What an update asks of the machine. Every step may be done twice: a power cut may come between."""

    needs_previous_package: bool

    def package_name(self, version: str) -> str:
        """How the package of ``version`` is called on the server."""

    def stop(self) -> None:
        """End the daemon; nothing where it does not run."""

    def start(self) -> None:
        """Start the daemon and wait until it is ready. Raises StepFailed."""

    def install(self, package: Path, version: str) -> None:
        """Put ``version`` in place. Raises StepFailed."""

    def put_back(self, version: str, package: Path | None) -> None:
        """Put the version before back in place. Raises StepFailed."""

    def as_shop(self, *words: str) -> None:
        """Run the program that is in place, with the rights of the shop's account. Raises StepFailed."""


def open_place(settings: UpdateSettings) -> Place:
    """The place that updates.toml names."""
    if settings.place == "debian":
        return DebianPlace(settings.user)
    if settings.place == "windows":
        return WindowsPlace(
            Path(sys.executable).parent
        )  # thungan-update.exe stands beside program and previous
    assert settings.programs is not None  # noqa: S101 - read_update_settings has seen to it
    return FolderPlace(settings.programs, settings.stop, settings.start, settings.user)


class DebianPlace:
    """dpkg and systemd."""

    needs_previous_package = True

    def __init__(self, user: str) -> None:
        self._user = user

    def package_name(self, version: str) -> str:
        """See ``Place``."""
        architecture = _run(["dpkg", "--print-architecture"], 60).strip()
        return f"thungan_{version}_{architecture}.deb"

    def stop(self) -> None:
        """See ``Place``."""
        _run(["systemctl", "stop", "thungan.service"], START_PATIENCE)

    def start(self) -> None:
        """See ``Place``."""
        _run(["systemctl", "start", "thungan.service"], START_PATIENCE)

    def install(self, package: Path, version: str) -> None:  # noqa: ARG002 - the package knows its version
        """See ``Place``. A run of dpkg that a power cut has broken is finished first."""
        _run(["dpkg", "--configure", "-a"], INSTALL_PATIENCE)
        _run(["dpkg", "--install", str(package)], INSTALL_PATIENCE)

    def put_back(self, version: str, package: Path | None) -> None:  # noqa: ARG002
        """See ``Place``."""
        _run(["dpkg", "--install", str(package)], INSTALL_PATIENCE, THUNGAN_PUT_BACK="yes")

    def as_shop(self, *words: str) -> None:
        """See ``Place``."""
        _run(["runuser", "-u", self._user, "--", "/usr/bin/thungan", *words], INSTALL_PATIENCE)


class WindowsPlace:
    """The set-up program and the service; the version before lies beside the new one (thungan.nsi)."""

    needs_previous_package = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def package_name(self, version: str) -> str:
        """See ``Place``."""
        return f"thungan-setup-{version}.exe"

    def stop(self) -> None:
        """See ``Place``."""
        _run(["net.exe", "stop", "thungan"], START_PATIENCE, may_fail=True)

    def start(self) -> None:
        """See ``Place``."""
        _run(["net.exe", "start", "thungan"], START_PATIENCE)

    def install(self, package: Path, version: str) -> None:  # noqa: ARG002
        """See ``Place``."""
        _run([str(package), "/S"], INSTALL_PATIENCE)

    def put_back(self, version: str, package: Path | None) -> None:  # noqa: ARG002
        """See ``Place``."""
        program, previous, failed = (self._folder / name for name in ("program", "previous", "failed"))
        if previous.is_dir():
            shutil.rmtree(failed, ignore_errors=True)
            if program.is_dir():
                program.rename(failed)
            previous.rename(program)

    def as_shop(self, *words: str) -> None:
        """See ``Place``. The service's account is a fence here, not a user: administrators own the data."""
        _run([str(self._folder / "program" / "thungan.exe"), *words], INSTALL_PATIENCE)


class FolderPlace:
    """One folder per version and a link ``current``: any Linux, from ``thungan-VERSION.tar.gz``."""

    needs_previous_package = False

    def __init__(self, programs: Path, stop: Sequence[str], start: Sequence[str], user: str) -> None:
        self._programs, self._stop, self._start, self._user = programs, stop, start, user

    def package_name(self, version: str) -> str:
        """See ``Place``."""
        return f"thungan-{version}.tar.gz"

    def stop(self) -> None:
        """See ``Place``."""
        if self._stop:
            _run(self._stop, START_PATIENCE)

    def start(self) -> None:
        """See ``Place``."""
        if self._start:
            _run(self._start, START_PATIENCE)

    def install(self, package: Path, version: str) -> None:
        """See ``Place``."""
        whole, part = self._programs / version, self._programs / f"{version}.part"
        if not whole.is_dir():
            shutil.rmtree(part, ignore_errors=True)
            try:
                with tarfile.open(package) as archive:
                    archive.extractall(part, filter="data")
            except (OSError, tarfile.TarError) as error:
                raise StepFailed(f"{package.name} cannot be unpacked: {error}") from error
            if hasattr(os, "sync"):
                os.sync()  # what the link is to point at is on the disk before it does
            part.rename(whole)
        self._point_to(version)

    def put_back(self, version: str, package: Path | None) -> None:  # noqa: ARG002
        """See ``Place``."""
        self._point_to(version)

    def as_shop(self, *words: str) -> None:
        """See ``Place``."""
        rights = ["runuser", "-u", self._user, "--"] if self._user else []
        _run([*rights, str(self._programs / "current" / "thungan"), *words], INSTALL_PATIENCE)

    def _point_to(self, version: str) -> None:
        link, new = self._programs / "current", self._programs / "current.new"
        new.unlink(missing_ok=True)
        new.symlink_to(version)
        new.replace(link)


def _run(words: Sequence[str], seconds: float, *, may_fail: bool = False, **more: str) -> str:
    """Run a program to its end; what it said.

    Raises:
        StepFailed: it is not there, ends with another code than 0, or not in time.
    """
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            env={**os.environ, **more},
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StepFailed(f"{' '.join(words)}: {error}") from error
    if done.returncode and not may_fail:
        said = (done.stderr.strip() or done.stdout.strip()).rpartition("\n")[2]
        raise StepFailed(f"{' '.join(words)} ended with {done.returncode}: {said}")
    return done.stdout
