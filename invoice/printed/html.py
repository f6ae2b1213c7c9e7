"""An invoice as one HTML page: its style and QR inside it, no scripts, ready for the printer."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from invoice.printed.content import CLOSING, ORIGIN, content_of, rate_label
from invoice.printed.layout import MM
from invoice.printed.matrix import QUIET, edge, runs
from invoice.printed.pages import set_pages
from invoice.printed.size import Size, paper

if TYPE_CHECKING:
    from collections.abc import Iterable

    from invoice.invoice import Invoice
    from invoice.printed.content import Column, Content, Entry
    from invoice.printed.size import Paper
    from invoice.qr import Payee


_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_html(
    invoice: Invoice, *, size: str = "A4", state: str | None = None, payee: Payee | None = None
) -> str:
    """The invoice on paper of ``size`` (A4, A5, 80mm), stamped with its ``state`` in the outbox, if given.

    With a ``payee`` the QR asks for the payment too. The page loads nothing and runs nothing: a policy in
    its head forbids both, whatever a product's name contains.

    Raises:
        FieldInvalid: a size or state that does not exist, or a QR that cannot carry the values.
    """
    kind, page = paper(size)
    content = content_of(invoice, state, payee)
    body = _roll(content) if kind is Size.ROLL else _sheet(content)
    return (
        '<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(content.title)} {escape(_name(content))}</title>\n"
        f"<style>\n{_style(content, kind, page)}</style></head>\n"
        f'<body><main class="{"roll" if kind is Size.ROLL else "sheet"}">\n{body}'
        f'<p class="closing">{escape(CLOSING)}</p>\n</main></body></html>\n'
    )


def _sheet(content: Content) -> str:
    return (
        f'<header><section class="seller">{_entries(content.seller)}</section>{_stamp(content)}</header>\n'
        f'<section class="head">{_svg(content)}<div class="title">{_title(content)}</div>'
        f'<div class="marks">{_entries(content.marks)}</div></section>\n'
        f'<section class="buyer">{_entries(content.buyer)}</section>\n'
        f"{_table('lines', content.columns, content.rows)}"
        '<div class="foot">'
        f"{_table('rates', content.rate_columns, content.rate_rows) if content.rate_rows else ''}"
        f'<section class="sums">{_entries(content.sums)}</section></div>\n'
        f'<section class="words">{_entries([content.words])}</section>\n'
        f'<section class="notes">{_entries(content.notes)}</section>\n'
    )


def _roll(content: Content) -> str:
    items = "".join(
        f"<tr><td colspan=2>{escape(item.name)}</td></tr>"
        f'<tr class="of"><td>{escape(item.reckoning)}</td><td class="figures">{escape(item.amount)}</td></tr>'
        for item in content.items
    )
    rates = "".join(
        f"<div><dt>{escape(rate_label(rate))}</dt><dd>{escape(net)} + {escape(tax)}</dd></div>"
        for rate, net, tax, _ in content.rate_rows
    )
    return (
        f'{_stamp(content)}<section class="seller">{_entries(content.seller)}</section>\n'
        f'<section class="title">{_title(content)}'
        f'<div class="marks">{_entries(content.marks)}</div></section>\n'
        f'<section class="buyer">{_entries(content.buyer)}</section>\n'
        '<table class="items"><colgroup><col style="width:74%"><col></colgroup>'
        f"<tbody>{items}</tbody></table>\n"
        f'<section class="sums"><dl>{rates}</dl>{_entries(content.sums)}</section>\n'
        f'<section class="words">{_entries([content.words])}</section>\n'
        f"{_svg(content)}"
        f'<section class="notes">{_entries(content.notes)}</section>\n'
    )


def _title(content: Content) -> str:
    return (
        f"<h1>{escape(content.title)}</h1><p>({escape(ORIGIN)})</p><p>{escape(content.day)}</p>"
        f'<div class="code">{_entries((content.code, *content.related))}</div>'
    )


def _entries(entries: Iterable[Entry]) -> str:
    rows = "".join(
        f"<div{' class=strong' if entry.strong else ''}><dt>{escape(entry.label)}</dt>"
        f"<dd>{escape(entry.value)}</dd></div>"
        for entry in entries
    )
    return f"<dl>{rows}</dl>" if rows else ""


def _table(name: str, columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    whole = sum(column.share for column in columns)
    cols = "".join(f'<col style="width:{100 * column.share / whole:.2f}%">' for column in columns)
    head = "".join(f"<th>{escape(column.heading)}</th>" for column in columns)
    opened = ['<td class="figures">' if column.figures else "<td>" for column in columns]
    body = "".join(
        "<tr>" + "".join(f"{o}{escape(cell)}</td>" for o, cell in zip(opened, row, strict=True)) + "</tr>\n"
        for row in rows
    )
    return (
        f'<table class="{name}"><colgroup>{cols}</colgroup><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{body}</tbody></table>\n"
    )


def _svg(content: Content) -> str:
    size, black = runs(content.qr)
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in black)
    edge = size + 2 * QUIET
    return (
        f'<figure><svg viewBox="{-QUIET} {-QUIET} {edge} {edge}" role="img" shape-rendering="crispEdges"'
        f' aria-label="Mã QR của hóa đơn"><path fill="#fff" d="M-{QUIET}-{QUIET}h{edge}v{edge}h-{edge}z"/>'
        f'<path d="{path}"/></svg><figcaption>{escape(content.qr_caption)}</figcaption></figure>\n'
    )


def _stamp(content: Content) -> str:
    stamp = content.stamp
    return f'<p class="stamp {stamp.tone}">{escape(stamp.text)}</p>\n' if stamp else ""


def _name(content: Content) -> str:
    return " ".join(entry.value for entry in content.marks[1:])


def _style(content: Content, kind: Size, page: Paper) -> str:
    height = page.height if kind is not Size.ROLL else _roll_height(content, page)
    return (
        f"@page {{ size: {page.width}mm {height:.0f}mm; margin: {page.margin}mm }}\n"
        f"main {{ width: {page.width - 2 * page.margin}mm; font-size: {page.letters}pt }}\n"
        f"figure {{ width: {edge(content.qr, page.qr):.1f}mm }}\n{_sheet_of_styles()}"
    )


def _roll_height(content: Content, page: Paper) -> float:
    """As long as the text, by letters a little wider than any browser's: a roll must not break in two."""
    pages = set_pages(content, Size.ROLL, page, lambda text, letters, _: 0.62 * len(text) * letters * MM)
    return min(page.height, sum(height for height, _ in pages) * 1.05 + 5)


@cache
def _sheet_of_styles() -> str:
    return files(__package__).joinpath("invoice.css").read_text(encoding="utf-8")
