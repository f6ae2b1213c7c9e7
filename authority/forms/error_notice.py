"""The form 04/SS-HĐĐT: the seller tells the authority of errors in invoices (messages 300 and 303).

>>> from datetime import date
>>> from authority.forms.error_notice import WrongInvoice
>>> WrongInvoice(1, "C26MAA", 128, date(2026, 11, 23), "M1-26-SHNDN-00100000128", "Sai tên người mua").number
128

Source: the 2.1.0 tables (Decree 70/2025/NĐ-CP, article 1.13). Since then the form no longer says what is
done about an error (hủy, điều chỉnh…): a wrong invoice is adjusted or replaced, the form only notifies.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from authority.errors import FormInvalid
from authority.forms.fields import Field, Group, Type
from authority.forms.registration import TAX_CODE, VERSION, TaxOffice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from authority.form_answers import ReviewRequest
    from invoice.invoice import Invoice, Seller

FORM_NUMBER = "04/SS-HĐĐT"
FORM_TITLE = "Thông báo hóa đơn điện tử có sai sót"
BY_DECREE_123 = 1  # LADHDDT: an e-invoice under Decree 123/2020/NĐ-CP (appendix VI)


class NoticeReason(IntEnum):
    """Loai: of the seller's own accord, or to explain what a 302 asked about."""

    OWN = 1
    EXPLANATION = 2


@dataclass(frozen=True, slots=True)
class WrongInvoice:
    """An invoice with an error; ``code`` is its MCCQT, ``day`` its date, ``why`` up to 255 characters."""

    form: int
    symbol: str
    number: int
    day: date
    code: str
    why: str | None = None
    kind: int = BY_DECREE_123

    @staticmethod
    def of(invoice: Invoice, why: str | None = None) -> WrongInvoice:
        """An invoice that the agent has issued."""
        return WrongInvoice(
            form=int(invoice.form),
            symbol=str(invoice.symbol),
            number=invoice.number,
            day=invoice.day,
            code=str(invoice.code),
            why=why,
        )


@dataclass(frozen=True, slots=True)
class ErrorNotice:
    """The whole form. ``review_number`` and ``review_day`` (So, NTBao of the authority's 302) belong to an
    explanation, and to it alone."""

    office: TaxOffice
    tax_code: str
    taxpayer: str
    place: str
    day: date
    invoices: tuple[WrongInvoice, ...]
    reason: NoticeReason = NoticeReason.OWN
    review_number: str | None = None
    review_day: date | None = None

    def __post_init__(self) -> None:
        """A notice of one's own accord that names a review would be taken for the other kind."""
        if self.reason is NoticeReason.OWN and (self.review_number or self.review_day):
            raise FormInvalid("DLTBao/Loai", "a notice that answers a review is an explanation (2)")


def fill_error_notice(
    seller: Seller,
    office: TaxOffice,
    invoices: Sequence[WrongInvoice],
    *,
    place: str,
    day: date,
    review: ReviewRequest | None = None,
) -> ErrorNotice:
    """The form of a shop, from its configuration; with the 302 it explains, if it explains one.

    ``day`` is the legal date (Vietnam) of the form.
    """
    return ErrorNotice(
        office=office,
        tax_code=seller.tax_code,
        taxpayer=seller.name,
        place=place,
        day=day,
        invoices=tuple(invoices),
        reason=NoticeReason.EXPLANATION if review else NoticeReason.OWN,
        review_number=review.number if review else None,
        review_day=review.noticed_on if review else None,
    )


def _explains(notice: ErrorNotice) -> bool:
    return notice.reason is NoticeReason.EXPLANATION


_OFFICE: Group[TaxOffice] = Group(
    "",
    (
        Field("MCQT", "code", "Mã cơ quan thuế quản lý", 5),
        Field("TCQT", "name", "Tên cơ quan thuế", 100),
    ),
    "office",
    TaxOffice,
)

_INVOICES: Group[tuple[WrongInvoice, ...]] = Group(
    "DSHDon",
    (
        Group(
            "HDon",
            (
                Field("STT", "", "Số thứ tự", 4, Type.POSITION),
                Field("MCCQT", "code", "Mã của cơ quan thuế", 34),
                Field("KHMSHDon", "form", "Ký hiệu mẫu số hóa đơn", 11, Type.WHOLE),
                Field("KHHDon", "symbol", "Ký hiệu hóa đơn", 8),
                Field("SHDon", "number", "Số hóa đơn", 8, Type.WHOLE),
                Field("Ngay", "day", "Ngày lập hóa đơn", 10, Type.DAY),
                Field("LADHDDT", "kind", "Loại hóa đơn điện tử", 1, Type.WHOLE),
                Field("LDo", "why", "Lý do", 255, required=False),
            ),
            "invoices",
            WrongInvoice,
            each=True,
        ),
    ),
)

ERROR_NOTICE: Group[ErrorNotice] = Group(
    "DLTBao",
    (
        Field("PBan", "", "Phiên bản", 6, constant=VERSION),
        Field("MSo", "", "Mẫu số", 15, constant=FORM_NUMBER),
        Field("Ten", "", "Tên thông báo", 255, constant=FORM_TITLE),
        Field("Loai", "reason", "Loại (1: tự thông báo, 2: giải trình)", 1, Type.WHOLE, of=NoticeReason),
        _OFFICE,
        Field("So", "review_number", "Số thông báo của cơ quan thuế", 30, required=_explains),
        Field("NTBCCQT", "review_day", "Ngày thông báo của cơ quan thuế", 10, Type.DAY, _explains),
        Field("MST", "tax_code", "Mã số thuế", 14, pattern=TAX_CODE),
        Field("TNNT", "taxpayer", "Tên người nộp thuế", 400),
        Field("DDanh", "place", "Địa danh", 50),
        Field("NTBao", "day", "Ngày thông báo", 10, Type.DAY),
        _INVOICES,
    ),
    make=ErrorNotice,
)
