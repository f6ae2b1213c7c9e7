"""Files that nobody else on this computer may read: keys and pass phrases.

On POSIX a file with any right for group or others is refused before its content is looked at. Windows
has no such bits: there the folder's access list protects it, which the installer sets.
"""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING

from signing.errors import KeyFileInvalid, KeyFileMissing, SecretFileExposed

if TYPE_CHECKING:
    from pathlib import Path

_POSIX = os.name == "posix"
# A pipe or device named by mistake must not make the daemon wait for ever.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def read_private(path: Path, limit: int) -> bytes:
    """The content of a private file of at most ``limit`` bytes.

    The rights are those of the opened file itself, so it cannot be exchanged between check and reading.

    Raises:
        KeyFileMissing: there is no such file.
        SecretFileExposed: group or others have rights on it (POSIX).
        KeyFileInvalid: not a file, larger than ``limit``, or not ours to read.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        raise KeyFileMissing(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise KeyFileInvalid(f"{path} cannot be opened: {_why(error)}") from None
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            raise KeyFileInvalid(f"{path} is not a file")
        if _POSIX and state.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretFileExposed(f"{path} may be read by others ({stat.filemode(state.st_mode)})")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise KeyFileInvalid(f"{path} cannot be read: {_why(error)}") from None
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise KeyFileInvalid(f"{path} is larger than {limit} bytes")
    return data


def write_private(path: Path, data: bytes) -> None:
    """Write a file with rights for its owner only, whole or not at all, durable when this returns.

    Raises:
        OSError: the folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if _POSIX:
        # The new name itself must survive a power cut, not only the bytes behind it.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
