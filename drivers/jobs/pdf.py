"""PDF print jobs (CUPS, virtual PDF printers): each letter with its place, by pdfium.

Called in a process of its own (``drivers.jobs.apart``).
"""

from __future__ import annotations

import ctypes
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from drivers.errors import JobUnreadable
from drivers.jobs.fonts import joined
from drivers.jobs.placed import MAX_PIECES, UNREADABLE, Placed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

MAX_PAGES = 50
MOST_DRAWN = 5  # pages
MOST_DOTS = 8000  # of a page from top to bottom
_ONE_AT_A_TIME = threading.Lock()  # pdfium knows no threads
_INVISIBLE = 3  # text render mode: the words behind a scanned picture


def pages_of_pdf(data: bytes) -> list[list[Placed]]:
    """The pages' text.

    Raises:
        JobUnreadable: it is no PDF, is locked, is too long; or pdfium is not installed.
    """
    with _opened(data) as document:
        return _pages(document)


def draw_pdf(data: bytes, dots: int) -> Image:
    """The first pages below each other, ``dots`` wide, 8 bits grey.

    Raises:
        JobUnreadable: as ``pages_of_pdf``.
    """
    from PIL import Image

    with _opened(data) as document:
        pages = []
        for number in range(min(len(document), MOST_DRAWN)):
            page = document[number]
            width, height = page.get_size()
            scale = min(dots / max(width, 1), MOST_DOTS / max(height, 1))
            pages.append(page.render(scale=scale, grayscale=True).to_pil().convert("L"))
            page.close()
    whole = Image.new("L", (dots, max(1, sum(page.height for page in pages))), 255)
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    return whole


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    """The document, for one thread at a time."""
    try:
        import pypdfium2 as pdfium
    except ImportError:
        raise JobUnreadable("reading PDF needs pypdfium2: pip install thungan[print]") from None
    with _ONE_AT_A_TIME:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            raise JobUnreadable(f"the PDF cannot be opened: {error}") from error
        try:
            if len(document) > MAX_PAGES:
                raise JobUnreadable(f"more than {MAX_PAGES} pages")
            yield document
        except pdfium.PdfiumError as error:
            raise JobUnreadable(f"the PDF is broken: {error}") from error
        finally:
            document.close()


def _pages(document: Any) -> list[list[Placed]]:
    left, pages = MAX_PIECES, []
    for number in range(len(document)):
        page = document[number]
        try:
            pages.append(list(joined(_letters(page, left))))
        finally:
            page.close()
        left -= len(pages[-1])
    return pages


def _letters(page: Any, most: int) -> Iterator[tuple[Placed, str]]:
    import pypdfium2.raw as raw

    text = page.get_textpage()
    height = page.get_height()
    try:
        count = raw.FPDFText_CountChars(text)
        if count > most:
            raise JobUnreadable("more letters than a receipt can have")
        name = ctypes.create_string_buffer(128)
        flags = ctypes.c_int()
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        x, y = ctypes.c_double(), ctypes.c_double()
        for at in range(count):
            if raw.FPDFText_IsGenerated(text, at) == 1:
                continue
            letter = _letter(text, at)
            if not letter.strip():
                continue
            box = raw.FS_RECTF()
            if not raw.FPDFText_GetLooseCharBox(text, at, ctypes.byref(box)):
                continue
            raw.FPDFText_GetCharBox(text, at, left, right, bottom, top)
            raw.FPDFText_GetCharOrigin(text, at, x, y)
            if not _can_be_seen(text, at):
                continue
            raw.FPDFText_GetFontInfo(text, at, name, len(name), ctypes.byref(flags))
            size = max(1.0, box.top - box.bottom) * 0.8
            placed = Placed(letter, min(box.left, x.value), max(box.right, x.value), height - y.value, size)
            yield placed, name.value.decode("utf-8", "replace")
    finally:
        text.close()


def _letter(text: Any, at: int) -> str:
    import pypdfium2.raw as raw

    code = raw.FPDFText_GetUnicode(text, at)
    if raw.FPDFText_HasUnicodeMapError(text, at) == 1 or code in {0, 0xFFFE, 0xFFFF} or code > 0x10FFFF:
        return UNREADABLE  # a glyph whose letter the job does not tell
    if 0xD800 <= code < 0xE000 or code < 0x20:
        return UNREADABLE if code >= 0x20 else " "
    return chr(code)


def _can_be_seen(text: Any, at: int) -> bool:
    import pypdfium2.raw as raw

    shown = raw.FPDFText_GetTextObject(text, at)
    if shown and raw.FPDFTextObj_GetTextRenderMode(shown) == _INVISIBLE:
        return False
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not raw.FPDFText_GetFillColor(text, at, red, green, blue, alpha):
        return True
    return alpha.value > 0  # white letters count: on a black bar they are seen
