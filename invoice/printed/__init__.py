"""The invoice for human eyes: HTML and PDF on A4, A5 and 80 mm rolls.

``render_html(invoice, size="80mm")`` gives one self-contained page, ``render_pdf(invoice)`` a document
with its fonts inside; both say the same, in Vietnamese, with the QR. The law's original is the XML: these
are its representations (bản thể hiện).
"""

from invoice.printed.html import render_html
from invoice.printed.pdf import render_pdf
from invoice.printed.size import Size

__all__ = ["Size", "render_html", "render_pdf"]
