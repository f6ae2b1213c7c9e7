"""What a person sees of a capture, whatever it is: the paper of a register, the page of a print job.

A PDF is drawn as a printer would; of other jobs the text is shown that was found in them, line by line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from drivers.captured import PAPER_FORMS, Form
from drivers.errors import JobUnreadable
from drivers.jobs import draw_pdf, lay_out_job
from drivers.picture import draw

if TYPE_CHECKING:
    from PIL.Image import Image


def picture_of(form: str, data: bytes, dots: int) -> Image:
    """The picture of a capture, ``dots`` wide or a little less.

    Raises:
        JobUnreadable: it cannot be read as the job it is, or is a record or a conversation, no paper.
    """
    if form not in PAPER_FORMS:
        raise JobUnreadable(f"{form} is no paper: there is no picture of it")
    if form == Form.ESCPOS:
        return draw(data, dots)
    if form == Form.PDF:
        return draw_pdf(data, dots)
    lines = lay_out_job(Form(form), data).lines
    return draw(b"\x1b@" + "\n".join(line.text for line in lines).encode() + b"\n", dots)
