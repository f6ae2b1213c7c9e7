"""The two ways an invoice is set: on a sheet (A4, A5) and on a roll."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from invoice.printed.content import CLOSING, ORIGIN, Entry, rate_label
from invoice.printed.layout import (
    BLACK,
    COLOURS,
    GREY,
    Box,
    Colour,
    Mark,
    Measure,
    Run,
    Setter,
    Square,
    Text,
    Weight,
    spoken,
)
from invoice.printed.matrix import edge
from invoice.printed.size import Size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from invoice.printed.content import Content
    from invoice.printed.size import Paper

_SMALL = 0.8
_GAP: Run = ("     ", Weight.PLAIN)


def set_pages(
    content: Content, kind: Size, paper: Paper, width_of: Measure
) -> list[tuple[float, list[Mark]]]:
    """Pages as (height in mm, marks); a roll's page ends where its text ends."""

    def turned(setter: Setter) -> None:
        if kind is not Size.ROLL:
            _running_head(setter, content)

    setter = Setter(paper, width_of, turned)
    if kind is Size.ROLL:
        _roll(setter, content)
        last = setter.y + paper.margin
        return [(paper.height, page) for page in setter.pages[:-1]] + [(last, setter.pages[-1])]
    _sheet(setter, content)
    _page_numbers(setter)
    return [(paper.height, page) for page in setter.pages]


def _sheet(setter: Setter, content: Content) -> None:
    letters = setter.paper.letters
    beside = _stamp(setter, content)
    seller, *more = content.seller
    width = setter.inner - beside
    setter.paragraph([(seller.value, Weight.BOLD)], width=width, letters=letters * 1.15)
    _flow(setter, more, letters, width=width)
    setter.rule()
    _head(setter, content)
    setter.rule()
    setter.entry(content.buyer[0])
    _flow(setter, content.buyer[1:], letters)
    setter.y += 1.5
    setter.table(content.columns, content.rows, x=setter.left, width=setter.inner)
    setter.y += 2
    _foot(setter, content)
    setter.y += 1
    setter.entry(content.words)
    setter.y += 1
    _flow(setter, content.notes, letters * _SMALL, colour=GREY)
    setter.y += 1
    setter.paragraph([(CLOSING, Weight.PLAIN)], letters=letters * _SMALL, align="centre", colour=GREY)


def _head(setter: Setter, content: Content) -> None:
    """QR at the left, title in the middle, symbol and number at the right."""
    paper, top = setter.paper, setter.y
    code = edge(content.qr, paper.qr)
    setter.put(Square(setter.left, top, code))
    setter.y = top + code
    small = paper.letters * _SMALL
    setter.paragraph(
        [(content.qr_caption, Weight.PLAIN)], x=setter.left, width=code, letters=small, align="centre"
    )
    bottom = setter.y
    marks = 34.0
    x, width = setter.left + code + 2, setter.inner - code - marks - 4
    setter.y = top + code / 6
    setter.paragraph(
        [(content.title, Weight.BOLD)], x=x, width=width, letters=paper.letters * 1.5, align="centre"
    )
    for text in (f"({ORIGIN})", content.day):
        setter.paragraph([(text, Weight.PLAIN)], x=x, width=width, align="centre")
    for entry in (content.code, *content.related):
        setter.entry(entry, x=x, width=width, align="centre")
    bottom = max(bottom, setter.y)
    setter.y = top + code / 3
    for entry in content.marks:
        setter.entry(entry, x=setter.left + setter.inner - marks, width=marks)
    setter.y = max(bottom, setter.y)


def _foot(setter: Setter, content: Content) -> None:
    """Amounts by rate at the left, sums at the right, on one page."""
    half = setter.inner * 0.58
    rates = setter.table_height(content.rate_columns, content.rate_rows, half) if content.rate_rows else 0
    setter.room(max(rates, 6 * setter.leading()))
    top = setter.y
    if content.rate_rows:
        setter.table(content.rate_columns, content.rate_rows, x=setter.left, width=half)
    bottom, setter.y = setter.y, top
    x = setter.left + half + 6
    for entry in content.sums:
        larger = setter.paper.letters * (1.15 if entry.strong else 1)
        setter.ends(entry, x=x, width=setter.inner - half - 6, letters=larger)
    setter.y = max(bottom, setter.y)


