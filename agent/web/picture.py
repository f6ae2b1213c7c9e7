"""Paper as a picture for a browser."""

from __future__ import annotations

from io import BytesIO


def png_of(content: bytes, dots: int, form: str = "escpos") -> bytes:
    """The bytes of a capture, drawn ``dots`` wide.

    Raises:
        JobUnreadable: a print job that cannot be shown, or a record, which is no paper.
    """
    from drivers.seeing import picture_of  # late: it brings the imaging library and its fonts

    out = BytesIO()
    picture_of(form, content, dots).save(out, "PNG")
    return out.getvalue()
