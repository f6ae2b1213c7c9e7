"""Tesseract, the reader of pictures: a process of its own, of low priority, bounded in time and memory.

It gets pictures through a pipe and answers words with their boxes (TSV). Nothing is written to disk.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from drivers.errors import PictureReaderMissing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

VIETNAMESE = "vie"
SCRIPT = "Vietnamese"  # a second reader, learnt from other texts: tesseract-ocr-script-viet
MEMORY = 1 << 30  # bytes of address space; a receipt takes a fifth of it
_NICER = 10
_ON_WINDOWS = r"C:\Program Files\Tesseract-OCR\tesseract.exe"
_WORD = "5"  # the level of words in TSV
_MOST_WORDS = 20_000


class Unreadable(Exception):
    """Why tesseract gave no answer; never leaves this package."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box in dots of the page it was read from; ``sureness`` 0 to 100."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    sureness: float


def read_pages(pages: Sequence[Image], *, language: str, mode: int, seconds: float) -> list[list[Word]]:
    """The words of each page. ``language``: one of ``languages()``; ``mode``: tesseract's page segmentation
    (6 a block of lines, 7 one line).

    Raises:
        PictureReaderMissing: tesseract or its Vietnamese data is not installed.
        Unreadable: it took too long, too much memory, or broke.
    """
    if not pages:
        return []
    packed = io.BytesIO()
    pages[0].save(packed, "TIFF", save_all=True, append_images=pages[1:])
    found = program()
    command = [found, "stdin", "stdout", "-l", _known(found)[language], "--psm", str(mode), "tsv"]
    answer = _run(command, packed.getvalue(), seconds)
    return _words(answer, len(pages))


@lru_cache(maxsize=1)
def program() -> str:
    """Tesseract's path.

    Raises:
        PictureReaderMissing: it or its Vietnamese data is not installed.
    """
    found = shutil.which("tesseract")
    if found is None and Path(_ON_WINDOWS).is_file():
        found = _ON_WINDOWS
    if found is None:
        raise PictureReaderMissing("tesseract is not installed")
    if VIETNAMESE not in _known(found):
        raise PictureReaderMissing("tesseract has no Vietnamese data")
    return found


def languages() -> tuple[str, ...]:
    """What it can read Vietnamese by, the national language's data first.

    Raises:
        PictureReaderMissing: as ``program``.
    """
    known = _known(program())
    return tuple(name for name in (VIETNAMESE, SCRIPT) if name in known)


@lru_cache(maxsize=4)
def _known(found: str) -> dict[str, str]:
    """Languages by name, with the folder that some installations put before it."""
    try:
        return {word.rpartition("/")[2]: word for word in _run([found, "--list-langs"], b"", 20).split()}
    except Unreadable as error:
        raise PictureReaderMissing(f"tesseract does not start: {error}") from error


def _run(command: list[str], given: bytes, seconds: float) -> str:
    try:
        started = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            creationflags=_below_normal(),
        )
    except OSError as error:  # taken away meanwhile, or no program of this system
        program.cache_clear()
        _known.cache_clear()
        raise PictureReaderMissing(f"tesseract does not start: {error.strerror}") from error
    with started:
        _restrain(started.pid)
        try:
            answer, said = started.communicate(given, timeout=max(0.1, seconds))
        except subprocess.TimeoutExpired:
            started.kill()
            raise Unreadable(f"tesseract took more than {seconds:.0f} seconds") from None
    if started.returncode:
        why = said.decode("utf-8", "replace").strip().splitlines()
        raise Unreadable(f"tesseract ended with {started.returncode}{': ' + why[-1][:200] if why else ''}")
    return normalize("NFC", answer.decode("utf-8", "replace"))


def _below_normal() -> int:
    if sys.platform == "win32":
        return subprocess.BELOW_NORMAL_PRIORITY_CLASS
    return 0


def _restrain(process: int) -> None:
    """Selling comes first: less time and no more than its share of memory, where the system can be told."""
    if sys.platform == "linux":
        import resource

        try:
            os.setpriority(os.PRIO_PROCESS, process, _NICER)
            resource.prlimit(process, resource.RLIMIT_AS, (MEMORY, MEMORY))
        except OSError:
            return  # it has ended already


def _words(answer: str, pages: int) -> list[list[Word]]:
    found: list[list[Word]] = [[] for _ in range(pages)]
    for row in answer.splitlines()[: _MOST_WORDS + pages]:
        cells = row.split("\t")
        if len(cells) < 12 or cells[0] != _WORD or not cells[11].strip():
            continue
        page, left, top, width, height = (int(cells[place]) for place in (1, 6, 7, 8, 9))
        if 0 < page <= pages:
            word = Word(cells[11].strip(), left, top, left + width, top + height, float(cells[10]))
            found[page - 1].append(word)
    return found
