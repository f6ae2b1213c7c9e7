"""Wrong PINs are counted and stopped before the token locks itself.

A token locks after three to ten wrong PINs, and unlocking it takes a visit to the certificate's provider.
A daemon that is started again and again with a wrong PIN in its configuration would get there within
seconds, so the count is on disk, is raised before a try and taken back only when the try has succeeded or
has not reached the PIN. It counts; nothing of the PIN itself is written, not even a hash: PINs are short.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from signing.errors import KeyAway, PinLocked, PinWrong, SigningError
from signing.private_file import read_private, write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_WRONG = 2  # one less than the strictest tokens take


class PinGuard:
    """The count of one token's wrong PINs, in a small file that a person deletes after putting it right."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def one_try(self) -> Iterator[None]:
        """Around one login; the login raises ``PinWrong`` if the PIN was not taken.

        Raises:
            PinLocked: no further try is risked.
            KeyAway: the count cannot be read or written, so no try is made.
        """
        wrong = self._read()
        if wrong >= MOST_WRONG:
            raise PinLocked(f"{wrong} wrong PINs are counted in {self._path}: no further try is made")
        self._write(wrong + 1)
        try:
            yield
        except PinWrong:
            raise
        except BaseException:
            self._write(wrong)
            raise
        self._write(0)

    def _read(self) -> int:
        if not self._path.exists():
            return 0
        try:
            return int(read_private(self._path, 16))
        except (SigningError, ValueError):
            # Whatever has happened to the file, guessing low could lock the token.
            return MOST_WRONG

    def _write(self, count: int) -> None:
        try:
            if count:
                write_private(self._path, str(count).encode())
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            raise KeyAway(
                f"the count of wrong PINs {self._path} cannot be written: {error.strerror}"
            ) from None
