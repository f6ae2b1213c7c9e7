"""An order in the provider's own written form: ``Invoices/Inv/Invoice`` with Products.

What has no place of its own there: a fee becomes a line with the rate -2, which is outside of VAT; the
buyer's citizen number and budget code go into Extra1 and Extra2, the register's reference into Extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.providers.vnpt.amounts import Figures, figures_of
from authority.providers.vnpt.tags import payment_word, rate_number, tag
from authority.providers.vnpt.written import WrittenForm
from invoice.invoice import Nature
from invoice.numbers import Form

if TYPE_CHECKING:
    from authority.providers.provider import Order
    from invoice.invoice import Fee, InvoiceLine

# IsSum, by the provider's manual.
_NATURES = {
    Nature.GOODS: 0,
    Nature.PROMOTION: 1,
    Nature.TRADE_DISCOUNT: 2,
    Nature.NOTE: 4,
    Nature.SPECIAL: 5,
}


def _item(key: str, inside: str) -> str:
    return f"<Inv>{key}<Invoice>{inside}</Invoice></Inv>"


def _inside(order: Order) -> str:
    content, buyer = order.content, order.content.buyer
    figures = figures_of(content)
    taxed = content.form is Form.VAT
    lines = "".join(_product(line, figure) for line, figure in zip(content.lines, figures, strict=True))
    lines += "".join(_fee(fee, taxed=taxed) for fee in content.fees)
    fees = sum(fee.amount for fee in content.fees)
    net = content.net if taxed else sum(line.counted for line in content.lines)
    rates = {line.rate for line in content.lines if line.rate}
    return "".join(
        (
            tag("CusCode", buyer.customer_code),
            tag("CusName", buyer.name),
            tag("Buyer", buyer.contact),
            tag("CusAddress", buyer.address),
            tag("CusPhone", buyer.phone),
            tag("CusTaxCode", buyer.tax_code),
            tag("CusBankName", buyer.bank_name),
            tag("CusBankNo", buyer.bank_account),
            tag("EmailDeliver", buyer.email),
            tag("PaymentMethod", payment_word(content.payment)),
            tag("ArisingDate", f"{content.day:%d/%m/%Y}"),
            tag("CurrencyUnit", content.currency if content.currency != "VND" else None),
            tag("ExchangeRate", content.exchange_rate),
            f"<Products>{lines}</Products>",
            tag("Total", net + fees),
            tag("DiscountAmount", content.trade_discount),
            tag("VATRate", rate_number(next(iter(rates)))) if len(rates) == 1 and taxed else "",
            tag("VATAmount", content.tax if taxed else None),
            tag("Amount", content.total),
            tag("AmountInWords", content.words),
            tag("Extra", order.reference),
            tag("Extra1", buyer.citizen_id),
            tag("Extra2", buyer.budget_code),
        )
    )


def _product(line: InvoiceLine, figure: Figures) -> str:
    return "".join(
        (
            "<Product>",
            tag("Code", line.code),
            tag("ProdName", line.name),
            tag("ProdUnit", line.unit),
            tag("ProdQuantity", line.quantity),
            tag("ProdPrice", line.unit_price),
            tag("Discount", line.discount_percent),
            tag("DiscountAmount", line.discount),
            tag("Total", figure.net),
            tag("VATRate", rate_number(line.rate)),
            tag("VATAmount", figure.vat),
            tag("Amount", figure.gross),
            tag("IsSum", _NATURES[line.nature]),
            tag("Remark", "; ".join(f"{detail.name}: {detail.value}" for detail in line.details)),
            "</Product>",
        )
    )


def _fee(fee: Fee, *, taxed: bool) -> str:
    rate = f"{tag('VATRate', '-2')}{tag('VATAmount', 0)}" if taxed else ""
    named = f"{tag('ProdName', fee.name)}{tag('Total', fee.amount)}"
    return f"<Product>{named}{rate}{tag('Amount', fee.amount)}{tag('IsSum', 0)}</Product>"


PRODUCTS = WrittenForm("Invoices", "ReplaceInv", "AdjustInv", _item, _inside)
