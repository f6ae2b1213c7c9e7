"""PostScript print jobs: a program, which only an interpreter can read. Ghostscript makes a PDF of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from drivers.errors import JobUnreadable

SECONDS = 20.0  # for one job
_NAMES = ("gs", "gswin64c", "gswin32c")


def pdf_of_postscript(data: bytes) -> bytes:
    """The job as PDF; it may read no file of this computer and has ``SECONDS`` for it.

    Raises:
        JobUnreadable: Ghostscript is not installed, or refuses the job.
    """
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise JobUnreadable("reading PostScript needs Ghostscript: apt-get install ghostscript")
    with tempfile.TemporaryDirectory(prefix="thungan-ps-") as name:
        job, made = Path(name) / "job.ps", Path(name) / "job.pdf"
        job.write_bytes(data)
        command = [program, "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pdfwrite"]
        try:
            done = subprocess.run(
                [*command, f"-sOutputFile={made}", str(job)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                env={**os.environ, "TMPDIR": name, "TEMP": name, "TMP": name},  # what it may read
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise JobUnreadable(f"Ghostscript took more than {SECONDS:.0f} seconds") from None
        except OSError as error:
            raise JobUnreadable(f"Ghostscript cannot be started: {error}") from error
        if done.returncode or not made.is_file():
            why = (done.stdout + done.stderr).decode("utf-8", "replace").strip().splitlines()
            raise JobUnreadable(f"Ghostscript refuses the job: {why[0] if why else done.returncode}")
        return made.read_bytes()
