"""Showing a capture to a person: its text, its picture, its bytes, and what was understood from where."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent.errors import FileUnwritable

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.reading import Reading


def write_picture(content: bytes, path: Path, dots: int = 576, form: str = "escpos") -> None:
    """Draw the paper as PNG, ``dots`` wide.

    Raises:
        FileUnwritable: it cannot be written there.
        JobUnreadable: a print job that cannot be shown, or a record, which is no paper.
    """
    from drivers.seeing import picture_of

    try:
        picture_of(form, content, dots).save(path, "PNG")
    except OSError as error:
        raise FileUnwritable(f"{path}: {error.strerror or error}") from error


def show_proof(reading: Reading) -> None:
    """Every field with its bytes, then the sums that held."""
    for proof in reading.proof:
        sys.stdout.write(f"  {proof.field:<16} bytes {proof.start}-{proof.end}: {proof.text.strip()}\n")
    for check in reading.checks:
        sys.stdout.write(f"  checked: {check}\n")


def show_bytes(content: bytes, reading: Reading) -> None:
    """A hex dump; the rows that a field was read from begin with ``>``."""
    from drivers.picture import hex_dump

    understood = tuple((proof.start, proof.end) for proof in reading.proof)
    for row in hex_dump(content, understood):
        sys.stdout.write(row + "\n")
