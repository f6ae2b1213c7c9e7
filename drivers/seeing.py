"""What a person sees of a capture, whatever it is: the paper of a register, the page of a print job.

A PDF is drawn as a printer would; of other jobs the text is shown that was found in them, line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.captured import PAPER_FORMS, Form
from drivers.errors import JobUnreadable
from drivers.jobs import draw_pdf, lay_out_job
from drivers.picture import draw
from drivers.placing import CELL
from drivers.sheet import MARGIN

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_ROW = 200  # letters


def picture_of(form: str, data: bytes, dots: int) -> Image:
    """The picture of a capture, ``dots`` wide; wider where a job's text has longer rows.

    Raises:
        JobUnreadable: it cannot be read as the job it is, or is a record or a conversation, no paper.
    """
    if form not in PAPER_FORMS:
        raise JobUnreadable(f"{form} is no paper: there is no picture of it")
    if form == Form.ESCPOS:
        return draw(data, dots)
    if form == Form.PDF:
        return _to_its_end(draw_pdf(data, dots))
    rows = [line.text for line in lay_out_job(Form(form), data).lines]
    longest = min(LONGEST_ROW, max(map(len, rows), default=0))
    return draw(b"\x1b@" + "\n".join(rows).encode() + b"\n", max(dots, longest * CELL))


def _to_its_end(page: Image) -> Image:
    """Without the white below the last that is on it: a receipt on a page of A4."""
    ink = page.point([255 if grey < 255 else 0 for grey in range(256)]).getbbox()
    return page.crop((0, 0, page.width, min(page.height, ink[3] + MARGIN))) if ink else page
