"""A print job's bytes, whatever they are, laid out as the paper shows them.

A row of a job cannot be cited by its bytes as a row on a wire can: each row names the whole job.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from drivers.captured import Form
from drivers.errors import JobUnreadable
from drivers.jobs.placed import rows_of_page
from drivers.paper import Paper, PaperLine

if TYPE_CHECKING:
    from drivers.jobs.placed import Placed

MAX_JOB = 32 << 20  # bytes
_TAIL = 2048


def form_of(data: bytes) -> Form:
    """What a job is, by its first bytes; what is none of the known ones are bytes for the printer itself."""
    if b"%PDF-" in data[:1024]:
        return Form.PDF
    if data[:2] == b"%!" or data[:4] == b"\x04%!" or (data[:9] == b"\x1b%-12345X" and b"%!PS" in data[:4096]):
        return Form.POSTSCRIPT
    if data[:4] == b"PK\x03\x04":
        return Form.XPS
    if data[40:44] == b" EMF" or (data[:4] == b"\x00\x00\x01\x00" and len(data) > 16):
        return Form.EMF
    return Form.ESCPOS


def unfinished(data: bytes) -> str:
    """Why a job is not whole yet, in words; empty where it is, or where nobody can tell."""
    form = form_of(data)
    if not data:
        return "it is empty"
    if form is Form.PDF and b"%%EOF" not in data[-_TAIL:]:
        return "the end of the PDF is missing"
    if form is Form.XPS and not zipfile.is_zipfile(io.BytesIO(data)):
        return "the end of the XPS is missing"
    if form is Form.POSTSCRIPT and data[:14] == b"%!PS-Adobe-3.0" and b"%%EOF" not in data[-_TAIL:]:
        return "the end of the PostScript is missing"
    if form is Form.EMF:
        from drivers.jobs.emf import whole_emf

        return "" if whole_emf(data) else "the end of the EMF is missing"
    return ""


def lay_out_job(form: Form, data: bytes) -> Paper:
    """The rows of a job, its pages one after the other.

    Raises:
        JobUnreadable: why its text is not to be had.
    """
    rows = [row for page in _pages(form, data) for row in [*rows_of_page(page, table=True), ""]]
    after_blank, lines = False, list[PaperLine]()
    for row in rows:
        if row.strip():
            lines.append(PaperLine(row, 0, len(data), after_blank and bool(lines)))
        after_blank = not row.strip()
    return Paper(tuple(lines), "utf-8", (), cuts=1, pulses=0)


def _pages(form: Form, data: bytes) -> list[list[Placed]]:
    if len(data) > MAX_JOB:
        raise JobUnreadable(f"more than {MAX_JOB >> 20} MB")
    match form:
        case Form.PDF:
            from drivers.jobs.apart import pages_of_pdf

            return pages_of_pdf(data)
        case Form.POSTSCRIPT:
            from drivers.jobs.apart import pages_of_pdf
            from drivers.jobs.postscript import pdf_of_postscript

            return pages_of_pdf(pdf_of_postscript(data))
        case Form.XPS:
            from drivers.jobs.xps import pages_of_xps

            return pages_of_xps(data)
        case Form.EMF:
            from drivers.jobs.emf import pages_of_emf

            return pages_of_emf(data)
    raise JobUnreadable(f"{form.value} is no print job")
