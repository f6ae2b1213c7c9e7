"""An invoice as PDF, its letters inside it, the same bytes for the same invoice."""

from __future__ import annotations

import unicodedata
from contextlib import ExitStack, contextmanager
from datetime import datetime, time, timedelta, timezone
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, cast

from invoice.printed.content import content_of
from invoice.printed.layout import MM, Box, Rule, Square, Text, Weight
from invoice.printed.matrix import QUIET, runs
from invoice.printed.pages import set_pages
from invoice.printed.size import paper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fpdf import FPDF
    from fpdf.fonts import TTFFont

    from invoice.invoice import Invoice
    from invoice.printed.layout import Mark
    from invoice.qr import Payee

_VIETNAM = timezone(timedelta(hours=7))
FONT = "Noto"
_FILES = {Weight.PLAIN: "NotoSans-Regular.ttf", Weight.BOLD: "NotoSans-Bold.ttf"}
_UNKNOWN = "\ufffd"


def render_pdf(
    invoice: Invoice, *, size: str = "A4", state: str | None = None, payee: Payee | None = None
) -> bytes:
    """The invoice on paper of ``size`` (A4, A5, 80mm), as ``render_html`` shows it.

    A character that the fonts do not have (emoji, Chinese) is printed as a replacement mark: the XML, which
    is the invoice, and the HTML keep it.

    Raises:
        FieldInvalid: a size or state that does not exist, or a QR that cannot carry the values.
    """
    kind, page = paper(size)
    content = content_of(invoice, state, payee)
    with open_document() as document:
        document.set_title(f"{invoice.title} {invoice.symbol} {invoice.number}")
        document.set_author(invoice.seller.name)
        document.set_creation_date(datetime.combine(invoice.day, time(), _VIETNAM))
        for height, marks in set_pages(content, kind, page, _width):
            document.add_page(orientation="portrait", format=(page.width, height))
            for mark in marks:
                _draw(document, mark, content.qr)
        return bytes(document.output())


@contextmanager
def open_document() -> Iterator[FPDF]:
    """An empty document with the fonts, whose files it holds open until the end."""
    from fpdf import FPDF  # late: only a printed form needs it, and its import costs 200 ms

    document = FPDF(unit="mm")
    document.set_auto_page_break(auto=False)
    document.set_margin(0)
    document.set_lang("vi")
    with ExitStack() as opened:
        for weight, name in _FILES.items():
            path = opened.enter_context(as_file(files(__package__).joinpath("fonts", name)))
            document.add_font(FONT, weight.value, path)
            opened.callback(_font(document, weight).close)
        yield document


def _font(document: FPDF, weight: Weight) -> TTFFont:
    return cast("TTFFont", document.fonts[f"{FONT.lower()}{weight.value}"])


def _draw(document: FPDF, mark: Mark, qr: str) -> None:
    match mark:
        case Text():
            document.set_font(FONT, mark.weight.value, mark.letters)
            document.set_text_color(*mark.colour)
            document.text(mark.x, mark.y, _known(mark.text))
        case Rule():
            document.set_line_width(0.15)
            if mark.dashed:
                document.set_dash_pattern(1, 1)
            document.line(mark.x, mark.y, mark.to_x, mark.to_y)
            if mark.dashed:
                document.set_dash_pattern()
        case Box(colour=None):
            document.set_fill_color(236, 236, 236)
            document.rect(mark.x, mark.y, mark.width, mark.height, style="F")
        case Box():
            document.set_line_width(0.5)
            document.set_draw_color(*(mark.colour or (0, 0, 0)))
            document.rect(mark.x, mark.y, mark.width, mark.height)
            document.set_draw_color(0, 0, 0)
        case Square():
            _draw_code(document, mark, qr)


def _draw_code(document: FPDF, square: Square, qr: str) -> None:
    squares, black = runs(qr)
    unit = square.edge / (squares + 2 * QUIET)
    document.set_fill_color(0, 0, 0)
    for x, y, length in black:
        # A touch higher than its row, so that no viewer leaves a white hair between two rows.
        left, top = square.x + (x + QUIET) * unit, square.y + (y + QUIET) * unit
        document.rect(left, top, length * unit, unit * 1.03, style="F")


@cache
def _advances(weight: Weight) -> dict[str, float]:
    """The width of every character the font has, in points of letters one point high."""
    with open_document() as document:
        widths = _font(document, weight).cw
        return {chr(int(code)): width / 1000 for code, width in widths.items()}


def _width(text: str, letters: float, weight: Weight) -> float:
    advances = _advances(weight)
    return sum([advances[character] for character in _known(text)]) * letters * MM


def _known(text: str) -> str:
    """The text in characters that the fonts have."""
    advances = _advances(Weight.PLAIN)
    if all(character in advances for character in text):
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(_nearest(character, advances) for character in composed)


def _nearest(character: str, advances: dict[str, float]) -> str:
    if character in advances:
        return character
    plain = unicodedata.normalize("NFKC", character)
    return plain if all(c in advances for c in plain) else _UNKNOWN
