"""The shape of a port, and what can be wrong with one, said so that a shop can act on it."""

from __future__ import annotations

import errno
from typing import Protocol

from drivers.errors import PortBusy, PortForbidden, PortMissing, PortUnusable

READ_TIMEOUT = 0.05  # seconds one read waits for bytes


class PortEnded(Exception):
    """The other side has closed: a TCP job is over, a pipe has no writer left."""


class Port(Protocol):
    """An open port. Calls may block, and on a dead adapter they may never return."""

    def read(self) -> bytes:
        """What has come, b"" after ``READ_TIMEOUT`` without bytes.

        Raises:
            PortEnded: nothing more will come.
            OSError: the port is gone.
        """

    def write(self, data: bytes) -> int:
        """Write some or all of the bytes; how many.

        Raises:
            OSError: the port is gone, or does not take bytes in time.
        """

    def close(self) -> None:
        """Let go of it."""


def port_error(name: str, error: BaseException) -> PortUnusable:
    """What the system says about a port that cannot be opened, as ours with advice."""
    number = _errno(error)
    words = str(error)
    if number in {errno.EACCES, errno.EPERM} and "in use" not in words:
        return PortForbidden(f"{name} may not be opened by this user: {words}")
    if number in {errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK} or "lock" in words or "in use" in words:
        return PortBusy(f"{name} is used by another program: {words}")
    if number in {errno.ENOENT, errno.ENODEV, errno.ENXIO} or isinstance(error, FileNotFoundError):
        return PortMissing(f"{name} is not there: {words}")
    return PortUnusable(f"{name} cannot be used: {words}")


def _errno(error: BaseException) -> int | None:
    """The system's number; pyserial puts its own exception around it, Windows says access denied for both."""
    seen: BaseException | None = error
    while seen is not None:
        number = getattr(seen, "errno", None)
        if isinstance(number, int):
            return number
        seen = seen.__cause__ or seen.__context__
    words = str(error)
    if "PermissionError" in words or "Access is denied" in words:
        return errno.EBUSY  # Windows: another program holds the COM port
    return errno.ENOENT if "FileNotFoundError" in words else None
