"""Forms for the tests: a shop's registration and its notice of wrong invoices."""

from datetime import date

from authority_samples import NOW, SENDER, TAX_CODE, message_id

from authority.forms.error_notice import ErrorNotice, WrongInvoice, fill_error_notice
from authority.forms.message import Posting
from authority.forms.registration import (
    Purpose,
    Registration,
    Representative,
    Sex,
    TaxOffice,
    fill_registration,
)
from invoice.invoice import Seller
from invoice.numbers import Form
from signing.xmldsig import XmlSigner

OFFICE = TaxOffice("Thuế cơ sở 1 thành phố Đà Nẵng", "50101")
PERSON = Representative(
    "Nguyễn Thị <Hàn> & con", "0905123456", date(1980, 2, 29), Sex.FEMALE, citizen_id="048180000001"
)
SELLER = Seller("CỬA HÀNG TẠP HÓA SÔNG HÀN", TAX_CODE, "12 Bạch Đằng", email="shop@example.com")
DAY = date(2026, 11, 23)


def registration(signer: XmlSigner, purpose: Purpose = Purpose.NEW) -> Registration:
    return fill_registration(
        SELLER,
        OFFICE,
        PERSON,
        [signer.certificate],
        form=Form.VAT,
        place="Đà Nẵng",
        day=DAY,
        purpose=purpose,
    )


WRONG = WrongInvoice(1, "C26MAA", 128, DAY, "M1-26-SHNDN-00100000128", "Sai tên người mua")


def error_notice(*invoices: WrongInvoice) -> ErrorNotice:
    return fill_error_notice(SELLER, OFFICE, invoices or (WRONG,), place="Đà Nẵng", day=DAY)


def posting(signer: XmlSigner, count: int = 1) -> Posting:
    return Posting(signer, SENDER, message_id(count), NOW)
