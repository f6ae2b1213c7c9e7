"""Paper as a picture for a browser."""

from __future__ import annotations

from io import BytesIO


def png_of(content: bytes, dots: int) -> bytes:
    """The bytes of a capture, drawn ``dots`` wide."""
    from drivers.picture import draw  # late: it brings the imaging library and its fonts

    out = BytesIO()
    draw(content, dots).save(out, "PNG")
    return out.getvalue()
