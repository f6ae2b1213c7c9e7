"""What the shop's receipt says of its invoice: the code block before the cut."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from drivers.codeblock import code_block
from drivers.framing import CaptureSplitter
from invoice.qr import lookup_object, payment_and_lookup_text, payment_text
from invoice.references import spoken
from outbox.sold import Issued, Ordered

if TYPE_CHECKING:
    from agent.config import Config
    from drivers.codeblock import Printer
    from invoice.qr import Payee
    from invoice.sale import Sale
    from outbox.sold import Sold


@dataclass(frozen=True, slots=True)
class Words:
    """What is printed of a sale: lines, and a QR's text, "" for none; in the receipt's encoding.

    ``receipt``: the lines by which a customer knows whose it is, where it is not on the receipt itself.
    """

    lines: tuple[str, ...]
    qr: str
    encoding: str
    receipt: tuple[str, ...]

    def block(self, printer: Printer, paper: bytes) -> bytes:
        """For the receipt itself, after the bytes of its paper."""
        return code_block(self.lines, self.qr, encoding=self.encoding, printer=printer, receipt=paper)

    def block_of_its_own(self, printer: Printer, paper: bytes) -> bytes:
        """For another piece of paper: it says of which receipt it speaks."""
        lines = (*self.receipt, *self.lines)
        return code_block(lines, self.qr, encoding=self.encoding, printer=printer, receipt=paper)


def words_of_invoice(config: Config, sold: Sold, sale: Sale, encoding: str) -> Words:
    """What is printed of an invoice or an order."""
    return Words(block_lines(config, sold), qr_text(config, sold), encoding, named(sale))


def named(sale: Sale) -> tuple[str, ...]:
    """A receipt in the words that are on it."""
    total = f"{sale.total:,} đ".replace(",", ".")
    return ("Hóa đơn của phiếu", f"{sale.receipt_no}: {total}" if sale.receipt_no else total)


def invoice_block(config: Config, sold: Sold, encoding: str, receipt: bytes) -> bytes:
    """Authority code, symbol, number, tax code and QR, in the receipt's encoding, for the shop's printer.

    Of an order: that its invoice follows, and the code to ask for it by. Nothing can be looked up yet, so its
    QR, if there is one, is for paying only.
    """
    lines, qr = block_lines(config, sold), qr_text(config, sold)
    return code_block(lines, qr, encoding=encoding, printer=config.printer, receipt=receipt)


def block_lines(config: Config, sold: Sold) -> tuple[str, ...]:
    """The words of the code block."""
    if isinstance(sold, Ordered):
        return (
            "Hóa đơn điện tử đang chờ cấp số,",
            "sẽ có sau. Mã tra cứu tạm:",
            spoken(sold.reference),
            f"Ký hiệu: {sold.form}{sold.symbol}",
            f"MST: {config.seller.tax_code}",
        )
    assert isinstance(sold, Issued)  # noqa: S101 - for the type checker: there is no third
    return (
        f"Mã CQT: {sold.code}",
        f"Ký hiệu: {sold.form}{sold.symbol}  Số: {sold.number}",
        f"MST: {config.seller.tax_code}",
    )


def qr_text(config: Config, sold: Sold) -> str:
    """The look-up QR; where the shop takes transfers, it asks for the payment too (Appendix XIII).

    "" where there is nothing to look up and nothing to pay.
    """
    payee = config.payee
    if isinstance(sold, Ordered):
        return "" if payee is None or sold.total <= 0 else payment_text(payee, sold.total, sold.reference)
    assert isinstance(sold, Issued)  # noqa: S101 - for the type checker: there is no third
    return _qr_of_invoice(config, payee, sold)


def _qr_of_invoice(config: Config, payee: Payee | None, issued: Issued) -> str:
    if payee is None or issued.total <= 0:
        return issued.qr
    lookup = lookup_object(
        config.seller.tax_code,
        issued.form,
        issued.symbol,
        issued.number,
        date.fromisoformat(issued.day),
        issued.total,
    )
    return payment_and_lookup_text(payee, issued.total, f"{issued.symbol}-{issued.number}", lookup)


def paper_with_block(receipt: bytes, block: bytes) -> bytes:
    """The bytes as the printer got them: the block before the receipt's cut."""
    out, splitter = b"", CaptureSplitter()
    for piece in (*splitter.feed(receipt), *splitter.finish("closed")):
        out += piece.before
        if piece.captured is not None:
            out += block
        out += piece.cut
    return out


def receipt_as_printed(config: Config, issued: Sold, receipt: bytes) -> bytes:
    """The receipt as it came out of the printer, with the code block of its invoice."""
    from drivers.reading import read_receipt  # late: issuing has read the receipt already

    encoding = read_receipt(receipt, profile=config.profile or None).encoding
    return paper_with_block(receipt, invoice_block(config, issued, encoding, receipt))
