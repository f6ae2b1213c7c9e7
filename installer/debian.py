"""The Debian package: the built folder, the service, udev rules, man page, completions, papers.

Made by dpkg-deb with fixed owners and dates, so that the same commit gives the same bytes. Policy: Debian
Policy Manual 4.6; what lintian is told to pass over stands, with its reason, in ``linux/lintian-overrides``.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from email.utils import formatdate
from typing import TYPE_CHECKING

from installer.linux_files import write_gzip, write_linux_files
from installer.programs import ROOT, Programs, commit_time, project_version
from installer.supply_chain import write_bill_of_materials, write_licences

if TYPE_CHECKING:
    from pathlib import Path

LINUX = ROOT / "installer" / "linux"
CUPS_BACKENDS = "usr/lib/cups/backend"
PROGRAMS = ("usr/lib/thungan", CUPS_BACKENDS)  # folders whose files may be run
SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
MAINTAINER = "The thungan authors <thungan@localhost.invalid>"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "armhf"}
_CONTROL = """\
Package: thungan
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Section: misc
Priority: optional
Installed-Size: {size}
Depends: adduser, {libc}
Recommends: tesseract-ocr, tesseract-ocr-vie, tesseract-ocr-script-viet
Suggests: systemd, udev
Homepage: https://thungan.invalid/
Description: agent that makes a cash register's electronic invoices (Viet Nam)
 It reads each receipt that a register prints, makes and signs the electronic
 invoice that the law asks of cash registers, keeps it safe offline and delivers
 it to the tax authority. The register's software stays as it is.
"""
_COPYRIGHT = """\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: thungan

Files: *
Copyright: 2026 The thungan authors
License: Apache-2.0
 The full text is in /usr/share/common-licenses/Apache-2.0 on Debian systems. The libraries that are shipped
 with it have their own licences: see THIRD-PARTY-LICENCES.gz beside this file.
"""


def build_debian_package(
    programs: Programs, target: Path, version: str | None = None, compression: str = "xz"
) -> Path:
    """Build ``target``/thungan_VERSION_ARCH.deb. ``compression``: as dpkg-deb names it; a test takes gzip.

    Raises:
        subprocess.CalledProcessError: dpkg-deb is missing or refuses.
    """
    version = version or project_version()
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    root = target / "debian-root"
    shutil.rmtree(root, ignore_errors=True)
    _files(programs, root)
    _papers(programs.folder, root / "usr/share/doc/thungan", version)
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir()) // 1024 + 1
    control = root / "DEBIAN"
    control.mkdir()
    (control / "control").write_text(
        _CONTROL.format(
            version=version, architecture=architecture, maintainer=MAINTAINER, size=size, libc=_libc()
        )
    )
    (control / "conffiles").write_text("/etc/thungan/environment\n")
    for name in SCRIPTS:
        (control / name).write_text((LINUX / name).read_text("utf-8").replace("@VERSION@", version), "utf-8")
        (control / name).chmod(0o755)
    _checksums(root)
    _rights(root)
    package = target / f"thungan_{version}_{architecture}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(commit_time())}
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(root), str(package)],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    return package


def _files(programs: Programs, root: Path) -> None:
    shutil.copytree(programs.folder, root / "usr/lib/thungan", symlinks=True)
    commands = root / "usr/bin"
    commands.mkdir(parents=True)
    for path in sorted(programs.folder.iterdir()):
        if path.is_file():
            (commands / path.name).symlink_to(f"../lib/thungan/{path.name}")
    for source, place in (
        ("thungan.service", "usr/lib/systemd/system"),
        ("thungan-update.service", "usr/lib/systemd/system"),
        ("thungan-update.timer", "usr/lib/systemd/system"),
        ("60-thungan.rules", "usr/lib/udev/rules.d"),
        ("environment", "etc/thungan"),
    ):
        (root / place).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(LINUX / source, root / place / source)
    (root / CUPS_BACKENDS).mkdir(parents=True)
    shutil.copyfile(ROOT / "installer" / "cups" / "thungan", root / CUPS_BACKENDS / "thungan")
    overrides = root / "usr/share/lintian/overrides/thungan"
    overrides.parent.mkdir(parents=True)
    shutil.copyfile(LINUX / "lintian-overrides", overrides)
    write_linux_files(root)


def _papers(built: Path, folder: Path, version: str) -> None:
    folder.mkdir(parents=True)
    (folder / "copyright").write_text(_COPYRIGHT, "utf-8")
    write_gzip(folder / "changelog.gz", _changelog(version).encode())
    write_gzip(folder / "CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_bytes())
    write_bill_of_materials(built, folder / "sbom.cdx.json")
    licences = folder / "THIRD-PARTY-LICENCES"
    write_licences(built, licences)
    write_gzip(folder / "THIRD-PARTY-LICENCES.gz", licences.read_bytes())
    licences.unlink()


def _changelog(version: str) -> str:
    """Debian's form of it: this version, with a pointer to ours."""
    return (
        f"thungan ({version}) stable; urgency=medium\n\n  * See CHANGELOG.md.gz beside this file.\n\n"
        f" -- {MAINTAINER}  {formatdate(commit_time())}\n"
    )


def _libc() -> str:
    """The C library that the programs were built against: an older one does not load them."""
    return f"libc6 (>= {platform.libc_ver()[1]})"


def _checksums(root: Path) -> None:
    from hashlib import md5

    lines = [
        f"{md5(path.read_bytes(), usedforsecurity=False).hexdigest()}  {path.relative_to(root)}\n"
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.relative_to(root).parts[0] not in {"DEBIAN", "etc"}
    ]
    (root / "DEBIAN" / "md5sums").write_text("".join(lines))


def _rights(root: Path) -> None:
    """What a package's files are: 755 for folders and programs, 644 for all else, one date for all."""
    when = commit_time()
    for path in sorted(root.rglob("*"), reverse=True):
        if path.is_symlink():
            os.utime(path, (when, when), follow_symlinks=False)
            continue
        place = str(path.parent.relative_to(root))
        program = path.is_dir() or place in PROGRAMS or (place == "DEBIAN" and path.name in SCRIPTS)
        path.chmod(0o755 if program else 0o644)
        os.utime(path, (when, when))
    os.utime(root, (when, when))