def _roll(setter: Setter, content: Content) -> None:
    letters = setter.paper.letters
    _stamp(setter, content)
    seller, *more = content.seller
    setter.paragraph([(seller.value, Weight.BOLD)], letters=letters * 1.2, align="centre")
    for entry in more:
        setter.entry(entry, align="centre")
    setter.rule(dashed=True)
    setter.paragraph([(content.title, Weight.BOLD)], letters=letters * 1.3, align="centre")
    for text in (f"({ORIGIN})", content.day):
        setter.paragraph([(text, Weight.PLAIN)], align="centre")
    for entry in (content.code, *content.related):
        setter.entry(entry, align="centre")
    setter.paragraph(
        [run for entry in content.marks for run in (*spoken(entry), ("  ", Weight.PLAIN))], align="centre"
    )
    setter.y += 1
    for entry in content.buyer:
        setter.entry(entry)
    setter.rule(dashed=True)
    amount = 20.0
    for item in content.items:
        setter.paragraph([(item.name, Weight.PLAIN)])
        setter.room(setter.leading())
        top, page = setter.y, len(setter.pages)
        setter.paragraph([(item.reckoning, Weight.PLAIN)], x=setter.left + 3, width=setter.inner - amount - 3)
        bottom = setter.y
        if len(setter.pages) == page:
            setter.y = top
        setter.paragraph([(item.amount, Weight.PLAIN)], align="right")
        setter.y = max(bottom, setter.y) + 0.5
    setter.rule(dashed=True)
    for rate, net, tax, _ in content.rate_rows:
        setter.ends(Entry(rate_label(rate), f"{net} + {tax}"), x=setter.left, width=setter.inner)
    for entry in content.sums:
        larger = letters * (1.25 if entry.strong else 1)
        setter.ends(entry, x=setter.left, width=setter.inner, letters=larger)
    setter.entry(content.words)
    setter.y += 1
    code = edge(content.qr, setter.paper.qr)
    setter.room(code + setter.leading())
    setter.put(Square((setter.paper.width - code) / 2, setter.y, code))
    setter.y += code
    setter.paragraph([(content.qr_caption, Weight.PLAIN)], letters=letters * _SMALL, align="centre")
    setter.y += 1
    for entry in content.notes:
        setter.entry(entry, letters=letters * _SMALL, colour=GREY)
    setter.paragraph([(CLOSING, Weight.PLAIN)], letters=letters * _SMALL, align="centre", colour=GREY)


def _stamp(setter: Setter, content: Content) -> float:
    """The state in a frame: beside the seller on a sheet (gives the width taken), above on a roll."""
    if content.stamp is None:
        return 0
    text, colour = content.stamp.text, COLOURS[content.stamp.tone]
    letters = setter.paper.letters * 1.1
    length = setter.width_of(text, letters, Weight.BOLD) + 4
    height = setter.leading(letters) + 1.6
    x = setter.left + setter.inner - length
    roll = length > setter.inner / 2
    if roll:
        x = setter.left + (setter.inner - length) / 2
    setter.put(Box(x, setter.y, length, height, colour))
    baseline = setter.y + 0.8 + letters * 25.4 / 72
    setter.put(Text(x + 2, baseline, text, letters, weight=Weight.BOLD, colour=colour))
    if roll:
        setter.y += height + 1.5
        return 0
    return length + 3


def _flow(
    setter: Setter,
    entries: Iterable[Entry],
    letters: float,
    *,
    width: float | None = None,
    colour: Colour = BLACK,
) -> None:
    """Short entries side by side, as many as a line holds."""
    width = width or setter.inner
    line: list[Run] = []
    used = 0.0
    for entry in entries:
        runs = [*spoken(entry), _GAP]
        length = sum(setter.width_of(text, letters, weight) for text, weight in runs[:-1])
        if line and used + length > width:
            setter.paragraph(line, width=width, letters=letters, colour=colour)
            line, used = [], 0.0
        line += runs
        used += length + setter.width_of(_GAP[0], letters, _GAP[1])
    if line:
        setter.paragraph(line, width=width, letters=letters, colour=colour)


def _running_head(setter: Setter, content: Content) -> None:
    """What a further page must repeat to be known as this invoice's."""
    symbol, number = content.marks[1], content.marks[2]
    tax_code = next((e.value for e in content.seller if e.label == "Mã số thuế"), "")
    name = shorten(content.seller[0].value, 60, placeholder="…")
    text = (
        f"{name} – {tax_code} – {content.title} {symbol.value} số {number.value}"
        f" – {content.code.value} – tiếp theo trang trước"
    )
    setter.paragraph([(text, Weight.PLAIN)], letters=setter.paper.letters * _SMALL, colour=GREY)
    setter.y += 1


def _page_numbers(setter: Setter) -> None:
    pages = len(setter.pages)
    if pages == 1:
        return
    letters = setter.paper.letters * _SMALL
    for number, page in enumerate(setter.pages, start=1):
        text = f"Trang {number}/{pages}"
        x = setter.left + setter.inner - setter.width_of(text, letters, Weight.PLAIN)
        page.append(Text(x, setter.paper.height - setter.paper.margin, text, letters, colour=GREY))
