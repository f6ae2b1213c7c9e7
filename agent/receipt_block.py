"""What the shop's receipt says of its invoice: the code block before the cut."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from drivers.codeblock import code_block
from drivers.framing import CaptureSplitter
from invoice.qr import lookup_object, payment_and_lookup_text

if TYPE_CHECKING:
    from agent.config import Config
    from outbox.issuing import Issued


def invoice_block(config: Config, issued: Issued, encoding: str, receipt: bytes) -> bytes:
    """Authority code, symbol, number, tax code and QR, in the receipt's encoding, for the shop's printer."""
    lines, qr = block_lines(config, issued), qr_text(config, issued)
    return code_block(lines, qr, encoding=encoding, printer=config.printer, receipt=receipt)


def block_lines(config: Config, issued: Issued) -> tuple[str, ...]:
    """The words of the code block."""
    return (
        f"Mã CQT: {issued.code}",
        f"Ký hiệu: {issued.form}{issued.symbol}  Số: {issued.number}",
        f"MST: {config.seller.tax_code}",
    )


def qr_text(config: Config, issued: Issued) -> str:
    """The look-up QR; where the shop takes transfers, it asks for the payment too (Appendix XIII)."""
    payee = config.payee
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


def receipt_as_printed(config: Config, issued: Issued, receipt: bytes) -> bytes:
    """The receipt as it came out of the printer, with the code block of its invoice."""
    from drivers.reading import read_receipt  # late: issuing has read the receipt already

    encoding = read_receipt(receipt, profile=config.profile or None).encoding
    return paper_with_block(receipt, invoice_block(config, issued, encoding, receipt))
