"""An order as the JSON that createInvoice takes."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any

from authority.elements import VIETNAM
from authority.providers.errors import OrderNotPossible
from authority.providers.viettel.amounts import amounts_of
from invoice.invoice import Nature, Relation

if TYPE_CHECKING:
    from datetime import date

    from authority.providers.provider import Order
    from authority.providers.viettel.settings import ViettelSettings
    from invoice.invoice import InvoiceBuyer, InvoiceContent, Seller

_PAYMENTS = {"Tiền mặt": "TM", "Chuyển khoản": "CK", "Tiền mặt/Chuyển khoản": "TM/CK", "Khác": "KHAC"}
_CITIZEN_NUMBER = "1"  # buyerIdType
_LONGEST_REASON = 400
_LONGEST_NOTE = 4000
# Of the register's own fields those that are for everybody; the salt of the buyer's data is not.
_NOTED = {"SoPhieu": "Số phiếu", "SoCaiSoLa": "Sổ cái", "SoCaiGoc": "Gốc sổ cái"}


def order_json(order: Order, settings: ViettelSettings) -> dict[str, Any]:
    """The body of createInvoice, the same for the same order.

    Raises:
        OrderNotPossible: something that S-Invoice has no place for; nothing was sent.
    """
    content = order.content
    _check_possible(content)
    amounts = amounts_of(content, settings)
    made: dict[str, Any] = {
        "generalInvoiceInfo": _general(order, settings),
        "buyerInfo": _buyer(content.buyer),
        "sellerInfo": _seller(content.seller),
        "payments": [{"paymentMethodName": _PAYMENTS.get(content.payment or "", "TM/CK")}],
        "itemInfo": amounts.items,
        "taxBreakdowns": amounts.breakdowns,
    }
    if settings.totals:
        made["summarizeInfo"] = amounts.summary
    return made


def milliseconds(day: date) -> int:
    """The beginning of a day in Viet Nam, in ms since 1970.

    Always the beginning: it is never ahead of the provider's clock on that day, and of two orders of one day
    neither is before the other.
    """
    return int(datetime.combine(day, time(), VIETNAM).timestamp() * 1000)


def invoice_number(symbol: object, number: int) -> str:
    """The invoice's name as S-Invoice writes it: ``C26MAA128``."""
    return f"{symbol}{number}"


def _check_possible(content: InvoiceContent) -> None:
    wrong = {
        "a list of goods": content.statement_no,
        "sale on behalf of another": content.entrusted_tax_code,
        "a tax-free zone": content.outside_tariff_zone,
        "the buyer's code of the state budget": content.buyer.budget_code,
    }
    for what, value in wrong.items():
        if value:
            raise OrderNotPossible(f"S-Invoice has no known place for {what}")
    if content.related is not None and content.related.kind not in {Relation.REPLACES, Relation.ADJUSTS}:
        raise OrderNotPossible("S-Invoice corrects one invoice at a time")


def _general(order: Order, settings: ViettelSettings) -> dict[str, Any]:
    content = order.content
    form = int(content.form)
    made: dict[str, Any] = {
        "transactionUuid": str(order.key),
        "invoiceType": str(form),
        "templateCode": settings.template_of(form),
        "invoiceSeries": str(content.symbol),
        "invoiceIssuedDate": milliseconds(content.day),
        "currencyCode": content.currency,
        "adjustmentType": "1",
        "paymentStatus": True,
        "cusGetInvoiceRight": True,
        "validation": 1,
    }
    if content.exchange_rate is not None:
        made["exchangeRate"] = float(content.exchange_rate)
    if settings.note:
        made["invoiceNote"] = _note(order)
    if order.original is not None:
        made.update(_correcting(order, settings))
    return made


def _correcting(order: Order, settings: ViettelSettings) -> dict[str, Any]:
    original, content = order.original, order.content
    if original is None:
        return {}
    note = content.related.note if content.related is not None else None
    replaces = original.relation is Relation.REPLACES
    made: dict[str, Any] = {
        "adjustmentType": "3" if replaces else "5",
        "originalInvoiceId": invoice_number(original.symbol, original.number),
        "originalInvoiceIssueDate": milliseconds(original.day),
        "originalTemplateCode": settings.template_of(int(original.form)),
        "additionalReferenceDesc": (note or "Sai sót")[:_LONGEST_REASON],
        "additionalReferenceDate": milliseconds(content.day),
    }
    if not replaces:
        words_only = all(line.nature is Nature.NOTE for line in content.lines)
        made["adjustmentInvoiceType"] = "2" if words_only else "1"
    return made


def _note(order: Order) -> str:
    words = [f"Mã tra cứu tạm: {order.reference}"]
    known = {extra.name: extra.value for extra in order.content.extras}
    words += [f"{said}: {known[name]}" for name, said in _NOTED.items() if name in known]
    return "; ".join(words)[:_LONGEST_NOTE]


def _buyer(buyer: InvoiceBuyer) -> dict[str, Any]:
    """A company by its legal name; a consumer who gives nothing does not get the invoice."""
    named = buyer.tax_code or buyer.citizen_id or buyer.email or buyer.address or buyer.phone
    made: dict[str, Any] = {"buyerNotGetInvoice": 0 if named else 1}
    if buyer.tax_code:
        made["buyerLegalName"], made["buyerTaxCode"] = buyer.name, buyer.tax_code
        if buyer.contact:
            made["buyerName"] = buyer.contact
    else:
        made["buyerName"] = buyer.name
    optional = {
        "buyerCode": buyer.customer_code,
        "buyerAddressLine": buyer.address,
        "buyerPhoneNumber": buyer.phone,
        "buyerEmail": buyer.email,
        "buyerIdType": _CITIZEN_NUMBER if buyer.citizen_id else None,
        "buyerIdNo": buyer.citizen_id,
        "buyerBankName": buyer.bank_name,
        "buyerBankAccount": buyer.bank_account,
    }
    return {**made, **{name: value for name, value in optional.items() if value}}


def _seller(seller: Seller) -> dict[str, Any]:
    given = {
        "sellerLegalName": seller.name,
        "sellerTaxCode": seller.tax_code,
        "sellerAddressLine": seller.address,
        "sellerPhoneNumber": seller.phone,
        "sellerEmail": seller.email,
        "sellerBankName": seller.bank_name,
        "sellerBankAccount": seller.bank_account,
        "sellerFaxNumber": seller.fax,
        "sellerWebsite": seller.website,
    }
    return {name: value for name, value in given.items() if value}
