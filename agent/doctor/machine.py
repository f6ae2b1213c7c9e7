"""The computer: program, data folder, disk, clock, other programs that hold a port."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from agent.doctor.findings import Finding, Level
from invoice.sale_json import VIETNAM
from outbox.clock import RELEASED

if TYPE_CHECKING:
    from collections.abc import Iterator

LOW, FULL = 1_000_000_000, 100_000_000  # bytes free


def check_program() -> Finding:
    """Which program this is."""
    return Finding.fine(
        "program",
        f"thungan {version('thungan')}, Python {platform.python_version()}, {platform.platform(terse=True)}",
    )


def check_folder(folder: Path) -> Finding:
    """The data folder: there, writable, and closed to others."""
    if not (folder / "config.toml").is_file():
        return Finding(
            "folder",
            Level.FAIL,
            f"{folder} has no config.toml",
            "Chạy thungan init, hoặc chỉ đúng thư mục bằng --data.",
            "Run thungan init, or name the right folder with --data.",
        )
    if not os.access(folder, os.W_OK):
        return Finding(
            "folder",
            Level.FAIL,
            f"{folder} cannot be written by this account",
            "Chạy bằng tài khoản của dịch vụ thungan, hoặc sửa quyền của thư mục.",
            "Run as the account of the service, or mend the folder's rights.",
        )
    keys = folder / "keys"
    if os.name == "posix" and keys.is_dir() and stat.S_IMODE(keys.stat().st_mode) & 0o077:
        return Finding(
            "folder",
            Level.FAIL,
            f"{keys} can be read by others",
            f"Đóng lại: chmod 700 {keys}",
            f"Close it: chmod 700 {keys}",
        )
    return Finding.fine("folder", str(folder))


def check_disk(folder: Path) -> Finding:
    """Room for a long time."""
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB free"
    if free >= LOW:
        return Finding.fine("disk", said)
    return Finding(
        "disk",
        Level.WARN if free >= FULL else Level.FAIL,
        said,
        "Dọn bớt ổ đĩa. Không xóa tệp nào trong thư mục dữ liệu của thungan.",
        "Make room on the disk. Delete nothing in thungan's data folder.",
    )


def check_clock(skew: float | None, now: datetime | None = None) -> Finding:
    """The clock, against the authority's where it has answered (``skew``: seconds theirs is ahead)."""
    now = now or datetime.now(UTC)
    said = f"{now.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S} in Viet Nam"
    vi, en = (
        "Chỉnh ngày giờ và bật đồng bộ giờ qua mạng.",
        "Set date and time right, and switch on time from the network.",
    )
    if now < RELEASED:
        return Finding("clock", Level.FAIL, f"{said}: before this program was made", vi, en)
    if skew is None:
        return Finding.fine("clock", f"{said} (not compared: the authority has not answered)")
    said += f", {skew:+.0f} s to the authority's"
    if abs(skew) > 300:
        return Finding("clock", Level.FAIL, said, vi, en)
    return Finding("clock", Level.WARN, said, vi, en) if abs(skew) > 30 else Finding.fine("clock", said)


def holders_of(device: str) -> list[str]:
    """Which programs have a device open, as far as this account may see (Linux)."""
    found = []
    target = os.path.realpath(device)
    for process in _processes():
        try:
            opened = [os.path.realpath(entry) for entry in (process / "fd").iterdir()]
            if target in opened:
                name = (process / "comm").read_text().strip()
                found.append(f"{name} ({process.name})")
        except OSError:
            continue  # it has ended, or belongs to somebody else
    return found


def _processes() -> Iterator[Path]:
    if sys.platform != "linux":
        return
    own = str(os.getpid())
    yield from (path for path in Path("/proc").iterdir() if path.name.isdigit() and path.name != own)
