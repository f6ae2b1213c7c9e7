"""An order's document: the invoice without its number, read back as it was written."""

from __future__ import annotations

from dataclasses import fields

import pytest
from invoice_samples import full_invoice
from lxml import etree

from invoice.document import write_content, write_invoice, write_order, write_signed_order
from invoice.errors import InvoiceUnreadable
from invoice.invoice import InvoiceContent, identified
from invoice.numbers import Form
from invoice.reader import read_invoice, read_order


@pytest.mark.parametrize("form", [Form.VAT, Form.SALES])
def test_order_is_the_invoice_without_its_number(form: Form) -> None:
    invoice = full_invoice(form)
    order = InvoiceContent(**{field.name: getattr(invoice, field.name) for field in fields(InvoiceContent)})
    written = write_order(order, "DH-4829150736")
    assert b"<SHDon>" not in written
    numbered = written.replace(b"<NLap>", b"<SHDon>128</SHDon><NLap>", 1)
    assert numbered.partition(b">")[2] == write_content(invoice).partition(b">")[2]
    document = write_signed_order(written, b"<Signature></Signature>")
    assert document == etree.tostring(etree.fromstring(document), method="c14n")
    assert read_order(document) == order
    again = identified(read_order(document), invoice.number, invoice.code)
    assert again == read_invoice(write_invoice(invoice, write_content(invoice), b"")).invoice


def test_an_invoice_is_no_order_and_an_order_no_invoice() -> None:
    invoice = full_invoice(Form.VAT)
    with pytest.raises(InvoiceUnreadable):
        read_order(write_invoice(invoice, write_content(invoice), b""))
    with pytest.raises(InvoiceUnreadable, match="number"):
        read_invoice(write_signed_order(write_order(invoice, "DH-4829150736"), b""))
