"""PDF jobs are read in a process of their own: what breaks the reader of PDF breaks nothing of the shop's.

The reader (pdfium) is large and is fed what strangers may have made. Its process lives for one job, with
bounded time and memory. It gets the job through a pipe, and answers with pieces of text as JSON or with a
picture as PNG; with exit code 3 it says in words why not.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import astuple
from typing import TYPE_CHECKING

from drivers.errors import JobUnreadable
from drivers.jobs.placed import Placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.Image import Image

WORD = "--read-pdf"  # how a packaged program, which has no Python beside it, is asked to be that process
SECONDS = 60.0
MEMORY = 1 << 30  # bytes of address space
_UNREADABLE = 3  # exit code
_BE_IT = "import sys; from drivers.jobs.apart import answer; sys.exit(answer(sys.argv[2:]))"


def pages_of_pdf(data: bytes) -> list[list[Placed]]:
    """The pages' text.

    Raises:
        JobUnreadable: it is no PDF, is locked, is too long; the reader is not installed, or breaks on it.
    """
    answer = _asked(("text",), data)
    return [[Placed(*piece) for piece in page] for page in json.loads(answer)]


def draw_pdf(data: bytes, dots: int) -> Image:
    """The first pages below each other, ``dots`` wide, 8 bits grey.

    Raises:
        JobUnreadable: as ``pages_of_pdf``.
    """
    from PIL import Image

    return Image.open(io.BytesIO(_asked(("picture", str(dots)), data)))


def _asked(what: Sequence[str], data: bytes) -> bytes:
    frozen = bool(getattr(sys, "frozen", False))
    python = [sys.executable] if frozen else [sys.executable, "-I", "-c", _BE_IT]
    try:
        done = subprocess.run(
            [*python, WORD, *what], input=data, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise JobUnreadable(f"reading the PDF took more than {SECONDS:.0f} seconds") from None
    except OSError as error:
        raise JobUnreadable(f"the reader of PDF does not start: {error.strerror}") from error
    if done.returncode == _UNREADABLE:
        raise JobUnreadable(done.stderr.decode("utf-8", "replace").strip())
    if done.returncode:
        raise JobUnreadable(f"the reader of PDF broke on it ({done.returncode})")
    return done.stdout


def answer(what: Sequence[str]) -> int:
    """Be the process: read the job from standard input, answer, and end with the exit code."""
    from drivers.jobs import pdf

    _restrain()
    data, out = sys.stdin.buffer.read(), sys.stdout.buffer
    try:
        if what[0] == "picture":
            pdf.draw_pdf(data, int(what[1])).save(out, "PNG")
        else:
            pages = [[astuple(piece) for piece in page] for page in pdf.pages_of_pdf(data)]
            out.write(json.dumps(pages).encode())
    except JobUnreadable as error:
        sys.stderr.buffer.write(error.message.encode())
        return _UNREADABLE
    out.flush()
    return 0


def _restrain() -> None:
    """No more than its share of memory, where the system can be told."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
