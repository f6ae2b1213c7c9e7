"""An order in the regulation's written form as the provider takes it: ``DSHDon/HDon`` with DSHHDVu.

The provider's manual of cash-register calls shows this form. Each line carries its VAT besides (TThue,
TSThue), rates are numbers, and the authority code is empty: the provider makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.providers.vnpt.amounts import Figures, figures_of
from authority.providers.vnpt.tags import payment_word, rate_number, tag
from authority.providers.vnpt.written import WrittenForm
from invoice.invoice import Extra, Nature
from invoice.numbers import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authority.providers.provider import Order
    from invoice.invoice import InvoiceContent, InvoiceLine


def _item(key: str, inside: str) -> str:
    return f"<HDon>{key}<MCCQT></MCCQT><DLHDon>{inside}</DLHDon></HDon>"


def _inside(order: Order) -> str:
    content, buyer = order.content, order.content.buyer
    figures = figures_of(content)
    lines = "".join(_line(line, figure) for line, figure in zip(content.lines, figures, strict=True))
    return "".join(
        (
            "<TTChung>",
            tag("NLap", content.day.isoformat()),
            tag("DVTTe", content.currency),
            tag("TGia", content.exchange_rate),
            tag("HTTToan", payment_word(content.payment)),
            _extras(content.extras or (Extra("MaTraCuu", "string", order.reference),)),
            "</TTChung><NDHDon><NMua>",
            tag("Ten", buyer.name),
            tag("MST", buyer.tax_code),
            tag("DChi", buyer.address),
            tag("SDThoai", buyer.phone),
            tag("CCCDan", buyer.citizen_id),
            tag("MDVQHNSach", buyer.budget_code),
            tag("DCTDTu", buyer.email),
            tag("HVTNMHang", buyer.contact),
            tag("MKHang", buyer.customer_code),
            tag("STKNHang", buyer.bank_account),
            tag("TNHang", buyer.bank_name),
            f"</NMua><DSHHDVu>{lines}</DSHHDVu><TToan>{_sums(content)}</TToan></NDHDon>",
        )
    )


def _line(line: InvoiceLine, figure: Figures) -> str:
    counted = line.nature is not Nature.NOTE
    return "".join(
        (
            "<HHDVu>",
            tag("TChat", int(line.nature)),
            tag("STT", line.position),
            tag("MHHDVu", line.code),
            tag("THHDVu", line.name),
            tag("DVTinh", line.unit),
            tag("SLuong", line.quantity),
            tag("DGia", line.unit_price),
            tag("TLCKhau", line.discount_percent),
            tag("STCKhau", line.discount),
            tag("ThTien", figure.net),
            tag("TSuat", rate_number(line.rate)),
            tag("TThue", figure.vat),
            tag("TSThue", figure.gross if counted and figure.vat is not None else None),
            _extras(line.details),
            "</HHDVu>",
        )
    )


def _extras(extras: Sequence[Extra]) -> str:
    """TTKhac: the seller's own fields; receipt, reference and ledger of an order, particulars of a line."""
    told = "".join(
        f"<TTin>{tag('TTruong', one.name)}{tag('KDLieu', one.kind)}{tag('DLieu', one.value)}</TTin>"
        for one in extras
    )
    return f"<TTKhac>{told}</TTKhac>" if told else ""


def _sums(content: InvoiceContent) -> str:
    rates = "".join(
        f"<LTSuat>{tag('TSuat', rate_number(total.rate))}{tag('ThTien', total.net)}"
        f"{tag('TThue', total.tax)}</LTSuat>"
        for total in content.rate_totals
    )
    fees = "".join(f"<LPhi>{tag('TLPhi', fee.name)}{tag('TPhi', fee.amount)}</LPhi>" for fee in content.fees)
    taxed = content.form is Form.VAT
    return "".join(
        (
            f"<THTTLTSuat>{rates}</THTTLTSuat>" if rates else "",
            tag("TgTCThue", content.net if taxed else None),
            tag("TgTThue", content.tax if taxed else None),
            f"<DSLPhi>{fees}</DSLPhi>" if fees else "",
            tag("TTCKTMai", content.trade_discount),
            tag("TgTTTBSo", content.total),
            tag("TgTTTBChu", content.words),
        )
    )


REGULATION = WrittenForm("DSHDon", "ThayTheHD", "DieuChinhHD", _item, _inside)
